//! The key/value cache: what attention has already computed of the tokens so far.

use tch::{TchError, Tensor};

/// Keys and values of every block.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    layers: Vec<LayerCache>,
}

/// Keys, where positions turn them turned, and values of one block: `[batch, key/value heads, tokens, width]` each.
#[derive(Debug, Default)]
pub(crate) struct LayerCache {
    keys_values: Option<(Tensor, Tensor)>,
}

impl Cache {
    /// An empty cache for that many blocks.
    pub(crate) fn new(blocks: usize) -> Self {
        Self { layers: (0..blocks).map(|_| LayerCache::default()).collect() }
    }

    /// The cache of one sequence whose keys and values are known: `[groups, tokens, width]` each, of every block.
    pub(crate) fn of<'t>(blocks: impl Iterator<Item = (&'t Tensor, &'t Tensor)>) -> Result<Self, TchError> {
        let layer = |(keys, values): (&Tensor, &Tensor)| -> Result<LayerCache, TchError> {
            Ok(LayerCache { keys_values: Some((keys.f_unsqueeze(0)?, values.f_unsqueeze(0)?)) })
        };
        Ok(Self { layers: blocks.map(layer).collect::<Result<_, _>>()? })
    }

    /// The cache of one block.
    pub(crate) fn layer(&mut self, block: usize) -> Option<&mut LayerCache> {
        self.layers.get_mut(block)
    }

    /// The caches of all blocks.
    pub(crate) fn layers(&self) -> &[LayerCache] {
        &self.layers
    }

    /// Another cache of the same tokens, which goes on alone from here: tensors are shared until they grow.
    pub(crate) fn shallow_clone(&self) -> Self {
        let layer = |layer: &LayerCache| {
            let keys_values = layer.keys_values.as_ref();
            LayerCache { keys_values: keys_values.map(|(k, v)| (k.shallow_clone(), v.shallow_clone())) }
        };
        Self { layers: self.layers.iter().map(layer).collect() }
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

    /// Keys and values of the first so many tokens, for a batch of that size.
    pub(crate) fn first(&self, tokens: i64, batch: i64) -> Result<Option<(Tensor, Tensor)>, TchError> {
        let Some((keys, values)) = &self.keys_values else { return Ok(None) };
        let first = |x: &Tensor| -> Result<Tensor, TchError> {
            x.f_narrow(2, 0, tokens)?.f_expand([batch, -1, -1, -1], false)
        };
        Ok(Some((first(keys)?, first(values)?)))
    }

    /// Adds the keys and values of further tokens, and gives those of all tokens.
    pub(crate) fn extend(&mut self, keys: &Tensor, values: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        let (keys, values) = match &self.keys_values {
            None => (keys.shallow_clone(), values.shallow_clone()),
            Some((k, v)) => (Tensor::f_cat(&[k, keys], 2)?, Tensor::f_cat(&[v, values], 2)?),
        };
        self.keys_values = Some((keys.shallow_clone(), values.shallow_clone()));
        Ok((keys, values))
    }
}
