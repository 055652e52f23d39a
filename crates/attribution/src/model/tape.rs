//! A recorded forward pass, with a backward pass for many outputs at once.

use crate::error::Error;
use std::ops::Range;
use tch::Tensor;

/// A recorded forward pass over one sequence, for vector–Jacobian products.
#[doc(alias = "Run")]
#[doc(alias = "jacobian")]
pub trait Tape {
    /// The logits, outside any graph: `[1, positions, vocabulary]`.
    fn logits(&self) -> &Tensor;

    /// From the gradients of scalars with respect to the logits at some positions, to those with respect to the
    /// embeddings. Positions are counted from the first that was recorded. Calls `each` with every position and its
    /// gradient, in order.
    ///
    /// # Shapes
    /// - `cotangents`: `[positions, vocabulary]`
    /// - `each` takes `[context, hidden]`: at least all tokens up to the position
    ///
    /// # Errors
    /// A failing model, or an error that `each` returns, which ends the backward pass.
    #[doc(alias = "pull_back")]
    #[doc(alias = "jacobian")]
    fn vjp(
        &self,
        positions: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error>;
}
