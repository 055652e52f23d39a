//! A model with random weights in some of its blocks.

use crate::error::model_error::ModelError;
use crate::model::LanguageModel;
use std::ops::Range;

/// A model that can be made anew with random weights in some of its blocks, for checks of whether attributions depend
/// on what was learnt.
pub trait Randomize {
    /// The number of blocks, of an encoder–decoder the encoder's and then the decoder's.
    fn blocks(&self) -> usize;

    /// The same model whose weight matrices in some blocks are normal numbers of the same standard deviation, with mean
    /// 0. Embeddings, norms, biases and the head stay. A block's numbers depend on the seed and on which block it is
    /// alone.
    ///
    /// # Errors
    /// Any failure to make it.
    fn randomized(&self, blocks: Range<usize>, seed: u64) -> Result<Box<dyn LanguageModel>, ModelError>;
}
