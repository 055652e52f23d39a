//! Whether attributions depend on what a model has learnt, and on what is explained: they are taken again of a model
//! with random weights, and of another token.

use crate::attributor::Attributor;
use crate::error::Error;
use crate::model::randomize::Randomize;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, TokenId};
use crate::problem::Problem;
use crate::problem::progress::Progress;
use crate::target::contrast::ranked;
use crate::target::for_tokens::ForTokens;
use crate::targets::Probability;
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
    seed: u64,
}

impl Default for Sanity {
    fn default() -> Self {
        Self::new()
    }
}

impl Sanity {
    /// Six points, seed 0.
    pub fn new() -> Self {
        Self { points: 6, seed: 0 }
    }

    /// In how many steps blocks are randomised from the last to the first, and how many of them alone: at least 1, and
    /// at most all of them.
    #[must_use]
    pub fn points(self, points: usize) -> Self {
        Self { points, ..self }
    }

    /// The seed of the random weights.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// What readers of the numbers should know.
    pub const CAVEATS: [&str; 2] = [
        "attributions that do not change with random weights or another target do not explain this prediction; that they \
         change does not show that they are right (Yona & Greenfeld 2021)",
        "randomising from the last block down ranks methods by how they pass through random layers, too (Binder and others \
         2023)",
    ];

    /// Spearman's correlation of each output's row with that of the changed model or target, with the attributions'
    /// signs where they have any, and of their sizes; the mean over outputs is the score's value. `method` of a score
    /// is the attributor's place. Less is better: what the attributions are about has changed.
    /// - `cascading`: the last `blocks` blocks have random weights.
    /// - `independent`: one block alone has; `blocks` is its number, from 1.
    /// - `target`: the most probable other token is explained.
    ///
    /// Models that can't be randomised have the last one alone.
    ///
    /// Cost: each attributor's, for each point of both and once more.
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
        let all = (attributors.len() * (changes.len() + 1)).max(1) as f64;
        let mut done = 0.0;
        let mut scores = Vec::new();
        let mut run = |attributor: &Attributor, model: &dyn LanguageModel| {
            let mut part = |now: Progress| watch(Progress { share: (done + now.share) / all, ..now });
            let record = attributor.record_with(model, sequence, &mut part);
            done += 1.0;
            record
        };
        for Change { condition, number, blocks } in changes {
            let Some(other) = model.randomize() else { continue };
            let other = other.randomized(blocks, self.seed)?;
            for (place, (attributor, record)) in attributors.iter().zip(records).enumerate() {
                let changed = run(attributor, &*other)?;
                let of = similarity(place, record, &changed, condition);
                scores.extend(of.into_iter().map(|score| score.with_blocks(number)));
            }
        }
        let rivals = rivals(model, sequence)?;
        for (place, (attributor, record)) in attributors.iter().zip(records).enumerate() {
            let target = attributor.chosen_target()?;
            let attributor = attributor.clone().with_target(ForTokens::new(target, rivals.clone()));
            scores.extend(similarity(place, record, &run(&attributor, model)?, "target"));
        }
        Ok(scores)
    }

    /// How often each attributor runs.
    pub fn runs(&self, model: &dyn LanguageModel) -> usize {
        self.changes(model).len() + 1
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
fn rivals(model: &dyn LanguageModel, sequence: &Sequence) -> Result<Vec<Option<TokenId>>, Error> {
    let problem = Problem::new(model, sequence, &Probability)?;
    let rival = |output: usize| {
        let logits = problem.input().logits_of(output)?.f_detach()?.f_select(0, 0)?;
        Ok(Some(ranked(&logits, problem.output_token(output).id, 1)?))
    };
    (0..sequence.n_output()).map(rival).collect()
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
