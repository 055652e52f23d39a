//! `attention-rollout`: attention multiplied through the layers.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::inside::AttentionView;
use crate::model::layers::{Layers, rows_to_one};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::Tensor;

/// The row of the position that predicts the output in `R = Â_L ⋯ Â_2 Â_1`, with `Â_l = ½ (mean_h A_l + I)`.
///
/// Shares: rows add up to 1. They have no sign and do not depend on the target; in causal models they favour the first
/// tokens.
///
/// Cost: one forward pass for all outputs, and a product of `[tokens, tokens]` for each layer.
/// Source: Abnar & Zuidema 2020, "Quantifying Attention Flow in Transformers", §3.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttentionRollout;

impl AttentionRollout {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// `½ (mean_h A + I)`, rows divided by their sums.
pub(super) fn with_residual(view: &AttentionView) -> Result<Tensor, Error> {
    let mean = view.pattern.f_mean_dim(&[0_i64][..], false, tch::Kind::Double)?;
    let identity = Tensor::f_eye(mean.size()[0], (tch::Kind::Double, mean.device()))?;
    rows_to_one(&mean.f_add(&identity)?.f_mul_scalar(0.5)?)
}

impl Method for AttentionRollout {
    fn card(&self) -> Card {
        Card {
            aliases: &["rollout"],
            family: Family::Inside,
            needs: Needs::Inside,
            cost: "1 forward",
            source: "Abnar & Zuidema 2020, Quantifying Attention Flow in Transformers",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "attention-rollout",
                "∏ ½ (mean_h A_l + I): attention multiplied up through the layers",
            )
        }
    }
    fn cost(&self, _: Size) -> Cost {
        Cost::forwards(1.0)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let layers = Layers::new(problem, self.name())?;
        layers.each_row(&layers.product(|_, _, view| with_residual(view))?, each)
    }
}
