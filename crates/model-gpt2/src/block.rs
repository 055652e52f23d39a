//! One block: attention and a feed-forward part, each added to the residual stream.

use crate::attention::{Attention, linear};
use crate::cache::LayerCache;
use crate::config::Activation;
use crate::weights::{Affine, BlockWeights};
use crate::{Config, Error};
use std::ops::Range;
use tch::Tensor;

/// One block of GPT-2.
#[derive(Debug)]
pub(crate) struct Block {
    weights: BlockWeights,
    attention: Attention,
    activation: Activation,
    epsilon: f64,
}

impl Block {
    /// The block of that number, from 0.
    pub(crate) fn new(config: &Config, block: usize, weights: BlockWeights) -> Self {
        Self {
            weights,
            attention: Attention::new(config, block),
            activation: config.activation_function,
            epsilon: config.layer_norm_epsilon,
        }
    }

    pub(crate) fn weights(&self) -> &BlockWeights {
        &self.weights
    }

    pub(crate) fn attention(&self) -> &Attention {
        &self.attention
    }

    pub(crate) fn activation(&self) -> Activation {
        self.activation
    }

    pub(crate) fn epsilon(&self) -> f64 {
        self.epsilon
    }

    /// `h = x + attention(norm(x))`, then `h + feed-forward(norm(h))`, for some of the positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn forward(
        &self,
        x: &Tensor,
        queries: Range<i64>,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, Error> {
        let normed = layer_norm(x, &self.weights.ln_1, self.epsilon)?;
        let attended = self.attention.run(&normed, queries.clone(), &self.weights, cache)?;
        self.feed_forward(&x.f_narrow(1, queries.start, queries.end - queries.start)?.f_add(&attended)?)
    }

    /// The same for variants that share the first tokens of a cached sequence.
    ///
    /// # Shapes
    /// - `x`: `[batch, rest, hidden]`; `hidden`: bool, `[batch, shared + rest]`
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn forward_after(
        &self,
        x: &Tensor,
        queries: Range<i64>,
        cache: (&LayerCache, i64),
        hidden: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let normed = layer_norm(x, &self.weights.ln_1, self.epsilon)?;
        let attended = self.attention.run_after(&normed, queries.clone(), &self.weights, cache, hidden)?;
        self.feed_forward(&x.f_narrow(1, queries.start, queries.end - queries.start)?.f_add(&attended)?)
    }

    /// `x + feed-forward(norm(x))`.
    ///
    /// # Shapes
    /// - `x`: `[…, hidden]`; returns the same
    pub(crate) fn feed_forward(&self, x: &Tensor) -> Result<Tensor, Error> {
        let w = &self.weights;
        let inner = linear(&layer_norm(x, &w.ln_2, self.epsilon)?, &w.inner.weight, &w.inner.bias)?;
        let inner = self.activation.apply(&inner)?;
        Ok(x.f_add(&linear(&inner, &w.inner_out.weight, &w.inner_out.bias)?)?)
    }
}

impl Activation {
    pub(crate) fn apply(self, x: &Tensor) -> Result<Tensor, Error> {
        Ok(match self {
            Self::GeluTanh => x.f_gelu("tanh")?,
            Self::Gelu => x.f_gelu("none")?,
            Self::Relu => x.f_relu()?,
            Self::Silu => x.f_silu()?,
            Self::Tanh => x.f_tanh()?,
        })
    }
}

/// Layer norm over hidden dimensions.
pub(crate) fn layer_norm(x: &Tensor, affine: &Affine, epsilon: f64) -> Result<Tensor, Error> {
    let width = x.size().last().copied().unwrap_or(0);
    Ok(x.f_layer_norm([width], Some(&affine.weight), Some(&affine.bias), epsilon, true)?)
}
