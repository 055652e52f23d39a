//! One model, one sequence, one target: what a method is given, with the forward pass that all outputs share.

pub(crate) mod backward;
pub(crate) mod cost;
pub(crate) mod progress;

use crate::calculus::path::epsilon;
use crate::error::Error;
use crate::model::inside::{BackwardRule, Inside};
use crate::model::prefix_cache::PrefixCache;
use crate::model::sequence::Sequence;
use crate::model::tape::Tape;
use crate::model::{LanguageModel, TokenId, checked};
use crate::model::{Pass, check_fits};
use crate::problem::backward::{gradient, gradient_through, with_gradients};
use crate::problem::cost::{Cost, Size};
use crate::problem::progress::{Watch, Work};
use crate::target::clean_run::CleanRun;
use crate::target::{OutputToken, Target};
use std::ops::Range;
use tch::{Kind, Tensor};

/// Numbers that the gradients of several outputs with respect to their logits may hold together.
const COTANGENTS: usize = 1 << 26;
/// Errors of a difference, in roundings of its terms: where it matters, rows of perturbation methods in float32 were
/// never further from those in float64 (`crates/model-gpt2/tests/rounding.rs`).
const ROUNDING: f64 = 3.0;
/// Tokens beyond which a larger batch runs no faster.
const TOKENS_IN_BATCH: usize = 4096;

/// What a method explains, and the one forward pass at the real input.
///
/// Embeddings stop before the last output token: nothing that is explained has read it. Every pass that a method makes
/// goes through here: it is counted, watched, and can be stopped.
pub struct Problem<'a> {
    model: &'a dyn LanguageModel,
    sequence: &'a Sequence,
    target: &'a dyn Target,
    /// The target with what it took from the run at the real input.
    bound: Option<Box<dyn Target>>,
    input: Forward,
    /// The model's own way back from the outputs, where it has one.
    run: Option<Box<dyn Tape + 'a>>,
    work: Work<'a>,
    settings: Settings,
}

/// How a problem may be worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settings {
    /// Bytes that passes may take together, besides the weights. A pass that takes more runs alone.
    pub memory: usize,
    /// Outputs that are walked together at the most, from 1, so that rows are finished one after another.
    pub outputs_together: usize,
}

impl Default for Settings {
    /// 768 MiB; all outputs together.
    fn default() -> Self {
        Self { memory: 768 << 20, outputs_together: usize::MAX }
    }
}

impl Settings {
    /// 768 MiB; all outputs together.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes that passes may take together. Default: 768 MiB.
    #[must_use]
    pub fn memory(self, bytes: usize) -> Self {
        Self { memory: bytes, ..self }
    }

    /// Outputs that are walked together at the most, from 1. Default: all.
    #[must_use]
    pub fn outputs_together(self, outputs: usize) -> Self {
        Self { outputs_together: outputs, ..self }
    }

    /// How many sequences go through a model together, and about how many bytes each takes.
    pub(crate) fn batch(self, model: &dyn LanguageModel, pass: Pass) -> (usize, usize) {
        let logits = pass.positions * model.limits().vocabulary * if pass.backward { 12 } else { 6 } * 4;
        let each = model.footprint(pass).unwrap_or(0) + logits;
        let by_memory = self.memory / each.max(1);
        (by_memory.min(TOKENS_IN_BATCH / pass.tokens.max(1)).max(1), each)
    }
}

/// One forward pass: a leaf of embeddings, and the logits that follow from it.
#[derive(Debug)]
pub struct Forward {
    /// The model's name, for errors.
    model: String,
    embeddings: Tensor,
    logits: Tensor,
    first: usize,
}

/// What is called with an output's number, f at the point, and the gradient there.
pub(crate) type EachGradient<'f> = &'f mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>;

impl<'a> Problem<'a> {
    /// Runs the model once, for all outputs together.
    ///
    /// # Errors
    /// A sequence the model can't read, or a failing model.
    pub fn new(
        model: &'a dyn LanguageModel,
        sequence: &'a Sequence,
        target: &'a dyn Target,
    ) -> Result<Self, Error> {
        Self::watched(model, sequence, target, Settings::default(), None)
    }

    /// As [`new`](Self::new), with settings and somebody who watches.
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
        check_fits(model, sequence)?;
        let seen = &sequence.ids()[..sequence.ids().len() - 1];
        let embeddings = {
            let _no_gradient = tch::no_grad_guard();
            checked::embed(model, seen, None)?.f_unsqueeze(0)?
        };
        let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
        let positions = n_input - 1..n_input + n_output - 1;
        let (run, input) = with_gradients(|| -> Result<_, Error> {
            let run = checked::tape(model, &embeddings, n_input, positions)?;
            let input = match &run {
                Some(run) => Forward {
                    model: model.name().to_owned(),
                    logits: run.logits().shallow_clone(),
                    embeddings: embeddings.shallow_clone(),
                    first: 0,
                },
                None => Forward::run(model, n_input, &embeddings, 0..n_output)?,
            };
            Ok((run, input))
        })?;
        let work = Work::watched(watch);
        let mut problem = Self { model, sequence, target, bound: None, input, run, work, settings };
        let clean = CleanRun {
            model,
            sequence,
            logits: problem.input.logits.f_detach()?.f_select(0, 0)?,
            outputs: (0..n_output).map(|output| problem.output_token(output)).collect(),
        };
        problem.bound = target.bound_to(&clean)?;
        Ok(problem)
    }

    /// The forward pass at the clean input, for all outputs: batch 1. Its graph is there only where the model leaves
    /// gradients to autograd: [`gradients`](Self::gradients) serves both.
    pub fn input(&self) -> &Forward {
        &self.input
    }

    /// Token embeddings at the real input, outside any graph: `[1, tokens, hidden]`.
    pub fn embeddings(&self) -> Tensor {
        self.input.embeddings.detach()
    }

    /// Looks token embeddings up, outside any graph: `[tokens, hidden]`.
    ///
    /// # Errors
    /// A token number beyond the vocabulary, or a failing model.
    pub fn embed(&self, ids: &[TokenId]) -> Result<Tensor, Error> {
        crate::model::check_ids(self.model.limits(), ids)?;
        let _no_gradient = tch::no_grad_guard();
        checked::embed(self.model, ids, self.input.embeddings.size().last().copied())
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

    /// How many tokens are inputs.
    pub fn n_input(&self) -> usize {
        self.sequence.n_input()
    }

    /// How many outputs are explained.
    pub fn n_output(&self) -> usize {
        self.sequence.n_output()
    }

    /// Size of the model's vocabulary.
    pub fn vocabulary(&self) -> usize {
        self.model.limits().vocabulary
    }

    /// How many tokens an output's prediction has read: the length of its row.
    pub fn row_length(&self, output: usize) -> usize {
        self.sequence.n_input() + output
    }

    /// How large it is, for [`Method::cost`](crate::Method::cost).
    pub fn size(&self, shares_prefix: bool) -> Size {
        Size { n_input: self.n_input(), n_output: self.n_output(), shares_prefix }
    }

    /// The passes that were made, the one at the real input aside.
    pub fn cost(&self) -> Cost {
        self.work.done()
    }

    /// Says that passes were made which this problem did not see: through [`inside`](Self::inside), say.
    ///
    /// # Errors
    /// [`Error::Stopped`] when whoever watches wants no more.
    pub fn count(&self, cost: Cost) -> Result<(), Error> {
        self.work.add(cost)
    }

    /// Runs the model at other embeddings, for some of the outputs.
    ///
    /// # Shapes
    /// - `embeddings`: `[batch, tokens, hidden]`; tokens that none of the outputs reads are not looked at
    ///
    /// # Errors
    /// A failing model.
    pub fn forward(&self, embeddings: &Tensor, outputs: Range<usize>) -> Result<Forward, Error> {
        self.work.add(Cost::forwards(embeddings.size()[0] as f64))?;
        Forward::run(self.model, self.sequence.n_input(), embeddings, outputs)
    }

    /// The target's value for one output: `[batch]`.
    ///
    /// # Errors
    /// What the target says.
    pub fn value(&self, forward: &Forward, output: usize) -> Result<Tensor, Error> {
        self.value_of(&forward.logits_of(output)?, output)
    }

    /// The same of logits from wherever: `[batch]` of `[batch, vocabulary]`.
    pub(crate) fn value_of(&self, logits: &Tensor, output: usize) -> Result<Tensor, Error> {
        let target = self.target();
        let value = target.value(logits, self.output_token(output))?;
        checked::target_value(value, target.name(), logits.size()[0])
    }

    /// f(x): the target at the real input.
    ///
    /// # Errors
    /// What the target says.
    pub fn value_at_input(&self, output: usize) -> Result<f64, Error> {
        let _no_gradient = tch::no_grad_guard();
        Ok(self.value(&self.input, output)?.f_double_value(&[0])?)
    }

    /// What is explained.
    pub fn target(&self) -> &dyn Target {
        self.bound.as_deref().unwrap_or(self.target)
    }

    /// Every output's value at the real input, and the target's gradient with respect to the embeddings there. Calls
    /// `each` with the output's number, f(x), and the gradient `[read, hidden]` of at least the tokens that the output
    /// has read, in order. Cost: at most one backward
    /// pass for each output; a model with a faster way back takes that.
    ///
    /// # Errors
    /// A failing model, or what `each` says, which ends the run.
    pub fn gradients(
        &self,
        each: &mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        with_gradients(|| match &self.run {
            Some(run) => self.walk_back(&**run, &self.input, 0..self.n_output(), each),
            None => self.walk_graph(&self.input, 0..self.n_output(), each),
        })
    }

    /// The same at other embeddings, for some of the outputs. Cost: one forward pass besides.
    ///
    /// # Shapes
    /// - `point`: `[1, tokens, hidden]`
    ///
    /// # Errors
    /// A failing model, or what `each` says, which ends the run.
    pub fn gradients_at(
        &self,
        point: &Tensor,
        outputs: Range<usize>,
        each: &mut dyn FnMut(usize, f64, Tensor) -> Result<(), Error>,
    ) -> Result<(), Error> {
        with_gradients(|| {
            let positions = self.positions(&outputs);
            if self.run.is_some()
                && let Some(run) = checked::tape(self.model, point, self.n_input(), positions)?
            {
                self.work.add(Cost::forwards(1.0))?;
                return self.walk_run(&*run, outputs, each);
            }
            self.walk_graph(&self.forward(point, outputs.clone())?, outputs, each)
        })
    }

    /// The same at the real input, with another rule of going back; [`Error::NoRules`] for a model that has none.
    pub(crate) fn gradients_by(
        &self,
        rule: BackwardRule,
        method: &'static str,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let outputs = 0..self.n_output();
        let (inside, positions) = (self.inside(method)?, self.positions(&outputs));
        with_gradients(|| {
            let run = checked::tape_by(inside, self.vocabulary(), rule, &self.embeddings(), positions)?
                .ok_or_else(|| Error::NoRules { method, model: self.model.name().to_owned() })?;
            self.work.add(Cost::forwards(1.0))?;
            self.walk_run(&*run, outputs, each)
        })
    }

    /// The positions that predict some outputs.
    pub(crate) fn positions(&self, outputs: &Range<usize>) -> Range<usize> {
        self.n_input() + outputs.start - 1..self.n_input() + outputs.end - 1
    }

    /// The model's inside.
    ///
    /// # Errors
    /// [`Error::NoInside`] for a model that does not show it.
    pub fn inside(&self, method: &'static str) -> Result<&'a dyn Inside, Error> {
        let model = || self.model.name().to_owned();
        self.model.inside().ok_or_else(|| Error::NoInside { method, model: model() })
    }

    /// The model's cache at the real input, where it has one.
    pub(crate) fn prefix_cache(&self) -> Result<Option<Box<dyn PrefixCache + 'a>>, Error> {
        Ok(self.model.prefix_cache(&self.embeddings(), self.n_input())?)
    }

    /// How many sequences go through the model together.
    pub fn batch(&self, pass: Pass) -> usize {
        self.settings.batch(self.model, pass).0
    }

    /// How many outputs are walked together where each keeps that many numbers.
    pub fn outputs_together(&self, numbers: usize) -> usize {
        let by_memory = self.settings.memory / 2 / (numbers * 8).max(1);
        by_memory.min(self.settings.outputs_together).clamp(1, self.n_output())
    }

    /// Ranges of outputs that are walked together.
    pub fn portions(&self, numbers: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let (together, count) = (self.outputs_together(numbers), self.n_output());
        (0..count).step_by(together).map(move |begin| begin..(begin + together).min(count))
    }

    /// The dtype of the model's logits.
    pub(crate) fn kind(&self) -> Kind {
        self.input.logits.kind()
    }

    /// What a reader of an output's row should know, whatever the method is: of the model's logits there, and of the
    /// target.
    pub(crate) fn note(&self, output: usize) -> Result<Vec<String>, Error> {
        let mut notes = Vec::new();
        let logits = self.input.logits_of(output)?.f_select(0, 0)?;
        let nan = logits.f_isnan()?.f_sum(Kind::Int64)?.f_int64_value(&[])?;
        if nan > 0 {
            notes.push(format!(
                "{nan} of the model's {} logits are NaN here; are there NaN in its weights, or numbers too large for its dtype?",
                self.vocabulary()
            ));
        }
        notes.extend(self.target().note(self.output_token(output)));
        Ok(notes)
    }

    /// About how far rounding takes a difference of the target at one output, where the model computes in float32 or
    /// float64: a few times `ε (|f| + Σ_v |∂f/∂z_v · z_v|)`, of the target itself and the logits that it is made of.
    /// `None` where that is not known: of a target that has no gradient, such as a rank.
    pub(crate) fn rounding(&self, output: usize) -> Result<Option<f64>, Error> {
        let kind = self.kind();
        if !matches!(kind, Kind::Float | Kind::Double) {
            return Ok(None);
        }
        with_gradients(|| {
            let leaf = self.input.logits_of(output)?.f_detach()?.f_set_requires_grad(true)?;
            let value = self.value_of(&leaf, output)?.f_select(0, 0)?;
            // Who refuses to be asked for a gradient was never asked for one by a method that takes values alone.
            let Some(slope) = gradient(&value, &leaf, false).unwrap_or(None) else { return Ok(None) };
            let parts = slope.f_mul(&leaf.f_detach()?)?.f_abs()?.f_sum(Kind::Double)?.f_double_value(&[])?;
            Ok(Some(ROUNDING * epsilon(kind) * (value.f_double_value(&[])?.abs() + parts)))
        })
    }

    /// The target, for errors.
    pub(crate) fn target_in_words(&self) -> String {
        format!("the target {:?}", self.target().name())
    }

    /// Foresees a walk for each portion of outputs, of which each costs what a problem of its size does.
    pub(crate) fn foresee_portions(&self, numbers: usize, cost: impl Fn(Size) -> Cost) {
        let size = self.size(self.model.shares_prefix());
        let of = |outputs: Range<usize>| {
            cost(Size { n_input: size.n_input + outputs.start, n_output: outputs.len(), ..size })
        };
        let all = self.portions(numbers).map(of).fold(Cost::default(), |all, one| all + one);
        self.work.foresee_left(all);
    }

    /// Which token an output is.
    pub fn output_token(&self, output: usize) -> OutputToken {
        OutputToken { output, id: self.sequence.ids()[self.sequence.n_input() + output] }
    }

    fn walk_graph(
        &self,
        forward: &Forward,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        for output in outputs {
            let value = self.value(forward, output)?.f_select(0, 0)?;
            let gradient = forward.gradient_of(&value, || self.target_in_words())?.f_select(0, 0)?;
            self.work.add(Cost::new(0.0, 1.0))?;
            each(output, value.f_double_value(&[])?, gradient)?;
        }
        Ok(())
    }

    fn walk_run(&self, run: &dyn Tape, outputs: Range<usize>, each: EachGradient<'_>) -> Result<(), Error> {
        let forward = Forward {
            model: self.model.name().to_owned(),
            embeddings: self.embeddings(),
            logits: run.logits().shallow_clone(),
            first: outputs.start,
        };
        self.walk_back(run, &forward, outputs, each)
    }

    fn walk_back(
        &self,
        run: &dyn Tape,
        forward: &Forward,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        // The vocabulary is wide: as many outputs at once as a quarter of a gigabyte holds.
        let portion = (COTANGENTS / self.vocabulary().max(1)).clamp(1, self.settings.outputs_together.max(1));
        for begin in outputs.clone().step_by(portion) {
            let some = begin..(begin + portion).min(outputs.end);
            let (mut values, mut cotangents) = (Vec::new(), Vec::new());
            for output in some.clone() {
                let logits = forward.logits_of(output)?.f_detach()?.f_set_requires_grad(true)?;
                let value = self.value_of(&logits, output)?.f_select(0, 0)?;
                let cotangent = gradient(&value, &logits, false)?
                    .ok_or_else(|| Error::NotDifferentiable { what: self.target_in_words() })?;
                values.push(value.f_double_value(&[])?);
                cotangents.push(cotangent.f_select(0, 0)?.f_to_kind(logits.kind())?);
            }
            let cotangents = Tensor::f_stack(&cotangents, 0)?;
            let places = some.start - outputs.start..some.end - outputs.start;
            let (first, hidden) = (self.positions(&outputs).start, forward.embeddings.size()[2]);
            checked::vjp(run, (places, first), hidden, &cotangents, &mut |place, gradient| {
                let output = outputs.start + place;
                self.work.add(Cost::new(0.0, 1.0))?;
                each(output, values[output - some.start], gradient)
            })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Problem<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Problem")
            .field("model", &self.model.name())
            .field("target", &self.target.name())
            .field("n_input", &self.sequence.n_input())
            .field("n_output", &self.sequence.n_output())
            .finish_non_exhaustive()
    }
}

impl Forward {
    fn run(
        model: &dyn LanguageModel,
        n_input: usize,
        embeddings: &Tensor,
        outputs: Range<usize>,
    ) -> Result<Self, Error> {
        let positions = n_input + outputs.start - 1..n_input + outputs.end - 1;
        let embeddings = embeddings.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let embeddings = embeddings.f_set_requires_grad(true)?;
        let logits = checked::logits(model, &embeddings, n_input, positions)?;
        Ok(Self { model: model.name().to_owned(), embeddings, logits, first: outputs.start })
    }

    /// The logits that predict one output: `[batch, vocabulary]`.
    ///
    /// # Errors
    /// What libtorch says.
    pub fn logits_of(&self, output: usize) -> Result<Tensor, Error> {
        Ok(self.logits.f_select(1, (output - self.first) as i64)?)
    }

    /// The gradient of a scalar that was computed from these logits, with respect to the embeddings.
    /// The graph is kept, for the next output's.
    ///
    /// # Shapes
    /// Returns `[batch, tokens, hidden]`.
    ///
    /// # Errors
    /// [`Error::NoGraph`] where the model walks back on its own, [`Error::Detached`] where its logits have no graph,
    /// [`Error::NotDifferentiable`] where the scalar has none, and what libtorch says.
    pub fn gradient(&self, scalar: &Tensor) -> Result<Tensor, Error> {
        if !self.embeddings.requires_grad() {
            return Err(Error::NoGraph);
        }
        self.gradient_of(scalar, || "the scalar".to_owned())
    }

    /// The same of something with a name.
    fn gradient_of(&self, scalar: &Tensor, what: impl FnOnce() -> String) -> Result<Tensor, Error> {
        let model = (&*self.model, "LanguageModel::logits");
        gradient_through(scalar, &self.logits, &self.embeddings, model, what)
    }
}
