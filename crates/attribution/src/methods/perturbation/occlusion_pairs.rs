//! `occlusion-pairs`: what the target loses with two segments beyond what it loses with each.

use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::method::strongest::{MOST, Strongest, pairs_of};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::{Interaction, Segmentation};
use std::collections::{BTreeMap, BTreeSet};

/// `I_ij = f(x) − f(x without i) − f(x without j) + f(x without both)`, signed, for every pair of segments of the
/// input: what the two do together beyond the sum of what each does. Positive: the target is higher with both than by
/// the sum of what each does without the other. Negative: lower. The main effect and the row are `occlusion`'s:
/// `f(x) − f(x without i)`.
///
/// So `f(x) − f(x without both)` is the sum of both main effects minus `I_ij`. In units of the target. Nothing adds up
/// over all pairs: with three segments ablated, more may be lost.
///
/// The record's inputs are the segments, one token each; earlier outputs are never ablated and have no number. For at
/// most 128 segments, or for those of each output whose main effects are largest in size
/// ([`strongest`](Self::strongest)).
///
/// Cost: one forward pass for each of `n` segments and each of `n (n − 1) / 2` pairs, all outputs together, in batches,
/// and from the first ablated token on where the model has a prefix cache.
/// Source: Tsang, Rambhatla & Liu 2020, "How does This Interaction Affect Me? Interpretable Attribution for Feature
/// Interactions" (the mixed difference at the text itself).
#[derive(Debug, Clone)]
#[doc(alias = "archdetect")]
pub struct OcclusionPairs {
    rules: GameRules,
    strongest: Strongest,
}

impl Default for OcclusionPairs {
    fn default() -> Self {
        Self::new()
    }
}

impl OcclusionPairs {
    /// All tokens of the input, occluded by [`Baseline::Zero`].
    pub fn new() -> Self {
        Self {
            rules: GameRules::tokens(Ablation::Embedding(Baseline::Zero)),
            strongest: Strongest::default(),
        }
    }

    setters! {
        /// How a segment is ablated. Default: [`Baseline::Zero`].
        baseline: impl Into<Ablation> => rules.ablation;
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => rules.segments;
        /// Pairs of that many segments alone, 2 to 128: for each output those whose main effects are largest in size.
        /// All others stay in the text. Default: all, of at most 128.
        strongest: u32 => strongest;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let rules = GameRules::from_parameters(parameters, Baseline::Zero.into());
        Ok(Self { rules, strongest: Strongest(parameters.strongest) })
    }
}

/// How many pairs so many segments have.
fn count(segments: usize) -> f64 {
    segments as f64 * (segments as f64 - 1.0) / 2.0
}

impl Method for OcclusionPairs {
    fn card(&self) -> Card {
        Card {
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "strongest"],
            axioms: if self.rules.judge_tokens_alone() {
                &[Axiom::Dummy, Axiom::Symmetry, Axiom::Linearity, Axiom::ImplementationInvariance]
            } else {
                &[Axiom::Linearity, Axiom::ImplementationInvariance]
            },
            cost: "n + n (n − 1) / 2 forward",
            source: "Tsang, Rambhatla & Liu 2020, How does This Interaction Affect Me?",
            rows: RowKind::Numbers,
            ..Card::new(
                "occlusion-pairs",
                "f(x) − f(x without i) − f(x without j) + f(x without both): pairs beyond their sum; rows as occlusion",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules.describe(self.name());
        if let Some(strongest) = self.strongest.0 {
            description.parameters.insert("strongest".to_owned(), strongest.into());
        }
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.strongest.check()
    }
    fn interacting(&self) -> Option<&Segmentation> {
        Some(&self.rules.segments)
    }
    fn cost(&self, size: Size) -> Cost {
        let n = size.n_input;
        let alone = self.rules.cost(size, 0..n);
        if self.strongest.taking_part(n) == n {
            let pairs = (0..n).flat_map(|i| (i + 1..n).map(move |_| (i, 2)));
            return alone + self.rules.cost_without(size, pairs);
        }
        // An upper bound: outputs may have pairs in common, and pairs begin anywhere.
        let pairs = count(n).min(count(self.strongest.taking_part(n)) * size.n_output as f64);
        alone + self.rules.cost(size, std::iter::once(0)) * pairs
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let game = Game::new(problem, &self.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        let taking_part = self.strongest.taking_part(n);
        if taking_part > MOST {
            return Err(Error::TooManySegments {
                method: self.name(),
                segments: n,
                passes: n as f64 + count(n),
                most: MOST,
                instead: ", or ask for pairs of the strongest alone (strongest 20)",
            });
        }
        let mut coalitions: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        let all: Vec<usize> = (0..n).collect();
        let chooses = taking_part < n;
        if !chooses {
            coalitions.extend(pairs_of(&all).map(|(i, j)| vec![i, j]));
        }
        let later = if chooses { count(n).min(count(taking_part) * problem.n_output() as f64) } else { 0.0 };
        let mut values = game.values(&coalitions, later as usize)?;
        let predicted: Vec<_> = (0..n).map(|i| game.predicted_without(&[i])).collect();
        let main_effects = |values: &[Vec<f64>], output: usize| -> Result<Vec<Option<f64>>, Error> {
            let value = problem.value_at_input(output)?;
            let effect = |i: usize| predicted[i][output].then(|| value - values[i][output]);
            Ok((0..n).map(effect).collect())
        };
        if chooses {
            let mut pairs = BTreeSet::new();
            for output in 0..problem.n_output() {
                pairs.extend(pairs_of(&self.strongest.chosen(&main_effects(&values, output)?)));
            }
            let more: Vec<Vec<usize>> = pairs.into_iter().map(|(i, j)| vec![i, j]).collect();
            values.extend(game.values(&more, 0)?);
            coalitions.extend(more);
        }
        let places = coalitions.iter().enumerate().skip(n).map(|(at, pair)| ((pair[0], pair[1]), at));
        let places: BTreeMap<(usize, usize), usize> = places.collect();

        for output in 0..problem.n_output() {
            let value = problem.value_at_input(output)?;
            let main_effects = main_effects(&values, output)?;
            let chosen = self.strongest.chosen(&main_effects);
            let token = |player: usize| game.first_token(player);
            let mut interactions = Vec::new();
            for i in &chosen {
                interactions.push(Interaction::new(token(*i), token(*i), main_effects[*i]));
            }
            for (i, j) in pairs_of(&chosen) {
                let without = places.get(&(i, j)).map(|at| values[*at][output]);
                let without = without.filter(|_| game.predicted_without(&[i, j])[output]);
                let both = main_effects[i].zip(main_effects[j]).zip(without);
                // f(x) − f(−i) − f(−j) + f(−ij), from the losses of each.
                let beyond = both.map(|((of_i, of_j), without)| of_i + of_j - (value - without));
                interactions.push(Interaction::new(token(i), token(j), beyond));
            }
            let missing = (0..n).filter(|i| main_effects[*i].is_none());
            let missing = missing.flat_map(|i| game.tokens_of(i, output)).collect();
            let numbers: Vec<f64> = main_effects.iter().map(|effect| effect.unwrap_or(0.0)).collect();
            let row = game.spread_over_input(output, &numbers);
            let explanation = Explanation::of_numbers(output, &row, value)?;
            each(explanation.with_missing(missing).with_interactions(interactions))?;
        }
        Ok(())
    }
}
