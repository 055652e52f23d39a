//! A target of your own in one line: a closure from logits to a scalar.

use crate::error::Error;
use crate::target::{OutputToken, Target};
use std::fmt;
use tch::Tensor;

/// A closure from logits `[batch, vocabulary]` to scalars `[batch]`, differentiable where it is made of libtorch's
/// operations.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, TargetFn, Sequence};
///
/// // The margin of token 1 over token 0, whatever was produced.
/// let margin = TargetFn::new("margin", |logits, _| Ok(logits.f_select(1, 1)?.f_sub(&logits.f_select(1, 0)?)?));
/// let sequence = Sequence::from_ids(&[0, 1], &[2])?;
/// let record = Attributor::new().with_target(margin).record(&Linear::new(3, 1), &sequence)?;
/// assert_eq!(record.target.map(|t| t.name).as_deref(), Some("margin"));
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
#[doc(alias = "Closure")]
#[doc(alias = "attributed_fn")]
pub struct TargetFn<F> {
    name: &'static str,
    scalar: F,
}

impl<F: Fn(&Tensor, OutputToken) -> Result<Tensor, Error> + Send + Sync> TargetFn<F> {
    /// A name for the record, and the closure.
    pub fn new(name: &'static str, scalar: F) -> Self {
        Self { name, scalar }
    }
}

impl<F> fmt::Debug for TargetFn<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TargetFn").field("name", &self.name).finish_non_exhaustive()
    }
}

impl<F: Fn(&Tensor, OutputToken) -> Result<Tensor, Error> + Send + Sync> Target for TargetFn<F> {
    fn name(&self) -> &'static str {
        self.name
    }
    fn summary(&self) -> &'static str {
        "a closure from logits to a scalar"
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        (self.scalar)(logits, output)
    }
}
