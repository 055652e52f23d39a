//! `kernel-shap`: Shapley values as the solution of a weighted linear regression.

use crate::calculus::noise::generator;
use crate::coalitions::game::Game;
use crate::coalitions::least_squares::Fit;
use crate::coalitions::regression::{Regression, ablated, indicator};
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use rand::Rng;
use rand::seq::index;
use saliency_schema::Segmentation;

/// The `φ` that minimises `Σ_z π(z) (f(z) − f(0) − Σ_i φ_i z_i)²` subject to `Σ φ_i = f(x) − f(0)`, over coalitions `z`
/// of the input's segments, with Shapley's kernel `π(z) = (n − 1) / (C(n, |z|) |z| (n − |z|))`; `f(0)` is the target
/// with all segments ablated. Signed.
///
/// With all 2ⁿ − 2 coalitions this is the Shapley value. With more segments, coalitions are sampled by the kernel, each
/// with its complement; the constraint holds exactly, and every number has a standard error, by the jackknife over
/// pairs. Where the samples are too few to tell the segments apart, the numbers are those closest to equal shares, and
/// a note says so. In units of the target. Earlier outputs are never ablated and have no number.
///
/// Cost: one forward pass for each sample, all outputs together, in batches.
/// Source: Lundberg & Lee 2017, "A Unified Approach to Interpreting Model Predictions", theorem 2; paired sampling by
/// Covert & Lee 2021, "Improving KernelSHAP".
#[derive(Debug, Clone, Default)]
pub struct KernelShap {
    regression: Regression,
}

/// The coalitions that the regression is fitted to.
struct Coalitions {
    /// For each coalition, which players are present.
    present: Vec<Vec<bool>>,
    /// The weight of each.
    weights: Vec<f64>,
    /// Whether they are samples, in pairs; all there are otherwise.
    sampled: bool,
}

impl KernelShap {
    /// Over the input's tokens, ablated to [`Baseline::Zero`](crate::Baseline::Zero); 2n + 512 coalitions, or all where
    /// those are fewer.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => regression.rules.segments;
        /// How a segment is ablated. Default: [`Baseline::Zero`](crate::Baseline::Zero).
        baseline: impl Into<Ablation> => regression.rules.ablation;
        /// How many coalitions, 1 to a million. Default: 2n + 512 for n segments, or all coalitions where those are
        /// fewer.
        samples: u32 => regression.samples;
        /// The seed. Default: 0.
        seed: u64 => regression.seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { regression: Regression::from_parameters(parameters) })
    }

    /// The number of coalitions of `n` players without the empty and the full one, where few enough to run them all.
    fn all(&self, n: usize) -> Option<usize> {
        let all = if n < 24 { (1_usize << n) - 2 } else { usize::MAX };
        Some(all).filter(|all| self.regression.count(n) >= *all)
    }

    fn coalitions(&self, n: usize) -> Coalitions {
        if let Some(all) = self.all(n) {
            let mask = |mask: usize| (0..n).map(|i| mask >> i & 1 == 1).collect::<Vec<_>>();
            let present: Vec<_> = (1..=all).map(mask).collect();
            let weights = present.iter().map(|z| kernel(n, z.iter().filter(|t| **t).count())).collect();
            return Coalitions { present, weights, sampled: false };
        }
        // A size with probability ∝ 1/(s (n − s)), and then any coalition of that size: this samples by the kernel, so
        // that all weights are 1.
        let mut numbers = generator(self.regression.seed, 0);
        let shares: Vec<f64> = (1..n).map(|s| 1.0 / (s * (n - s)) as f64).collect();
        let total: f64 = shares.iter().sum();
        let mut coalitions = Vec::new();
        while coalitions.len() < self.regression.count(n) {
            let mut left = numbers.random::<f64>() * total;
            let size = shares.iter().position(|share| {
                left -= share;
                left < 0.0
            });
            let mut present = vec![false; n];
            for i in index::sample(&mut numbers, n, size.map_or(n - 1, |s| s + 1)) {
                present[i] = true;
            }
            coalitions.push(present.iter().map(|t| !t).collect());
            coalitions.push(present);
        }
        let weights = vec![1.0; coalitions.len()];
        Coalitions { present: coalitions, weights, sampled: true }
    }
}

/// Shapley's kernel for coalitions of `s` out of `n` players, `0 < s < n`.
fn kernel(n: usize, s: usize) -> f64 {
    let binomial = (0..s).fold(1.0, |b, k| b * (n - k) as f64 / (k + 1) as f64);
    (n - 1) as f64 / (binomial * (s * (n - s)) as f64)
}

impl Method for KernelShap {
    fn card(&self) -> Card {
        Card {
            aliases: &["kernelshap"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "samples", "seed"],
            axioms: &[Axiom::Completeness, Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "samples forward",
            source: "Lundberg & Lee 2017, A Unified Approach to Interpreting Model Predictions",
            rows: RowKind::Numbers,
            ..Card::new(
                "kernel-shap",
                "Shapley values by weighted regression on coalitions; adds up to f(x) − f(nothing)",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        self.regression.describe(self.name())
    }
    fn check(&self) -> Result<(), Error> {
        self.regression.check()
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        let n = size.n_input;
        // Coalitions are sampled in pairs, and the empty one runs too.
        let coalitions = self.all(n).unwrap_or(self.regression.count(n).next_multiple_of(2));
        self.regression.rules.cost(size, std::iter::once(0)) * (coalitions + 1) as f64
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let game = Game::new(problem, &self.regression.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        game.check_can_be_empty(n)?;
        let outputs = problem.n_output();
        let values = (0..outputs).map(|r| problem.value_at_input(r)).collect::<Result<Vec<_>, _>>()?;
        let found = (n > 1).then(|| self.coalitions(n));
        let later = found.as_ref().map_or(0, |found| found.present.len());
        let empty = game.values(&[(0..n).collect()], later)?.swap_remove(0);
        let changes: Vec<f64> = values.iter().zip(&empty).map(|(value, empty)| value - empty).collect();
        // A single player gets all of the change.
        let fit = found.as_ref().map(|found| fit(&game, found, &empty, &changes)).transpose()?;
        let sampled = found.as_ref().filter(|found| found.sampled).map(|found| found.present.len());
        let open = fit.as_ref().filter(|fit| fit.rank() + 1 < n).map(|_| {
            format!(
                "{} coalitions do not tell {n} segments apart: of all numbers that fit, these are the nearest to equal \
                 shares; more samples say more",
                sampled.unwrap_or(0)
            )
        });
        for output in 0..outputs {
            // Equal shares of the change, plus what each player has above them.
            let mut numbers = vec![changes[output] / n as f64; n];
            let mut errors = None;
            let mut notes: Vec<String> = open.clone().into_iter().collect();
            if let Some(fit) = &fit {
                let above = fit.solution(output)?;
                let excess = above.iter().sum::<f64>() / n as f64;
                numbers.iter_mut().zip(above).for_each(|(number, above)| *number += above - excess);
                if sampled.is_some() && open.is_none() {
                    errors = fit.errors(output, 0, 2)?;
                    if errors.is_none() {
                        let note = "no standard errors: every pair of coalitions is needed to tell the segments apart";
                        notes.push(note.to_owned());
                    }
                }
            }
            let row = |numbers: &[f64]| game.spread_over_input(output, numbers);
            each(Explanation {
                baseline_value: Some(empty[output]),
                samples: sampled.map(|sampled| sampled as u32),
                standard_errors: errors.map(|errors| row(&errors)),
                notes,
                ..Explanation::of_numbers(output, &row(&numbers), values[output])?
            })?;
        }
        Ok(())
    }
}

/// The regression for every output, of what players have above equal shares of the change. The numbers of each row add
/// up to zero, and so do those of the shortest solution: this keeps the constraint, and treats all players alike.
fn fit(game: &Game<'_, '_>, coalitions: &Coalitions, empty: &[f64], changes: &[f64]) -> Result<Fit, Error> {
    let share = |present: &[bool]| present.iter().copied().map(indicator).sum::<f64>() / present.len() as f64;
    let values =
        game.values(&coalitions.present.iter().map(|present| ablated(present)).collect::<Vec<_>>(), 0)?;
    let row = |present: &Vec<bool>| {
        let share = share(present);
        present.iter().map(|present| indicator(*present) - share).collect::<Vec<_>>()
    };
    let side = |(present, values): (&Vec<bool>, &Vec<f64>)| {
        let share = share(present);
        let parts = values.iter().zip(empty).zip(changes);
        parts.map(|((value, empty), change)| value - empty - share * change).collect::<Vec<_>>()
    };
    let rows: Vec<_> = coalitions.present.iter().map(row).collect();
    let sides: Vec<_> = coalitions.present.iter().zip(&values).map(side).collect();
    Fit::new(&rows, &sides, &coalitions.weights, (0.0, 0))
}
