//! A model that jumps right beside a baseline of zeros: it divides by its input's size.

use crate::error::model_error::ModelError;
use crate::model::{LanguageModel, Limits, TokenId};
use crate::testing::grid;
use std::ops::Range;
use tch::Tensor;

/// `logits[p, v] = ⟨s_p, W_v⟩ / √(m + ε)`, with `s_p = Σ_{i ≤ p} e_i` and `m = ‖s_p‖² / hidden`, in float64, `W[v, h] =
/// cos(2v + 5h)` and `embedding[t, h] = 1 + sin(3t + h)`: the root-mean-square norm of T5, of a sum of embeddings.
///
/// On the straight path from zero this is `α ⟨s, W_v⟩ / √(α² m + ε)`: all of the change lies within a few `√(ε/m)` of
/// the baseline, and integrated gradients are `A ⟨e_i, W_v⟩ − B ⟨s, W_v⟩ ⟨s, e_i⟩ / hidden`, with
/// `A = asinh(√(m/ε)) / √m` and `B = (A − 1/√(m + ε)) / m`.
#[derive(Debug)]
pub struct Jump {
    embedding: Tensor,
    weights: Tensor,
    epsilon: f64,
}

impl Jump {
    /// A model with that many tokens in its vocabulary, that many hidden dimensions, and that `ε`; T5's is 10⁻⁶.
    pub fn new(vocabulary: i64, hidden: i64, epsilon: f64) -> Self {
        let embedding = grid((vocabulary, 3.0), (hidden, 1.0), 0.0).sin() + 1.0;
        Self { embedding, weights: grid((vocabulary, 2.0), (hidden, 5.0), 0.0).cos(), epsilon }
    }

    /// `W`, `[vocabulary, hidden]`.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }
}

impl LanguageModel for Jump {
    fn name(&self) -> &'static str {
        "toy jump"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.weights.size()[0] as usize }
    }
    /// Token 0.
    fn end_of_text(&self) -> Option<TokenId> {
        Some(0)
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        Ok(self.embedding.f_index_select(0, &Tensor::f_from_slice(&ids)?)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let sums = embeddings.f_cumsum(1, None)?;
        let sums = sums.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        let square = sums.f_square()?.f_mean_dim(&[-1_i64][..], true, None)?;
        let normed = sums.f_mul(&square.f_add_scalar(self.epsilon)?.f_rsqrt()?)?;
        Ok(normed.f_matmul(&self.weights.f_transpose(0, 1)?)?)
    }
}
