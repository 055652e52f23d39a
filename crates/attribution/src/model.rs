//! What attribution needs from a language model: the trait `LanguageModel`.

pub(crate) mod boxed;
pub(crate) mod checked;
pub(crate) mod decoder_attention;
pub(crate) mod generation;
pub(crate) mod inside;
pub(crate) mod layers;
pub(crate) mod prefix_cache;
pub(crate) mod randomize;
pub(crate) mod reading;
pub(crate) mod sampling;
pub(crate) mod sequence;
pub(crate) mod tape;

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::method::baseline::Baseline;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::generation::Generation;
use crate::model::inside::{BackwardRule, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::randomize::Randomize;
use crate::model::reading::Reading;
use crate::model::sequence::Sequence;
use crate::model::tape::Tape;
use std::ops::Range;
use tch::Tensor;

/// A token's id: its number in the vocabulary.
pub type TokenId = u32;

/// The limits of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// The most tokens that it takes, inputs and outputs together.
    pub context: usize,
    /// Size of its vocabulary; token ids are below it.
    pub vocabulary: usize,
}

impl Limits {
    /// So many tokens at once, of a vocabulary of that size.
    pub fn new(context: usize, vocabulary: usize) -> Self {
        Self { context, vocabulary }
    }

    /// Checks that so many tokens fit into the context.
    ///
    /// # Errors
    /// [`Error::NoInput`] without input tokens, [`Error::Context`] for more than the context.
    pub fn check_length(self, n_input: usize, n_output: usize) -> Result<(), Error> {
        if n_input == 0 {
            return Err(Error::NoInput);
        }
        if n_input.saturating_add(n_output) > self.context {
            return Err(Error::Context { n_input, n_output, context: self.context });
        }
        Ok(())
    }
}

/// A pass of one sequence through a model, for the choice of batches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pass {
    /// Tokens in the sequence.
    pub tokens: usize,
    /// Positions whose logits are computed.
    pub positions: usize,
    /// Whether a backward pass follows.
    pub backward: bool,
}

impl Pass {
    /// A forward pass of so many tokens, with logits at so many positions.
    pub fn new(tokens: usize, positions: usize) -> Self {
        Self { tokens, positions, backward: false }
    }

    /// Whether a backward pass follows. Default: `false`.
    #[must_use]
    pub fn with_backward(self, backward: bool) -> Self {
        Self { backward, ..self }
    }
}

/// An autoregressive language model, split where attribution stops: at the token embeddings.
///
/// Positions run over the whole sequence: inputs, then outputs. The logits at position `p` are the model's
/// prediction of token `p + 1`, from tokens `0..=p` alone. This also holds for an encoder–decoder, where
/// the first `n_input - 1` tokens are the source, the last input token is the decoder's start token, and the outputs
/// follow.
///
/// Four methods are required. The others have default implementations, which a model may replace by faster ones.
pub trait LanguageModel {
    /// The model's name, for records and messages.
    fn name(&self) -> &str;

    /// Context length and size of the vocabulary.
    fn limits(&self) -> Limits;

    /// Token embeddings, before positions are added.
    ///
    /// # Shapes
    /// Returns `[tokens, hidden]`, on the model's device and in its dtype.
    ///
    /// # Errors
    /// Any failure to look them up.
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError>;

    /// Logits at chosen positions, differentiable with respect to `embeddings`.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`: token embeddings, not necessarily those of any token
    /// - `n_input`: how many of the tokens are inputs
    /// - `positions`: within `0..tokens`
    /// - returns `[batch, positions, vocabulary]`
    ///
    /// # Errors
    /// Any failure to run.
    fn logits(
        &self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError>;

    /// A recorded forward pass with a backward pass for many outputs at once, where the model has one that is faster
    /// than autograd. The default, `None`, leaves gradients to autograd.
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`; the rest as in [`logits`](Self::logits)
    ///
    /// # Errors
    /// Any failure to run.
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

    /// The same with other rules than the gradient's for the backward pass, for `attn-lrp`, `cp-lrp` and `gim`.
    /// Default: `None`, without such rules; these methods then refuse the model.
    ///
    /// # Errors
    /// Any failure to run.
    #[doc(alias = "run_by")]
    fn tape_by<'a>(
        &'a self,
        rule: BackwardRule,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        let _ = (rule, embeddings, n_input, positions);
        Ok(None)
    }

    /// A key/value cache of one sequence, for variants that differ from some token on. With the default, `None`, every
    /// variant takes a whole pass. A model that offers a cache returns `true` from
    /// [`shares_prefix`](Self::shares_prefix).
    ///
    /// # Shapes
    /// - `embeddings`: `[1, tokens, hidden]`
    ///
    /// # Errors
    /// Any failure to run.
    #[doc(alias = "variants")]
    fn prefix_cache<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        let _ = (embeddings, n_input);
        Ok(None)
    }

    /// Reads a text, of which [`ReadModel`](crate::ReadModel) generates continuations and takes their gradients without
    /// another pass over it. Without a graph. Default: `None`, for a model that keeps nothing.
    ///
    /// # Errors
    /// Any failure to run.
    fn read<'a>(&'a self, input: &[TokenId]) -> Result<Option<Box<dyn Reading + 'a>>, Error> {
        let _ = input;
        Ok(None)
    }

    /// Whether variants of a text share the work before their first difference: whether
    /// [`prefix_cache`](Self::prefix_cache) returns a cache. Costs and progress are predicted from it. Default:
    /// `false`.
    fn shares_prefix(&self) -> bool {
        false
    }

    /// The number of inputs at the end that can't be deleted: 1 for an encoder–decoder, whose decoder starts with the
    /// last input. Default: 0.
    fn kept_inputs(&self) -> usize {
        0
    }

    /// The token that an encoder–decoder's decoder starts with, which is the last input. Default: `None`, for a model
    /// without an encoder.
    fn start_token(&self) -> Option<TokenId> {
        None
    }

    /// The model's inside, for methods that use its residual stream and attention. Default: `None`.
    fn inside(&self) -> Option<&dyn Inside> {
        None
    }

    /// The attention weights of an encoder–decoder's decoder, for `attention`. Default: `None`.
    fn decoder_attention(&self) -> Option<&dyn DecoderAttention> {
        None
    }

    /// The model with random weights, for checks of attributions. Default: `None`.
    fn randomize(&self) -> Option<&dyn Randomize> {
        None
    }

    /// Bytes that the pass of one sequence takes besides the weights, for the choice of batches. Default: `None`,
    /// unknown.
    fn footprint(&self, pass: Pass) -> Option<usize> {
        let _ = pass;
        None
    }

    /// SHA-256 of the weights in hexadecimal, for the record. Default: `None`.
    fn sha256(&self) -> Option<&str> {
        None
    }

    /// The token that ends a text, after which generation stops. Default: `None`.
    fn end_of_text(&self) -> Option<TokenId> {
        None
    }

    /// All tokens that end a text. Default: [`end_of_text`](Self::end_of_text), if any.
    fn ends_of_text(&self) -> Vec<TokenId> {
        self.end_of_text().into_iter().collect()
    }

    /// The mask token, for models trained with one. The baseline `mask` needs it. Default: `None`.
    fn mask_token(&self) -> Option<TokenId> {
        None
    }

    /// The baseline at which paths begin where none is asked for: of `integrated-gradients`,
    /// `sequential-integrated-gradients`, `layer-integrated-gradients` and `gradient-shap`. One baseline, and no
    /// distribution. A model that jumps near zero, such as one with RMS norms, which forget how large their input is,
    /// returns [`Baseline::Mean`]. Default: [`Baseline::Zero`].
    fn suited_baseline(&self) -> Baseline {
        Baseline::Zero
    }

    /// Continues a text, and calls `each` with every new token. `each` returns `false` to stop.
    ///
    /// The default implementation runs the whole prefix again for every token; a model with a key/value cache replaces
    /// it.
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

    /// Continues a text several times, and calls `each` with the number of the continuation, from 0, and every new
    /// token. `each` returns `false` to stop that continuation. The tokens are those of [`generate`](Self::generate),
    /// which the default implementation calls for each; a model with a key/value cache runs the text once.
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

/// Checks that a sequence fits a model.
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
