//! `attn-lrp`: gradient × input by relevance rules.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::inside::BackwardRule;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = e_i ⊙ ∂̃f/∂e_i`, signed: gradient × input with other rules for the backward pass, which conserve relevance at
/// every step.
///
/// The scale of a norm is held constant; an activation `f(z)` counts as the linear map `f(z)/z`; each factor of a
/// product gets half of the relevance: values a half, queries and keys, whose product feeds the pattern, a quarter; a
/// softmax has its gradient.
///
/// In units of the target. The bias of a linear map keeps the relevance that it absorbs, so that a row does not add up
/// to the target. The relevance of position embeddings is not counted. The rules are made for logits; for any other
/// target they start at its gradient. For models with such rules ([`LanguageModel::tape_by`](crate::LanguageModel::tape_by)).
///
/// LXT, the library of the method's authors, says that LRP is patented, and free of charge for personal and scientific
/// purposes only.
///
/// Cost: a forward pass, and a backward pass for each output, all in one batch where the model has a backward pass of
/// its own.
/// Source: Achtibat, Hatefi, Dreyer, Jain, Wiegand, Lapuschkin & Samek 2024, "AttnLRP: Attention-Aware Layer-wise
/// Relevance Propagation for Transformers".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttnLrp;

impl AttnLrp {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for AttnLrp {
    fn card(&self) -> Card {
        Card {
            aliases: &["attnlrp"],
            family: Family::Inside,
            needs: Needs::Inside,
            axioms: &[Axiom::Linearity],
            cost: "1 forward, m backward",
            source: "Achtibat et al. 2024, AttnLRP: Attention-Aware Layer-wise Relevance Propagation for Transformers",
            rows: RowKind::VectorsThatAddUp,
            linear_in_gradient: true,
            ..Card::new(
                "attn-lrp",
                "e_i ⊙ ∂̃f/∂e_i by rules that keep relevance: norms held, f(z)/z, products halved",
            )
        }
    }
    fn cost(&self, size: Size) -> Cost {
        Cost::new(1.0, size.n_output as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        relevance(problem, BackwardRule::AttnLrp, self.name(), each)
    }
}

/// Gradient × input of every output, with another rule for the backward pass.
pub(super) fn relevance(
    problem: &Problem<'_>,
    rule: BackwardRule,
    method: &'static str,
    each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
) -> Result<(), Error> {
    let embeddings = problem.embeddings().f_select(0, 0)?;
    problem.gradients_by(rule, method, &mut |output, value, gradient| {
        let context = problem.row_length(output) as i64;
        let attributions = gradient.f_narrow(0, 0, context)?.f_mul(&embeddings.f_narrow(0, 0, context)?)?;
        each(Explanation::new(output, attributions, value))
    })
}
