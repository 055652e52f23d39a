//! A cache of a forward pass, whose first tokens many variants of the text share.

use crate::error::model_error::ModelError;
use std::ops::Range;
use tch::Tensor;

/// A key/value cache of one sequence. Variants that agree with it up to some token run from there.
#[doc(alias = "Variants")]
#[doc(alias = "kv_cache")]
pub trait PrefixCache {
    /// Logits of variants with the first `shared` tokens of this sequence, and other tokens after them.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, rest, hidden]`: the token embeddings after the shared ones, of any number of tokens
    /// - `masked`: bool, `[batch, shared + rest]`: tokens that no *later* token can attend to; they still attend to
    ///   themselves
    /// - `positions`: within `shared..shared + rest`, counted in the variant
    /// - returns `[batch, positions, vocabulary]`, outside any graph
    ///
    /// # Errors
    /// Any failure to run.
    fn logits(
        &self,
        shared: usize,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError>;
}
