//! `kernel-shap`: Shapley values as the solution of a weighted linear regression.

use crate::game::{Game, Rules};
use crate::least_squares;
use crate::method::{Axiom, Card, Family};
use crate::noise::generator;
use crate::parameters::count;
use crate::{Absence, Baseline, Cost, Error, Explanation, Method, Parameters, Problem, Size};
use rand::Rng;
use rand::seq::index;
use saliency_schema::Segmentation;

/// The `φ` that minimises `Σ_z π(z) (f(z) − f(0) − Σ_i φ_i z_i)²` with `Σ φ_i = f(x) − f(nothing there)`, over coalitions `z` of the
/// input's segments and with Shapley's kernel `π(z) = (n − 1) / (C(n, |z|) |z| (n − |z|))`, signed.
///
/// With all 2ⁿ − 2 coalitions this is the Shapley value. Beyond, coalitions are drawn by the kernel, each with its
/// complement; the constraint is kept exactly. In units of the target. Earlier outputs stay in place and have no number.
///
/// Cost: as many forward passes as samples, all outputs together, in batches.
/// Source: Lundberg & Lee 2017, "A Unified Approach to Interpreting Model Predictions", theorem 2; paired draws by Covert & Lee
/// 2021, "Improving KernelSHAP".
#[derive(Debug, Clone)]
pub struct KernelShap {
    rules: Rules,
    samples: Option<u32>,
    seed: u64,
}

impl Default for KernelShap {
    fn default() -> Self {
        Self::new()
    }
}

impl KernelShap {
    /// Over the input's tokens, absent by [`Baseline::Zero`]; 2n + 512 coalitions, or all where those are fewer.
    pub fn new() -> Self {
        Self { rules: Rules::tokens(Absence::Embedding(Baseline::Zero)), samples: None, seed: 0 }
    }

    /// What comes and goes together. Default: single tokens.
    #[must_use]
    pub fn segments(mut self, segments: Segmentation) -> Self {
        self.rules.segments = segments;
        self
    }

    /// How many coalitions, and the seed.
    ///
    /// # Errors
    /// [`Error::Parameter`] for none, or more than a million.
    pub fn samples(self, samples: u32, seed: u64) -> Result<Self, Error> {
        Ok(Self { samples: Some(count("samples", samples, 1_000_000)?), seed, ..self })
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let rules = Rules::from_parameters(parameters, Baseline::Zero.into());
        let samples = parameters.samples.map(|n| count("samples", n, 1_000_000)).transpose()?;
        Ok(Self { rules, samples, seed: parameters.seed.unwrap_or(0) })
    }

    fn count(&self, n: usize) -> usize {
        self.samples.map_or(2 * n + 512, |samples| samples as usize)
    }

    /// Coalitions, and what each counts.
    fn coalitions(&self, n: usize) -> (Vec<Vec<bool>>, Vec<f64>) {
        let all = if n < 24 { (1_usize << n) - 2 } else { usize::MAX };
        if self.count(n) >= all {
            let there = |mask: usize| (0..n).map(|i| mask >> i & 1 == 1).collect::<Vec<_>>();
            let coalitions: Vec<_> = (1..=all).map(there).collect();
            let weights = coalitions.iter().map(|z| kernel(n, z.iter().filter(|t| **t).count())).collect();
            return (coalitions, weights);
        }
        // A size with probability ∝ 1/(s (n − s)), and then any coalition of that size: by the kernel, so that each counts once.
        let mut numbers = generator(self.seed, 0);
        let shares: Vec<f64> = (1..n).map(|s| 1.0 / (s * (n - s)) as f64).collect();
        let total: f64 = shares.iter().sum();
        let mut coalitions = Vec::new();
        while coalitions.len() < self.count(n) {
            let mut left = numbers.random::<f64>() * total;
            let size = shares.iter().position(|share| {
                left -= share;
                left < 0.0
            });
            let mut there = vec![false; n];
            for i in index::sample(&mut numbers, n, size.map_or(n - 1, |s| s + 1)) {
                there[i] = true;
            }
            coalitions.push(there.iter().map(|t| !t).collect());
            coalitions.push(there);
        }
        let weights = vec![1.0; coalitions.len()];
        (coalitions, weights)
    }
}

/// Shapley's kernel for coalitions of `s` of `n` players, `0 < s < n`.
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
            one_number: true,
            ..Card::new(
                "kernel-shap",
                "Shapley values by weighted regression on coalitions; adds up to f(x) − f(nothing)",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules.describe(self.name());
        if let Some(samples) = self.samples {
            description.parameters.insert("samples".to_owned(), samples.into());
        }
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description
    }
    fn cost(&self, size: Size) -> Cost {
        let all = if size.n_input < 24 { 1_usize << size.n_input } else { usize::MAX };
        self.rules.cost(size, std::iter::once(0)) * self.count(size.n_input).min(all) as f64
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let game = Game::new(problem, &self.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        game.check_can_be_empty(n)?;
        let away = |there: &Vec<bool>| (0..n).filter(|i| !there[*i]).collect::<Vec<_>>();
        let empty = game.values(&[(0..n).collect()])?.swap_remove(0);
        let (coalitions, weights) = if n > 1 { self.coalitions(n) } else { (Vec::new(), Vec::new()) };
        let values = game.values(&coalitions.iter().map(away).collect::<Vec<_>>())?;
        for output in 0..problem.n_output() {
            let value = problem.value_at_input(output)?;
            let change = value - empty[output];
            // The last player has what the others leave of the change: that keeps the constraint.
            let columns = |there: &Vec<bool>| {
                let last = f64::from(u8::from(there[n - 1]));
                (0..n - 1).map(|i| f64::from(u8::from(there[i])) - last).collect::<Vec<_>>()
            };
            let side = |(there, values): (&Vec<bool>, &Vec<f64>)| {
                values[output] - empty[output] - if there[n - 1] { change } else { 0.0 }
            };
            let rows: Vec<_> = coalitions.iter().map(columns).collect();
            let sides: Vec<_> = coalitions.iter().zip(&values).map(side).collect();
            let mut numbers = least_squares::solve(&rows, &sides, &weights, 0.0)?;
            numbers.push(change - numbers.iter().sum::<f64>());
            let mut row = game.spread(output, &numbers);
            row.truncate(problem.n_input());
            let baseline_value = Some(empty[output]);
            each(Explanation { baseline_value, ..Explanation::of_numbers(output, &row, value)? })?;
        }
        Ok(())
    }
}
