//! From the scores of texts, each by itself, to those of all texts together.

use crate::error::Error;
use crate::judged::judged;
use saliency_schema::scores::{Cost, Score, ScoredMethod, Scores};

/// The scores of several texts, each judged by itself, as one: `agreement` holds how far the methods' records of all
/// texts agree ([`Comparison`](crate::Comparison)), with the texts in the same order. Measurements stand beside each
/// other, and what [`judged`] makes of them is over texts; of sanity, numbers of outputs stand beside each other, and
/// the value is their mean; passes, seconds and tokens are sums.
///
/// # Errors
/// Texts without the same methods; inconsistent scores; what [`judged`] refuses.
pub fn pooled(mut agreement: Scores, texts: &[Scores]) -> Result<Scores, Error> {
    let Some(first) = texts.first() else { return Err(Error::TooFew { count: 0 }) };
    agreement.methods.clone_from(&first.methods);
    let (mut measurements, mut sanity) = (Vec::new(), Vec::new());
    let (mut cost, mut seconds) = (Cost::new(0, 0), 0.0);
    for (place, text) in texts.iter().enumerate() {
        text.check()?;
        let methods = places(first, text)?;
        for (own, &method) in text.methods.iter().zip(&methods) {
            if place > 0 {
                add_cost(&mut agreement.methods[method], own);
            }
        }
        measurements.extend(text.measurements.iter().cloned().map(|mut measurement| {
            measurement.text = place;
            measurement.method = methods[measurement.method];
            measurement
        }));
        for score in &text.sanity {
            let mut score = score.clone();
            (score.text, score.interval, score.method) = (None, None, methods[score.method]);
            add(&mut sanity, score);
        }
        if let Some(own) = &text.cost {
            cost.tokens_forward += own.tokens_forward;
            cost.tokens_naive += own.tokens_naive;
            seconds += own.seconds.unwrap_or(0.0);
        }
        for caveat in &text.caveats {
            if !agreement.caveats.contains(caveat) {
                agreement.caveats.push(caveat.clone());
            }
        }
        if let (Some(one), Some(own)) = (agreement.texts.get_mut(place), text.texts.first()) {
            one.sha256.clone_from(&own.sha256);
        }
    }
    for (name, value) in &first.settings {
        agreement.settings.entry(name.clone()).or_insert_with(|| value.clone());
    }
    let with_mean = |score: Score| {
        let by_output = score.by_output.clone();
        score.with_mean_of(&by_output)
    };
    let sanity = sanity.into_iter().map(with_mean).collect();
    let cost = cost.with_seconds(seconds);
    judged(agreement.with_measurements(measurements).with_sanity(sanity).with_cost(cost))
}

/// The place of each of a text's methods among those of the first.
fn places(first: &Scores, text: &Scores) -> Result<Vec<usize>, Error> {
    let name = |scores: &Scores| scores.texts.first().map(|text| text.name.clone()).unwrap_or_default();
    let place =
        |among: &Scores, method: &ScoredMethod| among.methods.iter().position(|m| m.name == method.name);
    let lacks = |lacking: &Scores, method: &ScoredMethod, full: &Scores| Error::NoMethod {
        text: name(lacking),
        method: method.name.clone(),
        other: name(full),
    };
    if let Some(missing) = first.methods.iter().find(|method| place(text, method).is_none()) {
        return Err(lacks(text, missing, first));
    }
    text.methods.iter().map(|m| place(first, m).ok_or_else(|| lacks(first, m, text))).collect()
}

/// Passes and seconds of both.
fn add_cost(sum: &mut ScoredMethod, own: &ScoredMethod) {
    sum.passes = sum.passes.zip(own.passes).map(|(a, b)| a + b);
    sum.seconds = sum.seconds.zip(own.seconds).map(|(a, b)| a + b);
}

/// Puts the outputs' numbers beside those of the same method, change and sign.
fn add(sanity: &mut Vec<Score>, score: Score) {
    let same = |other: &&mut Score| {
        other.measure == score.measure
            && other.method == score.method
            && other.condition == score.condition
            && other.blocks == score.blocks
            && other.signed == score.signed
    };
    match sanity.iter_mut().find(same) {
        Some(sum) => sum.by_output.extend(score.by_output),
        None => sanity.push(score),
    }
}
