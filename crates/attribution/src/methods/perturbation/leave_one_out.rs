//! `leave-one-out`: what the target loses when a token is deleted from the text.

use crate::coalitions::game::GameRules;
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::methods::perturbation::occlusion::one_at_a_time;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};

/// `a_s = f(x) − f(x with s deleted)`, signed: later tokens move up. Otherwise as `occlusion`, with the same
/// parameters.
///
/// In units of the target. Missing where the model can't run on what is left: nothing is left of a text of one token,
/// and an encoder–decoder needs its start token.
///
/// Cost: one forward pass for each segment, all outputs together, and from the segment on where the model has a prefix
/// cache.
/// Source: Li, Monroe & Jurafsky 2016, "Understanding Neural Networks through Representation Erasure".
#[derive(Debug, Clone)]
#[doc(alias = "loo")]
pub struct LeaveOneOut {
    rules: GameRules,
}

impl Default for LeaveOneOut {
    fn default() -> Self {
        Self::new()
    }
}

impl LeaveOneOut {
    /// Single tokens, deleted.
    pub fn new() -> Self {
        Self { rules: GameRules::tokens(Ablation::Deletion) }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { rules: GameRules::from_parameters(parameters, Ablation::Deletion) })
    }
}

impl Method for LeaveOneOut {
    fn card(&self) -> Card {
        Card {
            aliases: &["loo"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments"],
            axioms: &[Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "n forward",
            source: "Li, Monroe & Jurafsky 2016, Understanding Neural Networks through Representation Erasure",
            rows: RowKind::Numbers,
            ..Card::new(
                "leave-one-out",
                "f(x) − f(x with s deleted): what the target loses when later tokens move up",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        self.rules.describe(self.name())
    }
    fn cost(&self, size: Size) -> Cost {
        self.rules.cost(size, 0..size.context())
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        one_at_a_time(&self.rules, problem, self.name(), each)
    }
}
