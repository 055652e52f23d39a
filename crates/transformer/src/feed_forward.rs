//! The feed-forward part of a block.

use crate::activation::Activation;
use crate::linear::Linear;
use tch::{TchError, Tensor};

/// The feed-forward part of a block.
#[derive(Debug)]
pub enum FeedForward {
    /// `out(activation(inner(x)))`.
    Plain {
        /// From the hidden dimensions to the inner ones.
        inner: Linear,
        /// The activation.
        activation: Activation,
        /// Back to the hidden dimensions.
        out: Linear,
    },
    /// `out(activation(gate(x)) ⊙ inner(x))`.
    Gated {
        /// The gate: from the hidden dimensions to the inner ones.
        gate: Linear,
        /// The activation of the gate.
        activation: Activation,
        /// From the hidden dimensions to the inner ones.
        inner: Linear,
        /// Back to the hidden dimensions.
        out: Linear,
    },
}

impl FeedForward {
    /// From `[…, hidden]` to the same.
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Plain { inner, activation, out } => out.apply(&activation.apply(&inner.apply(x)?)?),
            Self::Gated { gate, activation, inner, out } => {
                out.apply(&activation.apply(&gate.apply(x)?)?.f_mul(&inner.apply(x)?)?)
            }
        }
    }

    /// Inner dimensions.
    pub(crate) fn width(&self) -> usize {
        let (Self::Plain { inner, .. } | Self::Gated { inner, .. }) = self;
        usize::try_from(inner.size().1).unwrap_or(0)
    }

    /// How many numbers an inner dimension takes in a pass: before and after the activation, and of a gate as many.
    pub(crate) fn kept(&self) -> usize {
        match self {
            Self::Plain { .. } => 2,
            Self::Gated { .. } => 4,
        }
    }
}
