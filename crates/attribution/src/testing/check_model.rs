//! A check that a model of your own keeps everything that its trait promises.

mod comparison;
mod optional;
mod required;

use crate::error::Error;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, TokenId, checked};
use crate::problem::backward::with_gradients;
use crate::testing::check_model::comparison::Why;
use std::ops::Range;
use tch::Tensor;

/// A promise of [`LanguageModel`] that a model does not keep.
#[derive(Debug, thiserror::Error)]
#[error("the model {model:?} does not keep a promise of LanguageModel: {promise}: {found}")]
pub struct Broken {
    /// The model.
    pub model: String,
    /// The promise: `limits`, `embed`, `logits`, `determinism`, `causality`, `positions`, `batching`, `gradients`,
    /// `generate`, `suited_baseline`, `tape`, `prefix_cache`, `shares_prefix` or `inside`.
    pub promise: &'static str,
    /// What was found, with numbers.
    pub found: String,
}

/// The share by which a text is changed, to see what depends on it.
const CHANGE: f64 = 0.5;

/// Checks on one text that a model keeps what [`LanguageModel`] promises:
///
/// - `embed` returns `[tokens, hidden]` in floating point, and each token's row does not depend on the other tokens;
/// - `logits` returns `[batch, positions, vocabulary]` in floating point, without NaN, with a graph to the embeddings;
/// - a repeated pass gives the same logits, some positions the same as all of them, and a batch of two texts the same
///   as each text alone;
/// - later tokens do not change earlier logits;
/// - `generate` returns the token with the largest logit, and so does `generate_runs`;
/// - `suited_baseline` is a single one, of tokens that the model has;
/// - optional abilities agree with plain passes: `tape` with autograd, `prefix_cache` with whole passes,
///   `shares_prefix` with whether there is a cache, `inside` with `logits`: its residual streams, the sum that
///   attention adds, and its read-out.
///
/// Numbers are compared up to rounding in the model's dtype. The text should have several inputs and at least two
/// outputs.
///
/// ```
/// use saliency_attribution::Sequence;
/// use saliency_attribution::testing::{Linear, check_model};
///
/// check_model(&Linear::new(6, 2), &Sequence::from_ids(&[1, 4, 2], &[0, 5])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The first broken promise, with the numbers that show it.
pub fn check_model(model: &dyn LanguageModel, sequence: &Sequence) -> Result<(), Broken> {
    let broken = |(promise, found)| Broken { model: model.name().to_owned(), promise, found };
    with_gradients(|| Check::new(model, sequence)?.all()).map_err(broken)
}

/// A broken promise, and what was found.
type Found = (&'static str, String);

/// One model and one text.
struct Check<'a> {
    model: &'a dyn LanguageModel,
    ids: Vec<TokenId>,
    n_input: usize,
    /// `[1, tokens, hidden]`.
    embeddings: Tensor,
    /// At every position: `[1, tokens, vocabulary]`.
    logits: Tensor,
}

impl<'a> Check<'a> {
    fn new(model: &'a dyn LanguageModel, sequence: &Sequence) -> Result<Self, Found> {
        crate::model::check_fits(model, sequence).map_err(of("limits"))?;
        let (ids, n_input) = (sequence.ids().to_vec(), sequence.n_input());
        let embeddings = tch::no_grad(|| checked::embed(model, &ids, None)).map_err(of("embed"))?;
        let embeddings = embeddings.f_unsqueeze(0).map_err(of("embed"))?;
        let logits = tch::no_grad(|| checked::logits(model, &embeddings, n_input, 0..ids.len()));
        Ok(Self { model, ids, n_input, embeddings, logits: logits.map_err(of("logits"))? })
    }

    fn all(&self) -> Result<(), Found> {
        self.embed().map_err(or("embed"))?;
        self.numbers().map_err(or("logits"))?;
        self.determinism().map_err(or("determinism"))?;
        self.positions().map_err(or("positions"))?;
        self.causality().map_err(or("causality"))?;
        self.batching().map_err(or("batching"))?;
        self.gradients().map_err(or("gradients"))?;
        self.generate().map_err(or("generate"))?;
        self.suited_baseline().map_err(or("suited_baseline"))?;
        self.tape().map_err(or("tape"))?;
        self.read().map_err(or("read"))?;
        self.prefix_cache()?;
        if let Some(decoder) = self.model.decoder_attention() {
            self.decoder_attention(decoder).map_err(or("decoder_attention"))?;
        }
        match self.model.inside() {
            Some(inside) => self.inside(inside).map_err(or("inside")),
            None => Ok(()),
        }
    }

    fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// Positions that predict something: not those of an encoder–decoder's source.
    fn predicting(&self) -> Range<usize> {
        let first = if self.model.kept_inputs() > 0 { self.n_input - 1 } else { 0 };
        first..self.tokens()
    }

    /// A pass without a graph.
    fn pass(&self, embeddings: &Tensor, positions: Range<usize>) -> Result<Tensor, Why> {
        Ok(tch::no_grad(|| checked::logits(self.model, embeddings, self.n_input, positions))?)
    }

    /// The logits of the plain pass at some positions.
    fn plain(&self, positions: &Range<usize>) -> Result<Tensor, Why> {
        Ok(self.logits.f_narrow(1, positions.start as i64, positions.len() as i64)?)
    }

    /// Another text of the same length.
    fn other(&self) -> Result<Tensor, Why> {
        let flipped = self.embeddings.f_flip([1])?;
        Ok(flipped.f_mul_scalar(1.0 - CHANGE)?.f_add_scalar(0.1)?)
    }

    /// The text with some of its tokens from the other one.
    fn changed(&self, tokens: Range<usize>) -> Result<Tensor, Why> {
        let changed = self.embeddings.f_detach_copy()?;
        let (from, count) = (tokens.start as i64, tokens.len() as i64);
        changed.f_narrow(1, from, count)?.f_copy_(&self.other()?.f_narrow(1, from, count)?)?;
        Ok(changed)
    }
}

/// Names the promise that a failed check is about.
fn or(promise: &'static str) -> impl Fn(Why) -> Found {
    move |why| (promise, why.to_string())
}

/// Names the promise that an error is about.
fn of<E: Into<ModelOrTorch>>(promise: &'static str) -> impl Fn(E) -> Found {
    move |error| (promise, error.into().0.to_string())
}

/// Any error on the way, without libtorch's stack.
struct ModelOrTorch(Error);

impl From<Error> for ModelOrTorch {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl From<tch::TchError> for ModelOrTorch {
    fn from(error: tch::TchError) -> Self {
        Self(error.into())
    }
}

impl From<crate::ModelError> for ModelOrTorch {
    fn from(error: crate::ModelError) -> Self {
        Self(error.into())
    }
}
