//! A forward pass whose first tokens are shared by many variants of the same text.

use crate::error::model_error::ModelError;
use std::ops::Range;
use tch::Tensor;

/// A forward pass at one sequence; variants that agree with it up to some token run from there.
#[doc(alias = "Variants")]
#[doc(alias = "kv_cache")]
pub trait PrefixCache {
    /// Logits of variants that have the first `shared` tokens of this sequence, and others after them.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, rest, hidden]`: the token embeddings after the shared ones, in as many tokens as there
    ///   are
    /// - `masked`: bool, `[batch, shared + rest]`: tokens that no *later* token can attend to; itself it still can
    /// - `positions`: within `shared..shared + rest`, counted in the variant
    /// - returns `[batch, positions, vocabulary]`, outside any graph
    ///
    /// # Errors
    /// Whatever keeps the model from running.
    fn logits(
        &self,
        shared: usize,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError>;
}
