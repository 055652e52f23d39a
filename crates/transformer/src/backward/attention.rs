//! The way back through attention.

use crate::attention::{Attention, Shape};
use crate::backward::norm::NormRecord;
use crate::backward::rule::{temperature, to_values_and_scores};
use crate::norm::Norm;
use crate::rope::Angles;
use saliency_attribution::BackwardRule;
use std::ops::Range;
use tch::{TchError, Tensor};

/// Queries that are looked at together: no key after the last of them is.
const QUERIES: i64 = 128;

/// What the way back through attention needs. `queries` are all tokens, or in the last block the outputs' positions.
#[derive(Debug)]
pub(crate) struct AttentionRecord {
    /// As attention takes them, but not scaled: `[heads, queries, width]`, and keys and values
    /// `[groups, tokens, width]`.
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    /// `[heads, queries, tokens]`.
    pattern: Tensor,
    /// The softmax that is gone back through: the pattern, or the same at another temperature.
    softened: Tensor,
    /// Values as that one mixes them, `[heads, queries, width]`.
    mixed: Tensor,
    /// Of queries and keys.
    norms: Option<(NormRecord, NormRecord)>,
    /// Of all tokens.
    angles: Option<Angles>,
    /// Where the queries stand.
    positions: Range<i64>,
    /// Whether no query sees a later key.
    causal: bool,
}

/// Gradients of queries, keys and values.
struct Gradients {
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
}

impl AttentionRecord {
    /// Attention of one sequence, `[tokens, hidden]`, at some positions, `[positions, hidden]`, and what its way back
    /// needs. Where tokens before these are recorded, they are attended to, and the record has their keys and values.
    pub(crate) fn forward(
        attention: &Attention,
        x: &Tensor,
        positions: &Range<i64>,
        (angles, past): (Option<&Angles>, Option<&Self>),
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        let Shape { heads, groups, width, .. } = attention.shape;
        let (tokens, count) = (x.size()[0], positions.end - positions.start);
        let projected =
            attention.projection.apply(&x.f_unsqueeze(0)?, &(0..tokens), attention.shape.widths())?;
        let split = |x: &Tensor, rows: &Range<i64>, heads: i64| {
            let rows = x.f_select(0, 0)?.f_narrow(0, rows.start, rows.end - rows.start)?;
            rows.f_reshape([-1, heads, width])?.f_transpose(0, 1)?.f_contiguous()
        };
        let [queries, keys, values] = &projected;
        let mut queries = split(queries, positions, heads)?;
        let (mut keys, values) = (split(keys, &(0..tokens), groups)?, split(values, &(0..tokens), groups)?);
        let mut norms = None;
        if let Some((of_queries, of_keys)) = &attention.norms {
            let (q, queries_record) = NormRecord::forward(&queries, of_queries)?;
            let (k, keys_record) = NormRecord::forward(&keys, of_keys)?;
            (queries, keys, norms) = (q, k, Some((queries_record, keys_record)));
        }
        if let Some(angles) = angles {
            queries = angles.narrow(positions.start, count)?.turn(&queries)?;
            keys = angles.turn(&keys)?;
        }
        let (mut values, mut first) = (values, 0);
        if let Some(past) = past {
            first = past.keys.size()[1];
            keys = Tensor::f_cat(&[&past.keys, &keys], 1)?;
            values = Tensor::f_cat(&[&past.values, &values], 1)?;
        }
        let positions = first + positions.start..first + positions.end;
        let (mixed, pattern) = attention.pattern(&queries, &keys, &values, positions.start, None)?;
        let attended = attention.out.apply(&mixed.f_transpose(0, 1)?.f_reshape([count, -1])?)?;
        let (softened, mixed) = softened(rule, &pattern, mixed, &values)?;
        let angles = angles.map(Angles::shallow_clone);
        let causal = attention.shape.causal;
        Ok((
            attended,
            Self { queries, keys, values, pattern, softened, mixed, norms, angles, positions, causal },
        ))
    }

    /// With the record of the tokens after its own, which attended to them. By the gradient's rule, where the softmax
    /// that is gone back through is the pattern.
    pub(crate) fn with(&self, rest: Self) -> Result<Self, TchError> {
        let both = |a: &Tensor, b: &Tensor| Tensor::f_cat(&[a, b], 1);
        // Nothing before them sees the tokens that follow.
        let later = rest.keys.size()[1] - self.keys.size()[1];
        let pattern = both(&self.pattern.f_constant_pad_nd([0, later])?, &rest.pattern)?;
        let norms = match (&self.norms, &rest.norms) {
            (Some((queries, keys)), Some((more_queries, more_keys))) => {
                Some((queries.with(more_queries)?, keys.with(more_keys)?))
            }
            _ => None,
        };
        let angles = match (&self.angles, &rest.angles) {
            (Some(angles), Some(more)) => Some(angles.with(more)?),
            _ => None,
        };
        Ok(Self {
            queries: both(&self.queries, &rest.queries)?,
            softened: pattern.shallow_clone(),
            pattern,
            mixed: both(&self.mixed, &rest.mixed)?,
            norms,
            angles,
            positions: self.positions.start..rest.positions.end,
            ..rest
        })
    }

    /// Keys and values of all tokens: `[groups, tokens, width]` each.
    pub(crate) fn keys_values(&self) -> (&Tensor, &Tensor) {
        (&self.keys, &self.values)
    }

    /// Attention of some tokens, `[tokens, hidden]`, to those of another stack, `[source, hidden]`, and what its way
    /// back needs.
    pub(crate) fn forward_cross(
        attention: &Attention,
        x: &Tensor,
        source: &Tensor,
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        let Shape { heads, groups, width, .. } = attention.shape;
        let [to_queries, to_keys, to_values] = attention.projection.parts(attention.shape.widths())?;
        let split =
            |x: Tensor, heads: i64| x.f_reshape([-1, heads, width])?.f_transpose(0, 1)?.f_contiguous();
        let queries = split(to_queries.apply(x)?, heads)?;
        let (keys, values) =
            (split(to_keys.apply(source)?, groups)?, split(to_values.apply(source)?, groups)?);
        let (mixed, pattern) = attention.pattern(&queries, &keys, &values, 0, None)?;
        let count = x.size()[0];
        let attended = attention.out.apply(&mixed.f_transpose(0, 1)?.f_reshape([count, -1])?)?;
        let (softened, mixed) = softened(rule, &pattern, mixed, &values)?;
        let positions = 0..count;
        let (norms, angles, causal) = (None, None, false);
        Ok((
            attended,
            Self { queries, keys, values, pattern, softened, mixed, norms, angles, positions, causal },
        ))
    }

    /// How many keys some of the recorded rows see.
    fn seen(&self, rows: &Range<i64>) -> i64 {
        if self.causal { self.positions(rows).end } else { self.keys.size()[1] }
    }

    /// Where some of the recorded rows stand.
    pub(crate) fn positions(&self, rows: &Range<i64>) -> Range<i64> {
        self.positions.start + rows.start..self.positions.start + rows.end
    }

    /// From the gradient of what attention adds at some of the recorded rows, `[rows, outputs, hidden]`, to that of
    /// what they read, `[tokens, outputs, hidden]`.
    pub(crate) fn back(
        &self,
        attention: &Attention,
        rows: &Range<i64>,
        gradient: &Tensor,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let (own, count, _) = gradient.size3()?;
        let tokens = self.seen(rows);
        let Gradients { queries, keys, values } = self.back_heads(attention, rows, gradient, rule)?;
        let ordered = |x: &Tensor| x.f_permute([1, 2, 0, 3]);
        let (queries, keys, values) = (ordered(&queries)?, ordered(&keys)?, ordered(&values)?);
        if own == tokens {
            return attention.projection.back([&queries, &keys, &values]);
        }
        let [to_queries, to_keys, to_values] = attention.projection.parts(attention.shape.widths())?;
        let mut sum = to_values.back(&values.f_reshape([tokens * count, -1])?)?;
        to_keys.add_back(&mut sum, &keys.f_reshape([tokens * count, -1])?)?;
        let mut asked = sum.f_narrow(0, (tokens - own) * count, own * count)?;
        to_queries.add_back(&mut asked, &queries.f_reshape([own * count, -1])?)?;
        sum.f_view([tokens, count, -1])
    }

    /// The same where the keys are another stack's: to what the queries were made of, `[rows, outputs, hidden]`, and to
    /// the other stack's tokens, `[source, outputs, hidden]`.
    pub(crate) fn back_cross(
        &self,
        attention: &Attention,
        rows: &Range<i64>,
        gradient: &Tensor,
        rule: BackwardRule,
    ) -> Result<(Tensor, Tensor), TchError> {
        let gradients = self.back_heads(attention, rows, gradient, rule)?;
        let [queries, keys, values] = [gradients.queries, gradients.keys, gradients.values]
            .map(|x| x.f_permute([1, 2, 0, 3])?.f_flatten(2, 3));
        let [to_queries, to_keys, to_values] = attention.projection.parts(attention.shape.widths())?;
        let (keys, values) = (keys?, values?);
        let size = [keys.size()[0], keys.size()[1], -1];
        let mut source = to_values.back(&values.f_flatten(0, 1)?)?;
        to_keys.add_back(&mut source, &keys.f_flatten(0, 1)?)?;
        Ok((to_queries.back(&queries?)?, source.f_view(size)?))
    }

    /// The same where every output has one row: from `[outputs, hidden]`, the gradients of what attention adds at some
    /// of the recorded rows, to `[outputs, hidden]` and `[source, outputs, hidden]`.
    pub(crate) fn back_cross_from_outputs(
        &self,
        attention: &Attention,
        outputs: &Range<i64>,
        gradient: &Tensor,
        rule: BackwardRule,
    ) -> Result<(Tensor, Tensor), TchError> {
        let Shape { heads, groups, width, scale, .. } = attention.shape;
        let (count, source, shared) = (gradient.size()[0], self.keys.size()[1], heads / groups);
        let (to_values, to_scores) = to_values_and_scores(rule);
        let scale = scale * to_scores;
        let rows = |x: &Tensor| x.f_narrow(1, outputs.start, count);
        let by_group = |x: &Tensor| x.f_reshape([groups, shared * count, -1]);
        let mixed = attention.out.back(gradient)?;
        let mixed = mixed.f_view([count, heads, width])?.f_transpose(0, 1)?.f_contiguous()?;
        let scores = by_group(&mixed)?.f_bmm(&self.values.f_transpose(1, 2)?)?;
        let mut scores = scores.f_view([heads, count, source])?;
        back_softmax(&mut scores, &rows(&self.softened)?)?;
        let own = by_group(&scores)?.f_bmm(&self.keys)?.f_mul_scalar_(scale)?;
        let own = own.f_view([heads, count, width])?.f_transpose(0, 1)?.f_reshape([count, -1])?;
        // Of each head a coefficient for each token of the source times one vector; heads of a group are summed.
        let spread = |coefficients: &Tensor, vectors: &Tensor| -> Result<Tensor, TchError> {
            let coefficients =
                coefficients.f_view([groups, shared, count, source])?.f_permute([2, 0, 3, 1])?;
            let vectors = vectors.f_reshape([groups, shared, count, width])?.f_permute([2, 0, 1, 3])?;
            let sum = coefficients.f_matmul(&vectors)?;
            sum.f_permute([2, 0, 1, 3])?.f_reshape([source * count, groups * width])
        };
        let [to_queries, to_keys, map_values] = attention.projection.parts(attention.shape.widths())?;
        let values = spread(&rows(&self.pattern)?.f_mul_scalar(to_values)?.f_contiguous()?, &mixed)?;
        let keys = spread(&scores.f_mul_scalar_(scale)?, &rows(&self.queries)?)?;
        let mut whole = map_values.back(&values)?;
        to_keys.add_back(&mut whole, &keys)?;
        Ok((to_queries.back(&own)?, whole.f_view([source, count, -1])?))
    }

    /// From the gradient of what attention adds at some of the recorded rows, `[rows, outputs, hidden]`, to those of
    /// queries, keys and values as they were projected, `[heads or groups, tokens, outputs, width]` each.
    fn back_heads(
        &self,
        attention: &Attention,
        rows: &Range<i64>,
        gradient: &Tensor,
        rule: BackwardRule,
    ) -> Result<Gradients, TchError> {
        let Shape { heads, groups, width, scale, .. } = attention.shape;
        let (own, count, _) = gradient.size3()?;
        let tokens = self.seen(rows);
        let mixed = attention.out.back(gradient)?;
        // `[heads, queries, outputs, width]`: every product below has the rows of all outputs.
        let mixed = mixed.f_reshape([own, count, heads, width])?.f_permute([2, 0, 1, 3])?.f_contiguous()?;
        let (to_values, to_scores) = to_values_and_scores(rule);
        let Gradients { queries, keys, values } = self.back_mix(&mixed, rows)?;
        let scale = scale * to_scores;
        let queries = self.back_queries(attention, queries.f_mul_scalar(scale)?, rows, rule)?;
        let keys = keys.f_mul_scalar(scale)?.f_permute([0, 2, 1, 3])?;
        let keys = self.back_keys(attention, keys, rule)?;
        let values = if to_values < 1.0 { values.f_mul_scalar(to_values)? } else { values };
        Ok(Gradients { queries, keys, values: values.f_view([groups, tokens, count, width])? })
    }

    /// The same where every output has one row, at its own position: from `[outputs, hidden]` to
    /// `[tokens, outputs, hidden]`, with the tokens that any of them has read. `outputs` are counted from the first
    /// that was recorded.
    pub(crate) fn back_from_outputs(
        &self,
        attention: &Attention,
        outputs: &Range<i64>,
        gradient: &Tensor,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let Shape { heads, groups, width, .. } = attention.shape;
        let (count, shared) = (gradient.size()[0], heads / groups);
        // None of these outputs reads further.
        let tokens = self.positions.start + outputs.end;
        // `[heads, outputs, …]`, with the outputs' own rows of the pattern and of the queries.
        let rows = |x: &Tensor| x.f_narrow(1, outputs.start, count);
        let (pattern, softened, queried) =
            (rows(&self.pattern)?, rows(&self.softened)?, rows(&self.queries)?);
        let mixed = attention.out.back(gradient)?;
        let mixed = mixed.f_view([count, heads, width])?.f_transpose(0, 1)?.f_contiguous()?;
        let read = |x: &Tensor| x.f_narrow(1, 0, tokens);
        let by_group = |x: &Tensor| x.f_reshape([groups, shared * count, -1]);
        let pattern = pattern.f_narrow(2, 0, tokens)?;
        let scores = by_group(&mixed)?.f_bmm(&read(&self.values)?.f_transpose(1, 2)?)?;
        let mut scores = scores.f_view([heads, count, tokens])?;
        back_softmax(&mut scores, &softened.f_narrow(2, 0, tokens)?)?;
        let (to_values, to_scores) = to_values_and_scores(rule);
        let scale = attention.shape.scale * to_scores;
        let own = by_group(&scores)?.f_bmm(&read(&self.keys)?)?.f_mul_scalar_(scale)?;
        let own = own.f_view([heads, count, 1, width])?;
        let own = self.back_queries(attention, own, outputs, rule)?;
        let [to_queries, to_keys, to_value] = attention.projection.parts(attention.shape.widths())?;
        // What an output's one row gives to every token: of each head a coefficient times one vector, which goes
        // through the weight before it is spread over the tokens.
        let mapped = |row: &Tensor, weight: &Tensor| -> Result<Tensor, TchError> {
            let hidden = weight.size()[0];
            let weight = weight.f_reshape([hidden, groups, width])?.f_permute([1, 2, 0])?;
            by_group(row)?.f_bmm(&weight)?.f_view([heads, count, hidden])
        };
        let values = mapped(&mixed, &to_value.weight_in_out()?)?;
        let to_tokens = pattern.f_mul_scalar(to_values)?;
        let spread = |coefficients: &Tensor, vectors: &Tensor| -> Result<Tensor, TchError> {
            // `[outputs, tokens, heads] · [outputs, heads, hidden]`
            let sum = coefficients.f_permute([1, 2, 0])?.f_bmm(&vectors.f_transpose(0, 1)?)?;
            sum.f_transpose(0, 1)?.f_contiguous()
        };
        let whole = if self.angles.is_none() && self.norms.is_none() {
            let vectors = Tensor::f_cat(&[mapped(&queried, &to_keys.weight_in_out()?)?, values], 0)?;
            spread(&Tensor::f_cat(&[scores.f_mul_scalar(scale)?, to_tokens], 0)?, &vectors)?
        } else {
            let whole = spread(&to_tokens, &values)?;
            // Where keys are turned or normed, what they get differs between tokens by more than a coefficient.
            let scores = scores.f_view([groups, shared, count, tokens])?.f_permute([0, 2, 3, 1])?;
            let queried = queried.f_reshape([groups, shared, count, width])?.f_permute([0, 2, 1, 3])?;
            let keys = scores.f_matmul(&queried)?.f_mul_scalar_(scale)?.f_permute([0, 2, 1, 3])?;
            let keys = self.back_keys(attention, keys, rule)?.f_permute([1, 2, 0, 3])?;
            let size = whole.size();
            let mut sum = whole.f_view([tokens * count, -1])?;
            to_keys.add_back(&mut sum, &keys.f_reshape([tokens * count, -1])?)?;
            sum.f_view(&*size)?
        };
        let own = own.f_squeeze_dim(2)?.f_transpose(0, 1)?.f_reshape([count, heads * width])?;
        scatter(&whole, self.positions.start + outputs.start, &to_queries.back(&own)?)?;
        Ok(whole)
    }

    /// From the gradient of what attention mixes at some of the recorded rows, `[heads, rows, outputs, width]`, to
    /// those of queries and keys, before they are scaled, and of values: `[heads, rows, outputs, width]`,
    /// `[groups, outputs, tokens, width]` and `[groups, tokens, outputs · width]`.
    ///
    /// Queries go in blocks, and of a block's keys only those that any of its queries sees. Back through the softmax,
    /// `p ⊙ (g − Σ g ⊙ p)`, and `Σ_j g_ij p_ij` is the gradient of what `i` mixed times that: no pass over the scores.
    /// Heads that share keys and values are rows of one product, whose sums are the shared gradients.
    fn back_mix(&self, mixed: &Tensor, asked: &Range<i64>) -> Result<Gradients, TchError> {
        let (heads, own, count, width) = mixed.size4()?;
        let groups = self.keys.size()[0];
        let (first, tokens) = (self.positions(asked).start, self.seen(asked));
        let shared = heads / groups;
        let like = (mixed.kind(), mixed.device());
        let values = Tensor::f_zeros([groups, tokens, count * width], like)?;
        let queries = Tensor::f_empty([heads, own, count, width], like)?;
        let keys = Tensor::f_zeros([groups, count, tokens, width], like)?;
        let recorded = |x: &Tensor| x.f_narrow(1, asked.start, own);
        let whole = recorded(&self.mixed)?.f_unsqueeze(2)?;
        let (patterns, queried) = (recorded(&self.pattern)?, recorded(&self.queries)?);
        let softened = recorded(&self.softened)?;
        let sums = mixed.f_mul(&whole)?.f_sum_dim_intlist(&[-1_i64][..], true, None)?.f_neg()?;
        let mut from = 0;
        while from < own {
            let block = QUERIES.min(own - from);
            let end = if self.causal { first + from + block } else { tokens };
            let rows_of_group = shared * block;
            let rows = |x: &Tensor| x.f_narrow(1, from, block);
            let seen = |x: &Tensor| x.f_narrow(1, 0, end);
            let own = rows(mixed)?.f_reshape([groups, rows_of_group, count * width])?;
            let of_block = |pattern: &Tensor| {
                rows(pattern)?.f_narrow(2, 0, end)?.f_reshape([groups, rows_of_group, end])
            };
            let added = of_block(&patterns)?.f_transpose(1, 2)?.f_bmm(&own)?;
            let _ = seen(&values)?.f_add_(&added)?;
            let own = own.f_view([groups, rows_of_group * count, width])?;
            let less = rows(&sums)?.f_reshape([groups, rows_of_group * count, 1])?;
            let scores = less.f_baddbmm(&own, &seen(&self.values)?.f_transpose(1, 2)?, 1.0, 1.0)?;
            let mut scores = scores
                .f_view([groups, rows_of_group, count, end])?
                .f_mul_(&of_block(&softened)?.f_unsqueeze(2)?)?;
            scores = scores.f_view([groups, rows_of_group * count, end])?;
            let found = scores.f_bmm(&seen(&self.keys)?)?.f_view([heads, block, count, width])?;
            rows(&queries)?.f_copy_(&found)?;
            let scores = scores.f_view([groups, rows_of_group, count * end])?.f_transpose(1, 2)?;
            let own = rows(&queried)?.f_reshape([groups, rows_of_group, width])?;
            let added = scores.f_bmm(&own)?.f_view([groups, count, end, width])?;
            let _ = keys.f_narrow(2, 0, end)?.f_add_(&added)?;
            from += block;
        }
        Ok(Gradients { queries, keys, values })
    }

    /// From the gradients of queries as attention takes them, `[heads, rows, outputs, width]`, to those of what was
    /// projected. `rows` are counted from the first that was recorded.
    fn back_queries(
        &self,
        attention: &Attention,
        gradient: Tensor,
        rows: &Range<i64>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let first = self.positions.start + rows.start;
        let norm = match (&self.norms, &attention.norms) {
            (Some((record, _)), Some((norm, _))) => Some((record.rows(rows)?, norm)),
            _ => None,
        };
        self.back_head(gradient, first, norm, rule)
    }

    /// The same of keys, `[groups, tokens, outputs, width]`.
    fn back_keys(
        &self,
        attention: &Attention,
        gradient: Tensor,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let norm = match (&self.norms, &attention.norms) {
            (Some((_, record)), Some((_, norm))) => Some((record.rows(&(0..gradient.size()[1]))?, norm)),
            _ => None,
        };
        self.back_head(gradient, 0, norm, rule)
    }

    fn back_head(
        &self,
        gradient: Tensor,
        first: i64,
        norm: Option<(NormRecord, &Norm)>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let mut gradient = gradient;
        if let Some(angles) = &self.angles {
            gradient = angles.narrow(first, gradient.size()[1])?.turn_back(&gradient)?;
        }
        if let Some((record, norm)) = norm {
            let size = gradient.size();
            let rows = gradient.f_reshape([size[0] * size[1], size[2], size[3]])?;
            gradient = record.flat()?.back(&rows, norm, rule)?.f_view(&*size)?;
        }
        Ok(gradient)
    }
}

/// The softmax that is gone back through by a rule, and values as it mixes them.
fn softened(
    rule: BackwardRule,
    pattern: &Tensor,
    mixed: Tensor,
    values: &Tensor,
) -> Result<(Tensor, Tensor), TchError> {
    let Some(temperature) = temperature(rule) else { return Ok((pattern.shallow_clone(), mixed)) };
    let (groups, size) = (values.size()[0], mixed.size());
    let softened = soften(pattern, temperature)?;
    let by_group = softened.f_reshape([groups, -1, values.size()[1]])?;
    let mixed = by_group.f_bmm(values)?.f_view(&*size)?;
    Ok((softened, mixed))
}

/// Adds each output's row at its own position, which the first has at `first`, in place.
///
/// # Shapes
/// - `whole`: `[tokens, outputs, hidden]`; `rows`: `[outputs, hidden]`
pub(crate) fn scatter(whole: &Tensor, first: i64, rows: &Tensor) -> Result<(), TchError> {
    for output in 0..rows.size()[0] {
        let mut own = whole.f_select(0, first + output)?.f_select(0, output)?;
        let _ = own.f_add_(&rows.f_select(0, output)?)?;
    }
    Ok(())
}

/// The softmax at another temperature, from that at 1: `p^(1/T) / Σ p^(1/T)`.
fn soften(pattern: &Tensor, temperature: f64) -> Result<Tensor, TchError> {
    let powers = pattern.f_pow_tensor_scalar(1.0 / temperature)?;
    let sums = powers.f_sum_dim_intlist(&[-1_i64][..], true, None)?;
    powers.f_div(&sums)
}

/// Back through a softmax, in place: `p ⊙ (g − Σ g ⊙ p)`.
fn back_softmax(gradient: &mut Tensor, pattern: &Tensor) -> Result<(), TchError> {
    let _ = gradient.f_mul_(pattern)?;
    let sum = gradient.f_sum_dim_intlist(&[-1_i64][..], true, None)?;
    let _ = gradient.f_addcmul_(pattern, &sum.f_neg()?)?;
    Ok(())
}
