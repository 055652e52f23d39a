//! One recorded forward pass of an encoder–decoder, and the way back of its outputs: through the decoder, and with what
//! its blocks give to the source through the encoder.

use crate::backward::block::BlockRecord;
use crate::backward::norm::NormRecord;
use crate::backward::tape::{in_chunks, together};
use crate::encoder_decoder::EncoderDecoder;
use saliency_attribution::{BackwardRule, Error, Tape};
use std::ops::Range;
use tch::{TchError, Tensor};

/// One forward pass of one source and one target, and what its way back needs.
#[derive(Debug)]
pub(crate) struct RecordedPair<'a> {
    network: &'a EncoderDecoder,
    encoder: Vec<BlockRecord>,
    encoder_norm: NormRecord,
    decoder: Vec<BlockRecord>,
    norm: NormRecord,
    logits: Tensor,
    /// Tokens of the source.
    source: i64,
    /// Positions of the target, from the start token on.
    positions: Range<i64>,
    rule: BackwardRule,
}

impl<'a> RecordedPair<'a> {
    /// Runs the network on one sequence.
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`, of which the first `source` tokens, at least one, are the source
    /// - `positions`: of the target
    pub(crate) fn tape(
        network: &'a EncoderDecoder,
        embeddings: &Tensor,
        source: i64,
        positions: Range<i64>,
        rule: BackwardRule,
    ) -> Result<Self, TchError> {
        let _no_gradient = tch::no_grad_guard();
        let embeddings = embeddings.f_select(0, 0)?;
        let mut x = embeddings.f_narrow(0, 0, source)?;
        let mut encoder = Vec::new();
        for block in &network.encoder.blocks {
            let record;
            (x, record) = BlockRecord::forward(block, &x, &(0..source), (None, None), rule)?;
            encoder.push(record);
        }
        let (encoded, encoder_norm) = NormRecord::forward(&x, &network.encoder.norm)?;
        let all = 0..positions.end;
        let mut x = embeddings.f_narrow(0, source, all.end)?;
        let (mut decoder, count) = (Vec::new(), network.decoder.blocks.len());
        for (i, block) in network.decoder.blocks.iter().enumerate() {
            let wanted = if i + 1 == count { &positions } else { &all };
            let record;
            (x, record) = BlockRecord::forward(block, &x, wanted, (None, Some(&encoded)), rule)?;
            decoder.push(record);
        }
        let (x, norm) = NormRecord::forward(&x, &network.decoder.norm)?;
        let logits = x.f_mul_scalar(network.head_scale)?.f_matmul(&network.head.f_transpose(0, 1)?)?;
        let logits = logits.f_unsqueeze(0)?;
        Ok(Self { network, encoder, encoder_norm, decoder, norm, logits, source, positions, rule })
    }

    /// The way back of some outputs: `[tokens, outputs, hidden]`, source first, with the target's tokens that any of
    /// them has read.
    fn back(&self, outputs: &Range<i64>, cotangents: &Tensor) -> Result<Tensor, TchError> {
        let mut gradient = self.to_last_block(outputs, cotangents)?;
        let mut source = self.nothing(gradient.size()[0])?;
        for (i, (record, block)) in self.decoder.iter().zip(&self.network.decoder.blocks).enumerate().rev() {
            gradient = if i + 1 == self.decoder.len() {
                let places = (self.positions.start, outputs);
                record.back_from_outputs(block, places, &gradient, Some(&mut source), self.rule)?
            } else {
                record.back(block, &(0..gradient.size()[0]), &gradient, Some(&mut source), self.rule)?
            };
        }
        self.with_source(&source, &gradient)
    }

    /// The way back of the sum over some outputs: `[tokens, hidden]`.
    fn back_sum(&self, outputs: &Range<i64>, cotangents: &Tensor) -> Result<Tensor, TchError> {
        let mut gradient = self.to_last_block(outputs, cotangents)?.f_unsqueeze(1)?;
        let (mut source, mut rows) = (self.nothing(1)?, outputs.clone());
        for (record, block) in self.decoder.iter().zip(&self.network.decoder.blocks).rev() {
            gradient = record.back(block, &rows, &gradient, Some(&mut source), self.rule)?;
            rows = 0..gradient.size()[0];
        }
        self.with_source(&source, &gradient)?.f_squeeze_dim(1)
    }

    /// From the logits of some outputs to what the last block made of them: `[outputs, hidden]`.
    fn to_last_block(&self, outputs: &Range<i64>, cotangents: &Tensor) -> Result<Tensor, TchError> {
        let gradient = cotangents.f_matmul(&self.network.head)?.f_mul_scalar_(self.network.head_scale)?;
        self.norm.rows(outputs)?.back(&gradient, &self.network.decoder.norm, self.rule)
    }

    /// What the source has got before any block: `[source, outputs, hidden]`.
    fn nothing(&self, outputs: i64) -> Result<Tensor, TchError> {
        let hidden = self.network.embeddings.size()[1];
        Tensor::f_zeros([self.source, outputs, hidden], (self.network.kind(), self.network.device()))
    }

    /// The encoder's way back, and the target's gradient after it.
    fn with_source(&self, source: &Tensor, target: &Tensor) -> Result<Tensor, TchError> {
        let mut gradient = self.encoder_norm.back(source, &self.network.encoder.norm, self.rule)?;
        for (record, block) in self.encoder.iter().zip(&self.network.encoder.blocks).rev() {
            gradient = record.back(block, &(0..self.source), &gradient, None, self.rule)?;
        }
        Tensor::f_cat(&[&gradient, target], 0)
    }
}

impl Tape for RecordedPair<'_> {
    fn logits(&self) -> &Tensor {
        &self.logits
    }

    fn vjp(
        &self,
        outputs: Range<usize>,
        cotangents: &Tensor,
        each: &mut dyn FnMut(usize, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let inner = self.network.encoder.blocks.first().map_or(1, |block| block.feed_forward.width() as i64);
        let together = together(self.source.max(self.positions.end), inner);
        in_chunks(outputs, together, cotangents, &|some, cotangents| self.back(some, cotangents), each)
    }

    fn vjp_of_sum(&self, outputs: Range<usize>, cotangents: &Tensor) -> Result<Tensor, Error> {
        let outputs = outputs.start as i64..outputs.end as i64;
        tch::no_grad(|| self.back_sum(&outputs, cotangents)).map_err(|error| Error::Model(error.into()))
    }
}
