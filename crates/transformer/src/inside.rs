//! The inside of a decoder, for methods that look there.

use crate::decoder::Decoder;
use crate::norm::Norm;
use saliency_attribution::{AttentionView, Inside, ModelError, ReadOut};
use std::ops::Range;
use tch::{Kind, TchError, Tensor};

impl Inside for Decoder {
    fn layers(&self) -> usize {
        self.blocks.len()
    }

    fn heads(&self) -> usize {
        self.blocks.first().map_or(0, |block| block.attention.shape.heads as usize)
    }

    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        let run = || self.through(0..layer, &self.positions.start(embeddings, 0)?.0);
        run().map_err(ModelError::new)
    }

    fn block(&self, layer: usize, residual: &Tensor) -> Result<Option<Tensor>, ModelError> {
        self.through(layer..layer + 1, residual).map(Some).map_err(ModelError::new)
    }

    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        logits_from(self, layer, residual, &positions).map_err(ModelError::new)
    }

    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        attention_at(self, layer, residual).map_err(ModelError::new)
    }

    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        self.blocks[layer].feed_forward(attended).map_err(ModelError::new)
    }

    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        read_out(self, residual, weights).map_err(ModelError::new)
    }
}

fn logits_from(
    decoder: &Decoder,
    layer: usize,
    residual: &Tensor,
    positions: &Range<usize>,
) -> Result<Tensor, TchError> {
    let last = decoder.blocks.len() - 1;
    let (from, count) = (positions.start as i64, positions.len() as i64);
    // The last block runs at these positions only.
    let x = if layer > last {
        residual.f_narrow(1, from, count)?
    } else {
        let x = decoder.through(layer..last, residual)?;
        let angles = decoder.positions.angles(0, x.size()[1])?;
        decoder.blocks[last].forward(&x, &(from..from + count), angles.as_ref(), None)?
    };
    decoder.read(&x)
}

fn attention_at(decoder: &Decoder, layer: usize, residual: &Tensor) -> Result<AttentionView, TchError> {
    let _no_gradient = tch::no_grad_guard();
    let block = &decoder.blocks[layer];
    let angles = decoder.positions.angles(0, residual.size()[0])?;
    let normed = block.first_norm.apply(residual)?;
    let (pattern, added) = block.attention.attention_at(&normed, angles.as_ref())?;
    let attended = residual.f_add(&added)?;
    let values = block.attention.mapped_values(&normed)?;
    let bias = match block.attention.out.bias() {
        Some(bias) => bias.shallow_clone(),
        None => residual.f_select(0, 0)?.f_zeros_like()?,
    };
    let output = block.feed_forward(&attended)?;
    Ok(AttentionView::new(pattern, values, bias, attended, output))
}

/// `Σ_v w_v U_v · norm(x)` with the norm's scale held: a direction, for a layer norm without its mean, and what the
/// norm's bias adds.
fn read_out(decoder: &Decoder, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, TchError> {
    let read = weights.f_unsqueeze(0)?.f_matmul(&decoder.head)?.f_squeeze_dim(0)?;
    match &decoder.norm {
        Norm::Layer { weight, bias, epsilon } => {
            let centred = residual.f_sub(&residual.f_mean(None)?)?;
            let variance = centred.f_square()?.f_mean(None)?.f_add_scalar(*epsilon)?;
            let scaled = read.f_mul(weight)?.f_mul(&variance.f_rsqrt()?)?;
            let direction = scaled.f_sub(&scaled.f_mean(None)?)?;
            let constant = read.f_mul(bias)?.f_sum(Kind::Double)?.f_double_value(&[])?;
            Ok(ReadOut::new(direction, constant))
        }
        Norm::Rms { weight, epsilon } => {
            let mean = residual.f_square()?.f_mean(None)?.f_add_scalar(*epsilon)?;
            Ok(ReadOut::new(read.f_mul(weight)?.f_mul(&mean.f_rsqrt()?)?, 0.0))
        }
    }
}
