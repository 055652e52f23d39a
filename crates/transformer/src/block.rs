//! One block: attention and a feed-forward part, each added to the residual stream; between them, in the decoder of an
//! encoder–decoder, attention to the source.

use crate::attention::Attention;
use crate::cache::LayerCache;
use crate::feed_forward::FeedForward;
use crate::norm::Norm;
use crate::rope::Angles;
use std::ops::Range;
use tch::{TchError, Tensor};

/// One block, with a norm before each of its parts.
#[derive(Debug)]
pub struct Block {
    /// Before attention.
    pub first_norm: Norm,
    /// Attention.
    pub attention: Attention,
    /// In a decoder that reads a source: attention to it, and the norm before it.
    pub cross: Option<(Norm, Attention)>,
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

    /// The same of a decoder that reads a source: `h = x + attention(norm(x))`, `g = h + cross(norm(h), source)`, then
    /// `g + feed-forward(norm(g))`.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`
    /// - `memory`: the source's keys and values, as [`memorize`](Self::memorize) gives them
    /// - returns `[batch, positions, hidden]`
    pub(crate) fn forward_with_source(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        memory: Option<&(Tensor, Tensor)>,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, TchError> {
        let attended = self.attention.run(&self.first_norm.apply(x)?, positions, None, cache)?;
        let mut x = x.f_narrow(1, positions.start, positions.end - positions.start)?.f_add(&attended)?;
        if let (Some((norm, cross)), Some(memory)) = (&self.cross, memory) {
            x = x.f_add(&cross.cross(&norm.apply(&x)?, memory)?.0)?;
        }
        self.feed_forward(&x)
    }

    /// Keys and values of a source, `[batch, tokens, hidden]`; `None` in a block that reads none.
    pub(crate) fn memorize(&self, source: &Tensor) -> Result<Option<(Tensor, Tensor)>, TchError> {
        self.cross.as_ref().map(|(_, cross)| cross.memorize(source)).transpose()
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
