//! From what was measured of each method to what the measurements say.

use crate::controls;
use crate::error::Error;
use crate::metric::{METRICS, metric};
use crate::resampler::Resampler;
use crate::statistics::{benjamini_hochberg, clopper_pearson, effect_size, sign_flips, win_rate};
use crate::verdict::verdict;
use saliency_schema::scores::{Better, Paired, Resampling, Score, Scores};
use std::collections::{BTreeMap, BTreeSet};

/// Random flips of signs beyond 16 pairs.
const FLIPS: u32 = 10_000;

/// The scores with `faithfulness` and `ground_truth` made of their `measurements`, and the verdict: for each operator,
/// metric and method the mean and its interval; the differences to every control and every other method, with interval,
/// win rate, effect size, and p by flipped signs; of the differences to a control, p adjusted over the methods.
///
/// A unit is a text, with the mean over its outputs; of one text it is an output, and signs are flipped of whole blocks
/// of them, because neighbours are not independent. Intervals are resampled as `resampling` says: 1,000 times with seed
/// 0, at 95 %, where it is absent. Where all texts have 0 or 1, the interval is Clopper and Pearson's.
///
/// # Errors
/// Inconsistent scores, and a resampling that can't be done.
pub fn judged(mut scores: Scores) -> Result<Scores, Error> {
    scores.check()?;
    let outputs: Vec<usize> = scores.texts.iter().map(|text| text.outputs).collect();
    let (resamples, confidence, seed) = match &scores.resampling {
        Some(Resampling { resamples, confidence, seed, .. }) => (*resamples, *confidence, *seed),
        None => (1000, 0.95, 0),
    };
    let resampler = Resampler::new(&outputs, resamples, confidence, seed)?;
    let mut faithfulness = Vec::new();
    for ((operator, name), measured) in measured(&scores, &resampler) {
        let better = metric(&name).map(|metric| metric.better);
        let test = Test { scores: &scores, measured: &measured, resampler: &resampler, better, seed };
        let mut of_metric = test.all(&name);
        for score in &mut of_metric {
            score.operator.clone_from(&operator);
        }
        faithfulness.extend(of_metric);
    }
    let of_evidence = |score: &Score| metric(&score.measure).is_some_and(|metric| metric.of_evidence);
    let (mut ground_truth, faithfulness): (Vec<Score>, Vec<Score>) =
        faithfulness.into_iter().partition(of_evidence);
    if let Some(chance) = controls::chance(&scores, true) {
        let known: Vec<Score> = ground_truth.iter().filter(|score| score.method == chance).cloned().collect();
        for score in &mut ground_truth {
            score.chance = known.iter().find(|own| own.measure == score.measure).and_then(|own| own.value);
        }
    }
    for score in scores.sanity.iter_mut().filter(|score| !score.by_output.is_empty()) {
        score.interval = resampler.interval(&score.by_output);
    }
    scores.resampling = Some(resampler.describe());
    scores.faithfulness = faithfulness;
    scores.ground_truth = ground_truth;
    scores.verdict = Some(verdict(&scores));
    scores.check()?;
    Ok(scores)
}

/// The numbers of one method: for each draw, one of each unit. A method has one draw.
type Draws = Vec<Vec<Option<f64>>>;

/// An operator and a metric.
type Key = (Option<String>, String);

/// The sum and the count of each unit's numbers, by method and draw, and the units that were measured at all.
#[derive(Default)]
struct Sums {
    of: BTreeMap<usize, BTreeMap<u32, Vec<(f64, usize)>>>,
    units: BTreeSet<usize>,
}

/// What was measured by one metric with one operator.
struct Measured {
    draws: BTreeMap<usize, Draws>,
    units: BTreeSet<usize>,
}

/// By operator and metric, in the order of the operators' first measurements and of the metrics' table, the draws of
/// each method.
fn measured(scores: &Scores, resampler: &Resampler) -> Vec<(Key, Measured)> {
    let over_texts = resampler.is_over_texts();
    let n = if over_texts { scores.texts.len() } else { scores.n_output().max(1) };
    let mut operators: Vec<&Option<String>> = Vec::new();
    let mut sums: BTreeMap<(usize, usize, &str), Sums> = BTreeMap::new();
    let place = |name: &str| METRICS.iter().position(|metric| metric.name == name).unwrap_or(METRICS.len());
    for measurement in &scores.measurements {
        if !operators.contains(&&measurement.operator) {
            operators.push(&measurement.operator);
        }
        let operator = operators.iter().take_while(|known| **known != &measurement.operator).count();
        let unit = if over_texts { measurement.text } else { measurement.output.unwrap_or(0) };
        for (name, value) in &measurement.metrics {
            let sums = sums.entry((operator, place(name), name)).or_default();
            sums.units.insert(unit);
            let draws = sums.of.entry(measurement.method);
            let draw = measurement.draw.unwrap_or(0);
            let units = draws.or_default().entry(draw).or_insert_with(|| vec![(0.0, 0); n]);
            if let (Some(x), Some(sum)) = (value.filter(|x| x.is_finite()), units.get_mut(unit)) {
                sum.0 += x;
                sum.1 += 1;
            }
        }
    }
    let mean = |(sum, count): (f64, usize)| (count > 0).then(|| sum / count as f64);
    let draws = |draws: BTreeMap<u32, Vec<(f64, usize)>>| -> Draws {
        draws.into_values().map(|units| units.into_iter().map(mean).collect()).collect()
    };
    let mut found = Vec::new();
    for ((operator, _, name), sums) in sums {
        let of = sums.of.into_iter().map(|(method, own)| (method, draws(own))).collect();
        let measured = Measured { draws: of, units: sums.units };
        found.push(((operators[operator].clone(), name.to_owned()), measured));
    }
    found
}

/// One metric with one operator.
struct Test<'t> {
    scores: &'t Scores,
    measured: &'t Measured,
    resampler: &'t Resampler,
    better: Option<Better>,
    seed: u64,
}

impl Test<'_> {
    /// A score for each method and control.
    fn all(&self, name: &str) -> Vec<Score> {
        let mut scores: Vec<Score> =
            self.measured.draws.keys().map(|&method| self.score(name, method)).collect();
        let controls = self.measured.draws.keys().filter(|method| self.scores.methods[**method].control);
        for &control in controls {
            let own = |paired: &&mut Paired| paired.against == control;
            let of = |score: &mut Score| score.paired.iter().find(|p| p.against == control).and_then(|p| p.p);
            let p: Vec<Option<f64>> = scores.iter_mut().map(of).collect();
            for (score, adjusted) in scores.iter_mut().zip(benjamini_hochberg(&p)) {
                score.paired.iter_mut().filter(own).for_each(|paired| paired.adjusted_p = adjusted);
            }
        }
        scores
    }

    fn score(&self, name: &str, method: usize) -> Score {
        let units = means(&self.measured.draws[&method]);
        // What was never measured is not undefined.
        let measured = self.measured.units.iter().filter_map(|unit| units.get(*unit).copied());
        let mut score = Score::new(name, method, None)
            .with_mean_of(&measured.collect::<Vec<_>>())
            .with_interval(self.interval(&units));
        score.better = self.better;
        if self.scores.methods[method].control {
            return score;
        }
        let others = self.measured.draws.keys().filter(|other| **other != method);
        score.with_paired(others.map(|&other| self.paired(method, other, &units)).collect())
    }

    /// The interval of the mean, or of the share where all texts have 0 or 1.
    fn interval(&self, units: &[Option<f64>]) -> Option<[f64; 2]> {
        let resampled = self.resampler.interval_of_units(units)?;
        let known = || units.iter().copied().flatten();
        if !self.resampler.is_over_texts() || !known().all(|x| [0.0, 1.0].contains(&x)) {
            return Some(resampled);
        }
        let found = known().filter(|x| *x > 0.5).count();
        clopper_pearson(found, known().count(), self.resampler.confidence())
    }

    fn paired(&self, method: usize, against: usize, own: &[Option<f64>]) -> Paired {
        let draws = &self.measured.draws[&against];
        let others = means(draws);
        let differences: Vec<Option<f64>> =
            own.iter().zip(&others).map(|(a, b)| Some((*a)? - (*b)?)).collect();
        let known: Vec<f64> = differences.iter().copied().flatten().collect();
        let over = if self.resampler.is_over_texts() { "texts" } else { "outputs" };
        // Two methods' tests have different flips.
        let seed = self.seed ^ ((method as u64) << 32 | against as u64);
        let flips = sign_flips(&self.resampler.independent(&differences), FLIPS, seed);
        let pairs =
            draws.iter().flat_map(|draw| own.iter().zip(draw).filter_map(|(a, b)| Some(((*a)?, (*b)?))));
        Paired::new(against, over, known.len(), mean(&known))
            .with_interval(self.resampler.interval_of_units(&differences))
            .with_win_rate(self.better.and_then(|better| win_rate(pairs, better)))
            .with_effect_size(effect_size(&known))
            .with_p(flips.map(|flips| flips.p), flips.map(|flips| flips.smallest))
    }
}

/// The mean of each unit over the draws.
fn means(draws: &Draws) -> Vec<Option<f64>> {
    let units = draws.first().map_or(0, Vec::len);
    let of = |unit: usize| {
        let known: Vec<f64> = draws.iter().filter_map(|draw| draw[unit]).collect();
        mean(&known)
    };
    (0..units).map(of).collect()
}

fn mean(numbers: &[f64]) -> Option<f64> {
    (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
}
