//! `sequential-integrated-gradients`: integrated gradients of one token at a time.

use crate::calculus::path::interpolate;
use crate::calculus::quadrature::Quadrature;
use crate::calculus::rounding::sum_kind;
use crate::error::Error;
use crate::method::Method;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::methods::gradient::integrated_gradients::Integration;
use crate::model::LanguageModel;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::Tensor;

/// `a_i = (e_i − e'_i) ⊙ ∫₀¹ ∂f/∂e_i(e with e_i := e'_i + α (e_i − e'_i)) dα`, signed: every token has a path of its
/// own, on which the other tokens do not move.
///
/// In units of the target. A token's vector adds up to the effect of its ablation, `f(x) − f(x with e_i := e'_i)`, up
/// to the error of the quadrature: it is `occlusion` by the same baseline, split into dimensions. A row does not add up
/// to anything.
///
/// The paper scales each row to length 1; here that is left to normalisation.
///
/// Cost: for each token, `steps` forward passes shared by the outputs with the token in their context, and as many
/// backward passes for each of those outputs.
/// Source: Enguehard 2023, "Sequential Integrated Gradients: a simple but effective method for explaining language
/// models".
#[derive(Debug, Clone, PartialEq)]
#[doc(alias = "sig")]
pub struct SequentialIntegratedGradients {
    integration: Integration,
}

impl SequentialIntegratedGradients {
    /// 8 Gauss–Legendre points for each token, from the baseline that suits the model.
    pub fn new() -> Self {
        let integration = Integration { steps: Some(8), exact_weights: true, ..Integration::default() };
        Self { integration }
    }

    setters! {
        /// Points on each token's path. Default: 8.
        steps: u32 => integration.steps;
        /// Where the points lie. Default: [`Quadrature::GaussLegendre`].
        rule: Quadrature => integration.rule;
        /// What a token's path begins at. /// Default: what suits the model
        /// ([`suited_baseline`](crate::LanguageModel::suited_baseline)).
        baseline: Baseline => integration.start;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let given = Integration::from_parameters(parameters)?;
        let steps = Some(given.steps.unwrap_or(8));
        Ok(Self { integration: Integration { steps, exact_weights: true, ..given } })
    }

    fn points(&self) -> (Quadrature, usize) {
        (self.integration.rule, self.integration.count() as usize)
    }
}

impl Default for SequentialIntegratedGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl Method for SequentialIntegratedGradients {
    fn card(&self) -> Card {
        Card {
            aliases: &["sig"],
            parameters: &["steps", "rule", "baseline"],
            axioms: &[Axiom::Dummy, Axiom::Symmetry, Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "n × steps forward, n × m × steps backward",
            source: "Enguehard 2023, Sequential Integrated Gradients",
            rows: RowKind::VectorsThatAddUp,
            linear_in_gradient: true,
            ..Card::new(
                "sequential-integrated-gradients",
                "integrated gradients of one token at a time, the others in place",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.integration.describe(&mut description);
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.integration.check()
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let integration = self.integration.bound_to(model)?;
        Some(Box::new(Self { integration }))
    }
    fn cost(&self, size: Size) -> Cost {
        let steps = self.points().1 as f64;
        let backwards = (size.n_input * size.n_output + size.n_output * (size.n_output - 1) / 2) as f64;
        let draws = f64::from(self.integration.start.draws());
        Cost::new(steps * size.context() as f64, steps * backwards) * draws
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let input = problem.embeddings();
        let hidden = input.size()[2];
        let (rule, steps) = self.points();
        let points = rule.points(steps);
        let kind = sum_kind(input.kind());
        let begin = &self.integration.start;
        let baseline = begin.baseline(problem.model());
        let draws = baseline.draws();
        let numbers = (input.size()[1] * hidden) as usize;
        problem.foresee_chunks(numbers, |size| self.cost(size));
        for outputs in problem.chunks(numbers) {
            let context = problem.row_length(outputs.end - 1);
            let attributions: Vec<Tensor> = outputs
                .clone()
                .map(|output| {
                    let size = [problem.row_length(output) as i64, hidden];
                    Ok(Tensor::f_zeros(size, (kind, input.device()))?)
                })
                .collect::<Result<_, Error>>()?;
            for draw in 0..draws {
                let start = baseline.embeddings(problem, &input, draw)?;
                for token in 0..context {
                    // The token is not in the context of earlier outputs.
                    let reads = |output: &usize| problem.row_length(*output) > token;
                    let first = outputs.clone().find(reads).unwrap_or(outputs.start);
                    let at = token as i64;
                    let own = |x: &Tensor| x.f_select(0, 0)?.f_select(0, at);
                    let difference = own(&input)?.f_sub(&own(&start)?)?;
                    for point in &points {
                        let text = input.f_detach_copy()?;
                        own(&text)?.f_copy_(&interpolate(&own(&start)?, &difference, point.position)?)?;
                        let weight = point.weight / f64::from(draws);
                        problem.gradients_at(&text, first..outputs.end, &mut |output, _, gradient| {
                            let gradient = gradient.f_select(0, at)?.f_to_kind(kind)?;
                            let mut sum = attributions[output - outputs.start].f_select(0, at)?;
                            let _ = sum.f_add_(&gradient.f_mul(&difference)?.f_mul_scalar(weight)?)?;
                            Ok(())
                        })?;
                    }
                }
            }
            for (output, attributions) in outputs.zip(attributions) {
                let value = problem.value_at_input(output)?;
                let steps = Some(steps as u32);
                let notes = begin.note(problem.model()).into_iter().collect();
                each(Explanation { steps, notes, ..Explanation::new(output, attributions, value) })?;
            }
        }
        Ok(())
    }
}
