//! `cp-lrp`: gradient × input by relevance rules, with attention and gates held constant.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::inside::attn_lrp::relevance;
use crate::model::inside::BackwardRule;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_i = e_i ⊙ ∂̃f/∂e_i`, signed: as `attn-lrp`, with the attention pattern and the gates of feed-forward parts held
/// constant, so that relevance goes through the values, and through what a gate multiplies, alone.
///
/// In units of the target. The bias of a linear map keeps the relevance that it absorbs, so that a row does not add up
/// to the target. In GPT-2, whose logits are far below zero, it is often the more stable of the two. For models with
/// such rules ([`LanguageModel::tape_by`](crate::LanguageModel::tape_by)).
///
/// `DecompX` (Modarressi et al. 2023) with biases apart gives the same numbers, forwards: what each token adds, with
/// attention, scales, slopes and gates held.
///
/// LXT, the library of AttnLRP's authors, says that LRP is patented, and free of charge for personal and scientific
/// purposes only.
///
/// Cost: a forward pass, and a backward pass for each output, all in one batch where the model has a backward pass of
/// its own.
/// Source: Ali, Schnake, Eberle, Montavon, Müller & Wolf 2022, "XAI for Transformers: Better Explanations through
/// Conservative Propagation".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CpLrp;

impl CpLrp {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

impl Method for CpLrp {
    fn card(&self) -> Card {
        Card {
            aliases: &["cplrp"],
            family: Family::Inside,
            needs: Needs::Inside,
            axioms: &[Axiom::Linearity],
            cost: "1 forward, m backward",
            source: "Ali et al. 2022, XAI for Transformers: Better Explanations through Conservative Propagation",
            rows: RowKind::VectorsThatAddUp,
            linear_in_gradient: true,
            ..Card::new("cp-lrp", "e_i ⊙ ∂̃f/∂e_i by rules that keep relevance, with attention and gates held")
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
        relevance(problem, BackwardRule::CpLrp, self.name(), each)
    }
}
