//! `lime`: a linear model of the target around the text, over which segments are present.

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

/// The `w` that minimises `Σ_z π(z) (f(z) − w_0 − Σ_i w_i z_i)² + λ Σ_i w_i²` over texts `z` in which each of the
/// input's `n` segments is present (1) or ablated (0); `π(z) = exp(−d²/σ²)`, with `d` the cosine distance of `z` from
/// the whole text, `1 − √(|z|/n)`, and `σ` = 0.25. Signed.
///
/// As in the paper for text: the number of ablated segments is uniform from 1 to `n`, and so is which ones they are;
/// the whole text is one of the samples; distances are those of the *binary* vectors. `λ` is a thousandth of `Σ_z π(z)
/// (z_i − z̄_i)²`, averaged over the segments: it makes the system regular and shrinks little; the intercept is not
/// shrunk. Every number has a standard error, by the jackknife over sampled texts. In units of the target. Earlier
/// outputs are never ablated and have no number.
///
/// Cost: one forward pass for each sample, all outputs together, in batches.
/// Source: Ribeiro, Singh & Guestrin 2016, "Why Should I Trust You?": Explaining the Predictions of Any Classifier,
/// eq. 2.
#[derive(Debug, Clone, Default)]
pub struct Lime {
    regression: Regression,
}

/// The kernel's width, in cosine distance.
const WIDTH: f64 = 0.25;
/// The ridge, in units of the weighted squares of a mean column.
const RIDGE: f64 = 1e-3;

impl Lime {
    /// Over the input's tokens, ablated to [`Baseline::Zero`](crate::Baseline::Zero); 2n + 512 texts.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => regression.rules.segments;
        /// How a segment is ablated. Default: [`Baseline::Zero`](crate::Baseline::Zero).
        baseline: impl Into<Ablation> => regression.rules.ablation;
        /// How many texts, the whole one among them, 2 to a million. Default: 2n + 512 for n segments.
        samples: u32 => regression.samples;
        /// The seed. Default: 0.
        seed: u64 => regression.seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { regression: Regression::from_parameters(parameters) })
    }

    /// The whole text, and texts without some of the players: which players are present in each.
    fn texts(&self, n: usize, can_be_empty: bool) -> Vec<Vec<bool>> {
        let mut numbers = generator(self.regression.seed, 0);
        let most = if can_be_empty { n } else { n - 1 };
        let mut texts = vec![vec![true; n]];
        while texts.len() < self.regression.count(n) {
            let mut present = vec![true; n];
            let count = numbers.random_range(1..=most);
            for i in index::sample(&mut numbers, n, count) {
                present[i] = false;
            }
            texts.push(present);
        }
        texts
    }
}

/// The weight of a text with `present` out of `n` players.
fn kernel(n: usize, present: usize) -> f64 {
    let distance = 1.0 - (present as f64 / n as f64).sqrt();
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
            rows: RowKind::Numbers,
            ..Card::new(
                "lime",
                "the slopes of a linear model of the target around the text, with segments there or away",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.regression.describe(self.name());
        description.parameters.insert("kernel_width".to_owned(), WIDTH.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.regression.check()?;
        if self.regression.samples == Some(1) {
            let range = "from 2 to 1000000: the first is the whole text";
            return Err(Error::Parameter { name: "samples", value: "1".into(), range });
        }
        Ok(())
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        // The first is the whole text, which is the clean run.
        let texts = self.regression.count(size.n_input).saturating_sub(1);
        self.regression.rules.cost(size, std::iter::once(0)) * texts as f64
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let game = Game::new(problem, &self.regression.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        let can_be_empty = game.check_can_be_empty(n);
        let texts = match can_be_empty {
            // With a single segment, only the empty text is informative.
            Err(refused) if n == 1 => return Err(refused),
            can_be_empty => self.texts(n, can_be_empty.is_ok()),
        };
        let values = game.values(&texts.iter().map(|text| ablated(text)).collect::<Vec<_>>(), 0)?;
        let present = |text: &Vec<bool>| text.iter().filter(|present| **present).count();
        let weights: Vec<f64> = texts.iter().map(|text| kernel(n, present(text))).collect();
        // The first unknown is the intercept.
        let row =
            |text: &Vec<bool>| std::iter::once(1.0).chain(text.iter().copied().map(indicator)).collect();
        let rows: Vec<Vec<f64>> = texts.iter().map(row).collect();
        let ridge = RIDGE * (1..=n).map(|i| squares(&rows, &weights, i)).sum::<f64>() / n as f64;
        let fit = Fit::new(&rows, &values, &weights, (ridge, 1))?;
        // The intercept and the slopes.
        let open = (fit.rank() < n + 1).then(|| {
            format!(
                "{} texts do not tell {n} segments apart: the ridge alone divides between some of them; more samples \
                 say more",
                texts.len()
            )
        });
        for output in 0..problem.n_output() {
            let row = |numbers: &[f64]| game.spread_over_input(output, &numbers[1..]);
            let errors = fit.errors(output, 1, 1)?;
            let value = problem.value_at_input(output)?;
            each(Explanation {
                samples: Some(texts.len() as u32),
                notes: open.clone().into_iter().collect(),
                standard_errors: errors.map(|errors| row(&errors)),
                ..Explanation::of_numbers(output, &row(&fit.solution(output)?), value)?
            })?;
        }
        Ok(())
    }
}

/// The weighted sum of a column's squared distances from its weighted mean.
fn squares(rows: &[Vec<f64>], weights: &[f64], column: usize) -> f64 {
    let sum = |of: &dyn Fn(f64) -> f64| {
        rows.iter().zip(weights).map(|(row, weight)| weight * of(row[column])).sum::<f64>()
    };
    let mean = sum(&|x| x) / weights.iter().sum::<f64>();
    sum(&|x| (x - mean) * (x - mean))
}
