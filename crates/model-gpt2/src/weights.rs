//! GPT-2's tensors: found by name, and checked against the configuration before one is read.

use crate::config::Config;
use saliency_checkpoint::{Error, TensorSource};
use std::path::Path;
use tch::Tensor;

const WTE: &str = "wte.weight";
const HEAD: &str = "lm_head.weight";

/// All of GPT-2's tensors.
#[derive(Debug)]
pub(crate) struct Weights {
    /// Token embeddings, `[vocabulary, hidden]`.
    pub(crate) wte: Tensor,
    /// Position embeddings, `[context, hidden]`.
    pub(crate) wpe: Tensor,
    pub(crate) blocks: Vec<BlockWeights>,
    pub(crate) ln_f: Affine,
    /// The head, `[vocabulary, hidden]`: the token embeddings again where they are tied.
    pub(crate) head: Tensor,
}

/// One block's tensors.
#[derive(Debug)]
pub(crate) struct BlockWeights {
    pub(crate) ln_1: Affine,
    /// Queries, keys and values side by side: `[hidden, 3 · hidden]`.
    pub(crate) attention: Affine,
    pub(crate) attention_out: Affine,
    pub(crate) ln_2: Affine,
    pub(crate) inner: Affine,
    pub(crate) inner_out: Affine,
}

/// A weight and a bias. Linear maps are `[in, out]`, as GPT-2's checkpoints hold them.
#[derive(Debug)]
pub(crate) struct Affine {
    pub(crate) weight: Tensor,
    pub(crate) bias: Tensor,
}

impl Weights {
    /// Takes the tensors that a configuration calls for. Nothing is read before every name and every size was found
    /// right. `path` is only named in errors.
    pub(crate) fn take(config: &Config, tensors: &mut dyn TensorSource, path: &Path) -> Result<Self, Error> {
        check(config, tensors, path)?;
        let mut tensor = |name: &str| -> Result<Tensor, Error> {
            tensors
                .take(name)?
                .ok_or_else(|| Error::NoTensor { path: path.to_owned(), name: name.to_owned() })
        };
        let mut affine = |name: String| -> Result<Affine, Error> {
            Ok(Affine { weight: tensor(&format!("{name}.weight"))?, bias: tensor(&format!("{name}.bias"))? })
        };
        let mut blocks = Vec::new();
        for i in 0..config.n_layer {
            blocks.push(BlockWeights {
                ln_1: affine(format!("h.{i}.ln_1"))?,
                attention: affine(format!("h.{i}.attn.c_attn"))?,
                attention_out: affine(format!("h.{i}.attn.c_proj"))?,
                ln_2: affine(format!("h.{i}.ln_2"))?,
                inner: affine(format!("h.{i}.mlp.c_fc"))?,
                inner_out: affine(format!("h.{i}.mlp.c_proj"))?,
            });
        }
        let ln_f = affine("ln_f".into())?;
        let wpe = tensor("wpe.weight")?;
        // A tied head may be stored as well, or in the embeddings' place. One that differs is no tied head, whatever
        // the configuration says: the transformers library decides so too.
        let embeddings = tensors.take(WTE)?;
        let (wte, head) = match (embeddings, tensors.take(HEAD)?) {
            (Some(wte), Some(head)) if config.tie_word_embeddings && head.f_equal(&wte)? => (wte, None),
            (Some(wte), head) => (wte, head),
            (None, Some(head)) => (head, None),
            (None, None) => return Err(Error::NoTensor { path: path.to_owned(), name: WTE.to_owned() }),
        };
        let head = head.unwrap_or_else(|| wte.shallow_clone());
        Ok(Self { wte, wpe, blocks, ln_f, head })
    }
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
