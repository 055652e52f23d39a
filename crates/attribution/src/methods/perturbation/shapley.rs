//! `shapley`: every segment's gain, averaged over all orders in which segments can be added.

use crate::calculus::moments::Moments;
use crate::calculus::noise::generator;
use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::{Parameters, check_count};
use crate::method::scope::Scope;
use crate::method::setters::setters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use rand::Rng;
use saliency_schema::Segmentation;

/// `φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)! / n! · (f(S ∪ i) − f(S))`, signed: segment `i`'s gain, averaged over all orders
/// in which the `n` segments can be added. A segment's number is spread evenly over its tokens.
///
/// Exact over all 2ⁿ coalitions for up to 14 segments, unless a number of samples is asked for; otherwise the mean over
/// random orders, each followed by its reverse (antithetic pairs), with the standard error of every number. In units of
/// the target. Rows add up to f(x) − f(∅), with all segments ablated in ∅, exactly in both cases.
///
/// The players are the input's segments; earlier outputs are never ablated and have no number, or are players too
/// ([`Scope`]).
///
/// Cost: 2ⁿ forward passes, or 2 · samples · n, all outputs together, in batches.
/// Source: Shapley 1953, "A Value for n-Person Games"; sampling by Castro, Gómez & Tejada 2009, "Polynomial calculation
/// of the Shapley value based on sampling"; antithetic pairs by Mitchell, Cooper, Frank & Holmes 2022, "Sampling
/// Permutations for Shapley Value Estimation".
#[derive(Debug, Clone)]
pub struct Shapley {
    rules: GameRules,
    players: Scope,
    /// Pairs of orders; `None`: exact for few players.
    samples: Option<u32>,
    seed: u64,
}

/// The most players for which all coalitions are run.
const EXACT: usize = 14;
/// Pairs of orders with more players.
const PAIRS: u32 = 25;
/// Coalitions whose values are computed together.
const TOGETHER: usize = 4096;

impl Default for Shapley {
    fn default() -> Self {
        Self::new()
    }
}

impl Shapley {
    /// Over the input's tokens, ablated to [`Baseline::Zero`]; exact up to 14 of them, 25 pairs of orders beyond.
    pub fn new() -> Self {
        let rules = GameRules::tokens(Ablation::Embedding(Baseline::Zero));
        Self { rules, players: Scope::Input, samples: None, seed: 0 }
    }

    setters! {
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => rules.segments;
        /// How a segment is ablated. Default: [`Baseline::Zero`].
        baseline: impl Into<Ablation> => rules.ablation;
        /// Whether earlier outputs are players too. Default: [`Scope::Input`].
        players: Scope => players;
        /// That many pairs of orders, 1 to a million, instead of all coalitions. Default: all coalitions of up to 14
        /// segments, 25 pairs beyond.
        samples: u32 => samples;
        /// The seed of the orders. Default: 0.
        seed: u64 => seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let rules = GameRules::from_parameters(parameters, Baseline::Zero.into());
        let players = parameters.players.unwrap_or_default();
        Ok(Self { rules, players, samples: parameters.samples, seed: parameters.seed.unwrap_or(0) })
    }

    /// The number of players that take part: they are the first of the game.
    fn playing(&self, game: &Game<'_, '_>, problem: &Problem<'_>) -> usize {
        match self.players {
            Scope::Input => game.players_within(problem.n_input()),
            Scope::All => game.players().len(),
        }
    }

    fn exact(
        &self,
        game: &Game<'_, '_>,
        problem: &Problem<'_>,
        playing: usize,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let values = of_all_coalitions(game, playing)?;
        #[expect(clippy::needless_range_loop, reason = "`values` has coalitions first, and outputs in them")]
        for output in 0..problem.n_output() {
            let n = playing.min(game.players_of(output));
            // Coalitions of the players in the output's context: the others are present, and change nothing.
            let beyond = ((1_usize << playing) - 1) & !((1_usize << n) - 1);
            let numbers = exact(n, |mask| values[mask | beyond][output]);
            let baseline_value = Some(values[beyond][output]);
            let numbers = self.row(game, output, &numbers);
            let value = problem.value_at_input(output)?;
            each(Explanation { baseline_value, ..Explanation::of_numbers(output, &numbers, value)? })?;
        }
        Ok(())
    }

    fn sampled(
        &self,
        game: &Game<'_, '_>,
        problem: &Problem<'_>,
        playing: usize,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let pairs = self.samples.unwrap_or(PAIRS);
        let outputs = problem.n_output();
        let mut found = vec![vec![Moments::default(); playing]; outputs];
        let mut empty = vec![f64::NAN; outputs];
        for pair in 0..pairs {
            let mut gains = vec![vec![0.0; playing]; outputs];
            for (half, order) in orders(self.seed, pair, playing).into_iter().enumerate() {
                let later = (2 * (pairs - pair) as usize - half - 1) * playing;
                let ablated: Vec<Vec<usize>> = (0..=playing).map(|added| order[added..].to_vec()).collect();
                let values = game.values(&ablated, later)?;
                for (added, player) in order.into_iter().enumerate() {
                    for (output, gains) in gains.iter_mut().enumerate() {
                        gains[player] += 0.5 * (values[added + 1][output] - values[added][output]);
                    }
                }
                empty.clone_from(&values[0]);
            }
            for (found, gains) in found.iter_mut().zip(gains) {
                found.iter_mut().zip(gains).for_each(|(found, gain)| found.add(gain));
            }
        }
        for output in 0..outputs {
            let own = &found[output][..playing.min(game.players_of(output))];
            let of = |number: fn(&Moments) -> f64| own.iter().map(number).collect::<Vec<_>>();
            let row = self.row(game, output, &of(Moments::mean));
            let errors = self.row(game, output, &of(Moments::error));
            let value = problem.value_at_input(output)?;
            // With all players ablated: those beyond the output's context have no effect on it.
            each(Explanation {
                baseline_value: Some(empty[output]),
                samples: Some(pairs),
                standard_errors: Some(errors).filter(|_| pairs > 1),
                ..Explanation::of_numbers(output, &row, value)?
            })?;
        }
        Ok(())
    }

    /// Numbers for the tokens of the players.
    fn row(&self, game: &Game<'_, '_>, output: usize, numbers: &[f64]) -> Vec<f64> {
        match self.players {
            Scope::Input => game.spread_over_input(output, numbers),
            Scope::All => game.spread(output, numbers),
        }
    }
}

/// A random order of the players, and its reverse.
pub(super) fn orders(seed: u64, pair: u32, playing: usize) -> [Vec<usize>; 2] {
    // Sorted by a random key for each player, so that the order of the first players does not depend on how many
    // follow.
    let mut numbers = generator(seed, pair.into());
    let keys: Vec<f64> = (0..playing).map(|_| numbers.random()).collect();
    let mut order: Vec<usize> = (0..playing).collect();
    order.sort_by(|a, b| keys[*a].total_cmp(&keys[*b]));
    let reverse = order.iter().rev().copied().collect();
    [order, reverse]
}

/// Every output's target for every coalition of so many players: that of number `mask` has those whose bits are set.
pub(super) fn of_all_coalitions(game: &Game<'_, '_>, playing: usize) -> Result<Vec<Vec<f64>>, Error> {
    let mut values = Vec::with_capacity(1 << playing);
    for begin in (0..1_usize << playing).step_by(TOGETHER) {
        let end = (begin + TOGETHER).min(1 << playing);
        let ablated = |mask: usize| (0..playing).filter(|i| mask >> i & 1 == 0).collect();
        // The last is the whole text, which is the clean run.
        let later = ((1_usize << playing) - end).saturating_sub(1);
        values.extend(game.values(&(begin..end).map(ablated).collect::<Vec<_>>(), later)?);
    }
    Ok(values)
}

/// The Shapley values of `n` players, given the value of each coalition.
pub(super) fn exact(n: usize, value: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut numbers = vec![0.0; n];
    let weights = weights(n);
    for mask in 0..1_usize << n {
        let f = value(mask);
        let size = mask.count_ones() as usize;
        for (i, number) in numbers.iter_mut().enumerate() {
            // Each coalition counts either with the player or without.
            *number += if mask >> i & 1 == 1 { weights[size - 1] * f } else { -weights[size] * f };
        }
    }
    numbers
}

/// `s! (n − s − 1)! / n!` for coalitions of `s` others, `s < n`.
fn weights(n: usize) -> Vec<f64> {
    let mut weights = vec![0.0; n];
    let mut binomial = 1.0;
    for (s, weight) in weights.iter_mut().enumerate() {
        *weight = 1.0 / (n as f64 * binomial);
        binomial *= (n - 1 - s) as f64 / (s + 1) as f64;
    }
    weights
}

impl Method for Shapley {
    fn card(&self) -> Card {
        Card {
            aliases: &["shapley-values", "shapley-value-sampling"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "players", "samples", "seed"],
            axioms: if self.rules.judge_tokens_alone() {
                &[
                    Axiom::Completeness,
                    Axiom::Dummy,
                    Axiom::Symmetry,
                    Axiom::Linearity,
                    Axiom::ImplementationInvariance,
                ]
            } else {
                &[Axiom::Completeness, Axiom::Linearity, Axiom::ImplementationInvariance]
            },
            cost: "2ⁿ forward, or 2 × samples × n",
            source: "Shapley 1953, A Value for n-Person Games; Castro, Gómez & Tejada 2009",
            rows: RowKind::Numbers,
            ..Card::new(
                "shapley",
                "a segment's gain f(S ∪ i) − f(S), averaged over all orders; adds up to f(x) − f(nothing)",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules.describe(self.name());
        description.parameters.insert("players".to_owned(), self.players.name().into());
        if let Some(samples) = self.samples {
            description.parameters.insert("samples".to_owned(), samples.into());
        }
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.samples.map_or(Ok(()), |pairs| check_count("samples", pairs, 1_000_000))
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        let players = match self.players {
            Scope::Input => size.n_input,
            Scope::All => size.context(),
        };
        let exact = self.samples.is_none() && players <= EXACT;
        let count = if exact {
            // All coalitions but the whole text, which is the clean run.
            ((1_usize << players) - 1) as f64
        } else {
            2.0 * f64::from(self.samples.unwrap_or(PAIRS)) * players as f64
        };
        // An upper bound where the model caches the tokens before the first ablated one: half of all coalitions lack
        // the first token.
        self.rules.cost(size, std::iter::once(0)) * count
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let game = Game::new(problem, &self.rules, self.name())?;
        let playing = self.playing(&game, problem);
        game.check_can_be_empty(playing)?;
        if self.samples.is_none() && playing <= EXACT {
            self.exact(&game, problem, playing, each)
        } else {
            self.sampled(&game, problem, playing, each)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::weights;

    #[test]
    fn weights_are_shapleys() {
        // 0! 2! / 3!, 1! 1! / 3!, 2! 0! / 3!
        for (found, expected) in weights(3).into_iter().zip([1.0 / 3.0, 1.0 / 6.0, 1.0 / 3.0]) {
            assert!((found - expected).abs() < 1e-15);
        }
    }
}
