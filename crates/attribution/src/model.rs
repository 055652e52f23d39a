//! The seam: what attribution asks of a language model.

pub(crate) mod boxed;
pub(crate) mod checked;
pub(crate) mod generation;
pub(crate) mod inside;
pub(crate) mod layers;
pub(crate) mod prefix_cache;
pub(crate) mod sampling;
pub(crate) mod sequence;
pub(crate) mod tape;

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::model::generation::Generation;
use crate::model::inside::Inside;
use crate::model::prefix_cache::PrefixCache;
use crate::model::sequence::Sequence;
use crate::model::tape::Tape;
use std::ops::Range;
use tch::Tensor;

/// A token's number in a vocabulary.
pub type TokenId = u32;

/// What a model can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Tokens that it reads at once, inputs and outputs together.
    pub context: usize,
    /// Size of its vocabulary; token numbers are below it.
    pub vocabulary: usize,
}

impl Limits {
    /// So many tokens at once, of a vocabulary of that size.
    pub fn new(context: usize, vocabulary: usize) -> Self {
        Self { context, vocabulary }
    }

    /// Checks that so many tokens can be read together.
    ///
    /// # Errors
    /// [`Error::NoInput`] without input tokens, [`Error::Context`] for more than the context.
    pub fn check_length(self, n_input: usize, n_output: usize) -> Result<(), Error> {
        if n_input == 0 {
            return Err(Error::NoInput);
        }
        if n_output > self.context.saturating_sub(n_input) {
            return Err(Error::Context { n_input, n_output, context: self.context });
        }
        Ok(())
    }
}

/// A pass of one sequence through a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pass {
    /// Tokens that are read.
    pub tokens: usize,
    /// Positions whose logits are asked for.
    pub positions: usize,
    /// Whether it can be walked back.
    pub backward: bool,
}

impl Pass {
    /// A forward pass of so many tokens, with logits at so many positions.
    pub fn new(tokens: usize, positions: usize) -> Self {
        Self { tokens, positions, backward: false }
    }

    /// Whether it can be walked back. Default: `false`.
    #[must_use]
    pub fn with_backward(self, backward: bool) -> Self {
        Self { backward, ..self }
    }
}

/// An autoregressive language model, split where attribution cuts it: at the token embeddings.
///
/// Positions run over the whole sequence: inputs, then outputs. The logits at position `p` are the model's
/// prediction of token `p + 1`, from tokens `0..=p` alone. In an encoder–decoder the first `n_input - 1`
/// tokens are the source, the last input token is the decoder's start token, and the outputs follow; the
/// same sentence holds.
///
/// Four methods are required. The others have provided forms that a model may replace by faster ones.
pub trait LanguageModel {
    /// What a person calls this model.
    fn name(&self) -> &str;

    /// Context length and size of the vocabulary.
    fn limits(&self) -> Limits;

    /// Token embeddings, before positions are added.
    ///
    /// # Shapes
    /// Returns `[tokens, hidden]`, on the model's device and in its dtype.
    ///
    /// # Errors
    /// Whatever keeps the model from looking them up.
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError>;

    /// Logits at chosen positions, differentiable with respect to `embeddings`.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`: token embeddings, which need not be those of any token
    /// - `n_input`: how many of the tokens are inputs
    /// - `positions`: within `0..tokens`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// # Errors
    /// Whatever keeps the model from running.
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError>;

    /// A forward pass that can be walked back for many outputs at once, where the model has one that is faster than
    /// autograd. `None`, the provided form, leaves it to autograd.
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`; the rest as in [`logits`](Self::logits)
    ///
    /// # Errors
    /// Whatever keeps the model from running.
    #[doc(alias = "run")]
    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        let _ = (embeddings, n_input, positions);
        Ok(None)
    }

    /// A forward pass at one sequence, of which variants that differ from some token on are cheaper than passes of
    /// their own: a key/value cache. `None`, the provided form, reads every variant whole. A model that gives one says
    /// so in [`shares_prefix`](Self::shares_prefix).
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`
    ///
    /// # Errors
    /// Whatever keeps the model from running.
    #[doc(alias = "variants")]
    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        let _ = (embeddings, n_input);
        Ok(None)
    }

    /// Whether variants of a text share the work of what is before their first difference: whether
    /// [`variants`](Self::variants) gives a cache. Costs and progress are foreseen by it. The provided form is `false`.
    fn shares_prefix(&self) -> bool {
        false
    }

    /// How many inputs at the end can't be left out of a text: 1 for an encoder–decoder, whose decoder begins with the
    /// last input. The provided form is 0.
    fn kept_inputs(&self) -> usize {
        0
    }

    /// What methods that look inside a transformer ask of it. `None`, the provided form, where it is none.
    fn inside(&self) -> Option<&dyn Inside> {
        None
    }

    /// Bytes that one sequence's pass takes besides the weights, for the choice of batches. `None`, the provided form,
    /// where nobody has counted.
    fn footprint(&self, pass: Pass) -> Option<usize> {
        let _ = pass;
        None
    }

    /// SHA-256 of the weights in hexadecimal, for the record. `None` where there is no weights file.
    fn sha256(&self) -> Option<&str> {
        None
    }

    /// The token that ends a text, where the model has one. Generation stops after it.
    fn end_of_text(&self) -> Option<TokenId> {
        None
    }

    /// All tokens that end a text, for models that have several.
    fn ends_of_text(&self) -> Vec<TokenId> {
        self.end_of_text().into_iter().collect()
    }

    /// The token that stands for a hidden one, where the model was trained with one. The baseline `mask` needs it.
    fn mask_token(&self) -> Option<TokenId> {
        None
    }

    /// Continues a text, and calls `each` with every new token. `each` returns `false` to stop.
    ///
    /// The provided form reads the whole prefix again for every token; a model with a key/value cache
    /// replaces it.
    ///
    /// # Errors
    /// A text that is empty or, with the tokens asked for, longer than the context; a failing model.
    fn generate(
        &self,
        input: &[TokenId],
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Vec<TokenId>, Error> {
        generation::without_cache(self, input, generation, each)
    }

    /// Continues a text several times, and calls `each` with the run's number, from 0, and every new token. `each`
    /// returns `false` to stop that run. The runs' tokens are those of [`generate`](Self::generate); the provided form
    /// calls it for each, a model with a key/value cache reads the text once.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    fn generate_runs(
        &self,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        let run = |(run, generation)| self.generate(input, generation, &mut |id| each(run, id));
        generations.iter().enumerate().map(run).collect()
    }
}

/// Checks that a model can read a sequence.
pub(crate) fn check_fits(model: &(impl LanguageModel + ?Sized), sequence: &Sequence) -> Result<(), Error> {
    let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
    if n_output == 0 {
        return Err(Error::NoOutput);
    }
    check_ids(model.limits(), sequence.ids())?;
    model.limits().check_length(n_input, n_output)
}

pub(crate) fn check_ids(limits: Limits, ids: &[TokenId]) -> Result<(), Error> {
    match ids.iter().position(|&id| id as usize >= limits.vocabulary) {
        Some(position) => Err(Error::TokenId { position, id: ids[position], vocabulary: limits.vocabulary }),
        None => Ok(()),
    }
}
