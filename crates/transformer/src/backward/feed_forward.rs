//! The way back through a feed-forward part.

use crate::backward::rule::{to_gate_and_factor, with_slope};
use crate::feed_forward::FeedForward;
use saliency_attribution::BackwardRule;
use std::ops::Range;
use tch::{TchError, Tensor};

/// What a feed-forward part's way back needs, `[rows, inner]` each: what the gradient of the product before the output
/// map is multiplied by.
#[derive(Debug)]
pub(crate) enum FeedForwardRecord {
    /// The activation's slope.
    Plain(Tensor),
    /// For the gate: its slope times the other factor; for the other factor: the activated gate.
    Gated { gate: Tensor, inner: Tensor },
}

impl FeedForwardRecord {
    /// The feed-forward part of `[rows, hidden]`, and what its way back needs.
    pub(crate) fn forward(
        part: &FeedForward,
        x: &Tensor,
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        match part {
            FeedForward::Plain { inner, activation, out } => {
                let (activated, slope) = with_slope(*activation, &inner.apply(x)?, rule)?;
                Ok((out.apply(&activated)?, Self::Plain(slope)))
            }
            FeedForward::Gated { gate, activation, inner, out } => {
                let (activated, slope) = with_slope(*activation, &gate.apply(x)?, rule)?;
                let factor = inner.apply(x)?;
                let y = out.apply(&activated.f_mul(&factor)?)?;
                let (to_gate, to_factor) = to_gate_and_factor(rule);
                let gate = slope.f_mul(&factor)?.f_mul_scalar_(to_gate)?;
                let inner = if to_factor < 1.0 { activated.f_mul_scalar(to_factor)? } else { activated };
                Ok((y, Self::Gated { gate, inner }))
            }
        }
    }

    /// From the gradient of its output to that of its input: `[rows, hidden]`, or `[rows, outputs, hidden]`.
    pub(crate) fn back(&self, part: &FeedForward, gradient: &Tensor) -> Result<Tensor, TchError> {
        let as_rows = |x: &Tensor| {
            if gradient.dim() == 2 { Ok(x.shallow_clone()) } else { x.f_unsqueeze(1) }
        };
        match (part, self) {
            (FeedForward::Plain { inner, out, .. }, Self::Plain(slope)) => {
                inner.back(&out.back(gradient)?.f_mul_(&as_rows(slope)?)?)
            }
            (FeedForward::Gated { gate, inner, out, .. }, Self::Gated { gate: to_gate, inner: to_inner }) => {
                let mut product = out.back(gradient)?;
                let sum = gate.back(&product.f_mul(&as_rows(to_gate)?)?)?;
                let product = product.f_mul_(&as_rows(to_inner)?)?;
                let size = sum.size();
                let (hidden, width) = (inner.size().0, inner.size().1);
                let mut sum = sum.f_view([-1, hidden])?;
                inner.add_back(&mut sum, &product.f_view([-1, width])?)?;
                sum.f_view(&*size)
            }
            _ => Err(TchError::Shape("a record of another kind of feed-forward part".into())),
        }
    }

    /// With further rows after its own.
    pub(crate) fn with(&self, rest: &Self) -> Result<Self, TchError> {
        let both = |a: &Tensor, b: &Tensor| Tensor::f_cat(&[a, b], 0);
        match (self, rest) {
            (Self::Plain(a), Self::Plain(b)) => Ok(Self::Plain(both(a, b)?)),
            (Self::Gated { gate: a, inner: c }, Self::Gated { gate: b, inner: d }) => {
                Ok(Self::Gated { gate: both(a, b)?, inner: both(c, d)? })
            }
            _ => Err(TchError::Shape("records of two kinds of feed-forward parts".into())),
        }
    }

    /// Some rows of it.
    pub(crate) fn rows(&self, rows: &Range<i64>) -> Result<Self, TchError> {
        let narrow = |x: &Tensor| x.f_narrow(0, rows.start, rows.end - rows.start);
        Ok(match self {
            Self::Plain(slope) => Self::Plain(narrow(slope)?),
            Self::Gated { gate, inner } => Self::Gated { gate: narrow(gate)?, inner: narrow(inner)? },
        })
    }
}
