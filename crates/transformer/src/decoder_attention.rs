//! What the decoder of an encoder–decoder attends to, for `attention`.

use crate::encoder_decoder::EncoderDecoder;
use saliency_attribution::{DecoderAttention, Error};
use tch::{TchError, Tensor};

/// A layer's weights over the target's tokens and over the source, each `[heads, tokens of the target, keys]`.
struct Weights {
    target: Tensor,
    source: Tensor,
}

impl DecoderAttention for EncoderDecoder {
    fn layers(&self) -> usize {
        self.decoder.blocks.len()
    }

    fn heads(&self) -> usize {
        self.decoder.blocks.first().map_or(0, |block| block.attention.shape.heads as usize)
    }

    fn to_source(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        each: &mut dyn FnMut(usize, &Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each_layer(self, embeddings, n_input, &mut |layer, weights| each(layer, &weights.source))
    }

    fn to_target(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        each: &mut dyn FnMut(usize, &Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        each_layer(self, embeddings, n_input, &mut |layer, weights| each(layer, &weights.target))
    }
}

fn each_layer(
    network: &EncoderDecoder,
    embeddings: &Tensor,
    n_input: usize,
    each: &mut dyn FnMut(usize, &Weights) -> Result<(), Error>,
) -> Result<(), Error> {
    let _no_gradient = tch::no_grad_guard();
    let source = n_input.saturating_sub(1) as i64;
    let memory = network.memory(&network.encode(&embeddings.f_narrow(0, 0, source)?.f_unsqueeze(0)?)?)?;
    let mut x = embeddings.f_narrow(0, source, embeddings.size()[0] - source)?;
    for (layer, (block, memory)) in network.decoder.blocks.iter().zip(&memory).enumerate() {
        let (target, added) = block.attention.attention_at(&block.first_norm.apply(&x)?, None)?;
        x = x.f_add(&added)?;
        let (Some((norm, cross)), Some(memory)) = (&block.cross, memory) else {
            return Err(TchError::Shape(format!("block {layer} reads no source")).into());
        };
        let (added, source) = cross.cross(&norm.apply(&x)?.f_unsqueeze(0)?, memory)?;
        x = block.feed_forward(&x.f_add(&added.f_select(0, 0)?)?)?;
        each(layer, &Weights { target, source: source.f_select(0, 0)? })?;
    }
    Ok(())
}
