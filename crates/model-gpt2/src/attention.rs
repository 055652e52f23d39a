//! Causal self-attention: the one place where positions meet.

use crate::cache::LayerCache;
use crate::config::Config;
use crate::weights::BlockWeights;
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::{Kind, Tensor};

/// What attention needs to know besides its weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attention {
    heads: i64,
    scale: f64,
    upcast: bool,
}

impl Attention {
    /// Attention of one block, counted from 0.
    pub(crate) fn new(config: &Config, block: usize) -> Self {
        let width = (config.n_embd / config.n_head) as f64;
        let mut scale = if config.scale_attn_weights { width.sqrt().recip() } else { 1.0 };
        if config.scale_attn_by_inverse_layer_idx {
            scale /= (block + 1) as f64;
        }
        Self { heads: config.n_head as i64, scale, upcast: config.reorder_and_upcast_attn }
    }

    pub(crate) fn heads(&self) -> i64 {
        self.heads
    }

    /// What scores are multiplied by.
    pub(crate) fn scale(&self) -> f64 {
        self.scale
    }

    /// `softmax(q kᵀ · scale + mask) v`, then the output map, for some of the positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`, after layer norm
    /// - `queries`: the positions of `x` that are asked for
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn run(
        &self,
        x: &Tensor,
        queries: Range<i64>,
        weights: &BlockWeights,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, Error> {
        let (q, mut k, mut v) = self.project(x, &queries, weights)?;
        let mut first = queries.start;
        if let Some(cache) = cache {
            first += cache.len();
            (k, v) = cache.extend(&k, &v)?;
        }
        let (mixed, _) = self.pattern(&q, &k, &v, first, None)?;
        join_heads(&mixed, weights)
    }

    /// The same for variants that share the first tokens of a cached sequence, some of whose tokens are masked from
    /// later ones.
    ///
    /// # Shapes
    /// - `x`: `[batch, rest, hidden]`; `queries` within `0..rest`
    /// - `masked`: bool, `[batch, shared + rest]`
    pub(crate) fn run_after(
        &self,
        x: &Tensor,
        queries: Range<i64>,
        weights: &BlockWeights,
        (cache, shared): (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let (q, mut k, mut v) = self.project(x, &queries, weights)?;
        if shared > 0
            && let Some((keys, values)) = cache.first(shared, x.size()[0])?
        {
            k = Tensor::f_cat(&[keys, k], 2)?;
            v = Tensor::f_cat(&[values, v], 2)?;
        }
        let (mixed, _) = self.pattern(&q, &k, &v, shared + queries.start, masked)?;
        join_heads(&mixed, weights)
    }

    /// Queries of some positions, keys and values of all: `[batch, heads, tokens, width]` each.
    fn project(
        &self,
        x: &Tensor,
        queries: &Range<i64>,
        weights: &BlockWeights,
    ) -> Result<(Tensor, Tensor, Tensor), Error> {
        let (batch, tokens, hidden) = x.size3()?;
        let map = |x: &Tensor, columns: Range<i64>| -> Result<Tensor, Error> {
            let (from, n) = (columns.start, columns.end - columns.start);
            let weight = weights.attention.weight.f_narrow(1, from, n)?;
            linear(x, &weight, &weights.attention.bias.f_narrow(0, from, n)?)
        };
        let n_queries = queries.end - queries.start;
        let (q, k, v) = if n_queries == tokens {
            let qkv = linear(x, &weights.attention.weight, &weights.attention.bias)?;
            let [q, k, v] = three(qkv.f_chunk(3, -1)?);
            (q, k, v)
        } else {
            let q = map(&x.f_narrow(1, queries.start, n_queries)?, 0..hidden)?;
            let mut kv = map(x, hidden..3 * hidden)?.f_chunk(2, -1)?.into_iter();
            (q, kv.next().unwrap_or_default(), kv.next().unwrap_or_default())
        };
        let split = |x: Tensor| -> Result<Tensor, Error> {
            Ok(x.f_reshape([batch, -1, self.heads, hidden / self.heads])?.f_transpose(1, 2)?)
        };
        Ok((split(q)?, split(k)?, split(v)?))
    }

    /// Each head's value of each token through the output map, its bias aside: `[heads, tokens, hidden]`.
    ///
    /// # Shapes
    /// - `x`: `[tokens, hidden]`, after layer norm
    pub(crate) fn mapped_values(&self, x: &Tensor, weights: &BlockWeights) -> Result<Tensor, Error> {
        let (_, _, v) = self.project(&x.f_unsqueeze(0)?, &(0..x.size()[0]), weights)?;
        let hidden = x.size()[1];
        let map = weights.attention_out.weight.f_view([self.heads, hidden / self.heads, hidden])?;
        Ok(v.f_select(0, 0)?.f_matmul(&map)?)
    }

    /// The pattern of one sequence, `[heads, tokens, tokens]`, and what attention adds to each token.
    ///
    /// # Shapes
    /// - `x`: `[tokens, hidden]`, after layer norm
    pub(crate) fn attention_at(&self, x: &Tensor, weights: &BlockWeights) -> Result<(Tensor, Tensor), Error> {
        let (q, k, v) = self.project(&x.f_unsqueeze(0)?, &(0..x.size()[0]), weights)?;
        let (mixed, pattern) = self.pattern(&q, &k, &v, 0, None)?;
        Ok((pattern.f_select(0, 0)?, join_heads(&mixed, weights)?.f_select(0, 0)?))
    }

    /// Values, mixed by attention, and what they were mixed by. The first query stands at position `first`; it sees
    /// keys `0..=first`, but for those that are masked from later ones (bool, `[batch, keys]`). Dimensions before
    /// `[tokens, width]` are batches.
    pub(crate) fn pattern(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        first: i64,
        masked: Option<&Tensor>,
    ) -> Result<(Tensor, Tensor), Error> {
        let kind = q.kind();
        let (q, k) = if self.upcast && kind != Kind::Double {
            (q.f_to_kind(Kind::Float)?, k.f_to_kind(Kind::Float)?)
        } else {
            (q.shallow_clone(), k.shallow_clone())
        };
        let mut scores = q.f_mul_scalar(self.scale)?.f_matmul(&k.f_transpose(-2, -1)?)?;
        let tokens = |x: &Tensor| x.size()[x.dim() - 2];
        let (n_queries, n_keys) = (tokens(&q), tokens(&k));
        if n_queries > 1 || first + 1 < n_keys {
            let future = Tensor::f_ones([n_queries, n_keys], (Kind::Bool, q.device()))?.f_triu(first + 1)?;
            scores = scores.f_masked_fill(&future, f64::NEG_INFINITY)?;
        }
        if let Some(masked) = masked {
            // A token still sees itself.
            let others = Tensor::f_ones([n_queries, n_keys], (Kind::Bool, q.device()))?.f_tril(first - 1)?;
            let masked = masked.f_unsqueeze(1)?.f_logical_and(&others)?.f_unsqueeze(1)?;
            scores = scores.f_masked_fill(&masked, f64::NEG_INFINITY)?;
        }
        let pattern = scores.f_softmax(-1, None)?.f_to_kind(kind)?;
        Ok((pattern.f_matmul(v)?, pattern))
    }
}

/// The heads' values side by side, through the output map: from `[batch, heads, queries, width]` to
/// `[batch, queries, hidden]`.
fn join_heads(mixed: &Tensor, weights: &BlockWeights) -> Result<Tensor, Error> {
    let (batch, heads, queries, width) = mixed.size4()?;
    let mixed = mixed.f_transpose(1, 2)?.f_reshape([batch, queries, heads * width])?;
    linear(&mixed, &weights.attention_out.weight, &weights.attention_out.bias)
}

/// `x W + b`, with `W` as GPT-2's checkpoints hold it: `[in, out]`.
pub(crate) fn linear(x: &Tensor, weight: &Tensor, bias: &Tensor) -> Result<Tensor, Error> {
    let mut size = x.size();
    let width = size.pop().unwrap_or(0);
    let flat = bias.f_addmm(&x.f_reshape([-1, width])?, weight)?;
    size.push(weight.size()[1]);
    Ok(flat.f_reshape(size)?)
}

fn three(parts: Vec<Tensor>) -> [Tensor; 3] {
    let mut parts = parts.into_iter();
    std::array::from_fn(|_| parts.next().unwrap_or_default())
}
