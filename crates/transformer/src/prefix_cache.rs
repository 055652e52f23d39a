//! Variants of a cached sequence: what differs from some token on is run from there.

use crate::cache::Cache;
use crate::decoder::Decoder;
use saliency_attribution::{ModelError, PrefixCache};
use std::ops::Range;
use tch::{TchError, Tensor};

/// A sequence's keys and values in every block.
#[derive(Debug)]
pub(crate) struct CachedPrefix<'a> {
    decoder: &'a Decoder,
    cache: Cache,
}

impl<'a> CachedPrefix<'a> {
    /// Runs a sequence, `[1, tokens, hidden]`, and keeps its keys and values.
    pub(crate) fn new(decoder: &'a Decoder, embeddings: &Tensor) -> Result<Self, TchError> {
        let _no_gradient = tch::no_grad_guard();
        let mut cache = Cache::new(decoder.blocks.len());
        // Of the last block no more than keys and values are asked for: one position's output is the least.
        let last = embeddings.size()[1] - 1;
        let _ = decoder.blocks_at(embeddings, &(last..last + 1), Some(&mut cache))?;
        Ok(Self { decoder, cache })
    }

    fn run(
        &self,
        shared: i64,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: &Range<i64>,
    ) -> Result<Tensor, TchError> {
        let decoder = self.decoder;
        let rest = positions.end - shared;
        let masked = masked.map(|m| m.f_narrow(1, 0, positions.end)).transpose()?;
        let (mut x, angles) = decoder.positions.start(&embeddings.f_narrow(1, 0, rest)?, shared)?;
        let count = decoder.blocks.len();
        for (i, (block, cache)) in decoder.blocks.iter().zip(self.cache.layers()).enumerate() {
            let wanted = if i + 1 == count { positions.start - shared..rest } else { 0..rest };
            x = block.forward_after(&x, &wanted, angles.as_ref(), (cache, shared), masked.as_ref())?;
        }
        decoder.read(&x)
    }
}

impl PrefixCache for CachedPrefix<'_> {
    fn logits(
        &self,
        shared: usize,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        let _no_gradient = tch::no_grad_guard();
        let positions = positions.start as i64..positions.end as i64;
        self.run(shared as i64, embeddings, masked, &positions).map_err(ModelError::new)
    }
}
