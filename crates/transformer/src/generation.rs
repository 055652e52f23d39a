//! Continuations of a text with a key/value cache.

use crate::cache::Cache;
use crate::decoder::Decoder;
use saliency_attribution::{Error, Generation, LanguageModel, TokenId, generate_with};
use tch::{TchError, Tensor};

impl Decoder {
    /// Continues a text several times, and calls `each` with the number of the continuation and every new token, as
    /// [`LanguageModel::generate_runs`]. The text is read once. `model` is the model that this decoder belongs to.
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
        self.generate_after(model, input, None, generations, each)
    }

    /// The same of a text that may have been read, with its cache and the logits after it, `[vocabulary]`.
    pub(crate) fn generate_after(
        &self,
        model: &(impl LanguageModel + ?Sized),
        input: &[TokenId],
        mut read: Option<(Cache, Tensor)>,
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let _no_gradient = tch::no_grad_guard();
        // The text is read by the first run that asks; the others begin with copies of its cache, which share its
        // tensors.
        let run = |(run, generation): (usize, &Generation)| {
            let mut cache = Cache::new(self.blocks.len());
            generate_with(model, input, generation, &mut |id| each(run, id), |ids| {
                if let (true, Some((prefix, logits))) = (ids.len() == input.len(), &read) {
                    cache = prefix.shallow_clone();
                    return Ok(logits.shallow_clone());
                }
                let logits = self.next(&ids[cache.len() as usize..], &mut cache)?;
                if ids.len() == input.len() {
                    read = Some((cache.shallow_clone(), logits.shallow_clone()));
                }
                Ok(logits)
            })
        };
        generations.iter().enumerate().map(run).collect()
    }

    /// Logits after further tokens of a cached sequence: `[vocabulary]`.
    fn next(&self, ids: &[TokenId], cache: &mut Cache) -> Result<Tensor, TchError> {
        let embeddings = self.embed(ids)?.f_unsqueeze(0)?;
        let last = ids.len() as i64 - 1;
        self.read(&self.blocks_at(&embeddings, &(last..last + 1), Some(cache))?)?.f_view([-1])
    }
}
