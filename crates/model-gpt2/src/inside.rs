//! GPT-2's inside, for methods that look there.

use crate::block::{Block, layer_norm};
use crate::gpt2::Gpt2;
use crate::pullback::{self, Recorded};
use saliency_attribution::{AttentionView, BackwardRule, Inside, ModelError, ReadOut, Tape};
use saliency_checkpoint::Error;
use std::ops::Range;
use tch::{Kind, Tensor};

impl Inside for Gpt2 {
    fn layers(&self) -> usize {
        self.blocks().len()
    }

    fn heads(&self) -> usize {
        self.config().n_head
    }

    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        Ok(residual(self, layer, embeddings)?)
    }

    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        Ok(logits_from(self, layer, residual, &positions)?)
    }

    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        Ok(attention_at(&self.blocks()[layer], residual)?)
    }

    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.blocks()[layer].feed_forward(attended)?)
    }

    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        Ok(read_out(self, residual, weights)?)
    }

    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        if !pullback::knows(rule) {
            return Ok(None);
        }
        let positions = positions.start as i64..positions.end as i64;
        Ok(Some(Box::new(Recorded::tape(self, embeddings, positions, rule)?)))
    }
}

fn residual(model: &Gpt2, layer: usize, embeddings: &Tensor) -> Result<Tensor, Error> {
    let positions = model.position_embeddings(0, embeddings.size()[1])?;
    model.through(0..layer, &embeddings.f_add(&positions)?)
}

fn logits_from(
    model: &Gpt2,
    layer: usize,
    residual: &Tensor,
    positions: &Range<usize>,
) -> Result<Tensor, Error> {
    let last = model.blocks().len() - 1;
    let (from, count) = (positions.start as i64, positions.len() as i64);
    // The last block runs at these positions only.
    let x = if layer > last {
        residual.f_narrow(1, from, count)?
    } else {
        let x = model.through(layer..last, residual)?;
        model.blocks()[last].forward(&x, from..from + count, None)?
    };
    model.read(&x)
}

fn attention_at(block: &Block, residual: &Tensor) -> Result<AttentionView, Error> {
    let _no_gradient = tch::no_grad_guard();
    let weights = block.weights();
    let normed = layer_norm(residual, &weights.ln_1, block.epsilon())?;
    let (pattern, added) = block.attention().attention_at(&normed, weights)?;
    let attended = residual.f_add(&added)?;
    let values = block.attention().mapped_values(&normed, weights)?;
    let bias = weights.attention_out.bias.shallow_clone();
    let output = block.feed_forward(&attended)?;
    Ok(AttentionView::new(pattern, values, bias, attended, output))
}

/// `Σ_v w_v U_v · (γ ⊙ (x − mean x)/σ + β)` with `σ` held: a direction without its mean, and what `β` adds.
fn read_out(model: &Gpt2, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, Error> {
    let norm = model.ln_f();
    let read = weights.f_unsqueeze(0)?.f_matmul(model.head())?.f_squeeze_dim(0)?;
    let centred = residual.f_sub(&residual.f_mean(None)?)?;
    let variance = centred.f_square()?.f_mean(None)?.f_add_scalar(model.config().layer_norm_epsilon)?;
    let scaled = read.f_mul(&norm.weight)?.f_mul(&variance.f_rsqrt()?)?;
    let direction = scaled.f_sub(&scaled.f_mean(None)?)?;
    let constant = read.f_mul(&norm.bias)?.f_sum(Kind::Double)?.f_double_value(&[])?;
    Ok(ReadOut::new(direction, constant))
}
