//! One recorded forward pass of one sequence, and the way back of its outputs.

use crate::backward::block::BlockRecord;
use crate::backward::norm::NormRecord;
use crate::decoder::Decoder;
use saliency_attribution::{BackwardRule, Error, Tape};
use std::ops::Range;
use std::rc::Rc;
use tch::{TchError, Tensor};

/// Outputs whose products are taken together hold at most this many numbers in the widest activation, or are two.
const WIDEST: i64 = 1 << 22;
/// In a long text one output alone makes attention's products thin.
const TOGETHER: i64 = 2;

/// One forward pass of one sequence, and what its way back needs.
#[derive(Debug)]
pub(crate) struct Recorded<'a> {
    decoder: &'a Decoder,
    /// Shared with the same text read further.
    blocks: Vec<Rc<BlockRecord>>,
    norm: NormRecord,
    logits: Tensor,
    positions: Range<i64>,
    rule: BackwardRule,
}

impl<'a> Recorded<'a> {
    /// Runs the decoder on one sequence.
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`
    pub(crate) fn tape(
        decoder: &'a Decoder,
        embeddings: &Tensor,
        positions: Range<i64>,
        rule: BackwardRule,
    ) -> Result<Self, TchError> {
        let _no_gradient = tch::no_grad_guard();
        let all = 0..positions.end;
        let embeddings = embeddings.f_select(0, 0)?.f_narrow(0, 0, all.end)?;
        let (mut x, angles) = decoder.positions.start(&embeddings, 0)?;
        let (mut blocks, count) = (Vec::new(), decoder.blocks.len());
        for (i, block) in decoder.blocks.iter().enumerate() {
            let wanted = if i + 1 == count { &positions } else { &all };
            let record;
            (x, record) = BlockRecord::forward(block, &x, wanted, (angles.as_ref(), None), rule)?;
            blocks.push(Rc::new(record));
        }
        let (x, norm) = NormRecord::forward(&x, &decoder.norm)?;
        let logits = x.f_matmul(&decoder.head.f_transpose(0, 1)?)?.f_unsqueeze(0)?;
        Ok(Self { decoder, blocks, norm, logits, positions, rule })
    }

    /// The same sequence with further tokens, `[1, rest, hidden]`: all after the first recorded position are. By the
    /// gradient's rule.
    pub(crate) fn go_on(&self, rest: &Tensor) -> Result<Self, TchError> {
        let _no_gradient = tch::no_grad_guard();
        let end = self.positions.end;
        let (mut x, angles) = self.decoder.positions.start(&rest.f_select(0, 0)?, end)?;
        let (mut blocks, positions) = (Vec::new(), self.positions.start..end + x.size()[0]);
        for (record, block) in self.blocks.iter().zip(&self.decoder.blocks) {
            if positions.end == end {
                blocks.push(Rc::clone(record));
                continue;
            }
            let of_both;
            (x, of_both) = record.go_on(block, &x, angles.as_ref(), self.rule)?;
            blocks.push(Rc::new(of_both));
        }
        let (x, norm) = NormRecord::forward(&x, &self.decoder.norm)?;
        let logits = x.f_matmul(&self.decoder.head.f_transpose(0, 1)?)?.f_unsqueeze(0)?;
        Ok(Self {
            decoder: self.decoder,
            blocks,
            norm: self.norm.with(&norm)?,
            logits: Tensor::f_cat(&[&self.logits, &logits], 1)?,
            positions,
            rule: self.rule,
        })
    }

    /// Keys and values of each block.
    pub(crate) fn keys_values(&self) -> impl Iterator<Item = (&Tensor, &Tensor)> {
        self.blocks.iter().map(|block| block.keys_values())
    }

    /// The way back of some outputs: `[tokens, outputs, hidden]`, with the tokens that any of them has read.
    fn back(&self, outputs: &Range<i64>, cotangents: &Tensor) -> Result<Tensor, TchError> {
        // At first an output has one row: its own position's.
        let gradient = cotangents.f_matmul(&self.decoder.head)?;
        let mut gradient = self.norm.rows(outputs)?.back(&gradient, &self.decoder.norm, self.rule)?;
        for (i, (record, block)) in self.blocks.iter().zip(&self.decoder.blocks).enumerate().rev() {
            gradient = if i + 1 == self.blocks.len() {
                record.back_from_outputs(
                    block,
                    (self.positions.start, outputs),
                    &gradient,
                    None,
                    self.rule,
                )?
            } else {
                record.back(block, &(0..gradient.size()[0]), &gradient, None, self.rule)?
            };
        }
        Ok(gradient)
    }

    /// The way back of the sum over some outputs: `[tokens, hidden]`. It is one from the keys and values of the last
    /// block on.
    fn back_sum(&self, outputs: &Range<i64>, cotangents: &Tensor) -> Result<Tensor, TchError> {
        let gradient = cotangents.f_matmul(&self.decoder.head)?;
        let gradient = self.norm.rows(outputs)?.back(&gradient, &self.decoder.norm, self.rule)?;
        let mut gradient = gradient.f_unsqueeze(1)?;
        let mut rows = outputs.clone();
        for (record, block) in self.blocks.iter().zip(&self.decoder.blocks).rev() {
            gradient = record.back(block, &rows, &gradient, None, self.rule)?;
            rows = 0..gradient.size()[0];
        }
        gradient.f_squeeze_dim(1)
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
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let inner = self.decoder.blocks.first().map_or(1, |block| block.feed_forward.width() as i64);
        let together = together(self.positions.end, inner);
        in_chunks(outputs, together, cotangents, &|some, cotangents| self.back(some, cotangents), each)
    }

    fn vjp_of_sum(&self, outputs: Range<usize>, cotangents: &Tensor) -> Result<Tensor, Error> {
        let outputs = outputs.start as i64..outputs.end as i64;
        tch::no_grad(|| self.back_sum(&outputs, cotangents)).map_err(|error| Error::Model(error.into()))
    }
}

/// How many outputs go back together through so many tokens and the widest activation.
pub(crate) fn together(tokens: i64, widest: i64) -> i64 {
    (WIDEST / (tokens * widest)).max(TOGETHER)
}

/// From the gradients of some outputs' logits to `[tokens, outputs, hidden]`.
pub(crate) type WayBack<'a> = dyn Fn(&Range<i64>, &Tensor) -> Result<Tensor, TchError> + 'a;

/// The way back of some outputs in chunks.
pub(crate) fn in_chunks(
    outputs: Range<usize>,
    together: i64,
    cotangents: &Tensor,
    back: &WayBack<'_>,
    each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
) -> Result<(), Error> {
    let model = |error: TchError| Error::Model(error.into());
    let (first, end) = (outputs.start as i64, outputs.end as i64);
    let mut start = first;
    while start < end {
        let stop = (start + together).min(end);
        let cotangents = cotangents.f_narrow(0, start - first, stop - start).map_err(model)?;
        // What `each` does is its own, with gradients or without.
        let gradients = tch::no_grad(|| back(&(start..stop), &cotangents)).map_err(model)?;
        for output in start..stop {
            each(output as usize, gradients.f_select(1, output - start).map_err(model)?)?;
        }
        start = stop;
    }
    Ok(())
}
