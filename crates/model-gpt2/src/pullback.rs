//! Vector–Jacobian products of many outputs in one batch: one forward pass that remembers what they need, and a walk
//! back through the blocks in which all outputs share every matrix product.
//!
//! Autograd takes one output at a time, with one sequence's rows in each product; here a product has the rows of all
//! outputs together. Only for float32 and float64, where both give the same to rounding.

use crate::attention::{Attention, linear};
use crate::block::Block;
use crate::config::Activation;
use crate::gpt2::Gpt2;
use crate::weights::{Affine, BlockWeights};
use saliency_attribution::{BackwardRule, ModelError, Tape};
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::{Kind, Tensor};

/// Queries that are looked at together: no key after the last of them is.
const QUERIES: i64 = 128;
/// Outputs whose products are taken together hold at most this many numbers in the widest activation, or are two.
const WIDEST: i64 = 1 << 22;
/// In a long text one output alone makes attention's products thin.
const TOGETHER: i64 = 2;

/// One forward pass of one sequence, and what its way back needs.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    model: &'a Gpt2,
    blocks: Vec<BlockRecord>,
    norm: NormRecord,
    logits: Tensor,
    positions: Range<i64>,
    rule: BackwardRule,
}

/// What the way back through one block needs. `queries` are all tokens, or in the last block the outputs' positions.
#[derive(Debug)]
struct BlockRecord {
    first: NormRecord,
    /// `[heads, queries, width]`, and keys and values `[heads, tokens, width]`.
    queries: Tensor,
    keys: Tensor,
    values: Tensor,
    /// `[heads, queries, tokens]`.
    attention: Tensor,
    /// Values as attention mixes them, `[heads, queries, width]`.
    mixed: Tensor,
    second: NormRecord,
    /// The activation's derivative, `[queries, inner]`.
    slope: Tensor,
}

/// What a layer norm's way back needs: its input in standard units, and 1 / standard deviation, `[rows, 1]`.
#[derive(Debug)]
struct NormRecord {
    standard: Tensor,
    inverse: Tensor,
}

impl<'a> Recorded<'a> {
    /// Runs the model on one sequence.
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`
    pub(crate) fn tape(
        model: &'a Gpt2,
        embeddings: &Tensor,
        positions: Range<i64>,
        rule: BackwardRule,
    ) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let embeddings = embeddings.f_select(0, 0)?.f_narrow(0, 0, positions.end)?;
        let tokens = positions.end;
        let mut x = embeddings.f_add(&model.wpe().f_narrow(0, 0, tokens)?)?;
        let (mut blocks, count) = (Vec::new(), model.blocks().len());
        for (i, block) in model.blocks().iter().enumerate() {
            let queries = if i + 1 == count { positions.clone() } else { 0..tokens };
            let record;
            (x, record) = BlockRecord::forward(block, &x, queries, rule)?;
            blocks.push(record);
        }
        let (x, norm) = NormRecord::forward(&x, model.ln_f(), model.config().layer_norm_epsilon)?;
        let logits = x.f_matmul(&model.head().f_transpose(0, 1)?)?;
        Ok(Self { model, blocks, norm, logits: logits.f_unsqueeze(0)?, positions, rule })
    }

    /// How many outputs go back together.
    fn portion(&self) -> i64 {
        (WIDEST / (self.positions.end * self.model.config().inner() as i64)).max(TOGETHER)
    }

    /// The way back of some outputs: `[tokens, outputs, hidden]`, with the tokens that any of them has read.
    fn back(&self, outputs: Range<i64>, cotangents: &Tensor) -> Result<Tensor, Error> {
        // At first an output has one row: its own position's.
        let gradient = cotangents.f_matmul(self.model.head())?;
        let mut gradient = self.norm.rows(&outputs)?.back(&gradient, self.model.ln_f(), self.rule)?;
        for (i, (record, block)) in self.blocks.iter().zip(self.model.blocks()).enumerate().rev() {
            gradient = if i + 1 == self.blocks.len() {
                record.back_from_outputs(self, block, &outputs, &gradient)?
            } else {
                record.back(block, &gradient, self.rule)?
            };
        }
        Ok(gradient)
    }

    /// Adds each output's row at its own position.
    fn scatter(&self, whole: Tensor, outputs: &Range<i64>, rows: &Tensor) -> Result<Tensor, Error> {
        for (i, output) in outputs.clone().enumerate() {
            let position = self.positions.start + output;
            let mut own = whole.f_select(0, position)?.f_select(0, i as i64)?;
            let _ = own.f_add_(&rows.f_select(0, i as i64)?)?;
        }
        Ok(whole)
    }
}

impl Tape for Recorded<'_> {
    fn logits(&self) -> &Tensor {
        &self.logits
    }

    fn vjp(
        &self,
        outputs: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), saliency_attribution::Error>,
    ) -> Result<(), saliency_attribution::Error> {
        let model = |error: Error| saliency_attribution::Error::from(ModelError::from(error));
        let (first, end) = (outputs.start as i64, outputs.end as i64);
        let mut start = first;
        while start < end {
            let stop = (start + self.portion()).min(end);
            let cotangents = cotangents.f_narrow(0, start - first, stop - start)?;
            // What `each` does is its own, with gradients or without.
            let gradients = tch::no_grad(|| self.back(start..stop, &cotangents)).map_err(model)?;
            for output in start..stop {
                each(output as usize, gradients.f_select(1, output - start)?)?;
            }
            start = stop;
        }
        Ok(())
    }
}

impl BlockRecord {
    /// As [`Block::forward`], for one sequence without a batch.
    fn forward(
        block: &Block,
        x: &Tensor,
        queries: Range<i64>,
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), Error> {
        let (weights, attention): (&BlockWeights, &Attention) = (block.weights(), block.attention());
        let (normed, first) = NormRecord::forward(x, &weights.ln_1, block.epsilon())?;
        let count = queries.end - queries.start;
        let qkv = linear(&normed, &weights.attention.weight, &weights.attention.bias)?;
        let heads = |x: &Tensor| -> Result<Tensor, Error> {
            Ok(x.f_reshape([x.size()[0], attention.heads(), -1])?.f_transpose(0, 1)?.f_contiguous()?)
        };
        let parts = qkv.f_chunk(3, -1)?;
        let [q, k, v] = &parts[..] else { return Err(Error::Torch(tch::TchError::Shape("qkv".into()))) };
        let (q, k, v) = (heads(&q.f_narrow(0, queries.start, count)?)?, heads(k)?, heads(v)?);
        let (mixed, pattern) = attention.pattern(&q, &k, &v, queries.start, None)?;
        let joined = mixed.f_transpose(0, 1)?.f_reshape([count, -1])?;
        let attended = linear(&joined, &weights.attention_out.weight, &weights.attention_out.bias)?;
        let x = x.f_narrow(0, queries.start, count)?.f_add(&attended)?;
        let (normed, second) = NormRecord::forward(&x, &weights.ln_2, block.epsilon())?;
        let inner = linear(&normed, &weights.inner.weight, &weights.inner.bias)?;
        let (inner, slope) = with_slope(block.activation(), &inner, rule)?;
        let x = x.f_add(&linear(&inner, &weights.inner_out.weight, &weights.inner_out.bias)?)?;
        Ok((x, Self { first, queries: q, keys: k, values: v, attention: pattern, mixed, second, slope }))
    }

    /// From the gradient of a block's output to that of its input, both `[tokens, outputs, hidden]`.
    fn back(&self, block: &Block, gradient: &Tensor, rule: BackwardRule) -> Result<Tensor, Error> {
        let (w, attention) = (block.weights(), block.attention());
        let (tokens, count, hidden) = gradient.size3()?;
        let slope = self.slope.f_narrow(0, 0, tokens)?.f_unsqueeze(1)?;
        let gradient = back_feed_forward(block, gradient, &slope, &self.second.rows(&(0..tokens))?, rule)?;
        let (heads, width) = (attention.heads(), hidden / attention.heads());
        let mixed = against(&gradient, &w.attention_out.weight)?;
        // `[heads, queries, outputs, width]`: every product below has the rows of all outputs.
        let mixed =
            mixed.f_reshape([tokens, count, heads, width])?.f_permute([2, 0, 1, 3])?.f_contiguous()?;
        let (to_values, to_scores) = shares(rule);
        let (values, queries, keys) = self.back_attention(&mixed)?;
        // Side by side as the weight holds them, `[tokens, outputs, 3, heads, width]`.
        let like = (gradient.kind(), gradient.device());
        let joined = Tensor::f_empty([tokens, count, 3, heads, width], like)?;
        let part = |at: i64, x: Tensor| -> Result<(), Error> { Ok(joined.f_select(2, at)?.f_copy_(&x)?) };
        let scale = attention.scale() * to_scores;
        part(0, queries.f_mul_scalar(scale)?.f_permute([1, 2, 0, 3])?)?;
        part(1, keys.f_mul_scalar(scale)?.f_permute([2, 1, 0, 3])?)?;
        let values = if to_values < 1.0 { values.f_mul_scalar(to_values)? } else { values };
        part(2, values.f_view([heads, tokens, count, width])?.f_permute([1, 2, 0, 3])?)?;
        let joined = joined.f_view([tokens, count, 3 * hidden])?;
        let normed = against(&joined, &w.attention.weight)?;
        Ok(self.first.rows(&(0..tokens))?.back(&normed, &w.ln_1, rule)?.f_add_(&gradient)?)
    }

    /// From the gradient of what attention mixes, `[heads, tokens, outputs, width]`, to that of values and of queries,
    /// both in that shape, and of keys, `[heads, outputs, tokens, width]`, before they are scaled.
    ///
    /// Queries go in blocks, and of a block's keys only those that any of its queries sees. Back through the softmax,
    /// `p ⊙ (g − Σ g ⊙ p)`, and `Σ_j g_ij p_ij` is the gradient of what `i` mixed times that: no pass over the scores.
    fn back_attention(&self, mixed: &Tensor) -> Result<(Tensor, Tensor, Tensor), Error> {
        let (heads, tokens, count, width) = mixed.size4()?;
        let like = (mixed.kind(), mixed.device());
        let values = Tensor::f_zeros([heads, tokens, count * width], like)?;
        let queries = Tensor::f_empty([heads, tokens, count, width], like)?;
        let keys = Tensor::f_zeros([heads, count, tokens, width], like)?;
        let whole = self.mixed.f_narrow(1, 0, tokens)?.f_unsqueeze(2)?;
        let sums = mixed.f_mul(&whole)?.f_sum_dim_intlist(&[-1_i64][..], true, None)?.f_neg()?;
        let mut from = 0;
        while from < tokens {
            let end = (from + QUERIES).min(tokens);
            let block = end - from;
            let rows = |x: &Tensor| x.f_narrow(1, from, block);
            let seen = |x: &Tensor| x.f_narrow(1, 0, end);
            let own = rows(mixed)?.f_reshape([heads, block, count * width])?;
            let pattern = rows(&self.attention)?.f_narrow(2, 0, end)?;
            let added = pattern.f_transpose(1, 2)?.f_bmm(&own)?;
            let _ = seen(&values)?.f_add_(&added)?;
            let own = own.f_view([heads, block * count, width])?;
            let less = rows(&sums)?.f_reshape([heads, block * count, 1])?;
            let scores = less.f_baddbmm(&own, &seen(&self.values)?.f_transpose(1, 2)?, 1.0, 1.0)?;
            let mut scores = scores.f_view([heads, block, count, end])?.f_mul_(&pattern.f_unsqueeze(2)?)?;
            scores = scores.f_view([heads, block * count, end])?;
            let found = scores.f_bmm(&seen(&self.keys)?)?.f_view([heads, block, count, width])?;
            rows(&queries)?.f_copy_(&found)?;
            let scores = scores.f_view([heads, block, count * end])?.f_transpose(1, 2)?;
            let added = scores.f_bmm(&rows(&self.queries)?)?.f_view([heads, count, end, width])?;
            let _ = keys.f_narrow(2, 0, end)?.f_add_(&added)?;
            from = end;
        }
        Ok((values, queries, keys))
    }

    /// The same where every output has one row, at its own position: from `[outputs, hidden]` to
    /// `[tokens, outputs, hidden]`.
    fn back_from_outputs(
        &self,
        run: &Recorded<'_>,
        block: &Block,
        outputs: &Range<i64>,
        gradient: &Tensor,
    ) -> Result<Tensor, Error> {
        let (w, attention) = (block.weights(), block.attention());
        let (count, hidden) = gradient.size2()?;
        let (heads, width) = (attention.heads(), hidden / attention.heads());
        // None of these outputs reads further.
        let tokens = run.positions.start + outputs.end;
        let rows = |x: &Tensor, dim: i64| x.f_narrow(dim, outputs.start, count);
        let slope = rows(&self.slope, 0)?;
        let gradient = back_feed_forward(block, gradient, &slope, &self.second.rows(outputs)?, run.rule)?;
        // `[heads, outputs, …]`, with the outputs' own rows of the pattern and of the queries.
        let (pattern, queried) = (rows(&self.attention, 1)?, rows(&self.queries, 1)?);
        let mixed = against(&gradient, &w.attention_out.weight)?;
        let mixed = mixed.f_view([count, heads, width])?.f_transpose(0, 1)?.f_contiguous()?;
        let read = |x: &Tensor| x.f_narrow(1, 0, tokens);
        let pattern = pattern.f_narrow(2, 0, tokens)?;
        let mut scores = mixed.f_bmm(&read(&self.values)?.f_transpose(1, 2)?)?;
        back_softmax(&mut scores, &pattern)?;
        let (to_values, to_scores) = shares(run.rule);
        let scale = attention.scale() * to_scores;
        let queries = scores.f_bmm(&read(&self.keys)?)?.f_mul_scalar_(scale)?;
        // What an output's one row gives to every token: of each head a coefficient times one vector, which goes
        // through the weight before it is spread over the tokens.
        let mapped = |row: &Tensor, columns: i64| -> Result<Tensor, Error> {
            let weight = w.attention.weight.f_narrow(1, columns * hidden, hidden)?;
            Ok(row.f_bmm(&weight.f_reshape([hidden, heads, width])?.f_permute([1, 2, 0])?)?)
        };
        let vectors = Tensor::f_cat(&[mapped(&queried, 1)?, mapped(&mixed, 2)?], 0)?;
        let coefficients =
            Tensor::f_cat(&[scores.f_mul_scalar(scale)?, pattern.f_mul_scalar(to_values)?], 0)?;
        // `[outputs, tokens, 2 heads] · [outputs, 2 heads, hidden]`
        let normed = coefficients.f_permute([1, 2, 0])?.f_bmm(&vectors.f_transpose(0, 1)?)?;
        let normed = normed.f_transpose(0, 1)?.f_contiguous()?;
        let weight = &w.attention.weight;
        let own = queries.f_transpose(0, 1)?.f_reshape([count, hidden])?;
        let own = against(&own, &weight.f_narrow(1, 0, hidden)?)?;
        let normed = run.scatter(normed, outputs, &own)?;
        run.scatter(self.first.rows(&(0..tokens))?.back(&normed, &w.ln_1, run.rule)?, outputs, &gradient)
    }
}

impl NormRecord {
    /// The norm, and what its way back needs. `x` is `[rows, hidden]`.
    fn forward(x: &Tensor, affine: &Affine, epsilon: f64) -> Result<(Tensor, Self), Error> {
        let mean = x.f_mean_dim(&[-1_i64][..], true, None)?;
        let centered = x.f_sub(&mean)?;
        let variance = centered.f_square()?.f_mean_dim(&[-1_i64][..], true, None)?;
        let inverse = variance.f_add_scalar(epsilon)?.f_rsqrt()?;
        let standard = centered.f_mul(&inverse)?;
        let normed = standard.f_mul(&affine.weight)?.f_add(&affine.bias)?;
        Ok((normed, Self { standard, inverse }))
    }

    /// From the gradient of the norm's output to that of its input: `[rows, hidden]`, or `[rows, outputs, hidden]`.
    ///
    /// `(g − mean(g) − x̂ mean(g ⊙ x̂)) / σ`, with `g` the gradient times the weight and `x̂` the input in standard
    /// units; without the third term where `σ` is held.
    fn back(&self, gradient: &Tensor, affine: &Affine, rule: BackwardRule) -> Result<Tensor, Error> {
        let gradient = gradient.f_mul(&affine.weight)?;
        let flat = gradient.dim() == 2;
        let mut gradient = if flat { gradient.f_unsqueeze(1)? } else { gradient };
        if rule != BackwardRule::Gradient {
            let mean = gradient.f_mean_dim(&[-1_i64][..], true, None)?;
            let gradient = gradient.f_sub_(&mean)?.f_mul_(&self.inverse.f_unsqueeze(1)?)?;
            return Ok(if flat { gradient.f_squeeze_dim(1)? } else { gradient });
        }
        // Both means are products with two columns, and what they take away is a product with two rows.
        let ones = self.standard.f_ones_like()?;
        let two = Tensor::f_stack(&[ones, self.standard.shallow_clone()], 1)?;
        let means = gradient.f_bmm(&two.f_transpose(1, 2)?)?.f_div_scalar_(two.size()[2])?;
        gradient =
            gradient.f_baddbmm(&means.f_neg()?, &two, 1.0, 1.0)?.f_mul_(&self.inverse.f_unsqueeze(1)?)?;
        Ok(if flat { gradient.f_squeeze_dim(1)? } else { gradient })
    }

    /// Some rows of it.
    fn rows(&self, rows: &Range<i64>) -> Result<Self, Error> {
        let narrow = |x: &Tensor| x.f_narrow(0, rows.start, rows.end - rows.start);
        Ok(Self { standard: narrow(&self.standard)?, inverse: narrow(&self.inverse)? })
    }
}

/// Through a block's feed-forward part and the residual stream beside it.
fn back_feed_forward(
    block: &Block,
    gradient: &Tensor,
    slope: &Tensor,
    norm: &NormRecord,
    rule: BackwardRule,
) -> Result<Tensor, Error> {
    let w = block.weights();
    let inner = against(gradient, &w.inner_out.weight)?.f_mul_(slope)?;
    let normed = against(&inner, &w.inner.weight)?;
    drop(inner);
    Ok(norm.back(&normed, &w.ln_2, rule)?.f_add_(gradient)?)
}

/// `x Wᵀ`: back through a linear map whose weight is `[in, out]`.
fn against(x: &Tensor, weight: &Tensor) -> Result<Tensor, Error> {
    let mut size = x.size();
    let flat = x.f_reshape([-1, weight.size()[1]])?.f_matmul(&weight.f_transpose(0, 1)?)?;
    if let Some(last) = size.last_mut() {
        *last = weight.size()[0];
    }
    Ok(flat.f_reshape(size)?)
}

/// What goes back of a gradient to values, and to the scores' two factors each.
fn shares(rule: BackwardRule) -> (f64, f64) {
    match rule {
        // Half to each factor of pattern times values, and of the pattern's half again half to queries and to keys.
        BackwardRule::AttnLrp => (0.5, 0.25),
        BackwardRule::CpLrp => (1.0, 0.0),
        // The gradient; rules that are not known here never come this far.
        _ => (1.0, 1.0),
    }
}

/// Back through a softmax, in place: `p ⊙ (g − Σ g ⊙ p)`.
fn back_softmax(gradient: &mut Tensor, pattern: &Tensor) -> Result<(), Error> {
    let _ = gradient.f_mul_(pattern)?;
    let sum = gradient.f_sum_dim_intlist(&[-1_i64][..], true, None)?;
    let _ = gradient.f_addcmul_(pattern, &sum.f_neg()?)?;
    Ok(())
}

/// The activation and its derivative; or the slope of the line from zero, `f(x)/x`, by a rule that keeps relevance.
fn with_slope(activation: Activation, x: &Tensor, rule: BackwardRule) -> Result<(Tensor, Tensor), Error> {
    let (y, slope) = with_derivative(activation, x)?;
    if rule == BackwardRule::Gradient {
        return Ok((y, slope));
    }
    // At zero the line is the tangent.
    let line = y.f_div(x)?.f_where_self(&x.f_ne(0.0)?, &slope)?;
    Ok((y, line))
}

/// The activation and its derivative.
fn with_derivative(activation: Activation, x: &Tensor) -> Result<(Tensor, Tensor), Error> {
    tch::with_grad(|| {
        let x = x.f_detach()?.f_set_requires_grad(true)?;
        let y = activation.apply(&x)?;
        let ones = y.f_sum(None)?;
        let slope = Tensor::f_run_backward(&[&ones], &[&x], false, false)?.swap_remove(0);
        Ok((y.f_detach()?, slope))
    })
}

/// Whether a rule is one of those here.
pub(crate) fn knows(rule: BackwardRule) -> bool {
    matches!(rule, BackwardRule::Gradient | BackwardRule::AttnLrp | BackwardRule::CpLrp)
}

/// Whether the batched way back keeps as many digits as autograd does.
pub(crate) fn serves(kind: Kind) -> bool {
    matches!(kind, Kind::Float | Kind::Double)
}
