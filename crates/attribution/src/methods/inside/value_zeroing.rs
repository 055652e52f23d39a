//! `value-zeroing`: how far a block's output turns when a token's values are set to zero.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::model::checked;
use crate::model::inside::AttentionView;
use crate::model::layers::check_layer;
use crate::model::layers::{Layers, rows_to_one};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = mean over layers of C_ti`, with `C_ij ∝ 1 − cos(x̃_i, x̃_i with the values of token j zero in this layer)`
/// and `x̃` the block's output, earlier layers unchanged; rows are divided by their sums; or for one layer, or
/// multiplied through all layers ([`rollout`](Self::rollout)).
///
/// Shares: rows add up to 1. They have no sign and do not depend on the target.
///
/// The values of all heads are set to zero, with their bias. Layers are independent, so that only one block's
/// feed-forward part is run for each pair of tokens. `1 − cos` is computed as half the squared distance of unit
/// vectors, which keeps digits where the change is small.
///
/// Cost: a forward pass, and for each output (with rollout: for each token) every block's feed-forward part; for one
/// layer, that layer's share of it.
/// Source: Mohebbi, Zuidema, Chrupała & Alishahi 2023, "Quantifying Context Mixing in Transformers".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ValueZeroing {
    layer: Option<usize>,
    rollout: bool,
}

/// Numbers that one batch of changed residual streams may hold.
const TOGETHER: i64 = 1 << 23;

impl ValueZeroing {
    /// The mean over all layers.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// One layer. Default: the mean over all.
        layer: usize => layer;
        /// Whether the layers' matrices are multiplied instead of averaged. Default: `false`.
        rollout: bool => rollout;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { layer: parameters.layer, rollout: parameters.rollout.unwrap_or(false) })
    }

    /// One layer's matrix `C`; rows before `first` are zero.
    fn matrix(
        layers: &Layers<'_, '_>,
        problem: &Problem<'_>,
        layer: usize,
        view: &AttentionView,
        first: i64,
    ) -> Result<Tensor, Error> {
        let (tokens, hidden) = view.attended.size2()?;
        let like = (Kind::Double, view.attended.device());
        let matrix = Tensor::f_zeros([tokens, tokens], like)?;
        let unit = |x: &Tensor| -> Result<Tensor, Error> {
            let length = x.f_square()?.f_sum_dim_intlist(&[-1_i64][..], true, None)?.f_sqrt()?;
            Ok(x.f_div(&length.f_clamp_min(f64::MIN_POSITIVE)?)?)
        };
        let clean = unit(&view.output.f_to_kind(Kind::Double)?)?;
        let fitting = (TOGETHER / hidden).max(1);
        let mut column = 0;
        while column < tokens {
            // As many columns as fit with their rows `i ≥ max(j, first)`.
            let from = column.max(first);
            let count = (fitting / (tokens - from)).clamp(1, tokens - column);
            let pattern = view.pattern.f_narrow(1, from, tokens - from)?.f_narrow(2, column, count)?;
            let values = view.values.f_narrow(1, column, count)?;
            // [columns, rows, heads] × [columns, heads, hidden]
            let brought = pattern.f_permute([2, 1, 0])?.f_bmm(&values.f_transpose(0, 1)?)?;
            let changed = view.attended.f_narrow(0, from, tokens - from)?.f_sub(&brought)?;
            let output = checked::feed_forward(layers.inside(), layer, &changed)?;
            let change =
                unit(&output.f_to_kind(Kind::Double)?)?.f_sub(&clean.f_narrow(0, from, tokens - from)?)?;
            let score =
                change.f_square()?.f_sum_dim_intlist(&[-1_i64][..], false, None)?.f_mul_scalar(0.5)?;
            let mut columns = matrix.f_narrow(0, from, tokens - from)?.f_narrow(1, column, count)?;
            columns.f_copy_(&score.f_transpose(0, 1)?)?;
            let share = (count * (tokens - from)) as f64 / (tokens * layers.count() as i64) as f64;
            problem.count(Cost::forwards(share))?;
            column += count;
        }
        // Later tokens contribute nothing: their weight is zero, and so is the change, up to rounding.
        rows_to_one(&matrix.f_tril(0)?)
    }
}

impl Method for ValueZeroing {
    fn card(&self) -> Card {
        Card {
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer", "rollout"],
            cost: "1 + m forward, 1 + n with rollout; of one layer its share of them",
            source: "Mohebbi, Zuidema, Chrupała & Alishahi 2023, Quantifying Context Mixing in Transformers",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "value-zeroing",
                "1 − cos(x̃_t, x̃_t without token i's values): how far a block's output turns",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        let layer = self.layer.map_or_else(|| "all".to_owned(), |layer| layer.to_string());
        description.parameters.insert("layer".to_owned(), layer.into());
        description.parameters.insert("rollout".to_owned(), self.rollout.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        if let (true, Some(layer)) = (self.rollout, self.layer) {
            let range = "left out with rollout, which multiplies all layers";
            return Err(Error::Parameter { name: "layer", value: layer.to_string(), range });
        }
        Ok(())
    }
    fn cost(&self, size: Size) -> Cost {
        // Each token's values are set to zero once, and the block runs at the outputs' positions, with rollout at all.
        let rows = if self.rollout { size.context() } else { size.n_output };
        Cost::forwards(1.0 + rows as f64)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let layers = Layers::new(problem, self.name())?;
        self.layer.map_or(Ok(()), |layer| check_layer(layer, layers.count()))?;
        if self.rollout {
            let product = layers.product(|layer, _, view| Self::matrix(&layers, problem, layer, view, 0))?;
            return layers.each_row(&product, each);
        }
        let first = problem.n_input() as i64 - 1;
        let mut number = 0;
        let mean = layers.mean_over(self.layer, |view| {
            let layer = self.layer.unwrap_or(number);
            number += 1;
            Self::matrix(&layers, problem, layer, view, first)
        })?;
        layers.each_row(&mean, each)
    }
}
