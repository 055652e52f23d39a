//! `gim`: gradient × input with the interactions of attention and norms modified on the way back.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::inside::attn_lrp::relevance;
use crate::model::inside::BackwardRule;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = e_i ⊙ ∂̃f/∂e_i`, signed: gradient × input with three modifications of the backward pass, against
/// *self-repair*, where the effect of one part is hidden because others make up for it.
///
/// The scale of a norm is held constant. A softmax is gone back through at temperature 2: from `g`, the gradient of its
/// output, to `p̃ ⊙ (g − Σ g ⊙ p̃)`, with `p̃ = softmax(z / 2)`, so that a token that others could stand in for keeps
/// its share. Queries and keys get a quarter of their gradients, and values half. Everything else has its gradient:
/// gates and activations too, other than by `attn-lrp`.
///
/// In units of the target. A row does not add up to anything.
///
/// This is what the authors' package computes (`gim-explain` 0.1.4): the derivative of `softmax(z / 2)` would have a
/// factor of a half besides. Its `explain` multiplies by the token's embedding minus that of a baseline token, a space;
/// here the baseline is zero, as in gradient × input. For models with such rules
/// ([`LanguageModel::tape_by`](crate::LanguageModel::tape_by)).
///
/// Cost: a forward pass, and a backward pass for each output, all in one batch where the model has a backward pass of
/// its own.
/// Source: Edin, Csordás, Ruotsalo, Wu, Maistro, Christensen, Huang & Maaløe 2025, "GIM: Improved Interpretability for
/// Large Language Models", arXiv 2505.17630.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gim;

impl Gim {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for Gim {
    fn card(&self) -> Card {
        Card {
            aliases: &["gradient-interaction-modifications"],
            family: Family::Inside,
            needs: Needs::Inside,
            axioms: &[Axiom::Linearity],
            cost: "1 forward, m backward",
            source: "Edin et al. 2025, GIM: Improved Interpretability for Large Language Models",
            rows: RowKind::VectorsThatAddUp,
            linear_in_gradient: true,
            ..Card::new(
                "gim",
                "e_i ⊙ ∂̃f/∂e_i with norms held, the softmax at temperature 2, q and k × ¼, v × ½ on the way back",
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
        relevance(problem, BackwardRule::Gim, self.name(), each)
    }
}
