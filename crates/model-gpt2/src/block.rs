//! One block: attention and a feed-forward part, each added to the residual stream.

use crate::attention::{Attention, linear};
use crate::cache::LayerCache;
use crate::config::Activation;
use crate::config::Config;
use crate::weights::{Affine, BlockWeights};
use saliency_checkpoint::Error;
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
    /// - `x`: `[batch, rest, hidden]`; `masked`: bool, `[batch, shared + rest]`
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn forward_after(
        &self,
        x: &Tensor,
        queries: Range<i64>,
        cache: (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let normed = layer_norm(x, &self.weights.ln_1, self.epsilon)?;
        let attended = self.attention.run_after(&normed, queries.clone(), &self.weights, cache, masked)?;
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
            Self::QuickGelu => x.f_mul(&x.f_mul_scalar(1.702)?.f_sigmoid()?)?,
            Self::Tanh => x.f_tanh()?,
        })
    }
}

/// Layer norm over hidden dimensions.
pub(crate) fn layer_norm(x: &Tensor, affine: &Affine, epsilon: f64) -> Result<Tensor, Error> {
    let width = x.size().last().copied().unwrap_or(0);
    Ok(x.f_layer_norm([width], Some(&affine.weight), Some(&affine.bias), epsilon, true)?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Activation;
    use serde_json::Value;
    use tch::Tensor;

    #[test]
    fn activations_are_the_peers_functions_by_every_name_that_is_read() {
        let table: Value = serde_json::from_str(include_str!("../tests/variants/activations.json")).unwrap();
        let numbers = |list: &Value| -> Vec<f64> {
            list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let mut unread = Vec::new();
        for (name, expected) in table["y"].as_object().unwrap() {
            let Ok(activation) = serde_json::from_value::<Activation>(name.as_str().into()) else {
                unread.push(name.as_str());
                continue;
            };
            let found = activation.apply(&Tensor::from_slice(&numbers(&table["x"]))).unwrap();
            for (f, e) in Vec::<f64>::try_from(found).unwrap().into_iter().zip(numbers(expected)) {
                // gelu_fast writes its constant with fewer digits.
                assert!((f - e).abs() <= 1e-11 * e.abs().max(1.0), "{name}: {f} for {e}");
            }
        }
        let none = [
            "gelu_10",
            "hardswish",
            "laplace",
            "leaky_relu",
            "linear",
            "mish",
            "relu2",
            "relu6",
            "sigmoid",
            "sqrtsoftplus",
        ];
        assert_eq!(unread, none, "names that are refused");
    }
}
