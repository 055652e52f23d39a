//! The same network with random weights in some of its blocks.

use crate::attention::Attention;
use crate::block::Block;
use crate::decoder::Decoder;
use crate::encoder_decoder::{EncoderDecoder, Stack};
use crate::feed_forward::FeedForward;
use crate::norm::Norm;
use crate::positions::Positions;
use crate::projection::Projection;
use crate::relative::RelativeBias;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use std::ops::Range;
use tch::{TchError, Tensor};

/// What becomes of a weight matrix.
type Each<'e> = dyn FnMut(&Tensor) -> Result<Tensor, TchError> + 'e;

impl Decoder {
    /// The same decoder, whose weight matrices in some blocks are normal numbers of the same standard deviation, with
    /// mean 0. All other tensors are shared. A block's numbers depend on the seed and on which block it is alone.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn randomized(&self, blocks: &Range<usize>, seed: u64) -> Result<Self, TchError> {
        Ok(Self {
            embeddings: self.embeddings.shallow_clone(),
            positions: match &self.positions {
                Positions::Learned(table) => Positions::Learned(table.shallow_clone()),
                Positions::Rotary(frequencies) => Positions::Rotary(frequencies.shallow_clone()),
            },
            blocks: randomized(&self.blocks, 0, blocks, seed)?,
            norm: self.norm.shallow_clone(),
            head: self.head.shallow_clone(),
        })
    }
}

impl EncoderDecoder {
    /// As [`Decoder::randomized`]: the encoder's blocks are the first, the decoder's follow.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn randomized(&self, blocks: &Range<usize>, seed: u64) -> Result<Self, TchError> {
        let stack = |stack: &Stack, first: usize| -> Result<Stack, TchError> {
            Ok(Stack {
                blocks: randomized(&stack.blocks, first, blocks, seed)?,
                norm: stack.norm.shallow_clone(),
            })
        };
        Ok(Self {
            embeddings: self.embeddings.shallow_clone(),
            encoder: stack(&self.encoder, 0)?,
            decoder: stack(&self.decoder, self.encoder.blocks.len())?,
            head: self.head.shallow_clone(),
            head_scale: self.head_scale,
        })
    }
}

fn randomized(all: &[Block], first: usize, blocks: &Range<usize>, seed: u64) -> Result<Vec<Block>, TchError> {
    let one = |(number, block): (usize, &Block)| {
        if !blocks.contains(&(first + number)) {
            return block.with(&mut |weight| Ok(weight.shallow_clone()));
        }
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        numbers.set_stream((first + number) as u64);
        block.with(&mut |weight| alike(weight, &mut numbers))
    };
    all.iter().enumerate().map(one).collect()
}

/// Normal numbers with a matrix's shape and standard deviation.
fn alike(weight: &Tensor, numbers: &mut ChaCha8Rng) -> Result<Tensor, TchError> {
    let _no_gradient = tch::no_grad_guard();
    let deviation = weight.f_to_kind(tch::Kind::Double)?.f_std(false)?.f_double_value(&[])?;
    let values: Vec<f32> = (0..weight.numel())
        .map(|_| {
            let number: f64 = StandardNormal.sample(numbers);
            (number * deviation) as f32
        })
        .collect();
    let values = Tensor::f_from_slice(&values)?.f_view(&*weight.size())?;
    values.f_to_kind(weight.kind())?.f_to(weight.device())
}

impl Block {
    fn with(&self, each: &mut Each<'_>) -> Result<Self, TchError> {
        Ok(Self {
            first_norm: self.first_norm.shallow_clone(),
            attention: self.attention.with(each)?,
            cross: match &self.cross {
                Some((norm, attention)) => Some((norm.shallow_clone(), attention.with(each)?)),
                None => None,
            },
            second_norm: self.second_norm.shallow_clone(),
            feed_forward: self.feed_forward.with(each)?,
        })
    }
}

impl Attention {
    fn with(&self, each: &mut Each<'_>) -> Result<Self, TchError> {
        let norms = self.norms.as_ref();
        Ok(Self {
            projection: match &self.projection {
                Projection::Joined(map) => Projection::Joined(map.with(each)?),
                Projection::Apart { queries, keys, values } => Projection::Apart {
                    queries: queries.with(each)?,
                    keys: keys.with(each)?,
                    values: values.with(each)?,
                },
            },
            norms: norms.map(|(queries, keys)| (queries.shallow_clone(), keys.shallow_clone())),
            bias: self.bias.as_ref().map(RelativeBias::shallow_clone),
            out: self.out.with(each)?,
            shape: self.shape,
        })
    }
}

impl FeedForward {
    fn with(&self, each: &mut Each<'_>) -> Result<Self, TchError> {
        Ok(match self {
            Self::Plain { inner, activation, out } => {
                Self::Plain { inner: inner.with(each)?, activation: *activation, out: out.with(each)? }
            }
            Self::Gated { gate, activation, inner, out } => Self::Gated {
                gate: gate.with(each)?,
                activation: *activation,
                inner: inner.with(each)?,
                out: out.with(each)?,
            },
        })
    }
}

impl Norm {
    fn shallow_clone(&self) -> Self {
        match self {
            Self::Layer { weight, bias, epsilon } => {
                Self::Layer { weight: weight.shallow_clone(), bias: bias.shallow_clone(), epsilon: *epsilon }
            }
            Self::Rms { weight, epsilon } => Self::Rms { weight: weight.shallow_clone(), epsilon: *epsilon },
        }
    }
}
