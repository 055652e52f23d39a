//! A model that is far from linear: gradients vanish where its output is large.

use crate::error::model_error::ModelError;
use crate::model::{LanguageModel, Limits, TokenId};
use std::ops::Range;
use tch::{Device, Kind, Tensor};

/// `logits[p, v] = tanh(s_v)`, with `s_v = Σ_{i ≤ p} Σ_h e[i, h] · cos(2v + 5h)`, in float64, and
/// `embedding[t, h] = 1 + sin(3t + h)`.
///
/// So `∂logit_v/∂e[i, h] = (1 − tanh² s_v) · cos(2v + 5h)`, and the integral of that along the straight path from
/// zero is `tanh(s_v)/s_v · cos(2v + 5h)`: integrated gradients are `e[i, h] · cos(2v + 5h) · tanh(s_v)/s_v`.
#[derive(Debug)]
pub struct Saturating {
    vocabulary: i64,
    hidden: i64,
}

impl Saturating {
    /// A model with that many tokens in its vocabulary and that many hidden dimensions.
    pub fn new(vocabulary: i64, hidden: i64) -> Self {
        Self { vocabulary, hidden }
    }
}

/// `row · i + column · j` over a grid.
fn grid(rows: &Tensor, row: f64, columns: i64, column: f64) -> Tensor {
    rows.unsqueeze(1) * row + Tensor::arange(columns, (Kind::Double, Device::Cpu)) * column
}

impl LanguageModel for Saturating {
    fn name(&self) -> &'static str {
        "toy saturating"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.vocabulary as usize }
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<f64> = ids.iter().map(|&id| id.into()).collect();
        Ok(grid(&Tensor::f_from_slice(&ids)?, 3.0, self.hidden, 1.0).sin() + 1.0)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let tokens = Tensor::arange(self.vocabulary, (Kind::Double, Device::Cpu));
        let weights = grid(&tokens, 2.0, self.hidden, 5.0).cos();
        let sums = embeddings.f_cumsum(1, None)?;
        let sums = sums.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        Ok(sums.f_matmul(&weights.f_transpose(0, 1)?)?.f_tanh()?)
    }
}
