//! A decoder: token embeddings, positions, blocks, a last norm and a head.

use crate::attention::Shape;
use crate::backward::tape::Recorded;
use crate::block::Block;
use crate::cache::Cache;
use crate::norm::Norm;
use crate::positions::Positions;
use crate::prefix_cache::CachedPrefix;
use saliency_attribution::{BackwardRule, ModelError, Pass, PrefixCache, Tape, TokenId};
use std::ops::Range;
use tch::{Device, Kind, TchError, Tensor};

/// A decoder-only transformer, with its weights on one device in one dtype.
#[derive(Debug)]
pub struct Decoder {
    /// Token embeddings, `[vocabulary, hidden]`.
    pub embeddings: Tensor,
    /// How it knows where a token stands.
    pub positions: Positions,
    /// The blocks, in order.
    pub blocks: Vec<Block>,
    /// The last norm.
    pub norm: Norm,
    /// The head, `[vocabulary, hidden]`: the token embeddings again where they are tied.
    pub head: Tensor,
}

impl Decoder {
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

    /// Token embeddings, before positions are added.
    ///
    /// # Shapes
    /// - `ids`: int64, `[batch, tokens]`; returns `[batch, tokens, hidden]`
    ///
    /// # Errors
    /// What libtorch says, for a number outside the vocabulary among others.
    pub fn embed_ids(&self, ids: &Tensor) -> Result<Tensor, TchError> {
        Tensor::f_embedding(&self.embeddings, ids, -1, false, false)
    }

    /// The same of one sequence: `[tokens, hidden]`.
    ///
    /// # Errors
    /// As [`embed_ids`](Self::embed_ids).
    pub fn embed(&self, ids: &[TokenId]) -> Result<Tensor, TchError> {
        let ids: Vec<i64> = ids.iter().map(|&id| id.into()).collect();
        self.embed_ids(&Tensor::f_from_slice(&ids)?.f_to(self.device())?)
    }

    /// Logits at some positions, from token embeddings that need not be those of any token.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`
    /// - `positions`: within `0..tokens`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// The last block and the head run at these positions only, and no block sees a later token.
    ///
    /// # Errors
    /// What libtorch says, for more tokens than there are learned positions among others.
    pub fn logits_at(&self, embeddings: &Tensor, positions: Range<usize>) -> Result<Tensor, TchError> {
        let positions = positions.start as i64..positions.end as i64;
        let embeddings = embeddings.f_narrow(1, 0, positions.end)?;
        self.read(&self.blocks_at(&embeddings, &positions, None)?)
    }

    /// A recorded forward pass with a backward pass for many outputs at once; `None` in half precision, where it would
    /// lose digits that autograd keeps, and for rules that are not known here.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn tape<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        if !crate::backward::serves_by(rule, self.kind()) {
            return Ok(None);
        }
        let positions = positions.start as i64..positions.end as i64;
        let recorded = Recorded::tape(self, embeddings, positions, rule).map_err(ModelError::new)?;
        Ok(Some(Box::new(recorded)))
    }

    /// A key/value cache of one sequence, `[1, tokens, hidden]`, for variants of it.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        Ok(Some(Box::new(CachedPrefix::new(self, embeddings).map_err(ModelError::new)?)))
    }

    /// Bytes that the pass of one sequence takes besides the weights, of `context` tokens at most.
    pub fn footprint(&self, pass: Pass) -> usize {
        let hidden = self.embeddings.size().last().map_or(0, |&hidden| hidden as usize);
        let tokens = pass.tokens;
        let Some(block) = self.blocks.first() else { return 0 };
        let Shape { heads, groups, width, .. } = block.attention.shape;
        let projected = (heads + 2 * groups) as usize * width as usize;
        let inner = block.feed_forward.kept() * block.feed_forward.width();
        // In numbers, for each token: what one block holds at a time, and, to be walked back, what each keeps.
        let wide = 5 * hidden + projected + inner + 3 * heads as usize * tokens;
        let kept = if pass.backward {
            self.blocks.len() * (7 * hidden + projected + inner + heads as usize * tokens)
        } else {
            // Prefixes that variants share are copied for each of them.
            2 * hidden
        };
        tokens * (wide + kept) * self.kind().elt_size_in_bytes()
    }

    /// From what a block reads to what another reads: `[batch, tokens, hidden]` both.
    pub(crate) fn through(&self, blocks: Range<usize>, x: &Tensor) -> Result<Tensor, TchError> {
        let tokens = x.size()[1];
        let angles = self.positions.angles(0, tokens)?;
        let mut x = x.shallow_clone();
        for block in &self.blocks[blocks] {
            x = block.forward(&x, &(0..tokens), angles.as_ref(), None)?;
        }
        Ok(x)
    }

    /// The last norm and the head.
    pub(crate) fn read(&self, x: &Tensor) -> Result<Tensor, TchError> {
        self.norm.apply(x)?.f_matmul(&self.head.f_transpose(0, 1)?)
    }

    /// What the last block makes of some positions: `[batch, positions, hidden]`.
    pub(crate) fn blocks_at(
        &self,
        embeddings: &Tensor,
        positions: &Range<i64>,
        mut cache: Option<&mut Cache>,
    ) -> Result<Tensor, TchError> {
        let all = 0..embeddings.size()[1];
        let past = cache.as_ref().map_or(0, |cache| cache.len());
        let (mut x, angles) = self.positions.start(embeddings, past)?;
        for (i, block) in self.blocks.iter().enumerate() {
            let wanted = if i + 1 == self.blocks.len() { positions } else { &all };
            let cache = cache.as_mut().and_then(|cache| cache.layer(i));
            x = block.forward(&x, wanted, angles.as_ref(), cache)?;
        }
        Ok(x)
    }
}
