//! The way back through a block.

use crate::backward::attention::{AttentionRecord, scatter};
use crate::backward::feed_forward::FeedForwardRecord;
use crate::backward::norm::NormRecord;
use crate::block::Block;
use crate::rope::Angles;
use saliency_attribution::BackwardRule;
use std::ops::Range;
use tch::{TchError, Tensor};

/// What the way back through one block needs.
#[derive(Debug)]
pub(crate) struct BlockRecord {
    first_norm: NormRecord,
    attention: AttentionRecord,
    cross: Option<(NormRecord, AttentionRecord)>,
    second_norm: NormRecord,
    feed_forward: FeedForwardRecord,
}

impl BlockRecord {
    /// As [`Block::forward`], for one sequence without a batch; where the block reads a source, `[source, hidden]`, as
    /// [`Block::forward_with_source`].
    pub(crate) fn forward(
        block: &Block,
        x: &Tensor,
        positions: &Range<i64>,
        (angles, source): (Option<&Angles>, Option<&Tensor>),
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        Self::run(block, x, positions, (angles, source, None), rule)
    }

    /// What the tokens after a recorded text become, from `[rest, hidden]`, and the record of text and rest.
    pub(crate) fn go_on(
        &self,
        block: &Block,
        x: &Tensor,
        angles: Option<&Angles>,
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        let past = Some(&self.attention);
        let (x, rest) = Self::run(block, x, &(0..x.size()[0]), (angles, None, past), rule)?;
        let both = Self {
            first_norm: self.first_norm.with(&rest.first_norm)?,
            attention: self.attention.with(rest.attention)?,
            cross: None,
            second_norm: self.second_norm.with(&rest.second_norm)?,
            feed_forward: self.feed_forward.with(&rest.feed_forward)?,
        };
        Ok((x, both))
    }

    /// Keys and values of all tokens: `[groups, tokens, width]` each.
    pub(crate) fn keys_values(&self) -> (&Tensor, &Tensor) {
        self.attention.keys_values()
    }

    fn run(
        block: &Block,
        x: &Tensor,
        positions: &Range<i64>,
        (angles, source, past): (Option<&Angles>, Option<&Tensor>, Option<&AttentionRecord>),
        rule: BackwardRule,
    ) -> Result<(Tensor, Self), TchError> {
        let (normed, first_norm) = NormRecord::forward(x, &block.first_norm)?;
        let (attended, attention) =
            AttentionRecord::forward(&block.attention, &normed, positions, (angles, past), rule)?;
        let mut x = x.f_narrow(0, positions.start, positions.end - positions.start)?.f_add(&attended)?;
        let mut cross = None;
        if let (Some((norm, attention)), Some(source)) = (&block.cross, source) {
            let (normed, norm) = NormRecord::forward(&x, norm)?;
            let (attended, record) = AttentionRecord::forward_cross(attention, &normed, source, rule)?;
            x = x.f_add(&attended)?;
            cross = Some((norm, record));
        }
        let (normed, second_norm) = NormRecord::forward(&x, &block.second_norm)?;
        let (added, feed_forward) = FeedForwardRecord::forward(&block.feed_forward, &normed, rule)?;
        Ok((x.f_add(&added)?, Self { first_norm, attention, cross, second_norm, feed_forward }))
    }

    /// From the gradient of a block's output at some of the recorded rows, `[rows, outputs, hidden]`, to that of its
    /// input, `[tokens, outputs, hidden]`. What the source gets is added to `source`, `[source, outputs, hidden]`.
    pub(crate) fn back(
        &self,
        block: &Block,
        rows: &Range<i64>,
        gradient: &Tensor,
        source: Option<&mut Tensor>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let gradient = self.back_feed_forward(block, gradient, rows, rule)?;
        let gradient = self.back_cross(block, gradient, rows, source, rule)?;
        let normed = self.attention.back(&block.attention, rows, &gradient, rule)?;
        let own = self.attention.positions(rows);
        let whole = self.first_norm.rows(&(0..own.end))?.back(&normed, &block.first_norm, rule)?;
        let _ = whole.f_narrow(0, own.start, own.end - own.start)?.f_add_(&gradient)?;
        Ok(whole)
    }

    /// The same where every output has one row, at its own position: from `[outputs, hidden]` to
    /// `[tokens, outputs, hidden]`. The first recorded output stands at `first`.
    pub(crate) fn back_from_outputs(
        &self,
        block: &Block,
        (first, outputs): (i64, &Range<i64>),
        gradient: &Tensor,
        source: Option<&mut Tensor>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let gradient = self.back_feed_forward(block, gradient, outputs, rule)?;
        let gradient = self.back_cross(block, gradient, outputs, source, rule)?;
        let normed = self.attention.back_from_outputs(&block.attention, outputs, &gradient, rule)?;
        let norm = self.first_norm.rows(&(0..first + outputs.end))?;
        let whole = norm.back(&normed, &block.first_norm, rule)?;
        scatter(&whole, first + outputs.start, &gradient)?;
        Ok(whole)
    }

    /// Through attention to the source, where there is any, and the residual stream beside it. The gradient is that of
    /// [`back`](Self::back), or with one row for each output that of [`back_from_outputs`](Self::back_from_outputs).
    fn back_cross(
        &self,
        block: &Block,
        gradient: Tensor,
        rows: &Range<i64>,
        source: Option<&mut Tensor>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let (Some((norm, record)), Some((own, attention)), Some(source)) =
            (&self.cross, &block.cross, source)
        else {
            return Ok(gradient);
        };
        let (normed, more) = if gradient.dim() == 2 {
            record.back_cross_from_outputs(attention, rows, &gradient, rule)?
        } else {
            record.back_cross(attention, rows, &gradient, rule)?
        };
        let _ = source.f_add_(&more)?;
        norm.rows(rows)?.back(&normed, own, rule)?.f_add_(&gradient)
    }

    /// Through the feed-forward part and the residual stream beside it.
    fn back_feed_forward(
        &self,
        block: &Block,
        gradient: &Tensor,
        rows: &Range<i64>,
        rule: BackwardRule,
    ) -> Result<Tensor, TchError> {
        let normed = self.feed_forward.rows(rows)?.back(&block.feed_forward, gradient)?;
        self.second_norm.rows(rows)?.back(&normed, &block.second_norm, rule)?.f_add_(gradient)
    }
}
