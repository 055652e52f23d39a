//! A forward pass that can be walked back for many outputs at once.

use crate::error::Error;
use std::ops::Range;
use tch::Tensor;

/// A forward pass over one sequence that gives vector–Jacobian products.
#[doc(alias = "Run")]
#[doc(alias = "jacobian")]
pub trait Tape {
    /// The logits, outside any graph: `[1, positions, vocabulary]`.
    fn logits(&self) -> &Tensor;

    /// For some of the positions, counted from the first that was asked for: from the gradient of a scalar with respect
    /// to the logits there, to that with respect to the embeddings. Calls `each` with every position and its gradient,
    /// in order.
    ///
    /// # Shapes
    /// - `cotangents`: `[positions, vocabulary]`
    /// - `each` takes `[read, hidden]`: at least all tokens up to the position
    ///
    /// # Errors
    /// A failing model, or what `each` says, which ends the walk.
    #[doc(alias = "pull_back")]
    #[doc(alias = "jacobian")]
    fn vjp(
        &self,
        positions: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error>;
}
