//! Attention of tokens to each other, or to those of another stack: the one place where positions meet.

use crate::cache::LayerCache;
use crate::linear::Linear;
use crate::norm::Norm;
use crate::projection::{Projection, Widths};
use crate::relative::RelativeBias;
use crate::rope::Angles;
use std::ops::Range;
use tch::{Kind, TchError, Tensor};

/// Attention of one block.
#[derive(Debug)]
pub struct Attention {
    /// The maps to queries, keys and values.
    pub projection: Projection,
    /// Norms over each head's width, of queries and of keys, before they are turned.
    pub norms: Option<(Norm, Norm)>,
    /// What is added to the scores.
    pub bias: Option<RelativeBias>,
    /// The output map, `[heads · width, hidden]`.
    pub out: Linear,
    /// What it needs to know besides its weights.
    pub shape: Shape,
}

/// What attention needs to know besides its weights.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Heads of queries.
    pub heads: i64,
    /// Heads of keys and values, each of which serves as many heads of queries, next to each other.
    pub groups: i64,
    /// Width of a head.
    pub width: i64,
    /// What scores are multiplied by.
    pub scale: f64,
    /// Whether a token sees no later one.
    pub causal: bool,
    /// How many tokens a token sees, itself included; all before it where `None`.
    pub window: Option<i64>,
    /// What is computed in float32 where the model is in half precision.
    pub precision: Precision,
}

/// What attention computes in float32 where the model is in half precision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// Nothing.
    Plain,
    /// The softmax.
    Softmax,
    /// The scores and the softmax.
    Scores,
}

impl Shape {
    pub(crate) fn widths(&self) -> Widths {
        Widths { queries: self.heads * self.width, keys: self.groups * self.width }
    }
}

/// Queries, `[…, heads, queries, width]`, keys and values, `[…, groups, tokens, width]`, as attention takes them:
/// normed and turned, but not scaled.
#[derive(Debug)]
pub(crate) struct Projected {
    pub(crate) queries: Tensor,
    pub(crate) keys: Tensor,
    pub(crate) values: Tensor,
}

impl Attention {
    /// `softmax(q kᵀ · scale + mask) v`, then the output map, for some of the positions.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`, after the norm
    /// - `positions`: of `x`, those that are asked for
    /// - `angles`: of the tokens of `x`
    /// - returns `[batch, positions, hidden]`
    pub(crate) fn run(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        angles: Option<&Angles>,
        cache: Option<&mut LayerCache>,
    ) -> Result<Tensor, TchError> {
        let Projected { queries, mut keys, mut values } = self.project(x, positions, angles)?;
        let mut first = positions.start;
        if let Some(cache) = cache {
            first += cache.len();
            (keys, values) = cache.extend(&keys, &values)?;
        }
        self.join(&self.mixed(&queries, &keys, &values, first, None)?)
    }

    /// The same for variants that share the first tokens of a cached sequence, some of whose tokens are masked from
    /// later ones.
    ///
    /// # Shapes
    /// - `x`: `[batch, rest, hidden]`; `positions` within `0..rest`
    /// - `masked`: bool, `[batch, shared + rest]`
    pub(crate) fn run_after(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        angles: Option<&Angles>,
        (cache, shared): (&LayerCache, i64),
        masked: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let Projected { queries, mut keys, mut values } = self.project(x, positions, angles)?;
        if shared > 0
            && let Some((k, v)) = cache.first(shared, x.size()[0])?
        {
            keys = Tensor::f_cat(&[k, keys], 2)?;
            values = Tensor::f_cat(&[v, values], 2)?;
        }
        self.join(&self.mixed(&queries, &keys, &values, shared + positions.start, masked)?)
    }

    /// Keys and values of another stack's tokens, for [`cross`](Self::cross): `[batch, groups, tokens, width]` each.
    ///
    /// # Shapes
    /// - `memory`: `[batch, tokens, hidden]`
    pub(crate) fn memorize(&self, memory: &Tensor) -> Result<(Tensor, Tensor), TchError> {
        let [_, keys, values] = self.projection.parts(self.shape.widths())?;
        let Shape { groups, width, .. } = self.shape;
        let (batch, tokens, _) = memory.size3()?;
        let split = |x: Tensor| x.f_reshape([batch, tokens, groups, width])?.f_transpose(1, 2);
        Ok((split(keys.apply(memory)?)?, split(values.apply(memory)?)?))
    }

    /// `softmax(q kᵀ · scale) v` of another stack's keys and values, then the output map, which is zero where there are
    /// none; and the weights, `[batch, heads, tokens, keys]`.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, hidden]`, after the norm; the first of what is returned has the same
    /// - `memory`: of the same batch, or of one sequence
    pub(crate) fn cross(
        &self,
        x: &Tensor,
        (keys, values): &(Tensor, Tensor),
    ) -> Result<(Tensor, Tensor), TchError> {
        let Shape { heads, width, .. } = self.shape;
        let (batch, tokens, _) = x.size3()?;
        if keys.size()[2] == 0 {
            return Ok((
                x.f_zeros_like()?,
                x.f_new_zeros([batch, heads, tokens, 0], (x.kind(), x.device()))?,
            ));
        }
        let [queries, ..] = self.projection.parts(self.shape.widths())?;
        let queries = queries.apply(x)?.f_reshape([batch, tokens, heads, width])?.f_transpose(1, 2)?;
        let each = |x: &Tensor| x.f_expand([batch, -1, -1, -1], false);
        let (mixed, pattern) = self.pattern(&queries, &each(keys)?, &each(values)?, 0, None)?;
        Ok((self.join(&mixed)?, pattern))
    }

    /// Queries of some positions, keys and values of all, of `[batch, tokens, hidden]`.
    fn project(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        angles: Option<&Angles>,
    ) -> Result<Projected, TchError> {
        let [queries, keys, values] = self.projection.apply(x, positions, self.shape.widths())?;
        let Shape { heads, groups, width, .. } = self.shape;
        let split =
            |x: Tensor, heads: i64| x.f_reshape([x.size()[0], x.size()[1], heads, width])?.f_transpose(1, 2);
        let (mut queries, mut keys) = (split(queries, heads)?, split(keys, groups)?);
        if let Some((of_queries, of_keys)) = &self.norms {
            (queries, keys) = (of_queries.apply(&queries)?, of_keys.apply(&keys)?);
        }
        if let Some(angles) = angles {
            queries = angles.narrow(positions.start, positions.end - positions.start)?.turn(&queries)?;
            keys = angles.turn(&keys)?;
        }
        Ok(Projected { queries, keys, values: split(values, groups)? })
    }

    /// Each head's value of each token through the output map, its bias aside: `[heads, tokens, hidden]`.
    ///
    /// # Shapes
    /// - `x`: `[tokens, hidden]`, after the norm
    pub(crate) fn mapped_values(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let Shape { heads, groups, width, .. } = self.shape;
        let tokens = x.size()[0];
        let values = self.projection.values(x, self.shape.widths())?;
        let values = values.f_reshape([tokens, groups, 1, width])?.f_permute([1, 2, 0, 3])?;
        let each = [groups, heads / groups, tokens, width];
        let values = values.f_expand(each, false)?.f_reshape([heads, tokens, width])?;
        values.f_matmul(&self.out.weight_in_out()?.f_reshape([heads, width, -1])?)
    }

    /// The pattern of one sequence, `[heads, tokens, tokens]`, and what attention adds to each token.
    ///
    /// # Shapes
    /// - `x`: `[tokens, hidden]`, after the norm
    pub(crate) fn attention_at(
        &self,
        x: &Tensor,
        angles: Option<&Angles>,
    ) -> Result<(Tensor, Tensor), TchError> {
        let all = 0..x.size()[0];
        let Projected { queries, keys, values } = self.project(&x.f_unsqueeze(0)?, &all, angles)?;
        let (mixed, pattern) = self.pattern(&queries, &keys, &values, 0, None)?;
        Ok((pattern.f_select(0, 0)?, self.join(&mixed)?.f_select(0, 0)?))
    }

    /// Values, mixed by attention, where nobody asks what they were mixed by: `[batch, heads, queries, width]`, from
    /// what [`pattern`](Self::pattern) takes.
    ///
    /// Outside a graph by libtorch's fused attention, which never holds the pattern: half of the time of the four
    /// operations. Inside one, second derivatives are wanted, which that lacks.
    fn mixed(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        first: i64,
        masked: Option<&Tensor>,
    ) -> Result<Tensor, TchError> {
        let has_graph = [queries, keys, values].iter().any(|x| x.requires_grad());
        let exact = matches!(queries.kind(), Kind::Float | Kind::Double);
        if has_graph || !exact || self.bias.is_some() {
            return Ok(self.pattern(queries, keys, values, first, masked)?.0);
        }
        let (n_queries, n_keys) = (queries.size()[2], keys.size()[2]);
        // What each token sees is all before it and itself.
        let plain = self.shape.causal
            && (first, n_queries) == (0, n_keys)
            && masked.is_none()
            && self.shape.window.is_none_or(|window| n_queries <= window);
        let hidden = if plain { None } else { self.hidden(n_queries, n_keys, first, masked, queries)? };
        let seen = match hidden {
            // Of heads and groups, one is enough.
            Some(hidden) if hidden.dim() == 5 => Some(hidden.f_select(1, 0)?.f_logical_not()?),
            Some(hidden) => Some(hidden.f_logical_not()?),
            None => None,
        };
        let shares_keys = self.shape.groups != self.shape.heads;
        let scale = self.shape.scale;
        Tensor::f_scaled_dot_product_attention(queries, keys, values, seen, 0.0, plain, scale, shares_keys)
    }

    /// Values, mixed by attention, `[…, heads, queries, width]`, and what they were mixed by, `[…, heads, queries,
    /// keys]`. The first query stands at position `first`; where attention is causal, it sees keys `0..=first`, as far
    /// as the window reaches, but for those that are masked from later ones (bool, `[batch, keys]`).
    pub(crate) fn pattern(
        &self,
        queries: &Tensor,
        keys: &Tensor,
        values: &Tensor,
        first: i64,
        masked: Option<&Tensor>,
    ) -> Result<(Tensor, Tensor), TchError> {
        let Shape { groups, scale, precision, .. } = self.shape;
        let kind = queries.kind();
        let upcast = kind != Kind::Double && precision == Precision::Scores;
        let cast = |x: &Tensor| if upcast { x.f_to_kind(Kind::Float) } else { Ok(x.shallow_clone()) };
        let size = queries.size();
        let [before @ .., heads, n_queries, width] = &size[..] else {
            return Err(TchError::Shape("queries without heads".into()));
        };
        let (shared, n_keys) = (heads / groups, keys.size()[keys.dim() - 2]);
        let (n_queries, width) = (*n_queries, *width);
        let sized = |x: &Tensor, rest: &[i64]| x.f_reshape(&*[before, rest].concat());
        // Heads that share keys stand next to each other: as rows of one matrix they share the product too.
        let rows = cast(queries)?.f_mul_scalar(scale)?;
        let rows = sized(&rows, &[groups, shared * n_queries, width])?;
        let mut scores = rows.f_matmul(&cast(keys)?.f_transpose(-2, -1)?)?;
        if let Some(bias) = &self.bias {
            let bias = bias.of(first, n_queries, n_keys)?;
            scores = scores.f_add(&bias.f_reshape([groups, shared * n_queries, n_keys])?)?;
        }
        if let Some(hidden) = self.hidden(n_queries, n_keys, first, masked, queries)? {
            let mut each = sized(&scores, &[groups, shared, n_queries, n_keys])?;
            scores = each.f_masked_fill_(&hidden, f64::NEG_INFINITY)?;
            scores = sized(&scores, &[groups, shared * n_queries, n_keys])?;
        }
        let wide = kind != Kind::Double && precision == Precision::Softmax;
        let pattern = scores.f_softmax(-1, wide.then_some(Kind::Float))?.f_to_kind(kind)?;
        let mixed = sized(&pattern.f_matmul(values)?, &[*heads, n_queries, width])?;
        Ok((mixed, sized(&pattern, &[*heads, n_queries, n_keys])?))
    }

    /// The keys that a query does not see, as bool that broadcasts to
    /// `[…, groups, heads of a group, queries, keys]`; `None` where each sees all.
    fn hidden(
        &self,
        n_queries: i64,
        n_keys: i64,
        first: i64,
        masked: Option<&Tensor>,
        like: &Tensor,
    ) -> Result<Option<Tensor>, TchError> {
        let ones = || Tensor::f_ones([n_queries, n_keys], (Kind::Bool, like.device()));
        let mut parts = Vec::new();
        if self.shape.causal && (n_queries > 1 || first + 1 < n_keys) {
            parts.push(ones()?.f_triu(first + 1)?);
        }
        if let Some(window) = self.shape.window
            && first + n_queries > window
        {
            parts.push(ones()?.f_tril(first - window)?);
        }
        if let Some(masked) = masked {
            // A token still sees itself.
            let others = ones()?.f_tril(first - 1)?;
            let masked = masked.f_unsqueeze(1)?.f_logical_and(&others)?;
            parts.push(masked.f_unsqueeze(1)?.f_unsqueeze(1)?);
        }
        let mut parts = parts.into_iter();
        let Some(mut hidden) = parts.next() else { return Ok(None) };
        for part in parts {
            hidden = hidden.f_logical_or(&part)?;
        }
        Ok(Some(hidden))
    }

    /// The heads' values side by side, through the output map: from `[batch, heads, queries, width]` to
    /// `[batch, queries, hidden]`.
    fn join(&self, mixed: &Tensor) -> Result<Tensor, TchError> {
        let (batch, heads, queries, width) = mixed.size4()?;
        self.out.apply(&mixed.f_transpose(1, 2)?.f_reshape([batch, queries, heads * width])?)
    }
}
