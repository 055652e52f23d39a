//! `context-cite`: a sparse linear model of the log-odds of a whole answer, over which segments are present.

use crate::calculus::noise::generator;
use crate::coalitions::game::Game;
use crate::coalitions::lasso::Lasso;
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
use saliency_schema::Segmentation;
use std::ops::Range;

/// `T · w`, signed, where `w` minimises `1/(2m) Σ_z (y(z)/T − b − Σ_i w_i z_i)² + α Σ_i σ_i |w_i|` over `m` texts `z`,
/// in each of which every one of the input's segments is present (1) with probability ½; `σ_i` is the standard
/// deviation of `z_i`, `T` the number of tokens that are explained as one, and `α` = 0.01. Many weights are exactly 0:
/// a note names the segments that are *selected*, where one output or a span is explained.
///
/// With the target `log-probability`, `y = log p − log(1 − p)`, with `p` the probability of the whole span; with
/// `probability` the same of a single output. That is the paper's, and rows are in log-odds. With every other target
/// `y` is the target itself, or its sum over a span, in its unit. A `log p` above −2⁻²⁴, what single precision can't
/// tell from 0, counts as that. Earlier outputs are never ablated and have no number.
///
/// The authors' package (0.0.4) takes sentences away: `segments` sentences, `baseline` deletion. A text without
/// anything is drawn again where there would be nothing to read. Random numbers are not those of `NumPy`. With
/// fewer texts than segments a selection is a guess that changes with the seed.
///
/// Cost: one forward pass for each text that lacks something, all outputs together, in batches.
/// Source: Cohen-Wang, Shah, Georgiev & Madry 2024, "`ContextCite`: Attributing Model Generation to Context".
#[derive(Debug, Clone)]
pub struct ContextCite {
    regression: Regression,
}

/// The Lasso's penalty, in units of the response for each token.
const ALPHA: f64 = 0.01;
/// How many texts where nobody says.
const SAMPLES: u32 = 64;
/// The largest log-probability whose complement is known.
const CERTAIN: f64 = -1.0 / 16_777_216.0;
/// Segments that a note names.
const NAMED: usize = 12;

impl Default for ContextCite {
    fn default() -> Self {
        Self::new()
    }
}

impl ContextCite {
    /// Over the input's tokens, ablated to [`Baseline::Zero`](crate::Baseline::Zero); 64 texts.
    pub fn new() -> Self {
        Self { regression: Regression { samples: Some(SAMPLES), ..Regression::default() } }
    }

    setters! {
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => regression.rules.segments;
        /// How a segment is ablated. Default: [`Baseline::Zero`](crate::Baseline::Zero).
        baseline: impl Into<Ablation> => regression.rules.ablation;
        /// How many texts, 1 to a million. Default: 64.
        samples: u32 => regression.samples;
        /// The seed. Default: 0.
        seed: u64 => regression.seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let mut regression = Regression::from_parameters(parameters);
        regression.samples = regression.samples.or(Some(SAMPLES));
        Ok(Self { regression })
    }

    /// Which of `n` segments are present in each text.
    fn texts(&self, n: usize, can_be_empty: bool) -> Vec<Vec<bool>> {
        let mut numbers = generator(self.regression.seed, 0);
        let mut text = || loop {
            let present: Vec<bool> = (0..n).map(|_| numbers.random_bool(0.5)).collect();
            if can_be_empty || n < 2 || present.contains(&true) {
                return present;
            }
        };
        (0..self.regression.count(n)).map(|_| text()).collect()
    }
}

impl Method for ContextCite {
    fn card(&self) -> Card {
        Card {
            aliases: &["contextcite"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "samples", "seed"],
            axioms: &[Axiom::ImplementationInvariance],
            cost: "samples forward",
            source: "Cohen-Wang et al. 2024, ContextCite: Attributing Model Generation to Context",
            rows: RowKind::Numbers,
            additive: false,
            explains_spans: true,
            ..Card::new(
                "context-cite",
                "the Lasso's weights of segments for the log-odds of the output or the whole span",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.regression.describe(self.name());
        description.parameters.insert("alpha".to_owned(), ALPHA.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.regression.check()
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        // The same texts as those of a run over tokens; one that lacks nothing is the clean run.
        let texts = self.texts(size.n_input, self.regression.rules.ablation != Ablation::Deletion);
        let ablated = texts.iter().map(|text| ablated(text)).filter(|ablated| !ablated.is_empty());
        self.regression.rules.cost_without(size, ablated.map(|ablated| (ablated[0], ablated.len())))
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
        let texts = match &can_be_empty {
            // With a single segment, only the empty text is informative.
            Err(_) if n < 2 => return can_be_empty,
            can_be_empty => self.texts(n, can_be_empty.is_ok()),
        };
        let values = game.values(&texts.iter().map(|text| ablated(text)).collect::<Vec<_>>(), 0)?;
        if values.iter().flatten().any(|value| value.is_nan()) {
            can_be_empty?;
        }
        let rows: Vec<Vec<f64>> =
            texts.iter().map(|text| text.iter().copied().map(indicator).collect()).collect();
        let lasso = Lasso::new(&rows);
        let whole = problem.span_as_one();
        let spans = match &whole {
            Some(span) => vec![span.clone()],
            None => (0..problem.n_output()).map(|output| output..output + 1).collect(),
        };
        let few = spans.len() == 1;
        for span in spans {
            let tokens = span.len() as f64;
            let side = values.iter().map(|values| response(problem, values, &span) / tokens);
            let weights = lasso.weights(&side.collect::<Vec<_>>(), ALPHA);
            let mut notes = Vec::new();
            if weights.is_none() {
                notes.push("the Lasso did not converge: the row is zero; more samples help".to_owned());
            }
            let weights: Vec<f64> = match weights {
                Some(weights) => weights.into_iter().map(|weight| weight * tokens).collect(),
                None => vec![0.0; n],
            };
            if few {
                notes.push(selected(&game, &weights));
            }
            let value = span.clone().map(|member| problem.value_at_input(member));
            let value = value.sum::<Result<f64, Error>>()?;
            // The last member's context is that of all.
            let output = span.end - 1;
            let row = game.spread_over_input(output, &weights);
            each(Explanation { notes, ..Explanation::of_numbers(output, &row, value)? })?;
        }
        Ok(())
    }
}

/// What the model is fitted to: the log-odds of all outputs of a span together, where the target says their
/// probability, or else the target's sum.
fn response(problem: &Problem<'_>, values: &[f64], span: &Range<usize>) -> f64 {
    let sum: f64 = values[span.clone()].iter().sum();
    match problem.target().name() {
        "log-probability" => log_odds(sum),
        "probability" if span.len() == 1 => log_odds(sum.ln()),
        _ => sum,
    }
}

/// `log p − log(1 − p)`, from `log p`.
fn log_odds(log_probability: f64) -> f64 {
    let known = log_probability.clamp(f64::MIN, CERTAIN);
    known - (-known.exp_m1()).ln()
}

/// Which segments have a weight, in words.
fn selected(game: &Game<'_, '_>, weights: &[f64]) -> String {
    let places = game.players().iter().zip(weights).filter(|(_, weight)| **weight != 0.0);
    let places: Vec<_> = places.map(|(tokens, _)| format!("{}-{}", tokens.start, tokens.end)).collect();
    let named = places.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
    let and = if places.len() > NAMED { ", …" } else { "" };
    let at = if places.is_empty() { String::new() } else { format!(": tokens {named}{and}") };
    format!("selected {} of {} segments{at}", places.len(), weights.len())
}
