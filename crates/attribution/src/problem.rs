//! What a method is given: one model, one sequence, one target, and the forward pass that all outputs share.

pub(crate) mod backward;
pub(crate) mod cost;
pub(crate) mod forward;
pub(crate) mod gradients;
pub(crate) mod near;
pub(crate) mod outputs;
pub(crate) mod progress;
pub(crate) mod rounding;
pub(crate) mod settings;

use crate::error::Error;
use crate::model::inside::Inside;
use crate::model::prefix_cache::PrefixCache;
use crate::model::sequence::Sequence;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, TokenId, check_fits, check_ids, checked};
use crate::problem::backward::with_gradients;
use crate::problem::cost::Cost;
use crate::problem::forward::Forward;
use crate::problem::near::Near;
use crate::problem::progress::{Watch, Work};
use crate::problem::settings::Settings;
use crate::rows::notes::with_new;
use crate::target::clean_run::CleanRun;
use crate::target::{OutputToken, Target};
use std::ops::Range;
use tch::{Kind, Tensor};

/// One model, one sequence, one target, and the forward pass at the input.
///
/// Embeddings stop before the last output token, which no explained prediction depends on. Every pass that a method
/// makes goes through the problem: it is counted, reported, and can be stopped.
pub struct Problem<'a> {
    model: &'a dyn LanguageModel,
    sequence: &'a Sequence,
    target: &'a dyn Target,
    /// The target bound to the clean run, where it takes something from it.
    bound: Option<Box<dyn Target>>,
    input: Forward,
    /// The model's own backward pass from the outputs, where it has one.
    tape: Option<Box<dyn Tape + 'a>>,
    /// Outputs of the sequence that are explained as one.
    span: Option<Range<usize>>,
    /// Outputs that the method itself explains as one.
    as_one: Option<Range<usize>>,
    work: Work<'a>,
    settings: Settings,
}

impl<'a> Problem<'a> {
    /// Runs the model once, for all outputs together.
    ///
    /// # Errors
    /// A sequence that the model can't read, or a failing model.
    pub fn new(
        model: &'a dyn LanguageModel,
        sequence: &'a Sequence,
        target: &'a dyn Target,
    ) -> Result<Self, Error> {
        Self::watched(model, sequence, target, Settings::default(), None)
    }

    /// As [`new`](Self::new), with settings and a callback that is told the progress.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn watched(
        model: &'a dyn LanguageModel,
        sequence: &'a Sequence,
        target: &'a dyn Target,
        settings: Settings,
        watch: Option<Watch<'a>>,
    ) -> Result<Self, Error> {
        Self::at(None, (model, sequence), target, settings, watch)
    }

    /// The same at a point near the input, which is then what every method takes for the input.
    pub(crate) fn at(
        near: Option<&Near>,
        (model, sequence): (&'a dyn LanguageModel, &'a Sequence),
        target: &'a dyn Target,
        settings: Settings,
        watch: Option<Watch<'a>>,
    ) -> Result<Self, Error> {
        check_fits(model, sequence)?;
        let context = &sequence.ids()[..sequence.ids().len() - 1];
        let embeddings = {
            let _no_gradient = tch::no_grad_guard();
            let embeddings = checked::embed(model, context, None)?.f_unsqueeze(0)?;
            near.map_or(Ok(embeddings.shallow_clone()), |near| near.moved(&embeddings))?
        };
        let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
        let positions = n_input - 1..n_input + n_output - 1;
        let (tape, input) = with_gradients(|| -> Result<_, Error> {
            let tape = checked::tape(model, &embeddings, n_input, positions)?;
            let input = match &tape {
                Some(tape) => Forward::of_tape(&**tape, model, embeddings.shallow_clone(), 0),
                None => Forward::run(model, n_input, &embeddings, 0..n_output)?,
            };
            Ok((tape, input))
        })?;
        let work = Work::watched(watch);
        let problem = Self {
            model,
            sequence,
            target,
            bound: None,
            input,
            tape,
            span: None,
            as_one: None,
            work,
            settings,
        };
        problem.with_target(target)
    }

    /// The same clean run with another target.
    pub(crate) fn with_target(mut self, target: &'a dyn Target) -> Result<Self, Error> {
        let clean = CleanRun {
            model: self.model,
            sequence: self.sequence,
            logits: self.input.logits().f_detach()?.f_select(0, 0)?,
            outputs: (0..self.sequence.n_output()).map(|output| self.output_token(output)).collect(),
        };
        self.bound = target.bound_to(&clean)?;
        self.target = target;
        Ok(self)
    }

    /// The forward pass at the clean input, for all outputs: batch 1. It has a graph only where the model leaves
    /// gradients to autograd; [`gradients`](Self::gradients) works either way.
    pub fn input(&self) -> &Forward {
        &self.input
    }

    /// Token embeddings of the clean input, outside any graph: `[1, tokens, hidden]`.
    pub fn embeddings(&self) -> Tensor {
        self.input.embeddings().detach()
    }

    /// Looks up token embeddings, outside any graph: `[tokens, hidden]`.
    ///
    /// # Errors
    /// A token id beyond the vocabulary, or a failing model.
    pub fn embed(&self, ids: &[TokenId]) -> Result<Tensor, Error> {
        check_ids(self.model.limits(), ids)?;
        let _no_gradient = tch::no_grad_guard();
        checked::embed(self.model, ids, self.input.embeddings().size().last().copied())
    }

    pub(crate) fn model(&self) -> &'a dyn LanguageModel {
        self.model
    }

    pub(crate) fn work(&self) -> &Work<'a> {
        &self.work
    }

    /// The text and its continuation.
    pub fn sequence(&self) -> &'a Sequence {
        self.sequence
    }

    /// The number of input tokens.
    pub fn n_input(&self) -> usize {
        self.sequence.n_input()
    }

    /// Size of the model's vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.model.limits().vocabulary
    }

    /// The passes made so far, without the clean run.
    pub fn cost(&self) -> Cost {
        self.work.done()
    }

    /// Counts passes that were made without this problem: through [`inside`](Self::inside), for example.
    ///
    /// # Errors
    /// [`Error::Stopped`] when the callback asks to stop.
    pub fn count(&self, cost: Cost) -> Result<(), Error> {
        self.work.add(cost)
    }

    /// Runs the model at other embeddings, for some of the outputs.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`; tokens beyond the context of the last of the outputs are ignored
    ///
    /// # Errors
    /// A failing model.
    pub fn forward(&self, embeddings: &Tensor, outputs: Range<usize>) -> Result<Forward, Error> {
        self.work.add(Cost::forwards(embeddings.size()[0] as f64))?;
        Forward::run(self.model, self.sequence.n_input(), embeddings, self.members_of(&outputs))
    }

    /// The target's value for one output: `[batch]`.
    ///
    /// # Errors
    /// An error of the target.
    pub fn value(&self, forward: &Forward, output: usize) -> Result<Tensor, Error> {
        total(&self.values(forward, output)?)
    }

    /// The target's value for each of the sequence's outputs that are explained as this one: `[batch]`.
    pub(crate) fn values(&self, forward: &Forward, output: usize) -> Result<Vec<Tensor>, Error> {
        let value = |member| self.value_of(&forward.logits_of(member)?, member);
        self.members(output).map(value).collect()
    }

    /// The target's value for one output of the sequence, given its logits: from `[batch, vocabulary]` to `[batch]`.
    pub(crate) fn value_of(&self, logits: &Tensor, member: usize) -> Result<Tensor, Error> {
        let target = self.target();
        let value = target.value(logits, self.output_token(member))?;
        checked::target_value(value, target.name(), logits.size()[0])
    }

    /// The target for one output in a pass of one text, as a number.
    pub(crate) fn number(&self, forward: &Forward, output: usize) -> Result<f64, Error> {
        let _no_gradient = tch::no_grad_guard();
        in_numbers(&self.values(forward, output)?)
    }

    /// f(x): the target at the clean input.
    ///
    /// # Errors
    /// An error of the target.
    pub fn value_at_input(&self, output: usize) -> Result<f64, Error> {
        self.number(&self.input, output)
    }

    /// The target, bound to the clean run.
    pub fn target(&self) -> &dyn Target {
        self.bound.as_deref().unwrap_or(self.target)
    }

    /// The model's inside.
    ///
    /// # Errors
    /// [`Error::NoInside`] for a model that does not offer it.
    pub fn inside(&self, method: &'static str) -> Result<&'a dyn Inside, Error> {
        let model = || self.model.name().to_owned();
        self.model.inside().ok_or_else(|| Error::NoInside { method, model: model() })
    }

    /// The model's cache at the clean input, where it has one.
    pub(crate) fn prefix_cache(&self) -> Result<Option<Box<dyn PrefixCache + 'a>>, Error> {
        Ok(self.model.prefix_cache(&self.embeddings(), self.n_input())?)
    }

    /// The dtype of the model's logits.
    pub(crate) fn kind(&self) -> Kind {
        self.input.logits().kind()
    }

    /// Notes on an output's row that hold for every method: on the model's logits there, and on the target.
    pub(crate) fn note(&self, output: usize) -> Result<Vec<String>, Error> {
        let notes = self.members(output).map(|member| self.note_on(member));
        notes.reduce(|all, new| Ok(with_new(all?, new?))).unwrap_or(Ok(Vec::new()))
    }

    fn note_on(&self, member: usize) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        let logits = self.input.logits_of(member)?.f_select(0, 0)?;
        let nan = logits.f_isnan()?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        if nan > 0 {
            notes.push(format!(
                "{nan} of the model's {} logits are NaN here; are there NaN in its weights, or numbers too large for \
                 its dtype?",
                self.vocabulary()
            ));
        }
        notes.extend(self.target().note(self.output_token(member)));
        Ok(notes)
    }

    /// The target by name, for errors.
    pub(crate) fn target_in_words(&self) -> String {
        format!("the target {:?}", self.target().name())
    }

    /// The number and the token of one of the sequence's outputs.
    pub fn output_token(&self, output: usize) -> OutputToken {
        OutputToken { output, id: self.sequence.ids()[self.sequence.n_input() + output] }
    }
}

/// The sum of tensors of one shape.
pub(crate) fn total(values: &[Tensor]) -> Result<Tensor, Error> {
    let (first, rest) = values.split_first().ok_or(Error::NoOutput)?;
    rest.iter().try_fold(first.shallow_clone(), |sum, value| Ok(sum.f_add(value)?))
}

/// The sum of their first numbers, in double precision.
pub(crate) fn in_numbers(values: &[Tensor]) -> Result<f64, Error> {
    values.iter().map(|value| Ok(value.f_double_value(&[0])?)).sum()
}

impl std::fmt::Debug for Problem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Problem")
            .field("model", &self.model.name())
            .field("target", &self.target.name())
            .field("n_input", &self.sequence.n_input())
            .field("n_output", &self.n_output())
            .finish_non_exhaustive()
    }
}
