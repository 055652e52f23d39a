//! GPT-2's tensors: read from safetensors by name, checked against the configuration, placed on a device.

use crate::{Config, Error};
use safetensors::{Dtype, SafeTensors};
use std::collections::BTreeMap;
use std::path::Path;
use tch::{Device, Kind, Tensor};

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
    /// Takes the tensors that a configuration calls for. `path` is only named in errors.
    pub(crate) fn take(
        config: &Config,
        tensors: &mut BTreeMap<String, Tensor>,
        path: &Path,
    ) -> Result<Self, Error> {
        let mut source = Source { tensors, path };
        source.refuse_extra_blocks(config)?;
        let (hidden, inner) = (config.n_embd as i64, config.inner() as i64);
        let vocabulary = config.vocab_size as i64;
        let wte = source.tensor("wte.weight".into(), &[vocabulary, hidden])?;
        let wpe = source.tensor("wpe.weight".into(), &[config.n_positions as i64, hidden])?;
        let mut blocks = Vec::new();
        for i in 0..config.n_layer {
            let mut affine = |name: &str, weight: &[i64]| source.affine(&format!("h.{i}.{name}"), weight);
            blocks.push(BlockWeights {
                ln_1: affine("ln_1", &[hidden])?,
                attention: affine("attn.c_attn", &[hidden, 3 * hidden])?,
                attention_out: affine("attn.c_proj", &[hidden, hidden])?,
                ln_2: affine("ln_2", &[hidden])?,
                inner: affine("mlp.c_fc", &[hidden, inner])?,
                inner_out: affine("mlp.c_proj", &[inner, hidden])?,
            });
        }
        let ln_f = source.affine("ln_f", &[hidden])?;
        let head = if config.tie_word_embeddings {
            wte.shallow_clone()
        } else {
            source.tensor("lm_head.weight".into(), &[vocabulary, hidden])?
        };
        Ok(Self { wte, wpe, blocks, ln_f, head })
    }
}

/// Tensors by name, without the `transformer.` that some checkpoints put before it.
struct Source<'a> {
    tensors: &'a mut BTreeMap<String, Tensor>,
    path: &'a Path,
}

impl Source<'_> {
    fn tensor(&mut self, name: String, expected: &[i64]) -> Result<Tensor, Error> {
        let Some(tensor) = self.tensors.remove(&name) else {
            return Err(Error::NoTensor { path: self.path.to_owned(), name });
        };
        let found = tensor.size();
        if found != expected {
            let expected = expected.to_vec();
            return Err(Error::TensorShape { path: self.path.to_owned(), name, found, expected });
        }
        Ok(tensor)
    }

    fn affine(&mut self, name: &str, weight: &[i64]) -> Result<Affine, Error> {
        Ok(Affine {
            weight: self.tensor(format!("{name}.weight"), weight)?,
            bias: self.tensor(format!("{name}.bias"), &weight[weight.len() - 1..])?,
        })
    }

    fn refuse_extra_blocks(&self, config: &Config) -> Result<(), Error> {
        let block = |name: &str| name.strip_prefix("h.")?.split('.').next()?.parse::<usize>().ok();
        match self.tensors.keys().find(|name| block(name).is_some_and(|i| i >= config.n_layer)) {
            Some(name) => Err(Error::ExtraBlock {
                path: self.path.to_owned(),
                name: name.clone(),
                n_layer: config.n_layer,
            }),
            None => Ok(()),
        }
    }
}

/// Reads a safetensors file's tensors in one dtype onto one device. Buffers that hold no weights (the causal
/// mask) are left out. `path` is only named in errors.
pub(crate) fn from_safetensors(
    bytes: &[u8],
    kind: Kind,
    device: Device,
    path: &Path,
) -> Result<BTreeMap<String, Tensor>, Error> {
    let file =
        SafeTensors::deserialize(bytes).map_err(|source| Error::Weights { path: path.to_owned(), source })?;
    let mut tensors = BTreeMap::new();
    for (name, view) in file.iter() {
        let name = name.strip_prefix("transformer.").unwrap_or(name);
        if name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias") {
            continue;
        }
        let stored = match view.dtype() {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F64 => Kind::Double,
            other => {
                let (name, dtype) = (name.to_owned(), format!("{other:?}"));
                return Err(Error::TensorType { path: path.to_owned(), name, dtype });
            }
        };
        let size: Vec<i64> = view.shape().iter().map(|&n| n as i64).collect();
        let tensor = Tensor::f_from_data_size(view.data(), &size, stored)?;
        tensors.insert(name.to_owned(), tensor.f_to_kind(kind)?.f_to(device)?);
    }
    Ok(tensors)
}
