//! `alti`: how much of each token is in the state at the output's position after all layers.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::inside::AttentionView;
use crate::model::layers::{Layers, parts, rows_to_one, rows_together};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// The row of the position that predicts the output in `M = C_L ⋯ C_2 C_1`, with
/// `C_ij ∝ max(0, ‖y_i‖₁ − ‖y_i − T_i(x_j)‖₁)`: how much closer to the sum
/// `y_i = Σ_j T_i(x_j) + b_O` the part of token `j`, `T_i(x_j) = Σ_h A_hij f_h(x_j) + [i = j] x_i`, brings it; rows are
/// divided by their sums.
///
/// Shares: rows add up to 1. They have no sign and do not depend on the target.
///
/// Cost: one forward pass for all outputs, and `[tokens, tokens, heads, hidden]` products for each layer.
/// Source: Ferrando, Gállego & Costa-jussà 2022, "Measuring the Mixing of Contextual Information in the Transformer".
/// In a model with its norm before attention, `y` is the residual stream after attention, as in the authors' code.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alti;

impl Alti {
    pub(crate) fn from_parameters(_: &Parameters) -> Result<Self, Error> {
        Ok(Self)
    }
}

/// One layer's contributions, `[tokens, tokens]`.
pub(super) fn contributions(residual: &Tensor, view: &AttentionView) -> Result<Tensor, Error> {
    let tokens = residual.size()[0];
    let matrix = Tensor::f_zeros([tokens, tokens], (Kind::Double, residual.device()))?;
    let whole = view.attended.f_abs()?.f_sum_dim_intlist(&[-1_i64][..], true, Kind::Double)?;
    let chunk = rows_together(view);
    let mut from = 0;
    while from < tokens {
        let rows = chunk.min(tokens - from);
        let parts = parts(view, from, rows)?;
        // The residual stream is a token's own part.
        let mut own = parts.f_narrow(1, from, rows)?.f_diagonal(0, 0, 1)?;
        let _ = own.f_add_(&residual.f_narrow(0, from, rows)?.f_transpose(0, 1)?)?;
        let attended = view.attended.f_narrow(0, from, rows)?.f_unsqueeze(1)?;
        let left = attended.f_sub(&parts)?.f_abs()?.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
        let closer = whole.f_narrow(0, from, rows)?.f_sub(&left)?.f_clamp_min(0.0)?;
        matrix.f_narrow(0, from, rows)?.f_copy_(&closer)?;
        from += rows;
    }
    rows_to_one(&matrix.f_tril(0)?)
}

impl Method for Alti {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            cost: "1 forward",
            source: "Ferrando, Gállego & Costa-jussà 2022, Measuring the Mixing of Contextual Information",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "alti",
                "∏ C_l, C_ij ∝ max(0, ‖y_i‖₁ − ‖y_i − T_i(x_j)‖₁): how much of each token arrives",
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
        layers.each_row(&layers.product(|_, residual, view| contributions(residual, view))?, each)
    }
}
