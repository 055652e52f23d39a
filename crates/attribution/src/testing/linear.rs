//! A model that is linear in its embeddings: every method must be exact on it.

use crate::error::model_error::ModelError;
use crate::model::{LanguageModel, Limits, TokenId};
use std::ops::Range;
use tch::{Kind, Tensor};

/// `logits[p, v] = Σ_{i ≤ p} (i + 1) Σ_h e[i, h] · W[v, h]`, in float64, with `embedding[t, h] = sin(3t + h + 1)`
/// and `W[v, h] = cos(2v + 5h)`.
///
/// So `∂logit_v/∂e[i, h] = (i + 1) · W[v, h]` for every token `i` in an output's context.
#[derive(Debug)]
pub struct Linear {
    embedding: Tensor,
    weights: Tensor,
}

impl Linear {
    /// A model with that many tokens in its vocabulary and that many hidden dimensions.
    pub fn new(vocabulary: i64, hidden: i64) -> Self {
        let grid = |row: f64, column: f64, shift: f64| {
            let axis = |n: i64| Tensor::arange(n, (Kind::Double, tch::Device::Cpu));
            axis(vocabulary).unsqueeze(1) * row + axis(hidden) * column + shift
        };
        Self { embedding: grid(3.0, 1.0, 1.0).sin(), weights: grid(2.0, 5.0, 0.0).cos() }
    }

    /// `W`, `[vocabulary, hidden]`.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }
}

impl LanguageModel for Linear {
    fn name(&self) -> &'static str {
        "toy linear"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.weights.size()[0] as usize }
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        Ok(self.embedding.f_index_select(0, &Tensor::f_from_slice(&ids)?)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let scale = Tensor::f_arange(embeddings.size()[1], (Kind::Double, tch::Device::Cpu))? + 1.0;
        let sums = embeddings.f_mul(&scale.f_unsqueeze(1)?)?.f_cumsum(1, None)?;
        let chosen = sums.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        Ok(chosen.f_matmul(&self.weights.f_transpose(0, 1)?)?)
    }
}
