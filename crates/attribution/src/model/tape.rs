//! A recorded forward pass, with a backward pass for many outputs at once.

use crate::calculus::ragged;
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
    /// - `each` takes `[context, hidden]`: all tokens up to the position, and zeros for later ones if there are more
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

    /// The same for the sum of the scalars: one gradient with respect to the embeddings. Default: the sum of those of
    /// [`vjp`](Self::vjp); a tape that goes back once is faster.
    ///
    /// # Shapes
    /// - `cotangents`: `[positions, vocabulary]`
    /// - returns `[context, hidden]`: all tokens up to the last of the positions, and zeros for later ones
    ///
    /// # Errors
    /// A failing model; [`Error::NoOutput`] for no position.
    fn vjp_of_sum(&self, positions: Range<usize>, cotangents: &Tensor) -> Result<Tensor, Error> {
        let mut sum: Option<Tensor> = None;
        self.vjp(positions, cotangents, &mut |_, gradient| {
            sum = Some(match sum.take() {
                None => gradient,
                Some(sum) => ragged::sum(&sum, &gradient)?,
            });
            Ok(())
        })?;
        sum.ok_or(Error::NoOutput)
    }
}
