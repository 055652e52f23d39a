//! `gradient-shap`: integrated gradients by random points, on paths from a distribution of baselines to noisy inputs.

use crate::calculus::moments::TensorMoments;
use crate::calculus::noise::{Noise, generator, noisy};
use crate::calculus::path::interpolate;
use crate::calculus::rounding::sum_kind;
use crate::calculus::space::Space;
use crate::error::Error;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::path_start::PathStart;
use crate::method::setters::setters;
use crate::method::{Method, vocabulary};
use crate::model::LanguageModel;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use rand::Rng;

/// `a_i = E[(x̃_i − b_i) ⊙ ∂f/∂e_i(b + α (x̃ − b))]`, signed, over `α ~ U(0, 1)`, baselines `b` of a distribution in
/// turn, and `x̃ = e + ε` with normal noise.
///
/// In units of the target. Without noise a row adds up to f(x) − E[f(b)] up to sampling error, which the delta states;
/// with noise it adds up to E[f(x̃)] − E[f(b)], and there is no delta. Every token has a standard error.
///
/// Cost: for each sample a forward pass, shared by all outputs, and a backward pass for each output.
/// Source: Lundberg & Lee 2017, "A Unified Approach to Interpreting Model Predictions", as in the `shap` package; Erion
/// et al. 2021, "Improving Performance of Deep Learning Models with Axiomatic Attribution Priors and Expected
/// Gradients".
#[derive(Debug, Clone, PartialEq)]
pub struct GradientShap {
    noise: Noise,
    start: PathStart,
}

impl GradientShap {
    /// 50 samples without noise, from the baseline that suits the model, seed 0.
    pub fn new() -> Self {
        let noise = Noise { samples: 50, deviation: 0.0, seed: 0 };
        Self { noise, start: PathStart::default() }
    }

    setters! {
        /// What the paths begin at: a distribution, or one baseline. /// Default: what suits the model
        /// ([`suited_baseline`](crate::LanguageModel::suited_baseline)).
        baseline: Baseline => start;
        /// The number of samples, 1 to a million. Default: 50.
        samples: u32 => noise.samples;
        /// How large the noise is, from 0, in units of the embeddings' standard deviation. Default: 0.
        noise: f64 => noise.deviation;
        /// The seed. Default: 0.
        seed: u64 => noise.seed;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let noise = Self::new().noise.or(parameters);
        Ok(Self { noise, start: PathStart::from_parameters(parameters)? })
    }
}

impl Default for GradientShap {
    fn default() -> Self {
        Self::new()
    }
}

impl Method for GradientShap {
    fn card(&self) -> Card {
        Card {
            aliases: &["expected-gradients"],
            parameters: &["samples", "noise", "seed", "baseline"],
            axioms: if self.noise.deviation > 0.0 {
                &[Axiom::Dummy, Axiom::Symmetry, Axiom::Linearity, Axiom::ImplementationInvariance]
            } else {
                &[
                    Axiom::Completeness,
                    Axiom::Dummy,
                    Axiom::Symmetry,
                    Axiom::Linearity,
                    Axiom::ImplementationInvariance,
                ]
            },
            rows: RowKind::VectorsThatAddUp,
            cost: "samples forward, m × samples backward",
            source: "Lundberg & Lee 2017, A Unified Approach; Erion et al. 2021, Expected Gradients",
            linear_in_gradient: true,
            ..Card::new(
                "gradient-shap",
                "E[(x̃_i − b_i) ⊙ ∂f/∂e_i] at random places of random paths; adds up to f(x) − E[f(b)]",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.noise.describe(&mut description);
        description.baseline = self.start.name();
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.noise.check()
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        Some(Box::new(Self { start: self.start.bound_to(model)?, ..self.clone() }))
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        self.noise.cost(size) + Cost::forwards(f64::from(self.start.draws()))
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let input = problem.embeddings();
        let (samples, kind) = (self.noise.samples, sum_kind(input.kind()));
        let deviation = match self.noise.deviation {
            noise if noise > 0.0 => noise * vocabulary::spread(problem)?,
            _ => 0.0,
        };
        let baseline = self.start.baseline(problem.model());
        let draws = baseline.draws();
        // A single baseline is looked up once; those of a distribution are many, and cheap to sample again.
        let only = if draws == 1 { Some(baseline.embeddings(problem, &input, 0)?) } else { None };
        let start_of = |draw: u32| match &only {
            Some(start) => Ok(start.shallow_clone()),
            None => baseline.embeddings(problem, &input, draw % draws),
        };
        let numbers = (input.size()[1] * input.size()[2]) as usize;
        problem.foresee_chunks(numbers, |size| self.cost(size));
        for outputs in problem.chunks(numbers) {
            let mut before = vec![0.0; outputs.len()];
            for draw in 0..draws {
                let start = start_of(draw)?;
                let values = Space::Embeddings.values_at(problem, &start, outputs.clone())?;
                before.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / f64::from(draws));
            }
            let nothing = |output: usize, width: i64| {
                TensorMoments::of(&[problem.row_length(output) as i64, width], (kind, input.device()))
            };
            let mut attributions: Vec<_> =
                outputs.clone().map(|r| nothing(r, input.size()[2])).collect::<Result<_, _>>()?;
            let mut totals: Vec<_> = outputs.clone().map(|r| nothing(r, 1)).collect::<Result<_, _>>()?;
            for sample in 0..samples {
                let mut numbers = generator(self.noise.seed, sample.into());
                let alpha: f64 = numbers.random();
                let start = start_of(sample)?;
                let end = match deviation {
                    deviation if deviation > 0.0 => noisy(&input, deviation, &mut numbers)?,
                    _ => input.shallow_clone(),
                };
                let difference = end.f_sub(&start)?;
                problem.gradients_at(
                    &interpolate(&start, &difference, alpha)?,
                    outputs.clone(),
                    &mut |output, _, gradient| {
                        let context = problem.row_length(output) as i64;
                        let difference = difference.f_select(0, 0)?.f_narrow(0, 0, context)?;
                        let one = gradient.f_narrow(0, 0, context)?.f_to_kind(kind)?.f_mul(&difference)?;
                        let row = output - outputs.start;
                        totals[row].add(&one.f_sum_dim_intlist(&[-1_i64][..], true, None)?)?;
                        attributions[row].add(&one)
                    },
                )?;
            }
            for (row, output) in outputs.clone().enumerate() {
                let mean = attributions[row].mean().shallow_clone();
                each(Explanation {
                    baseline_value: Some(before[row]),
                    standard_errors: totals[row].errors()?,
                    notes: self.start.note(problem.model()).into_iter().collect(),
                    ..Explanation::new(output, mean, problem.value_at_input(output)?)
                })?;
            }
        }
        Ok(())
    }
}
