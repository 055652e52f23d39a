//! The key/value cache: what attention has already computed of the tokens so far.

use crate::Error;
use tch::Tensor;

/// Keys and values of every block.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    layers: Vec<LayerCache>,
}

/// Keys and values of one block: `[batch, heads, tokens, width]` each.
#[derive(Debug, Default)]
pub(crate) struct LayerCache {
    keys_values: Option<(Tensor, Tensor)>,
}

impl Cache {
    /// An empty cache for that many blocks.
    pub(crate) fn new(blocks: usize) -> Self {
        Self { layers: (0..blocks).map(|_| LayerCache::default()).collect() }
    }

    /// The cache of one block.
    pub(crate) fn layer(&mut self, block: usize) -> Option<&mut LayerCache> {
        self.layers.get_mut(block)
    }

    /// How many tokens are cached.
    pub(crate) fn len(&self) -> i64 {
        self.layers.first().map_or(0, LayerCache::len)
    }
}

impl LayerCache {
    /// How many tokens are cached.
    pub(crate) fn len(&self) -> i64 {
        self.keys_values.as_ref().map_or(0, |(keys, _)| keys.size()[2])
    }

    /// Adds the keys and values of further tokens, and gives those of all tokens.
    pub(crate) fn extend(&mut self, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor), Error> {
        let (keys, values) = match &self.keys_values {
            None => (keys.shallow_clone(), values.shallow_clone()),
            Some((k, v)) => (Tensor::f_cat(&[k, keys], 2)?, Tensor::f_cat(&[v, values], 2)?),
        };
        self.keys_values = Some((keys.shallow_clone(), values.shallow_clone()));
        Ok((keys, values))
    }
}
