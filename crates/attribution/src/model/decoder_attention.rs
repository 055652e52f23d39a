//! The attention weights of an encoder–decoder's decoder.

use crate::error::Error;
use tch::Tensor;

/// What the decoder of an encoder–decoder attends to: the source ([`to_source`](Self::to_source)), and its own tokens
/// ([`to_target`](Self::to_target)). Both run the decoder once, and give one layer's weights at a time, from the first.
pub trait DecoderAttention {
    /// The number of blocks of the decoder.
    fn layers(&self) -> usize;

    /// The number of attention heads in a block: those of the queries, even if several share keys and values.
    fn heads(&self) -> usize;

    /// Calls `each` with a layer's number and its weights over the source: `[heads, tokens of the target, source]`,
    /// whose rows add up to 1. The target begins with the start token.
    ///
    /// # Shapes
    /// - `embeddings`: `[tokens, hidden]`: source, start token, outputs; the source is all of the first `n_input`
    ///   tokens but the last
    ///
    /// # Errors
    /// Any failure to run, and what `each` returns.
    fn to_source(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        each: &mut dyn FnMut(usize, &Tensor) -> Result<(), Error>,
    ) -> Result<(), Error>;

    /// The same over the target's own tokens: `[heads, tokens of the target, tokens of the target]`.
    ///
    /// # Errors
    /// As [`to_source`](Self::to_source).
    fn to_target(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        each: &mut dyn FnMut(usize, &Tensor) -> Result<(), Error>,
    ) -> Result<(), Error>;
}
