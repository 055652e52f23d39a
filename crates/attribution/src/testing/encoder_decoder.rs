//! An encoder–decoder, whose decoder attends to the source and sums its own tokens.

use crate::error::model_error::ModelError;
use crate::model::{LanguageModel, Limits, TokenId};
use crate::testing::grid;
use std::ops::Range;
use tch::{Kind, Tensor};

/// `logits[p, v] = ⟨q_p + c_p, W_v⟩`, with `q_p = Σ e_k` over the decoder's tokens up to `p`, `c_p = Σ_j α_pj e_j` over
/// the source, and `α_p = softmax_j ⟨q_p, e_j⟩`, in float64, `embedding[t, h] = sin(3t + h + 1)` and
/// `W[v, h] = cos(2v + 5h)`.
///
/// The source is all inputs but the last, which is the decoder's start token: positions `0..n_input − 1` and from
/// `n_input − 1` on. An empty source adds nothing. The order of the source does not matter. The encoder predicts
/// nothing: logits at its positions are zero.
///
/// So `∂logit_v/∂e_j = α_j (W_v + q ⟨W_v, e_j − c⟩)` for a token of the source, and
/// `W_v + Σ_j α_j ⟨W_v, e_j⟩ (e_j − c)` for each of the decoder's up to the position.
#[derive(Debug)]
pub struct EncoderDecoder {
    embedding: Tensor,
    weights: Tensor,
}

impl EncoderDecoder {
    /// A model with that many tokens in its vocabulary and that many hidden dimensions.
    pub fn new(vocabulary: i64, hidden: i64) -> Self {
        Self {
            embedding: grid((vocabulary, 3.0), (hidden, 1.0), 1.0).sin(),
            weights: grid((vocabulary, 2.0), (hidden, 5.0), 0.0).cos(),
        }
    }

    /// `W`, `[vocabulary, hidden]`.
    pub fn weights(&self) -> &Tensor {
        &self.weights
    }
}

impl LanguageModel for EncoderDecoder {
    fn name(&self) -> &'static str {
        "toy encoder–decoder"
    }
    fn limits(&self) -> Limits {
        Limits { context: 64, vocabulary: self.weights.size()[0] as usize }
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        Ok(self.embedding.f_index_select(0, &Tensor::f_from_slice(&ids)?)?)
    }
    fn kept_inputs(&self) -> usize {
        1
    }
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let (batch, tokens, _) = embeddings.size3()?;
        let source = n_input.checked_sub(1).ok_or("an encoder–decoder needs its start token")?;
        let decoder = positions.start.max(source) as i64..(positions.end as i64).max(source as i64);
        let queries = embeddings.f_narrow(1, source as i64, tokens - source as i64)?.f_cumsum(1, None)?;
        let length = (decoder.end - decoder.start).max(0);
        let queries = queries.f_narrow(1, decoder.start - source as i64, length)?;
        let states = if source > 0 {
            let source = embeddings.f_narrow(1, 0, source as i64)?;
            let pattern = queries.f_bmm(&source.f_transpose(1, 2)?)?.f_softmax(-1, None)?;
            queries.f_add(&pattern.f_bmm(&source)?)?
        } else {
            queries
        };
        let logits = states.f_matmul(&self.weights.f_transpose(0, 1)?)?;
        let encoder = [batch, positions.len() as i64 - length, self.weights.size()[0]];
        let nothing = Tensor::f_zeros(encoder, (Kind::Double, embeddings.device()))?;
        Ok(Tensor::f_cat(&[nothing, logits], 1)?)
    }
}
