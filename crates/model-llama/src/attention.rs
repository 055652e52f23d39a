//! Causal self-attention with rotary positions, in which several heads share keys and values.

use crate::block::{Linear, rms_norm};
use crate::cache::LayerCache;
use crate::config::Config;
use crate::rope::Angles;
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::{Kind, Tensor};

/// Attention of one block.
#[derive(Debug)]
pub(crate) struct Attention {
    pub(crate) queries: Linear,
    pub(crate) keys: Linear,
    pub(crate) values: Linear,
    pub(crate) out: Linear,
    /// Qwen 3's norms over each head's width, of queries and of keys, before they are turned.
    pub(crate) norms: Option<(Tensor, Tensor)>,
    pub(crate) shape: Shape,
}

/// What attention needs to know besides its weights.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    heads: i64,
    /// Heads of keys and values.
    groups: i64,
    width: i64,
    /// A token sees so many, itself included; all before it where `None`.
    window: Option<i64>,
    epsilon: f64,
}

impl Shape {
    /// Of one block, counted from 0.
    pub(crate) fn new(config: &Config, block: usize) -> Self {
        Self {
            heads: config.num_attention_heads as i64,
            groups: config.num_key_value_heads as i64,
            width: config.head_dim as i64,
            window: config.windows.get(block).copied().flatten().map(|window| window as i64),
            epsilon: config.rms_norm_eps,
        }
    }
}

/// Queries, `[batch, groups, heads of a group · queries, width]`, and keys and values,
/// `[batch, groups, tokens, width]`.
struct Projected {
    q: Tensor,
    k: Tensor,
    v: Tensor,
}

impl Attention {
    /// `softmax(q kᵀ / √width + mask) v`, then the output map, for some of the positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`, after the norm
    /// - `queries`: the positions of `x` that are asked for
    /// - `angles`: of the tokens of `x`
    /// - returns `[batch, queries, hidden]`
    pub(crate) fn run(
        &self,
        x: &Tensor,
        queries: &Range<i64>,
        angles: &Angles,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, Error> {
        let Projected { q, mut k, mut v } = self.project(x, queries, angles)?;
        let mut first = queries.start;
        if let Some(cache) = cache {
            first += cache.len();
            (k, v) = cache.extend(&k, &v)?;
        }
        self.attend(&q, &k, &v, first, None)
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
        queries: &Range<i64>,
        angles: &Angles,
        (cache, shared): (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let Projected { q, mut k, mut v } = self.project(x, queries, angles)?;
        if shared > 0
            && let Some((keys, values)) = cache.first(shared, x.size()[0])?
        {
            k = Tensor::f_cat(&[keys, k], 2)?;
            v = Tensor::f_cat(&[values, v], 2)?;
        }
        self.attend(&q, &k, &v, shared + queries.start, masked)
    }

    /// Queries of some positions, keys and values of all.
    fn project(&self, x: &Tensor, queries: &Range<i64>, angles: &Angles) -> Result<Projected, Error> {
        let Shape { heads, groups, width, epsilon, .. } = self.shape;
        let (batch, tokens, _) = x.size3()?;
        let n_queries = queries.end - queries.start;
        let all = n_queries == tokens;
        let asked = if all { x.shallow_clone() } else { x.f_narrow(1, queries.start, n_queries)? };
        let split = |x: Tensor, heads: i64| -> Result<Tensor, Error> {
            Ok(x.f_view([batch, -1, heads, width])?.f_transpose(1, 2)?)
        };
        let (mut q, mut k) =
            (split(self.queries.apply(&asked)?, heads)?, split(self.keys.apply(x)?, groups)?);
        let v = split(self.values.apply(x)?, groups)?;
        if let Some((of_queries, of_keys)) = &self.norms {
            q = rms_norm(&q, of_queries, epsilon)?;
            k = rms_norm(&k, of_keys, epsilon)?;
        }
        let q = if all { angles.turn(&q)? } else { angles.narrow(queries.start, n_queries)?.turn(&q)? };
        // Heads that share keys stand next to each other: as rows of one matrix they share the product too.
        let q = q.f_mul_scalar((width as f64).sqrt().recip())?;
        let q = q.f_reshape([batch, groups, heads / groups * n_queries, width])?;
        Ok(Projected { q, k: angles.turn(&k)?, v })
    }

    /// Values, mixed by attention, through the output map: `[batch, queries, hidden]`. The first query stands at
    /// position `first`; it sees keys `0..=first`, as far as the window reaches, but for those that are masked from
    /// later ones (bool, `[batch, keys]`).
    fn attend(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        first: i64,
        masked: Option<&Tensor>,
    ) -> Result<Tensor, Error> {
        let Shape { heads, groups, width, .. } = self.shape;
        let (batch, _, rows, _) = q.size4()?;
        let (n_queries, n_keys) = (rows / (heads / groups), k.size()[2]);
        let mut scores = q.f_matmul(&k.f_transpose(-2, -1)?)?;
        if let Some(hidden) = self.hidden(n_queries, n_keys, first, masked, q)? {
            let each = scores.f_view([batch, groups, heads / groups, n_queries, n_keys])?;
            scores = each.f_masked_fill(&hidden, f64::NEG_INFINITY)?.f_view([batch, groups, rows, n_keys])?;
        }
        // In half precision the softmax is taken in float32.
        let wide = if q.kind() == Kind::Double { Kind::Double } else { Kind::Float };
        let pattern = scores.f_softmax(-1, wide)?.f_to_kind(q.kind())?;
        let mixed = pattern.f_matmul(v)?.f_view([batch, heads, n_queries, width])?;
        self.out.apply(&mixed.f_transpose(1, 2)?.f_reshape([batch, n_queries, heads * width])?)
    }

    /// The keys that a query does not see, as bool that broadcasts to
    /// `[batch, groups, heads of a group, queries, keys]`; `None` where each sees all.
    fn hidden(
        &self,
        n_queries: i64,
        n_keys: i64,
        first: i64,
        masked: Option<&Tensor>,
        like: &Tensor,
    ) -> Result<Option<Tensor>, Error> {
        let ones = || Tensor::f_ones([n_queries, n_keys], (Kind::Bool, like.device()));
        let mut hidden: Option<Tensor> = None;
        let mut hide = |more: Tensor| -> Result<(), Error> {
            hidden = Some(match hidden.take() {
                Some(hidden) => hidden.f_logical_or(&more)?,
                None => more,
            });
            Ok(())
        };
        if n_queries > 1 || first + 1 < n_keys {
            hide(ones()?.f_triu(first + 1)?)?;
        }
        if let Some(window) = self.shape.window
            && first + n_queries > window
        {
            hide(ones()?.f_tril(first - window)?)?;
        }
        if let Some(masked) = masked {
            // A token still sees itself.
            let others = ones()?.f_tril(first - 1)?;
            let masked = masked.f_unsqueeze(1)?.f_logical_and(&others)?;
            hide(masked.f_unsqueeze(1)?.f_unsqueeze(1)?)?;
        }
        Ok(hidden)
    }
}
