//! One block: attention and a feed-forward part, each added to the residual stream.

use crate::attention::Attention;
use crate::cache::LayerCache;
use crate::feed_forward::FeedForward;
use crate::norm::Norm;
use crate::rope::Angles;
use std::ops::Range;
use tch::{TchError, Tensor};

/// One block, with a norm before each of its two parts.
#[derive(Debug)]
pub struct Block {
    /// Before attention.
    pub first_norm: Norm,
    /// Attention.
    pub attention: Attention,
    /// Before the feed-forward part.
    pub second_norm: Norm,
    /// The feed-forward part.
    pub feed_forward: FeedForward,
}

impl Block {
    /// `h = x + attention(norm(x))`, then `h + feed-forward(norm(h))`, for some of the positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`; `angles`: of its tokens
    /// - returns `[batch, positions, hidden]`
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        angles: Option<&Angles>,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, TchError> {
        let attended = self.attention.run(&self.first_norm.apply(x)?, positions, angles, cache)?;
        self.feed_forward(&x.f_narrow(1, positions.start, positions.end - positions.start)?.f_add(&attended)?)
    }

    /// The same for variants that share the first tokens of a cached sequence.
    ///
    /// # Shapes
    /// - `x`: `[batch, rest, hidden]`; `masked`: bool, `[batch, shared + rest]`
    /// - returns `[batch, positions, hidden]`
    pub(crate) fn forward_after(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        angles: Option<&Angles>,
        cache: (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let normed = self.first_norm.apply(x)?;
        let attended = self.attention.run_after(&normed, positions, angles, cache, masked)?;
        self.feed_forward(&x.f_narrow(1, positions.start, positions.end - positions.start)?.f_add(&attended)?)
    }

    /// `x + feed-forward(norm(x))`.
    ///
    /// # Shapes
    /// - `x`: `[…, hidden]`; returns the same
    pub(crate) fn feed_forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_add(&self.feed_forward.apply(&self.second_norm.apply(x)?)?)
    }
}
