//! GPT-2's tensors: found by name, and checked against the configuration before one is read.

use crate::config::Config;
use saliency_checkpoint::{Error, TensorSource};
use saliency_transformer::{
    Attention, Block, Decoder, FeedForward, Linear, Norm, Positions, Precision, Projection, Shape,
};
use std::path::Path;
use tch::Tensor;

const WTE: &str = "wte.weight";
const HEAD: &str = "lm_head.weight";

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
        let mut affine = |name: String| -> Result<(Tensor, Tensor), Error> {
            Ok((tensor(&format!("{name}.weight"))?, tensor(&format!("{name}.bias"))?))
        };
        let mut blocks = Vec::new();
        for i in 0..self.n_layer {
            let first_norm = self.norm(affine(format!("h.{i}.ln_1"))?);
            // Queries, keys and values side by side: `[hidden, 3 · hidden]`.
            let projection = Projection::Joined(linear(affine(format!("h.{i}.attn.c_attn"))?));
            let out = linear(affine(format!("h.{i}.attn.c_proj"))?);
            let second_norm = self.norm(affine(format!("h.{i}.ln_2"))?);
            let feed_forward = FeedForward::Plain {
                inner: linear(affine(format!("h.{i}.mlp.c_fc"))?),
                activation: self.activation_function,
                out: linear(affine(format!("h.{i}.mlp.c_proj"))?),
            };
            let attention = Attention { projection, norms: None, bias: None, out, shape: self.shape(i) };
            blocks.push(Block { first_norm, attention, cross: None, second_norm, feed_forward });
        }
        let norm = self.norm(affine("ln_f".into())?);
        let positions = Positions::Learned(tensor("wpe.weight")?);
        // A tied head may be stored as well, or in the embeddings' place. One that differs is no tied head, whatever
        // the configuration says: the transformers library decides so too.
        let embeddings = tensors.take(WTE)?;
        let (embeddings, head) = match (embeddings, tensors.take(HEAD)?) {
            (Some(wte), Some(head)) if self.tie_word_embeddings && head.f_equal(&wte)? => (wte, None),
            (Some(wte), head) => (wte, head),
            (None, Some(head)) => (head, None),
            (None, None) => return Err(Error::NoTensor { path: path.to_owned(), name: WTE.to_owned() }),
        };
        let head = head.unwrap_or_else(|| embeddings.shallow_clone());
        Ok(Decoder { embeddings, positions, blocks, norm, head })
    }

    fn norm(&self, (weight, bias): (Tensor, Tensor)) -> Norm {
        Norm::Layer { weight, bias, epsilon: self.layer_norm_epsilon }
    }

    /// Of one block, counted from 0.
    fn shape(&self, block: usize) -> Shape {
        let (heads, width) = (self.n_head as i64, (self.n_embd / self.n_head) as i64);
        let mut scale = if self.scale_attn_weights { (width as f64).sqrt().recip() } else { 1.0 };
        if self.scale_attn_by_inverse_layer_idx {
            scale /= (block + 1) as f64;
        }
        let precision = if self.reorder_and_upcast_attn { Precision::Scores } else { Precision::Plain };
        Shape { heads, groups: heads, width, scale, causal: true, window: None, precision }
    }
}

/// Linear maps are `[in, out]`, as GPT-2's checkpoints hold them.
fn linear((weight, bias): (Tensor, Tensor)) -> Linear {
    Linear::in_out(weight, Some(bias))
}

/// Whether all tensors are there in the sizes that the configuration calls for, and no blocks beyond.
fn check(config: &Config, tensors: &dyn TensorSource, path: &Path) -> Result<(), Error> {
    let block = |name: &str| name.strip_prefix("h.")?.split('.').next()?.parse::<usize>().ok();
    if let Some(name) = tensors.names().into_iter().find(|n| block(n).is_some_and(|i| i >= config.n_layer)) {
        return Err(Error::ExtraBlock {
            path: path.to_owned(),
            name: name.to_owned(),
            field: "n_layer",
            blocks: config.n_layer,
        });
    }
    let expect = |name: String, expected: &[i64]| match tensors.size(&name) {
        None => Err(Error::NoTensor { path: path.to_owned(), name }),
        Some(found) if found != expected => {
            Err(Error::TensorShape { path: path.to_owned(), name, found, expected: expected.to_vec() })
        }
        Some(_) => Ok(()),
    };
    let affine = |name: String, weight: &[i64]| {
        expect(format!("{name}.weight"), weight)?;
        expect(format!("{name}.bias"), &weight[weight.len() - 1..])
    };
    let (hidden, inner) = (config.n_embd as i64, config.inner() as i64);
    let vocabulary = config.vocab_size as i64;
    let stored = |name: &str| tensors.size(name).is_some();
    if stored(WTE) || !(config.tie_word_embeddings && stored(HEAD)) {
        expect(WTE.into(), &[vocabulary, hidden])?;
    }
    expect("wpe.weight".into(), &[config.n_positions as i64, hidden])?;
    for i in 0..config.n_layer {
        affine(format!("h.{i}.ln_1"), &[hidden])?;
        affine(format!("h.{i}.attn.c_attn"), &[hidden, 3 * hidden])?;
        affine(format!("h.{i}.attn.c_proj"), &[hidden, hidden])?;
        affine(format!("h.{i}.ln_2"), &[hidden])?;
        affine(format!("h.{i}.mlp.c_fc"), &[hidden, inner])?;
        affine(format!("h.{i}.mlp.c_proj"), &[inner, hidden])?;
    }
    affine("ln_f".into(), &[hidden])?;
    if config.tie_word_embeddings && !stored(HEAD) {
        Ok(())
    } else {
        expect(HEAD.into(), &[vocabulary, hidden])
    }
}

/// The name without the prefix that models with a head are stored with.
pub(crate) fn name(stored: &str) -> &str {
    stored.strip_prefix("transformer.").unwrap_or(stored)
}

/// Whether a tensor is a causal mask, which old programs store beside the weights.
pub(crate) fn is_buffer(name: &str) -> bool {
    name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias")
}
