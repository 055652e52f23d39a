//! A text that is read once, by the recorded pass that its way back needs.

use crate::backward::tape::Recorded;
use crate::cache::Cache;
use crate::decoder::Decoder;
use saliency_attribution::{
    BackwardRule, Error, Generation, LanguageModel, ModelError, Pass, Reading, Tape, TokenId,
};
use tch::Tensor;

/// Texts whose activations take more are not kept: they would be in memory twice while a continuation is explained, and
/// reading them is a small part of that.
const KEPT: usize = 256 << 20;

impl Decoder {
    /// Reads a text for [`LanguageModel::read`]; `None` for a text that is too long to be kept, and in half precision.
    /// `model` is the model that this decoder belongs to.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn reading<'a>(
        &'a self,
        model: &'a dyn LanguageModel,
        input: &[TokenId],
    ) -> Result<Option<Box<dyn Reading + 'a>>, Error> {
        let pass = Pass::new(input.len(), 1).with_backward(true);
        if !crate::backward::serves(self.kind()) || input.is_empty() || self.footprint(pass) > KEPT {
            return Ok(None);
        }
        let last = input.len() as i64 - 1;
        let embeddings = self.embed(input)?.f_unsqueeze(0)?;
        let recorded = Recorded::tape(self, &embeddings, last..last + 1, BackwardRule::Gradient)?;
        Ok(Some(Box::new(ReadText { decoder: self, model, input: input.to_vec(), recorded })))
    }
}

/// A text that was read.
struct ReadText<'a> {
    decoder: &'a Decoder,
    model: &'a dyn LanguageModel,
    input: Vec<TokenId>,
    /// At its last position.
    recorded: Recorded<'a>,
}

impl Reading for ReadText<'_> {
    fn generate_runs(
        &self,
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let cache = Cache::of(self.recorded.keys_values())?;
        let read = Some((cache, self.recorded.logits().f_view([-1])?));
        self.decoder.generate_after(self.model, &self.input, read, generations, each)
    }

    fn tape<'a>(&'a self, rest: &Tensor) -> Result<Box<dyn Tape + 'a>, ModelError> {
        Ok(Box::new(self.recorded.go_on(rest)?))
    }
}
