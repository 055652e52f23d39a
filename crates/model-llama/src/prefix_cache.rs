//! Variants of a cached sequence: what differs from some token on is run from there.

use crate::cache::Cache;
use crate::llama::Llama;
use saliency_attribution::{ModelError, PrefixCache};
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::Tensor;

/// A sequence's keys and values in every block.
#[derive(Debug)]
pub(crate) struct CachedPrefix<'a> {
    model: &'a Llama,
    cache: Cache,
}

impl<'a> CachedPrefix<'a> {
    /// Runs a sequence, `[1, tokens, hidden]`, and keeps its keys and values.
    pub(crate) fn new(model: &'a Llama, embeddings: &Tensor) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let mut cache = Cache::new(model.blocks().len());
        // Of the last block no more than keys and values are asked for: one position's output is the least.
        let last = embeddings.size()[1] - 1;
        let _ = model.blocks_at(embeddings, last..last + 1, Some(&mut cache))?;
        Ok(Self { model, cache })
    }

    fn run(
        &self,
        shared: i64,
        embeddings: &Tensor,
        masked: Option<&Tensor>,
        positions: &Range<i64>,
    ) -> Result<Tensor, Error> {
        let model = self.model;
        let rest = positions.end - shared;
        let mut x = embeddings.f_narrow(1, 0, rest)?;
        let masked = masked.map(|m| m.f_narrow(1, 0, positions.end)).transpose()?;
        let angles = model.frequencies().angles(shared, rest)?;
        let count = model.blocks().len();
        for (i, (block, cache)) in model.blocks().iter().zip(self.cache.layers()).enumerate() {
            let wanted = if i + 1 == count { positions.start - shared..rest } else { 0..rest };
            x = block.forward_after(&x, &wanted, &angles, (cache, shared), masked.as_ref())?;
        }
        model.read(&x)
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
        Ok(self.run(shared as i64, embeddings, masked, &positions)?)
    }
}
