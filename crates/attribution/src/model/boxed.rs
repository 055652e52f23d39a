//! A boxed model is a model: every call goes to the model in the box.

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::method::baseline::Baseline;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::generation::Generation;
use crate::model::inside::{BackwardRule, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, Limits, Pass, TokenId};
use std::ops::Range;
use tch::Tensor;

impl<M: LanguageModel + ?Sized> LanguageModel for Box<M> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        (**self).embed(ids)
    }

    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        (**self).logits(embeddings, n_input, positions)
    }

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        (**self).tape(embeddings, n_input, positions)
    }

    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        (**self).tape_by(rule, embeddings, n_input, positions)
    }

    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        (**self).prefix_cache(embeddings, n_input)
    }

    fn shares_prefix(&self) -> bool {
        (**self).shares_prefix()
    }

    fn kept_inputs(&self) -> usize {
        (**self).kept_inputs()
    }

    fn start_token(&self) -> Option<TokenId> {
        (**self).start_token()
    }

    fn inside(&self) -> Option<&dyn Inside> {
        (**self).inside()
    }

    fn decoder_attention(&self) -> Option<&dyn DecoderAttention> {
        (**self).decoder_attention()
    }

    fn footprint(&self, pass: Pass) -> Option<usize> {
        (**self).footprint(pass)
    }

    fn sha256(&self) -> Option<&str> {
        (**self).sha256()
    }

    fn end_of_text(&self) -> Option<TokenId> {
        (**self).end_of_text()
    }

    fn ends_of_text(&self) -> Vec<TokenId> {
        (**self).ends_of_text()
    }

    fn mask_token(&self) -> Option<TokenId> {
        (**self).mask_token()
    }

    fn suited_baseline(&self) -> Baseline {
        (**self).suited_baseline()
    }

    fn generate(
        &self,
        input: &[TokenId],
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Vec<TokenId>, Error> {
        (**self).generate(input, generation, each)
    }

    fn generate_runs(
        &self,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        (**self).generate_runs(input, generations, each)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    /// The names of the methods between two lines of a file.
    fn methods<'a>(text: &'a str, begins: &str) -> BTreeSet<&'a str> {
        let from = text.split_once(begins).expect("the text is there").1;
        let body = from.split("\n}\n").next().expect("a part");
        let name = |line: &'a str| line.strip_prefix("    fn ")?.split(['(', '<']).next();
        body.lines().filter_map(name).collect()
    }

    /// A method that is not forwarded would silently be the default implementation.
    #[test]
    fn every_method_of_a_model_is_asked_of_what_is_in_the_box() {
        let of_a_model = methods(include_str!("../model.rs"), "pub trait LanguageModel");
        let of_a_box = methods(include_str!("boxed.rs"), "LanguageModel for Box<M>");
        assert!(of_a_model.len() > 10, "{of_a_model:?}");
        assert_eq!(of_a_box, of_a_model);
    }
}
