//! A text that is read once: continued, and its continuations explained, from there on.

use crate::error::Error;
use crate::error::model_error::ModelError;
use crate::method::baseline::Baseline;
use crate::model::boxed::forwarded;
use crate::model::decoder_attention::DecoderAttention;
use crate::model::generation::Generation;
use crate::model::inside::{BackwardRule, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::randomize::Randomize;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, Limits, Pass, TokenId, check_ids, checked};
use std::ops::Range;
use tch::Tensor;

/// What a model has computed of one text, and goes on from.
pub trait Reading {
    /// Continues the text several times, as [`LanguageModel::generate_runs`].
    ///
    /// # Errors
    /// As [`LanguageModel::generate`].
    fn generate_runs(
        &self,
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error>;

    /// The [`tape`](LanguageModel::tape) of the text and some tokens after it, at the text's last position and all
    /// after it.
    ///
    /// # Shapes
    /// - `rest`: `[1, rest, hidden]`: the token embeddings after the text, of none or more tokens
    /// - its logits are `[1, 1 + rest, vocabulary]`
    ///
    /// # Errors
    /// Any failure to run.
    fn tape<'a>(&'a self, rest: &Tensor) -> Result<Box<dyn Tape + 'a>, ModelError>;
}

/// A model that has read a text: the same model, but what it generates after this text, and gradients of what follows
/// it, begin where reading ended. So whoever generates a continuation and explains it runs the text once. Of any other
/// text it is the model itself. Numbers differ by rounding from those of a whole pass.
///
/// It keeps the text's activations, as a backward pass needs them.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, Generation, LanguageModel, ReadModel, Sequence};
///
/// let linear = Linear::new(3, 2);
/// let model = ReadModel::new(&linear, &[0, 1, 2])?;
/// let outputs = model.generate(&[0, 1, 2], &Generation::greedy(2), &mut |_| true)?;
/// let record = Attributor::new().target("logit").record(&model, &Sequence::from_ids(&[0, 1, 2], &outputs)?)?;
/// # assert_eq!(record.attributions.len(), 2);
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
pub struct ReadModel<'a> {
    model: &'a dyn LanguageModel,
    read: Option<Read<'a>>,
}

struct Read<'a> {
    ids: Vec<TokenId>,
    /// `[1, tokens, hidden]`.
    embeddings: Tensor,
    reading: Box<dyn Reading + 'a>,
}

impl<'a> ReadModel<'a> {
    /// Reads a text, where the model keeps what it reads ([`LanguageModel::read`]).
    ///
    /// # Errors
    /// An empty text, one beyond the context, or a token id beyond the vocabulary; a failing model.
    pub fn new(model: &'a dyn LanguageModel, text: &[TokenId]) -> Result<Self, Error> {
        model.limits().check_length(text.len(), 0)?;
        check_ids(model.limits(), text)?;
        let _no_gradient = tch::no_grad_guard();
        let read = match model.read(text)? {
            Some(reading) => {
                let embeddings = checked::embed(model, text, None)?.f_unsqueeze(0)?;
                Some(Read { ids: text.to_vec(), embeddings, reading })
            }
            None => None,
        };
        Ok(Self { model, read })
    }

    /// Whether the model keeps what it reads.
    pub fn has_read(&self) -> bool {
        self.read.is_some()
    }

    fn model(&self) -> &'a dyn LanguageModel {
        self.model
    }
}

impl std::fmt::Debug for ReadModel<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.read.as_ref().map(|read| &read.ids);
        f.debug_struct("ReadModel").field("model", &self.model.name()).field("ids", &ids).finish()
    }
}

impl Read<'_> {
    /// The embeddings after the text, where these begin with its own and the positions with its last.
    fn rest(&self, embeddings: &Tensor, positions: &Range<usize>) -> Result<Option<Tensor>, ModelError> {
        let read = self.ids.len();
        let rest = positions.end.checked_sub(read).filter(|_| positions.start + 1 == read);
        let Some(rest) = rest.filter(|_| embeddings.size().get(1) >= Some(&(positions.end as i64))) else {
            return Ok(None);
        };
        let own = embeddings.f_narrow(1, 0, read as i64)?;
        let same = own.size() == self.embeddings.size() && own.f_equal(&self.embeddings)?;
        Ok(if same { Some(embeddings.f_narrow(1, read as i64, rest as i64)?) } else { None })
    }
}

impl LanguageModel for ReadModel<'_> {
    forwarded!(model);

    fn tape<'a>(
        &'a self,
        embeddings: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        if let Some(read) = &self.read
            && let Some(rest) = read.rest(embeddings, &positions)?
        {
            return Ok(Some(read.reading.tape(&rest)?));
        }
        self.model.tape(embeddings, n_input, positions)
    }

    fn generate(
        &self,
        input: &[TokenId],
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Vec<TokenId>, Error> {
        match &self.read {
            Some(read) if read.ids == input => {
                let one = std::slice::from_ref(generation);
                let runs = read.reading.generate_runs(one, &mut |_, id| each(id))?;
                Ok(runs.into_iter().next().unwrap_or_default())
            }
            _ => self.model.generate(input, generation, each),
        }
    }

    fn generate_runs(
        &self,
        input: &[TokenId],
        generations: &[Generation],
        each: &mut dyn FnMut(usize, TokenId) -> bool,
    ) -> Result<Vec<Vec<TokenId>>, Error> {
        match &self.read {
            Some(read) if read.ids == input => read.reading.generate_runs(generations, each),
            _ => self.model.generate_runs(input, generations, each),
        }
    }
}
