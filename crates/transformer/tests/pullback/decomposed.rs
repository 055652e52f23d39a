//! `DecompX` (Modarressi et al. 2023) in a decoder, forwards: what each token adds to every residual stream, carried
//! through the network, with biases and positions apart as one more part.

use super::{Decoder, HIDDEN, Parts, apply_without_bias};
use saliency_attribution::Inside;
use saliency_transformer::{FeedForward, Norm, Positions, Projection};
use tch::{Kind, Tensor};

/// `[parts, tokens, hidden]`, of which the last part is no token's.
struct Decomposed(Tensor);

impl Decomposed {
    fn whole(&self) -> Tensor {
        self.0.sum_dim_intlist(0, false, Kind::Double)
    }

    /// Through a map that is linear in every part, which adds a bias to the last.
    fn through(&self, map: impl Fn(&Tensor) -> Tensor, bias: Option<&Tensor>) -> Self {
        let parts = map(&self.0);
        let last = parts.size()[0] - 1;
        if let Some(bias) = bias {
            let _ = parts.get(last).f_add_(bias).unwrap();
        }
        Self(parts)
    }

    /// Through a norm whose scale is that of the whole.
    fn normed(&self, norm: &Norm) -> Self {
        let mean = |x: &Tensor| x.mean_dim(-1, true, Kind::Double);
        let whole = self.whole();
        match norm {
            Norm::Layer { weight, bias, epsilon } => {
                let scale = (mean(&(&whole - mean(&whole)).square()) + *epsilon).rsqrt();
                self.through(|x| (x - mean(x)) * &scale * weight, Some(bias))
            }
            Norm::Rms { weight, epsilon } => {
                let scale = (mean(&whole.square()) + *epsilon).rsqrt();
                self.through(|x| x * &scale * weight, None)
            }
        }
    }

    fn plus(&self, other: &Self) -> Self {
        Self(&self.0 + &other.0)
    }
}

fn feed_forward(part: &FeedForward, x: &Decomposed) -> Decomposed {
    match part {
        FeedForward::Plain { inner, activation, out } => {
            let z = x.through(|x| apply_without_bias(inner, x), inner.bias());
            let whole = z.whole();
            let slope = activation.apply(&whole).unwrap() / &whole;
            z.through(|z| apply_without_bias(out, &(z * &slope)), out.bias())
        }
        FeedForward::Gated { gate, activation, inner, out } => {
            let gate = x.through(|x| apply_without_bias(gate, x), gate.bias()).whole();
            let gate = activation.apply(&gate).unwrap();
            let z = x.through(|x| apply_without_bias(inner, x), inner.bias());
            z.through(|z| apply_without_bias(out, &(z * &gate)), out.bias())
        }
    }
}

/// What each of the tokens, and last the biases and positions, adds to the logits: `[parts, tokens, vocabulary]`.
pub(super) fn logits(decoder: &Decoder, parts: Parts, embeddings: &Tensor) -> Tensor {
    let tokens = embeddings.size()[0];
    let start = Tensor::zeros([tokens + 1, tokens, HIDDEN], (Kind::Double, tch::Device::Cpu));
    for token in 0..tokens {
        start.get(token).get(token).copy_(&embeddings.get(token));
    }
    if let Positions::Learned(table) = &decoder.positions {
        start.get(tokens).copy_(&table.narrow(0, 0, tokens));
    }
    let mut x = Decomposed(start);
    for (layer, block) in decoder.blocks.iter().enumerate() {
        let attention = &block.attention;
        let (w, r) = (parts.width, parts.heads / parts.groups);
        let (queries, keys) = (parts.heads * w, parts.groups * w);
        let normed = x.normed(&block.first_norm);
        let values = match &attention.projection {
            Projection::Joined(map) => {
                let only = |x: &Tensor| x.narrow(-1, queries + keys, keys);
                normed.through(|x| only(&apply_without_bias(map, x)), map.bias().map(only).as_ref())
            }
            Projection::Apart { values, .. } => {
                normed.through(|x| apply_without_bias(values, x), values.bias())
            }
        };
        let pattern = decoder.attention_at(layer, &x.whole()).unwrap().pattern;
        let mix = |values: &Tensor| {
            let of = |h: i64| pattern.get(h).matmul(&values.narrow(-1, h / r * w, w));
            apply_without_bias(
                &attention.out,
                &Tensor::cat(&(0..parts.heads).map(of).collect::<Vec<_>>(), -1),
            )
        };
        x = x.plus(&values.through(mix, attention.out.bias()));
        x = x.plus(&feed_forward(&block.feed_forward, &x.normed(&block.second_norm)));
    }
    x.normed(&decoder.norm).0.matmul(&decoder.head.transpose(0, 1))
}
