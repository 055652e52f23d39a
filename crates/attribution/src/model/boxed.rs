//! A boxed model is a model: every call goes to the model in the box.

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::method::baseline::Baseline;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::generation::Generation;
use crate::model::inside::{BackwardRule, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::randomize::Randomize;
use crate::model::reading::Reading;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, Limits, Pass, TokenId};
use std::ops::Range;
use tch::Tensor;

/// What a model that stands for another leaves to it: everything but tapes and generation. `$other` gives the other.
macro_rules! forwarded {
    ($other:ident) => {
        fn name(&self) -> &str {
            self.$other().name()
        }

        fn limits(&self) -> Limits {
            self.$other().limits()
        }

        fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
            self.$other().embed(ids)
        }

        fn logits(
            &self,
            embeddings: &Tensor,
            n_input: usize,
            positions: Range<usize>,
        ) -> Result<Tensor, ModelError> {
            self.$other().logits(embeddings, n_input, positions)
        }

        fn tape_by<'a>(
            &'a self,
            rule: BackwardRule,
            embeddings: &Tensor,
            n_input: usize,
            positions: Range<usize>,
        ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
            self.$other().tape_by(rule, embeddings, n_input, positions)
        }

        fn prefix_cache<'a>(
            &'a self,
            embeddings: &Tensor,
            n_input: usize,
        ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
            self.$other().prefix_cache(embeddings, n_input)
        }

        fn shares_prefix(&self) -> bool {
            self.$other().shares_prefix()
        }

        fn kept_inputs(&self) -> usize {
            self.$other().kept_inputs()
        }

        fn start_token(&self) -> Option<TokenId> {
            self.$other().start_token()
        }

        fn inside(&self) -> Option<&dyn Inside> {
            self.$other().inside()
        }

        fn decoder_attention(&self) -> Option<&dyn DecoderAttention> {
            self.$other().decoder_attention()
        }

        fn randomize(&self) -> Option<&dyn Randomize> {
            self.$other().randomize()
        }

        fn footprint(&self, pass: Pass) -> Option<usize> {
            self.$other().footprint(pass)
        }

        fn sha256(&self) -> Option<&str> {
            self.$other().sha256()
        }

        fn end_of_text(&self) -> Option<TokenId> {
            self.$other().end_of_text()
        }

        fn ends_of_text(&self) -> Vec<TokenId> {
            self.$other().ends_of_text()
        }

        fn mask_token(&self) -> Option<TokenId> {
            self.$other().mask_token()
        }

        fn suited_baseline(&self) -> Baseline {
            self.$other().suited_baseline()
        }
    };
}
pub(crate) use forwarded;

impl<M: LanguageModel + ?Sized> LanguageModel for Box<M> {
    forwarded!(as_ref);

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        (**self).tape(embeddings, n_input, positions)
    }

    fn read<'a>(&'a self, input: &[TokenId]) -> Result<Option<Box<dyn Reading + 'a>>, Error> {
        (**self).read(input)
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

    /// The names of the methods between two texts of a file.
    fn methods<'a>(text: &'a str, begins: &str, ends: &str) -> BTreeSet<&'a str> {
        let from = text.split_once(begins).expect("the text is there").1;
        let body = from.split(ends).next().expect("a part");
        let name = |line: &'a str| line.trim_start().strip_prefix("fn ")?.split(['(', '<']).next();
        body.lines().filter_map(name).collect()
    }

    /// A method that is not forwarded would silently be the default implementation.
    #[test]
    fn every_method_of_a_model_is_asked_of_what_is_in_the_box() {
        let of_a_model = methods(include_str!("../model.rs"), "pub trait LanguageModel", "\n}\n");
        let of_a_box = methods(include_str!("boxed.rs"), "macro_rules! forwarded", "\n#[cfg(test)]");
        assert!(of_a_model.len() > 10, "{of_a_model:?}");
        assert_eq!(of_a_box, of_a_model);
    }
}
