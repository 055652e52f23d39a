//! `reagent`: how much the target changes when tokens are replaced by what the model itself predicts there.

use crate::calculus::moments::Moments;
use crate::calculus::noise::generator;
use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::{Parameters, check_count};
use crate::method::setters::setters;
use crate::model::Pass;
use crate::model::{TokenId, checked};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use rand::Rng;
use tch::{Kind, Tensor};

/// `a_i = E[f(x) − f(x̂) | i replaced] − E[f(x) − f(x̂) | i kept]`, signed: how much more the target loses when token
/// `i` is among the replaced ones. In each text `x̂` every token is replaced with a probability of 30 %, by a sample
/// from the 50 tokens that the model itself finds most probable there.
///
/// In units of the target. Replacements are likely after the *original* tokens before them, so that the text stays
/// close to what the model knows; no embedding is zero or missing. The first token has no prediction; its replacements
/// are sampled from the prediction of the second. Every number has a standard error. With few samples a token may be
/// replaced in every text, or in none; its number is then missing.
///
/// This is "ReAGent-like": the paper takes replacements from a second model (RoBERTa), accumulates logistic updates
/// until the kept tokens alone predict the output, and passes the sum through a softmax, which loses unit and sign.
/// Here the replacements give a difference of means.
///
/// Cost: one forward pass for each sample, all outputs together, in batches.
/// Source: Zhao & Shan 2024, "ReAGent: A Model-agnostic Feature Attribution Method for Generative Language Models".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[doc(alias = "ReAGent")]
pub struct Reagent {
    samples: Option<u32>,
    seed: u64,
}

/// The probability that a token is replaced, as in the paper.
const REPLACED: f64 = 0.3;
/// Replacements are among this many most probable tokens.
const CANDIDATES: i64 = 50;

impl Default for Reagent {
    fn default() -> Self {
        Self::new()
    }
}

impl Reagent {
    /// 2n + 256 texts for n input tokens, seed 0.
    pub fn new() -> Self {
        Self { samples: None, seed: 0 }
    }

    setters! {
        /// How many texts, 1 to a million. Default: 2n + 256 for n input tokens.
        samples: u32 => samples;
        /// The seed. Default: 0.
        seed: u64 => seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { samples: parameters.samples, seed: parameters.seed.unwrap_or(0) })
    }

    fn count(&self, n_input: usize) -> usize {
        self.samples.map_or(2 * n_input + 256, |samples| samples as usize)
    }
}

/// The candidates to replace each token, and their cumulative probabilities.
struct Candidates {
    ids: Vec<Vec<i64>>,
    cumulated: Vec<Vec<f64>>,
}

impl Candidates {
    /// From the model's predictions at the clean input.
    fn new(problem: &Problem<'_>, context: usize) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let n_input = problem.n_input();
        let logits = checked::logits(problem.model(), &problem.embeddings(), n_input, 0..context)?;
        problem.count(Cost::forwards(1.0))?;
        let logits = logits.f_select(0, 0)?;
        let most = CANDIDATES.min(logits.size()[1]);
        let (best, ids) = logits.f_topk(most, -1, true, true)?;
        let shares = best.f_to_kind(Kind::Double)?.f_softmax(-1, None)?.f_cumsum(-1, None)?;
        let (mut all, mut cumulated) = (Vec::new(), Vec::new());
        for token in 0..context as i64 {
            // The position before predicts this token; the first has none.
            let position = (token - 1).max(0);
            all.push(Vec::try_from(ids.f_select(0, position)?)?);
            cumulated.push(Vec::try_from(shares.f_select(0, position)?)?);
        }
        Ok(Self { ids: all, cumulated })
    }

    /// A token other than the original one, where there is another.
    fn sample(&self, token: usize, original: TokenId, numbers: &mut impl Rng) -> TokenId {
        for _ in 0..16 {
            let at = numbers.random::<f64>();
            let shares = &self.cumulated[token];
            let rank = shares.iter().position(|share| at < *share).unwrap_or(shares.len() - 1);
            let id = self.ids[token][rank] as TokenId;
            if id != original {
                return id;
            }
        }
        let other = self.ids[token].iter().map(|id| *id as TokenId).find(|id| *id != original);
        other.unwrap_or(original)
    }
}

impl Method for Reagent {
    fn card(&self) -> Card {
        Card {
            family: Family::Perturbation,
            parameters: &["samples", "seed"],
            axioms: &[Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "samples forward",
            source: "Zhao & Shan 2024, ReAGent: A Model-agnostic Feature Attribution Method",
            rows: RowKind::Numbers,
            ..Card::new(
                "reagent",
                "E[f(x) − f(x̂) | i replaced] − E[… | i kept], by the model's own predictions",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        if let Some(samples) = self.samples {
            description.parameters.insert("samples".to_owned(), samples.into());
        }
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description.parameters.insert("replaced".to_owned(), REPLACED.into());
        description.parameters.insert("candidates".to_owned(), CANDIDATES.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.samples.map_or(Ok(()), |samples| check_count("samples", samples, 1_000_000))
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        Cost::forwards(1.0 + self.count(size.n_input) as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let outputs = problem.n_output();
        let context = problem.row_length(outputs - 1);
        let candidates = Candidates::new(problem, context)?;
        let values = (0..outputs).map(|r| problem.value_at_input(r)).collect::<Result<Vec<_>, _>>()?;
        let mut kept = vec![vec![Moments::default(); context]; outputs];
        let mut replaced = kept.clone();
        let samples = self.count(problem.n_input());
        let together = problem.batch(Pass { tokens: context, positions: outputs, backward: false });
        for begin in (0..samples).step_by(together) {
            let (mut texts, mut changes) = (Vec::new(), Vec::new());
            for sample in begin..(begin + together).min(samples) {
                let mut numbers = generator(self.seed, sample as u64);
                let mut ids = problem.sequence().ids()[..context].to_vec();
                let mut changed = vec![false; context];
                for (token, changed) in changed.iter_mut().enumerate() {
                    if numbers.random_bool(REPLACED) {
                        ids[token] = candidates.sample(token, ids[token], &mut numbers);
                        *changed = true;
                    }
                }
                texts.push(problem.embed(&ids)?);
                changes.push(changed);
            }
            let _no_gradient = tch::no_grad_guard();
            let forward = problem.forward(&Tensor::f_stack(&texts, 0)?, 0..outputs)?;
            for output in 0..outputs {
                let found = problem.value(&forward, output)?.f_to_kind(Kind::Double)?;
                let found: Vec<f64> = Vec::try_from(found)?;
                for (value, changed) in found.into_iter().zip(&changes) {
                    for (token, changed) in changed.iter().enumerate().take(problem.row_length(output)) {
                        let moments = if *changed { &mut replaced } else { &mut kept };
                        moments[output][token].add(values[output] - value);
                    }
                }
            }
        }
        for output in 0..outputs {
            let pairs = replaced[output].iter().zip(&kept[output]).take(problem.row_length(output));
            let (mut row, mut errors, mut missing) = (Vec::new(), Vec::new(), Vec::new());
            for (token, (replaced, kept)) in pairs.enumerate() {
                // A token that was always kept, or always replaced.
                if replaced.is_empty() || kept.is_empty() {
                    missing.push(token);
                    row.push(0.0);
                } else {
                    row.push(replaced.mean() - kept.mean());
                }
                errors.push(replaced.error().hypot(kept.error()));
            }
            each(Explanation {
                samples: Some(samples as u32),
                standard_errors: Some(errors),
                missing,
                ..Explanation::of_numbers(output, &row, values[output])?
            })?;
        }
        Ok(())
    }
}
