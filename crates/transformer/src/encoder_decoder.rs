//! An encoder–decoder: an encoder reads the source, a decoder continues from its start token and attends to it.

use crate::backward::pair::RecordedPair;
use crate::block::Block;
use crate::cache::Cache;
use crate::norm::Norm;
use saliency_attribution::{
    BackwardRule, Error, Generation, LanguageModel, ModelError, Pass, Tape, TokenId, generate_with,
};
use std::ops::Range;
use tch::{Device, Kind, TchError, Tensor};

/// A transformer with an encoder and a decoder that share their token embeddings, with its weights on one device in one
/// dtype. Of a text's tokens, all inputs but the last are the source; the last one is the decoder's start token, and
/// the outputs follow.
#[derive(Debug)]
pub struct EncoderDecoder {
    /// Token embeddings, `[vocabulary, hidden]`.
    pub embeddings: Tensor,
    /// What reads the source: attention looks both ways.
    pub encoder: Stack,
    /// What continues: attention is causal, and each block attends to the source.
    pub decoder: Stack,
    /// The head, `[vocabulary, hidden]`: the token embeddings again where they are tied.
    pub head: Tensor,
    /// What the decoder's last hidden states are multiplied by before the head.
    pub head_scale: f64,
}

/// Blocks, and the norm after the last of them.
#[derive(Debug)]
pub struct Stack {
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The last norm.
    pub norm: Norm,
}

/// The source's keys and values in each block of the decoder.
pub(crate) type Memory = Vec<Option<(Tensor, Tensor)>>;

impl EncoderDecoder {
    /// Where the weights are.
    pub fn device(&self) -> Device {
        self.embeddings.device()
    }

    /// The dtype of the weights and of everything that is computed.
    pub fn kind(&self) -> Kind {
        self.embeddings.kind()
    }

    /// Whether the head is not the token embeddings again.
    pub fn has_own_head(&self) -> bool {
        self.head.data_ptr() != self.embeddings.data_ptr()
    }

    /// Token embeddings of one sequence: `[tokens, hidden]`.
    ///
    /// # Errors
    /// What libtorch says, for a number outside the vocabulary among others.
    pub fn embed(&self, ids: &[TokenId]) -> Result<Tensor, TchError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        let ids = Tensor::f_from_slice(&ids)?.f_to(self.device())?;
        Tensor::f_embedding(&self.embeddings, &ids, -1, false, false)
    }

    /// Logits at some positions, from token embeddings that need not be those of any token. At positions of the source
    /// they are zero: the encoder predicts nothing.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`; the source is all of the first `n_input` tokens but the last
    /// - `positions`: within `0..tokens`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// # Errors
    /// What libtorch says.
    pub fn logits_at(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, TchError> {
        let source = n_input.saturating_sub(1) as i64;
        let (first, end) = (positions.start as i64, positions.end as i64);
        let silent = source.min(end) - first.min(source);
        let zeros = || {
            let size = [embeddings.size()[0], silent, self.head.size()[0]];
            Tensor::f_zeros(size, (self.kind(), self.device()))
        };
        if end <= source {
            return zeros();
        }
        let memory = self.memory(&self.encode(&embeddings.f_narrow(1, 0, source)?)?)?;
        let target = embeddings.f_narrow(1, source, end - source)?;
        let wanted = first.max(source) - source..end - source;
        let logits = self.read(&self.decode(&target, &wanted, &memory, None)?)?;
        if silent > 0 { Tensor::f_cat(&[zeros()?, logits], 1) } else { Ok(logits) }
    }

    /// A recorded forward pass with a backward pass for many outputs at once; `None` where [`Decoder::tape`] has none,
    /// at positions of the source, and without a source.
    ///
    /// [`Decoder::tape`]: crate::Decoder::tape
    ///
    /// # Errors
    /// What libtorch says.
    pub fn tape<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        let source = n_input.saturating_sub(1);
        if !crate::backward::serves_by(rule, self.kind()) || source == 0 || positions.start < source {
            return Ok(None);
        }
        let positions = (positions.start - source) as i64..(positions.end - source) as i64;
        let recorded = RecordedPair::tape(self, embeddings, source as i64, positions, rule);
        Ok(Some(Box::new(recorded.map_err(ModelError::new)?)))
    }

    /// Bytes that the pass of one sequence takes besides the weights, of `pass.tokens` tokens, source and target
    /// together. Where they are all in one of the two, it takes the most.
    pub fn footprint(&self, pass: Pass) -> usize {
        let hidden = self.embeddings.size()[1] as usize;
        let Some(block) = self.encoder.blocks.first() else { return 0 };
        let projected = 3 * (block.attention.shape.heads * block.attention.shape.width) as usize;
        let inner = block.feed_forward.kept() * block.feed_forward.width();
        let patterns = block.attention.shape.heads as usize * pass.tokens;
        // In numbers, for each token: what one block holds at a time, and, to be walked back, what each keeps.
        let wide = 5 * hidden + projected + inner + 4 * patterns;
        let blocks = self.encoder.blocks.len().max(2 * self.decoder.blocks.len());
        let kept =
            if pass.backward { blocks * (7 * hidden + projected + inner + patterns) } else { 2 * hidden };
        pass.tokens * (wide + kept) * self.kind().elt_size_in_bytes()
    }

    /// What the encoder makes of a source: `[batch, tokens, hidden]` both.
    pub(crate) fn encode(&self, source: &Tensor) -> Result<Tensor, TchError> {
        let all = 0..source.size()[1];
        if all.is_empty() {
            return Ok(source.shallow_clone());
        }
        let mut x = source.shallow_clone();
        for block in &self.encoder.blocks {
            x = block.forward_with_source(&x, &all, None, None)?;
        }
        self.encoder.norm.apply(&x)
    }

    pub(crate) fn memory(&self, encoded: &Tensor) -> Result<Memory, TchError> {
        self.decoder.blocks.iter().map(|block| block.memorize(encoded)).collect()
    }

    /// What the decoder's last block makes of some positions: `[batch, positions, hidden]`.
    fn decode(
        &self,
        target: &Tensor,
        positions: &Range<i64>,
        memory: &Memory,
        mut cache: Option<&mut Cache>,
    ) -> Result<Tensor, TchError> {
        let (all, last) = (0..target.size()[1], self.decoder.blocks.len());
        let mut x = target.shallow_clone();
        for (i, (block, memory)) in self.decoder.blocks.iter().zip(memory).enumerate() {
            let wanted = if i + 1 == last { positions } else { &all };
            let cache = cache.as_mut().and_then(|cache| cache.layer(i));
            x = block.forward_with_source(&x, wanted, memory.as_ref(), cache)?;
        }
        Ok(x)
    }

    /// The last norm, its scale and the head.
    fn read(&self, x: &Tensor) -> Result<Tensor, TchError> {
        let x = self.decoder.norm.apply(x)?.f_mul_scalar(self.head_scale)?;
        x.f_matmul(&self.head.f_transpose(0, 1)?)
    }

    /// Continues a text several times, as [`LanguageModel::generate_runs`]. The encoder runs once, and the decoder
    /// keeps keys and values. `model` is the model that this network belongs to.
    ///
    /// # Errors
    /// As [`LanguageModel::generate`].
    pub fn generate_runs(
        &self,
        model: &impl LanguageModel,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let source = input.len().saturating_sub(1);
        let mut memory: Option<Memory> = None;
        let run = |(run, generation): (usize, &Generation)| {
            let mut cache = Cache::new(self.decoder.blocks.len());
            generate_with(model, input, generation, &mut |id| each(run, id), |ids| {
                if memory.is_none() {
                    memory = Some(self.memory(&self.encode(&self.embed(&ids[..source])?.f_unsqueeze(0)?)?)?);
                }
                let target = self.embed(&ids[source + cache.len() as usize..])?.f_unsqueeze(0)?;
                let last = target.size()[1] - 1;
                let memory = memory.as_ref().ok_or_else(|| TchError::Shape("no source".into()))?;
                let x = self.decode(&target, &(last..last + 1), memory, Some(&mut cache))?;
                Ok(self.read(&x)?.f_view([-1])?)
            })
        };
        generations.iter().enumerate().map(run).collect()
    }
}
