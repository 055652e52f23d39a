//! Whether attributions depend on what a model has learnt, on what is explained and on the order of the text, and not
//! on chance: they are taken again of a model with random weights, of another token, with another seed, near the input,
//! and of a shuffled input.

use crate::attributor::Attributor;
use crate::calculus::noise::generator;
use crate::error::Error;
use crate::method::vocabulary;
use crate::model::randomize::Randomize;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, TokenId};
use crate::problem::Problem;
use crate::problem::near::Near;
use crate::problem::progress::Progress;
use crate::target::contrast::ranked;
use crate::target::for_tokens::ForTokens;
use crate::targets::Probability;
use rand::seq::SliceRandom;
use saliency_schema::scores::{Better, Score};
use saliency_schema::{Record, spearman};
use std::ops::Range;

/// What is changed, and how often.
///
/// A method whose attributions stay the same when the model's weights are random, or when another token is explained,
/// does not explain the model's prediction. But attributions that change are no proof of the opposite, and how a
/// randomised network behaves (its outputs may saturate, or a residual stream may pass by random blocks) moves the
/// numbers, too: see the references.
///
/// References: Adebayo and others 2018, "Sanity Checks for Saliency Maps"; Yona & Greenfeld 2021, "Revisiting Sanity
/// Checks for Saliency Maps"; Binder and others 2023, "Shortcomings of Top-Down Randomization-Based Sanity Checks".
#[derive(Debug, Clone)]
pub struct Sanity {
    points: usize,
    draws: u32,
    radius: f64,
    seed: u64,
}

/// The generator's stream of the shuffled order.
const SHUFFLE: u64 = 1 << 62;

impl Default for Sanity {
    fn default() -> Self {
        Self::new()
    }
}

impl Sanity {
    /// Six points; ten draws of noise, up to 0.1 of the embeddings' standard deviation; seed 0.
    pub fn new() -> Self {
        Self { points: 6, draws: 10, radius: 0.1, seed: 0 }
    }

    /// In how many steps blocks are randomised from the last to the first, and how many of them alone: at least 1, and
    /// at most all of them.
    #[must_use]
    pub fn points(self, points: usize) -> Self {
        Self { points, ..self }
    }

    /// How many points near the input there are, for `sensitivity-max`; none with 0.
    #[must_use]
    pub fn draws(self, draws: u32) -> Self {
        Self { draws, ..self }
    }

    /// How far each number of an embedding moves at most, in units of the standard deviation of all numbers in the
    /// vocabulary's embeddings.
    #[must_use]
    pub fn radius(self, radius: f64) -> Self {
        Self { radius, ..self }
    }

    /// The seed of the random weights, the noise and the shuffled order.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// What readers of the numbers should know.
    pub const CAVEATS: [&str; 3] = [
        "attributions that do not change with random weights or another target do not explain this prediction; that they \
         change does not show that they are right (Yona & Greenfeld 2021)",
        "randomising from the last block down ranks methods by how they pass through random layers, too (Binder and others \
         2023)",
        "attributions that change little near the input need not be right: constant ones change least (Yeh and others 2019)",
    ];

    /// Spearman's correlation of each output's row with that of the changed model, target or input, with the
    /// attributions' signs where they have any, and of their sizes; the mean over outputs is the score's value.
    /// `method` of a score is the attributor's place. Less is better where what the attributions are about has changed:
    /// - `cascading`: the last `blocks` blocks have random weights.
    /// - `independent`: one block alone has; `blocks` is its number, from 1.
    /// - `target`: the most probable other token is explained.
    /// - `input-order-by-token`, `input-order-by-place`: the inputs are shuffled, but for those without bytes and those
    ///   that the model keeps last, and the outputs stay. Rows over the inputs are held against each other token by
    ///   token (near 1: the order of the words does not matter) and place by place (near 1: the words do not).
    ///
    /// More is better where it is chance alone:
    /// - `seed`: of methods that sample, with another seed.
    ///
    /// And a measure of its own, less of which is better:
    /// - `sensitivity-max`, condition `noise`: the largest `‖a(x + u) − a(x)‖ / ‖a(x)‖` over draws of uniform noise `u`
    ///   in every number of the embeddings, `a` the row as the record has it (Yeh and others 2019, "On the (In)fidelity
    ///   and Sensitivity of Explanations"). Undefined where the row is 0.
    ///
    /// Models that can't be randomised have the others alone.
    ///
    /// Cost: each attributor's, for each point of both, for each draw, for another target, for the order, and for
    /// another seed where the method samples.
    ///
    /// # Errors
    /// As [`Attributor::record_with`]; records of another sequence.
    pub fn scores(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        (attributors, records): (&[Attributor], &[Record]),
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Vec<Score>, Error> {
        let changes = self.changes(model);
        let all = (attributors.len() * self.runs(model)).max(1) as f64;
        let mut done = 0.0;
        let mut scores = Vec::new();
        let mut run = |attributor: &Attributor, model: &dyn LanguageModel, sequence: &Sequence| {
            let mut part = |now: Progress| watch(Progress { share: (done + now.share) / all, ..now });
            let record = attributor.record_with(model, sequence, &mut part);
            done += 1.0;
            record
        };
        for Change { condition, number, blocks } in changes {
            let Some(other) = model.randomize() else { continue };
            let other = other.randomized(blocks, self.seed)?;
            for (place, (attributor, record)) in attributors.iter().zip(records).enumerate() {
                let changed = run(attributor, &*other, sequence)?;
                let of = similarity(place, record, &changed, condition);
                scores.extend(of.into_iter().map(|score| score.with_blocks(number)));
            }
        }
        let problem = Problem::new(model, sequence, &Probability)?;
        let rivals = rivals(&problem)?;
        for (place, (attributor, record)) in attributors.iter().zip(records).enumerate() {
            let target = attributor.chosen_target()?;
            let attributor = attributor.clone().with_target(ForTokens::new(target, rivals.clone()));
            scores.extend(similarity(place, record, &run(&attributor, model, sequence)?, "target"));
        }
        let order = self.order(model, sequence);
        let shuffled = sequence.reordered(&order);
        let spread = if self.draws > 0 { vocabulary::spread(&problem)? } else { 0.0 };
        let radius = self.radius * spread;
        for (place, (attributor, record)) in attributors.iter().zip(records).enumerate() {
            if let Some(other) = attributor.reseeded(self.seed.wrapping_add(1))? {
                let of = similarity(place, record, &run(&other, model, sequence)?, "seed");
                scores.extend(of.into_iter().map(|score| score.with_better(Better::Higher)));
            }
            let changed = run(attributor, model, &shuffled)?;
            let own = of_inputs(record, None);
            let by_token = of_inputs(&changed, Some(&inverse(&order)));
            scores.extend(similarity(place, &own, &by_token, "input-order-by-token"));
            scores.extend(similarity(place, &own, &of_inputs(&changed, None), "input-order-by-place"));
            let near = (0..self.draws).map(|draw| {
                let near = Near { radius, seed: self.seed, draw };
                run(&attributor.clone().near(near), model, sequence)
            });
            let near = near.collect::<Result<Vec<Record>, Error>>()?;
            if !near.is_empty() {
                scores.push(sensitivity(place, record, &near));
            }
        }
        Ok(scores)
    }

    /// How often each attributor runs at most.
    pub fn runs(&self, model: &dyn LanguageModel) -> usize {
        self.changes(model).len() + 3 + self.draws as usize
    }

    /// For each place of the inputs, the place of the input that it takes.
    fn order(&self, model: &dyn LanguageModel, sequence: &Sequence) -> Vec<usize> {
        let inputs = &sequence.tokens()[..sequence.n_input()];
        let moves = |place: &usize| {
            *place + model.kept_inputs() < inputs.len() && !inputs[*place].exact_bytes().is_empty()
        };
        let places: Vec<usize> = (0..inputs.len()).filter(moves).collect();
        let mut shuffled = places.clone();
        shuffled.shuffle(&mut generator(self.seed, SHUFFLE));
        let mut order: Vec<usize> = (0..inputs.len()).collect();
        for (place, from) in places.into_iter().zip(shuffled) {
            order[place] = from;
        }
        order
    }

    fn changes(&self, model: &dyn LanguageModel) -> Vec<Change> {
        let blocks = model.randomize().map_or(0, Randomize::blocks);
        let points = self.points.clamp(1, blocks.max(1)).min(blocks);
        let at = |point: usize| ((point * blocks) as f64 / points as f64).round() as usize;
        let last = (1..=points).map(|point| Change {
            condition: "cascading",
            number: at(point),
            blocks: blocks - at(point)..blocks,
        });
        let alone = (1..=points).map(|point| Change {
            condition: "independent",
            number: at(point),
            blocks: at(point) - 1..at(point),
        });
        last.chain(alone).collect()
    }
}

/// A model with other weights.
struct Change {
    condition: &'static str,
    number: usize,
    blocks: Range<usize>,
}

/// The most probable other token in each output's place.
fn rivals(problem: &Problem<'_>) -> Result<Vec<Option<TokenId>>, Error> {
    let rival = |output: usize| {
        let logits = problem.input().logits_of(output)?.f_detach()?.f_select(0, 0)?;
        Ok(Some(ranked(&logits, problem.output_token(output).id, 1)?))
    };
    (0..problem.n_output()).map(rival).collect()
}

/// With signs, where there are any, and of sizes.
fn similarity(place: usize, record: &Record, changed: &Record, condition: &str) -> Vec<Score> {
    let size = |row: &[Option<f64>]| -> Vec<Option<f64>> { row.iter().map(|x| x.map(f64::abs)).collect() };
    let of = |signed: bool| {
        let rows = record.attributions.iter().zip(&changed.attributions);
        let by_output: Vec<Option<f64>> =
            rows.map(|(a, b)| if signed { spearman(a, b) } else { spearman(&size(a), &size(b)) }).collect();
        Score::new("spearman", place, None)
            .with_mean_of(&by_output)
            .with_condition(condition)
            .with_signed(signed)
            .with_better(Better::Lower)
            .with_by_output(by_output)
    };
    if record.is_signed() { vec![of(true), of(false)] } else { vec![of(false)] }
}

/// Where each input went.
fn inverse(order: &[usize]) -> Vec<usize> {
    let mut places = vec![0; order.len()];
    for (place, from) in order.iter().enumerate() {
        places[*from] = place;
    }
    places
}

/// A record's rows over the inputs alone, in another order if one is given.
fn of_inputs(record: &Record, order: Option<&[usize]>) -> Record {
    let mut inputs = record.clone();
    for row in &mut inputs.attributions {
        row.truncate(record.n_input());
        if let Some(order) = order {
            *row = order.iter().map(|place| row.get(*place).copied().flatten()).collect();
        }
    }
    inputs
}

/// The largest change of each row, beside its size.
fn sensitivity(place: usize, record: &Record, near: &[Record]) -> Score {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|x| x * x).sum::<f64>().sqrt();
    let of = |(output, row): (usize, &Vec<Option<f64>>)| {
        let size = norm(&mut row.iter().copied().flatten());
        let change = |other: &Record| {
            let other = other.attributions.get(output)?;
            let both = row.iter().zip(other).filter_map(|(a, b)| Some((*a)? - (*b)?));
            Some(norm(&mut both.into_iter()) / size)
        };
        let changes: Vec<f64> = near.iter().map(change).collect::<Option<_>>()?;
        // `f64::max` would pass over what is no number.
        let is_known = size > 0.0 && changes.iter().all(|change| change.is_finite());
        is_known.then(|| changes.into_iter().fold(0.0, f64::max))
    };
    let by_output: Vec<Option<f64>> = record.attributions.iter().enumerate().map(of).collect();
    Score::new("sensitivity-max", place, None)
        .with_mean_of(&by_output)
        .with_condition("noise")
        .with_better(Better::Lower)
        .with_by_output(by_output)
}
