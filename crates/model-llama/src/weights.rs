//! The tensors: found by name, and checked against the configuration before one is read.

use crate::config::{Config, ModelType};
use saliency_checkpoint::{Error, TensorSource};
use saliency_transformer::{
    Attention, Block, Decoder, FeedForward, Frequencies, Linear, Norm, Positions, Precision, Projection,
    Shape,
};
use std::path::Path;
use tch::Tensor;

const EMBEDDINGS: &str = "embed_tokens.weight";
const HEAD: &str = "lm_head.weight";
/// What divides the frequencies of the rotary positions, where a GGUF file stores it.
const ROPE_FACTORS: &str = "rope_freqs.weight";

/// The linear maps of a block: their names, `[out, in]`, and whether they have a bias.
fn maps(config: &Config) -> [(&'static str, [i64; 2], bool); 7] {
    let (hidden, inner) = (config.hidden_size as i64, config.intermediate_size as i64);
    let width = |heads: usize| (heads as i64).saturating_mul(config.head_dim as i64);
    let (queries, keys) = (width(config.num_attention_heads), width(config.num_key_value_heads));
    [
        ("self_attn.q_proj", [queries, hidden], config.attention_bias),
        ("self_attn.k_proj", [keys, hidden], config.attention_bias),
        ("self_attn.v_proj", [keys, hidden], config.attention_bias),
        ("self_attn.o_proj", [hidden, queries], config.output_bias),
        ("mlp.gate_proj", [inner, hidden], config.mlp_bias),
        ("mlp.up_proj", [inner, hidden], config.mlp_bias),
        ("mlp.down_proj", [hidden, inner], config.mlp_bias),
    ]
}

/// The norms of a block, and their widths.
fn norms(config: &Config) -> Vec<(&'static str, i64)> {
    let (hidden, width) = (config.hidden_size as i64, config.head_dim as i64);
    let mut norms = vec![("input_layernorm", hidden), ("post_attention_layernorm", hidden)];
    if config.model_type == ModelType::Qwen3 {
        norms.extend([("self_attn.q_norm", width), ("self_attn.k_norm", width)]);
    }
    norms
}

impl Config {
    /// Takes the tensors that the configuration calls for. Nothing is read before every name and every size was found
    /// right. `path` is only named in errors.
    pub(crate) fn decoder(&self, tensors: &mut dyn TensorSource, path: &Path) -> Result<Decoder, Error> {
        check(self, tensors, path)?;
        let mut tensor = |name: &str| -> Result<Tensor, Error> {
            tensors
                .take(name)?
                .ok_or_else(|| Error::NoTensor { path: path.to_owned(), name: name.to_owned() })
        };
        let rms = |weight| Norm::Rms { weight, epsilon: self.rms_norm_eps };
        let mut blocks = Vec::new();
        for i in 0..self.num_hidden_layers {
            let mut linear = |(name, _, bias): (&str, [i64; 2], bool)| -> Result<Linear, Error> {
                let weight = tensor(&format!("layers.{i}.{name}.weight"))?;
                let bias = if bias { Some(tensor(&format!("layers.{i}.{name}.bias"))?) } else { None };
                Ok(Linear::out_in(weight, bias))
            };
            let [queries, keys, values, out, gate, inner, down] = maps(self);
            let projection =
                Projection::Apart { queries: linear(queries)?, keys: linear(keys)?, values: linear(values)? };
            let out = linear(out)?;
            let feed_forward = FeedForward::Gated {
                gate: linear(gate)?,
                activation: self.hidden_act,
                inner: linear(inner)?,
                out: linear(down)?,
            };
            let mut norm = |name: &str| Ok::<_, Error>(rms(tensor(&format!("layers.{i}.{name}.weight"))?));
            let norms = if self.model_type == ModelType::Qwen3 {
                Some((norm("self_attn.q_norm")?, norm("self_attn.k_norm")?))
            } else {
                None
            };
            blocks.push(Block {
                first_norm: norm("input_layernorm")?,
                attention: Attention { projection, norms, bias: None, out, shape: self.shape(i) },
                cross: None,
                second_norm: norm("post_attention_layernorm")?,
                feed_forward,
            });
        }
        let norm = rms(tensor("norm.weight")?);
        let factors = tensors.take(ROPE_FACTORS)?;
        // A tied head may be stored as well, or in the embeddings' place. One that differs is no tied head, whatever
        // the configuration says: the transformers library decides so too.
        let embeddings = tensors.take(EMBEDDINGS)?;
        let (embeddings, head) = match (embeddings, tensors.take(HEAD)?) {
            (Some(embeddings), Some(head)) if self.tie_word_embeddings && head.f_equal(&embeddings)? => {
                (embeddings, None)
            }
            (Some(embeddings), head) => (embeddings, head),
            (None, Some(head)) => (head, None),
            (None, None) => {
                return Err(Error::NoTensor { path: path.to_owned(), name: EMBEDDINGS.to_owned() });
            }
        };
        let head = head.unwrap_or_else(|| embeddings.shallow_clone());
        let place = (embeddings.kind(), embeddings.device());
        let frequencies = Frequencies::new(&self.rope, self.head_dim as i64, factors.as_ref(), place)?;
        Ok(Decoder { embeddings, positions: Positions::Rotary(frequencies), blocks, norm, head })
    }

    /// Of one block, counted from 0.
    fn shape(&self, block: usize) -> Shape {
        Shape {
            heads: self.num_attention_heads as i64,
            groups: self.num_key_value_heads as i64,
            width: self.head_dim as i64,
            scale: (self.head_dim as f64).sqrt().recip(),
            causal: true,
            window: self.windows.get(block).copied().flatten().map(|window| window as i64),
            precision: Precision::Softmax,
        }
    }
}

/// Whether all tensors are there in the sizes that the configuration calls for, and no blocks beyond.
fn check(config: &Config, tensors: &dyn TensorSource, path: &Path) -> Result<(), Error> {
    let block = |name: &str| name.strip_prefix("layers.")?.split('.').next()?.parse::<usize>().ok();
    let blocks = config.num_hidden_layers;
    if let Some(name) = tensors.names().into_iter().find(|n| block(n).is_some_and(|i| i >= blocks)) {
        return Err(Error::ExtraBlock {
            path: path.to_owned(),
            name: name.to_owned(),
            field: "num_hidden_layers",
            blocks,
        });
    }
    let expect = |name: String, expected: &[i64]| match tensors.size(&name) {
        None => Err(Error::NoTensor { path: path.to_owned(), name }),
        Some(found) if found != expected => {
            Err(Error::TensorShape { path: path.to_owned(), name, found, expected: expected.to_vec() })
        }
        Some(_) => Ok(()),
    };
    let table = [config.vocab_size as i64, config.hidden_size as i64];
    let stored = |name: &str| tensors.size(name).is_some();
    if stored(EMBEDDINGS) || !(config.tie_word_embeddings && stored(HEAD)) {
        expect(EMBEDDINGS.into(), &table)?;
    }
    for i in 0..blocks {
        for (name, size, bias) in maps(config) {
            expect(format!("layers.{i}.{name}.weight"), &size)?;
            if bias {
                expect(format!("layers.{i}.{name}.bias"), &size[..1])?;
            }
        }
        for (name, width) in norms(config) {
            expect(format!("layers.{i}.{name}.weight"), &[width])?;
        }
    }
    expect("norm.weight".into(), &[config.hidden_size as i64])?;
    if stored(ROPE_FACTORS) {
        expect(ROPE_FACTORS.into(), &[config.head_dim as i64 / 2])?;
    }
    if config.tie_word_embeddings && !stored(HEAD) { Ok(()) } else { expect(HEAD.into(), &table) }
}

/// The name without the prefix that models with a head are stored with.
pub(crate) fn name(stored: &str) -> &str {
    stored.strip_prefix("model.").unwrap_or(stored)
}

/// Whether a tensor holds frequencies of rotary positions, which old programs store beside the weights.
pub(crate) fn is_buffer(name: &str) -> bool {
    name.ends_with(".rotary_emb.inv_freq")
}
