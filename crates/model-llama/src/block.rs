//! One block: attention and a gated feed-forward part, each added to the residual stream.

use crate::activation::Activation;
use crate::attention::Attention;
use crate::cache::LayerCache;
use crate::rope::Angles;
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::{Kind, Tensor};

/// A linear map, `x Wᵀ + b`.
#[derive(Debug)]
pub(crate) struct Linear {
    /// `[out, in]`, as these checkpoints hold it.
    pub(crate) weight: Tensor,
    pub(crate) bias: Option<Tensor>,
}

impl Linear {
    pub(crate) fn apply(&self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(x.f_linear(&self.weight, self.bias.as_ref())?)
    }
}

/// One block.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) input_norm: Tensor,
    pub(crate) attention: Attention,
    pub(crate) inner_norm: Tensor,
    pub(crate) gate: Linear,
    pub(crate) up: Linear,
    pub(crate) down: Linear,
    pub(crate) activation: Activation,
    pub(crate) epsilon: f64,
}

impl Block {
    /// `h = x + attention(norm(x))`, then `h + down(activation(gate(norm(h))) ⊙ up(norm(h)))`, for some of the
    /// positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`; `angles`: of its tokens
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        queries: &Range<i64>,
        angles: &Angles,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, Error> {
        let normed = rms_norm(x, &self.input_norm, self.epsilon)?;
        let attended = self.attention.run(&normed, queries, angles, cache)?;
        self.feed_forward(&x.f_narrow(1, queries.start, queries.end - queries.start)?.f_add(&attended)?)
    }

    /// The same for variants that share the first tokens of a cached sequence.
    ///
    /// # Shapes
    /// - `x`: `[batch, rest, hidden]`; `masked`: bool, `[batch, shared + rest]`
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn forward_after(
        &self,
        x: &Tensor,
        queries: &Range<i64>,
        angles: &Angles,
        cache: (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let normed = rms_norm(x, &self.input_norm, self.epsilon)?;
        let attended = self.attention.run_after(&normed, queries, angles, cache, masked)?;
        self.feed_forward(&x.f_narrow(1, queries.start, queries.end - queries.start)?.f_add(&attended)?)
    }

    fn feed_forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let normed = rms_norm(x, &self.inner_norm, self.epsilon)?;
        let gate = self.activation.apply(&self.gate.apply(&normed)?)?;
        Ok(x.f_add(&self.down.apply(&gate.f_mul(&self.up.apply(&normed)?)?)?)?)
    }
}

/// `w ⊙ x / √(mean(x²) + ε)` over the last dimension. In half precision it is computed in float32 up to the weight.
pub(crate) fn rms_norm(x: &Tensor, weight: &Tensor, epsilon: f64) -> Result<Tensor, Error> {
    let kind = x.kind();
    let wide = if kind == Kind::Double { Kind::Double } else { Kind::Float };
    let x = x.f_to_kind(wide)?;
    let mean = x.f_square()?.f_mean_dim(-1, true, wide)?;
    let normed = x.f_mul(&mean.f_add_scalar(epsilon)?.f_rsqrt()?)?;
    Ok(weight.f_mul(&normed.f_to_kind(kind)?)?)
}
