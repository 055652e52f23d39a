//! The tensors: found by name, and checked against the configuration before one is read.

use crate::config::{Config, ModelType};
use saliency_checkpoint::{Error, TensorSource};
use saliency_transformer::{
    Attention, Block, EncoderDecoder, FeedForward, Linear, Norm, Precision, Projection, RelativeBias, Shape,
    Stack,
};
use std::path::Path;
use tch::Tensor;

const EMBEDDINGS: &str = "shared.weight";
const HEAD: &str = "lm_head.weight";
const BIAS: &str = "SelfAttention.relative_attention_bias.weight";

/// One of the two stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Encoder,
    Decoder,
}

impl Side {
    fn name(self) -> &'static str {
        match self {
            Self::Encoder => "encoder",
            Self::Decoder => "decoder",
        }
    }

    fn blocks(self, config: &Config) -> usize {
        match self {
            Self::Encoder => config.num_layers,
            Self::Decoder => config.num_decoder_layers,
        }
    }

    /// The number of the feed-forward part among a block's parts.
    fn feed_forward(self) -> usize {
        match self {
            Self::Encoder => 1,
            Self::Decoder => 2,
        }
    }
}

/// Every tensor of a block and its size, without the block's own name.
fn block_tensors(config: &Config, side: Side, block: usize) -> Vec<(String, Vec<i64>)> {
    let (hidden, inner) = (config.d_model as i64, config.d_ff as i64);
    let heads = config.num_heads as i64;
    let width = heads.saturating_mul(config.d_kv as i64);
    let mut tensors = Vec::new();
    let mut attention = |layer: usize, name: &str| {
        for map in ["q", "k", "v"] {
            tensors.push((format!("layer.{layer}.{name}.{map}.weight"), vec![width, hidden]));
        }
        tensors.push((format!("layer.{layer}.{name}.o.weight"), vec![hidden, width]));
        tensors.push((format!("layer.{layer}.layer_norm.weight"), vec![hidden]));
    };
    attention(0, "SelfAttention");
    if side == Side::Decoder {
        attention(1, "EncDecAttention");
    }
    if block == 0 || config.model_type == ModelType::Umt5 {
        let buckets = config.relative_attention_num_buckets as i64;
        tensors.push((format!("layer.0.{BIAS}"), vec![buckets, heads]));
    }
    let layer = side.feed_forward();
    let into: &[&str] = if config.gated { &["wi_0", "wi_1"] } else { &["wi"] };
    for map in into {
        tensors.push((format!("layer.{layer}.DenseReluDense.{map}.weight"), vec![inner, hidden]));
    }
    tensors.push((format!("layer.{layer}.DenseReluDense.wo.weight"), vec![hidden, inner]));
    tensors.push((format!("layer.{layer}.layer_norm.weight"), vec![hidden]));
    tensors
}

impl Config {
    /// Takes the tensors that the configuration calls for. Nothing is read before every name and every size was found
    /// right. `path` is only named in errors.
    pub(crate) fn network(
        &self,
        tensors: &mut dyn TensorSource,
        path: &Path,
    ) -> Result<EncoderDecoder, Error> {
        check(self, tensors, path)?;
        let mut parts = Parts { config: self, tensors, path };
        let encoder = parts.stack(Side::Encoder)?;
        let decoder = parts.stack(Side::Decoder)?;
        let embeddings = parts.take(EMBEDDINGS)?;
        // What is stored decides: files of T5 1.1 say that the head is tied, and have one of their own.
        let head = match parts.tensors.take(HEAD)? {
            Some(head) if head.f_equal(&embeddings)? => None,
            head => head,
        };
        let head = head.unwrap_or_else(|| embeddings.shallow_clone());
        let head_scale = if self.scale_decoder_outputs { (self.d_model as f64).sqrt().recip() } else { 1.0 };
        Ok(EncoderDecoder { embeddings, encoder, decoder, head, head_scale })
    }
}

/// A network while it is put together.
struct Parts<'a> {
    config: &'a Config,
    tensors: &'a mut dyn TensorSource,
    path: &'a Path,
}

impl Parts<'_> {
    fn take(&mut self, name: &str) -> Result<Tensor, Error> {
        let missing = || Error::NoTensor { path: self.path.to_owned(), name: name.to_owned() };
        self.tensors.take(name)?.ok_or_else(missing)
    }

    fn linear(&mut self, name: &str) -> Result<Linear, Error> {
        Ok(Linear::out_in(self.take(&format!("{name}.weight"))?, None))
    }

    fn norm(&mut self, name: &str) -> Result<Norm, Error> {
        let weight = self.take(&format!("{name}.weight"))?;
        Ok(Norm::Rms { weight, epsilon: self.config.layer_norm_epsilon })
    }

    fn stack(&mut self, side: Side) -> Result<Stack, Error> {
        let (mut blocks, mut bias) = (Vec::new(), None);
        for i in 0..side.blocks(self.config) {
            let name = format!("{}.block.{i}", side.name());
            if i == 0 || self.config.model_type == ModelType::Umt5 {
                bias = Some(RelativeBias {
                    table: self.take(&format!("{name}.layer.0.{BIAS}"))?,
                    max_distance: self.config.relative_attention_max_distance as i64,
                    both_ways: side == Side::Encoder,
                });
            }
            let own = bias.as_ref().map(RelativeBias::shallow_clone);
            let causal = side == Side::Decoder;
            let attention = self.attention(&format!("{name}.layer.0.SelfAttention"), own, causal)?;
            let cross = match side {
                Side::Encoder => None,
                Side::Decoder => {
                    let norm = self.norm(&format!("{name}.layer.1.layer_norm"))?;
                    Some((norm, self.attention(&format!("{name}.layer.1.EncDecAttention"), None, false)?))
                }
            };
            let second = format!("{name}.layer.{}", side.feed_forward());
            blocks.push(Block {
                first_norm: self.norm(&format!("{name}.layer.0.layer_norm"))?,
                attention,
                cross,
                second_norm: self.norm(&format!("{second}.layer_norm"))?,
                feed_forward: self.feed_forward(&format!("{second}.DenseReluDense"))?,
            });
        }
        Ok(Stack { blocks, norm: self.norm(&format!("{}.final_layer_norm", side.name()))? })
    }

    fn attention(
        &mut self,
        name: &str,
        bias: Option<RelativeBias>,
        causal: bool,
    ) -> Result<Attention, Error> {
        let projection = Projection::Apart {
            queries: self.linear(&format!("{name}.q"))?,
            keys: self.linear(&format!("{name}.k"))?,
            values: self.linear(&format!("{name}.v"))?,
        };
        let heads = self.config.num_heads as i64;
        let shape = Shape {
            heads,
            groups: heads,
            width: self.config.d_kv as i64,
            scale: 1.0,
            causal,
            window: None,
            precision: Precision::Plain,
        };
        Ok(Attention { projection, norms: None, bias, out: self.linear(&format!("{name}.o"))?, shape })
    }

    fn feed_forward(&mut self, name: &str) -> Result<FeedForward, Error> {
        let activation = self.config.activation;
        Ok(if self.config.gated {
            FeedForward::Gated {
                gate: self.linear(&format!("{name}.wi_0"))?,
                activation,
                inner: self.linear(&format!("{name}.wi_1"))?,
                out: self.linear(&format!("{name}.wo"))?,
            }
        } else {
            FeedForward::Plain {
                inner: self.linear(&format!("{name}.wi"))?,
                activation,
                out: self.linear(&format!("{name}.wo"))?,
            }
        })
    }
}

/// Whether all tensors are there in the sizes that the configuration calls for, and no blocks beyond.
fn check(config: &Config, tensors: &dyn TensorSource, path: &Path) -> Result<(), Error> {
    let expect = |name: String, expected: &[i64]| match tensors.size(&name) {
        None => Err(Error::NoTensor { path: path.to_owned(), name }),
        Some(found) if found != expected => {
            Err(Error::TensorShape { path: path.to_owned(), name, found, expected: expected.to_vec() })
        }
        Some(_) => Ok(()),
    };
    let table = [config.vocab_size as i64, config.d_model as i64];
    expect(EMBEDDINGS.to_owned(), &table)?;
    for (side, field) in [(Side::Encoder, "num_layers"), (Side::Decoder, "num_decoder_layers")] {
        let (name, blocks) = (side.name(), side.blocks(config));
        let prefix = format!("{name}.block.");
        let block = |name: &str| name.strip_prefix(&prefix)?.split('.').next()?.parse::<usize>().ok();
        if let Some(name) = tensors.names().into_iter().find(|name| block(name).is_some_and(|i| i >= blocks))
        {
            return Err(Error::ExtraBlock { path: path.to_owned(), name: name.to_owned(), field, blocks });
        }
        for i in 0..blocks {
            for (tensor, size) in block_tensors(config, side, i) {
                expect(format!("{name}.block.{i}.{tensor}"), &size)?;
            }
        }
        expect(format!("{name}.final_layer_norm.weight"), &[config.d_model as i64])?;
    }
    if tensors.size(HEAD).is_some() { expect(HEAD.to_owned(), &table) } else { Ok(()) }
}

/// Whether a tensor is one that old programs store and none uses: the token embeddings again, under each stack's name,
/// and a position bias of attention to the source, which has no positions in common with it.
pub(crate) fn is_buffer(name: &str) -> bool {
    name.ends_with(".embed_tokens.weight")
        || name.ends_with(".EncDecAttention.relative_attention_bias.weight")
}
