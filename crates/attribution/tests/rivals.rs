//! Every output against the most probable other tokens in its place.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::{EncoderDecoder, Saturating, Transformer};
use saliency_attribution::{
    Aggregate, Attributor, Error, ForTokens, LanguageModel, Normalize, Sequence, target,
};
use saliency_schema::Record;
use std::cell::Cell;
use tch::Kind;

/// 3 + 2 tokens.
fn sequence() -> Sequence {
    Sequence::from_ids(&[0, 1, 2], &[3, 1]).unwrap()
}

fn models() -> [Box<dyn LanguageModel>; 3] {
    [Box::new(Saturating::new(6, 3)), Box::new(Transformer::new(6, 2)), Box::new(EncoderDecoder::new(6, 3))]
}

/// The other tokens at an output's place with their probabilities, the most probable first, by a pass of its own.
fn others(model: &dyn LanguageModel, sequence: &Sequence, output: usize) -> Vec<(u32, f64)> {
    let at = sequence.n_input() + output;
    let embeddings = model.embed(&sequence.ids()[..at]).unwrap().unsqueeze(0);
    let logits = model.logits(&embeddings, sequence.n_input(), at - 1..at).unwrap().get(0).get(0);
    let logits: Vec<f64> = Vec::try_from(logits.to_kind(Kind::Double)).unwrap();
    let total: f64 = logits.iter().map(|z| z.exp()).sum();
    let mut found: Vec<_> = (0..).zip(logits.iter().map(|z| z.exp() / total)).collect();
    found.retain(|(id, _)| *id != sequence.ids()[at]);
    found.sort_by(|a, b| b.1.total_cmp(&a.1));
    found
}

/// The rows of the sum over hidden dimensions, by a method, of the logits of chosen tokens.
fn rows_of(model: &dyn LanguageModel, method: &str, ids: Vec<Option<u32>>) -> Vec<Vec<Option<f64>>> {
    let target = ForTokens::new(target("logit").unwrap(), ids);
    let attributor = Attributor::new().method(method).with_target(target);
    let attributor = attributor.aggregate(Aggregate::Sum).normalize(Normalize::None);
    attributor.record(model, &sequence()).unwrap().attributions
}

fn rivals(model: &dyn LanguageModel, attributor: &Attributor, count: usize) -> Vec<Record> {
    attributor.rivals(model, &sequence(), count, &mut |_| true).unwrap()
}

fn contrast(method: &str) -> Attributor {
    let attributor = Attributor::new().method(method).target("contrast-logit");
    attributor.aggregate(Aggregate::Sum).normalize(Normalize::None)
}

#[test]
fn rivals_are_the_most_probable_other_tokens() {
    for model in models() {
        let records = rivals(&*model, &contrast("gradient-x-input"), 4);
        assert_eq!(records.len(), 4);
        for output in 0..2 {
            let expected = others(&*model, &sequence(), output);
            for (rank, record) in records.iter().enumerate() {
                let explained = record.outputs[output].explained.as_ref().unwrap();
                let [rival] = &explained.alternatives[..] else { panic!("one rival a record") };
                assert_eq!(rival.id, expected[rank].0, "{}", model.name());
                assert!((rival.probability.unwrap() - expected[rank].1).abs() < 1e-6);
            }
        }
    }
}

#[test]
fn a_row_is_that_of_the_token_minus_that_of_the_rival() {
    for model in models() {
        for method in ["gradient-x-input", "occlusion"] {
            let records = rivals(&*model, &contrast(method), 2);
            let own = rows_of(&*model, method, vec![None, None]);
            for (rank, record) in records.iter().enumerate() {
                let ids = (0..2).map(|output| Some(others(&*model, &sequence(), output)[rank].0)).collect();
                let other = rows_of(&*model, method, ids);
                for (row, (own, other)) in record.attributions.iter().zip(own.iter().zip(&other)) {
                    for (found, (own, other)) in row.iter().zip(own.iter().zip(other)) {
                        let expected = own.zip(*other).map(|(own, other)| own - other);
                        let near = |(a, b): (f64, f64)| (a - b).abs() < 1e-4 * (1.0 + b.abs());
                        let equal = found.zip(expected).is_none_or(near);
                        let known = found.is_some() == expected.is_some();
                        assert!(equal && known, "{} {method}: {found:?}, {expected:?}", model.name());
                    }
                }
            }
        }
    }
}

#[test]
fn a_span_is_one_row_for_each_rank() {
    let model = Saturating::new(6, 3);
    let records = rivals(&model, &contrast("gradient-x-input").span(0..2), 3);
    assert!(records.iter().all(|record| record.attributions.len() == 1));
}

#[test]
fn progress_never_falls_and_ends_at_one() {
    let told = Cell::new(0.0);
    let mut watch = |progress: saliency_attribution::Progress| {
        assert!(progress.share >= told.get());
        told.set(progress.share);
        true
    };
    let (model, attributor) = (Saturating::new(6, 3), contrast("occlusion"));
    attributor.rivals(&model, &sequence(), 3, &mut watch).unwrap();
    assert!((told.get() - 1.0).abs() < 1e-12);
}

#[test]
fn what_is_no_rival_is_refused() {
    let model = Saturating::new(6, 3);
    let ask = |attributor: &Attributor, count| {
        attributor.rivals(&model, &sequence(), count, &mut |_| true).unwrap_err()
    };
    let logit = Attributor::new().target("logit");
    assert!(matches!(ask(&logit, 2), Error::Target { method: "rivals", .. }));
    for count in [0, 6] {
        assert!(matches!(ask(&contrast("occlusion"), count), Error::Parameter { name: "rivals", .. }));
    }
}

#[test]
fn a_stopped_run_keeps_the_finished_rivals() {
    let model = Saturating::new(6, 3);
    let stopped = |partial: bool| {
        let mut rows = 0;
        let mut watch = |progress: saliency_attribution::Progress| {
            rows += usize::from(progress.rows == 2);
            rows < 2
        };
        contrast("gradient-x-input").partial(partial).rivals(&model, &sequence(), 3, &mut watch)
    };
    assert!(matches!(stopped(false), Err(Error::Stopped)));
    let records = stopped(true).unwrap();
    assert!((1..3).contains(&records.len()), "{}", records.len());
}
