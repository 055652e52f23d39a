//! `attention-norms`: the length of the vector that attention brings from each token.

use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Card, Family, Needs, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::model::inside::AttentionView;
use crate::model::layers::{Layers, check_layer, parts, rows_together};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use tch::{Kind, Tensor};

/// `a_i = mean over layers of ‖Σ_h A_hti f_h(x_i)‖₂`, with `f_h(x) = (N(x) W_V + b_V) W_O` of head `h` and `N` the
/// block's first norm: the length of what attention brings from token `i` to the position `t` that predicts the output;
/// or for one layer.
///
/// In units of the residual stream. Norms have no sign and do not depend on the target. Unlike attention weights alone,
/// they show that a token may be attended to and contribute nothing.
///
/// Cost: one forward pass for all outputs, and `[outputs, tokens, heads, hidden]` products for each layer.
/// Source: Kobayashi, Kuribayashi, Yokoi & Inui 2020, "Attention is Not Only a Weight: Analyzing Transformers with
/// Vector Norms".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AttentionNorms {
    layer: Option<usize>,
}

impl AttentionNorms {
    /// The mean over all layers.
    pub fn new() -> Self {
        Self::default()
    }

    /// One layer. Default: the mean over all.
    #[must_use]
    pub fn layer(self, layer: usize) -> Self {
        Self { layer: Some(layer) }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { layer: parameters.layer })
    }
}

/// `‖Σ_h A_hij f_h(x_j)‖₂`, `[tokens, tokens]`; rows before `first` are zero.
fn norms(view: &AttentionView, first: i64) -> Result<Tensor, Error> {
    let tokens = view.pattern.size()[1];
    let norms = Tensor::f_zeros([tokens, tokens], (Kind::Double, view.pattern.device()))?;
    let chunk = rows_together(view);
    let mut from = first;
    while from < tokens {
        let rows = chunk.min(tokens - from);
        let lengths =
            parts(view, from, rows)?.f_square()?.f_sum_dim_intlist(&[-1_i64][..], false, Kind::Double)?;
        norms.f_narrow(0, from, rows)?.f_copy_(&lengths.f_sqrt()?)?;
        from += rows;
    }
    Ok(norms)
}

impl Method for AttentionNorms {
    fn card(&self) -> Card {
        Card {
            aliases: &["norm-based"],
            family: Family::Inside,
            needs: Needs::Inside,
            parameters: &["layer"],
            cost: "1 forward",
            source: "Kobayashi, Kuribayashi, Yokoi & Inui 2020, Attention is Not Only a Weight",
            signed: false,
            rows: RowKind::Numbers,
            uses_target: false,
            additive: false,
            ..Card::new(
                "attention-norms",
                "‖Σ_h A_hti f_h(x_i)‖: how large the vectors are that attention brings from each token",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        let layer = self.layer.map_or_else(|| "all".to_owned(), |layer| layer.to_string());
        description.parameters.insert("layer".to_owned(), layer.into());
        description
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
        self.layer.map_or(Ok(()), |layer| check_layer(layer, layers.count()))?;
        let first = problem.n_input() as i64 - 1;
        layers.each_row(&layers.mean_over(self.layer, |view| norms(view, first))?, each)
    }
}
