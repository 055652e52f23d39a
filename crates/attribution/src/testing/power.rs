//! A model that is a power of a weighted sum: tokens interact, and some have no effect.

use crate::error::model_error::ModelError;
use crate::model::{LanguageModel, Limits, TokenId};
use crate::testing::grid;
use std::ops::Range;
use tch::{Kind, Tensor};

/// `logits[p, v] = cos(v) · s_p^d`, with `s_p = Σ_{i ≤ p} x_i`, `x_i = w_i Σ_h e[i, h] · cos(5h)` and `w_i = i mod 3`,
/// in float64, and `embedding[t, h] = sin(3t + h + 1)`.
///
/// So tokens 0, 3, 6, … change nothing, equal tokens at 1 and 4 are interchangeable, and with the factor `cos(v)` left
/// out, for the baseline zero:
///
/// - gradient × input is `d · s^(d − 1) · x_i`;
/// - integrated gradients are `s^(d − 1) · x_i`, because the gradient along the path goes as `α^(d − 1)`;
/// - occlusion is `s^d − (s − x_i)^d`;
/// - for d = 3 the Shapley value is `x_i³ + 3/2 Σ_j (x_i² x_j + x_i x_j²) + 2 Σ_{j < k} x_i x_j x_k`, over tokens `j`,
///   `k` other than `i`: every term of the expanded power goes to its tokens in equal parts;
/// - for d = 2 a pair is `2 x_i x_j` beyond its sum, whatever else is there: by occlusion, and by the Shapley
///   interaction and Shapley–Taylor indices;
/// - for d = 3 it is `3 x_i x_j (2t + x_i + x_j)` beside others with the sum `t`, and so `3 x_i x_j (2s − x_i − x_j)`
///   by occlusion (all others are there), `3 x_i x_j s` by the Shapley interaction index (each is there half of the
///   time) and `3 x_i x_j (x_i + x_j + 2/3 Σ_k x_k)` by the Shapley–Taylor index (each comes before both in a third of
///   all orders);
/// - for d = 2 the gradient under noise `ε` is `2 (s + Σ_j w_j Σ_h ε[j, h] · cos(5h)) · w_i cos(5h)`: it varies by
///   `4 w_i² cos²(5h) · σ² Σ_j w_j² Σ_h cos²(5h)`.
#[derive(Debug)]
pub struct Power {
    embedding: Tensor,
    direction: Tensor,
    degree: i32,
}

impl Power {
    /// A model with that many tokens in its vocabulary, that many hidden dimensions, and that exponent.
    pub fn new(vocabulary: i64, hidden: i64, degree: i32) -> Self {
        let direction = grid((1, 0.0), (hidden, 5.0), 0.0).cos().squeeze_dim(0);
        Self { embedding: grid((vocabulary, 3.0), (hidden, 1.0), 1.0).sin(), direction, degree }
    }

    /// `w_i`: how much a position counts.
    pub fn weight(position: usize) -> f64 {
        (position % 3) as f64
    }
}

impl LanguageModel for Power {
    fn name(&self) -> &'static str {
        "toy power"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.embedding.size()[0] as usize }
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        Ok(self.embedding.f_index_select(0, &Tensor::f_from_slice(&ids)?)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let tokens = embeddings.size()[1] as usize;
        let weights = Tensor::f_from_slice(&(0..tokens).map(Self::weight).collect::<Vec<_>>())?;
        let sums = embeddings.f_matmul(&self.direction)?.f_mul(&weights)?.f_cumsum(1, None)?;
        let sums = sums.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        let mut power = sums.f_ones_like()?;
        for _ in 0..self.degree {
            power = power.f_mul(&sums)?;
        }
        let factors =
            Tensor::f_arange(self.embedding.size()[0], (Kind::Double, embeddings.device()))?.f_cos()?;
        Ok(power.f_unsqueeze(2)?.f_mul(&factors)?)
    }
}
