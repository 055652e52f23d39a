//! `lime`: a linear model of the target around the text, with segments there or away.

use crate::game::{Game, Rules};
use crate::least_squares;
use crate::method::{Axiom, Card, Family};
use crate::noise::generator;
use crate::parameters::count;
use crate::{Absence, Baseline, Cost, Error, Explanation, Method, Parameters, Problem, Size};
use rand::Rng;
use rand::seq::index;
use saliency_schema::Segmentation;

/// The `w` of `argmin Σ_z π(z) (f(z) − w_0 − Σ_i w_i z_i)² + λ Σ_i w_i²` over texts `z` in which each of the input's `n` segments is
/// there (1) or away (0), signed; `π(z) = exp(−d²/σ²)`, with `d` the cosine distance of `z` from the whole text, `1 − √(|z|/n)`, and
/// `σ` = 0.25.
///
/// As the paper says for text: the number of segments away is even from 1 to `n`, and which they are is even too; the whole
/// text is one of the samples; distances are those of the *binary* vectors. `λ` = 10⁻³ of the weights' sum keeps the system
/// solvable and shrinks little; the intercept is not shrunk. In units of the target. Earlier outputs stay in place and have no
/// number.
///
/// Cost: as many forward passes as samples, all outputs together, in batches.
/// Source: Ribeiro, Singh & Guestrin 2016, "Why Should I Trust You?": Explaining the Predictions of Any Classifier, eq. 2.
#[derive(Debug, Clone)]
pub struct Lime {
    rules: Rules,
    samples: Option<u32>,
    seed: u64,
}

/// The kernel's width, in cosine distance.
const WIDTH: f64 = 0.25;
/// The ridge, in units of the mean weight of a coefficient's column.
const RIDGE: f64 = 1e-3;

impl Default for Lime {
    fn default() -> Self {
        Self::new()
    }
}

impl Lime {
    /// Over the input's tokens, absent by [`Baseline::Zero`]; 2n + 512 texts.
    pub fn new() -> Self {
        Self { rules: Rules::tokens(Absence::Embedding(Baseline::Zero)), samples: None, seed: 0 }
    }

    /// What comes and goes together. Default: single tokens.
    #[must_use]
    pub fn segments(mut self, segments: Segmentation) -> Self {
        self.rules.segments = segments;
        self
    }

    /// How many texts, and the seed.
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

    /// The whole text, and texts without some of the players.
    fn texts(&self, n: usize, can_be_empty: bool) -> Vec<Vec<bool>> {
        let mut numbers = generator(self.seed, 0);
        let most = if can_be_empty { n } else { (n - 1).max(1) };
        let mut texts = vec![vec![true; n]];
        while texts.len() < self.count(n) {
            let mut there = vec![true; n];
            let away = numbers.random_range(1..=most);
            for i in index::sample(&mut numbers, n, away) {
                there[i] = false;
            }
            texts.push(there);
        }
        texts
    }
}

/// How much a text with `there` of `n` players counts.
fn kernel(n: usize, there: usize) -> f64 {
    let distance = 1.0 - (there as f64 / n as f64).sqrt();
    (-(distance * distance) / (WIDTH * WIDTH)).exp()
}

impl Method for Lime {
    fn card(&self) -> Card {
        Card {
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "samples", "seed"],
            axioms: &[Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "samples forward",
            source: "Ribeiro, Singh & Guestrin 2016, Why Should I Trust You?",
            one_number: true,
            ..Card::new(
                "lime",
                "the slopes of a linear model of the target around the text, with segments there or away",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules.describe(self.name());
        if let Some(samples) = self.samples {
            description.parameters.insert("samples".to_owned(), samples.into());
        }
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description.parameters.insert("kernel_width".to_owned(), WIDTH.into());
        description
    }
    fn cost(&self, size: Size) -> Cost {
        // The first is the whole text, which has run.
        self.rules.cost(size, std::iter::once(0)) * (self.count(size.n_input) - 1) as f64
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let game = Game::new(problem, &self.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        let texts = self.texts(n, game.check_can_be_empty(n).is_ok());
        let away = |there: &Vec<bool>| (0..n).filter(|i| !there[*i]).collect::<Vec<_>>();
        let values = game.values(&texts.iter().map(away).collect::<Vec<_>>())?;
        let weights: Vec<f64> =
            texts.iter().map(|there| kernel(n, there.iter().filter(|t| **t).count())).collect();
        // Centred by the weights, so that the intercept is free.
        let total: f64 = weights.iter().sum();
        let mean = |of: &dyn Fn(usize) -> f64| {
            weights.iter().enumerate().map(|(k, w)| w * of(k)).sum::<f64>() / total
        };
        let number = |there: bool| f64::from(u8::from(there));
        let centres: Vec<f64> = (0..n).map(|i| mean(&|k| number(texts[k][i]))).collect();
        let rows: Vec<Vec<f64>> = texts
            .iter()
            .map(|there| there.iter().zip(&centres).map(|(t, c)| number(*t) - c).collect())
            .collect();
        for output in 0..problem.n_output() {
            let centre = mean(&|k| values[k][output]);
            let sides: Vec<f64> = values.iter().map(|values| values[output] - centre).collect();
            let numbers = least_squares::solve(&rows, &sides, &weights, RIDGE * total / n as f64)?;
            let mut row = game.spread(output, &numbers);
            row.truncate(problem.n_input());
            each(Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?)?;
        }
        Ok(())
    }
}
