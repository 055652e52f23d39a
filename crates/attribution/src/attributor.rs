//! The way through: a model and a sequence in, a record out.

mod rivals;

use crate::error::Error;
use crate::method::card::Card;
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::{Method, method};
use crate::methods::GradientXInput;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, Pass};
use crate::problem::Problem;
use crate::problem::backward::with_gradients;
use crate::problem::cost::{Cost, Size};
use crate::problem::near::Near;
use crate::problem::progress::Progress;
use crate::problem::settings::Settings;
use crate::rows;
use crate::rows::Rows;
use crate::rows::aggregate::Aggregate;
use crate::rows::normalize::Normalize;
use crate::rows::unreduced::UnreducedRows;
use crate::target::{Target, target};
use crate::targets::Probability;
use saliency_schema::{Model, Record, Token};
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// A method, a target and a reduction, to run on any model and sequence.
///
/// Setters take anything: names that there are not, numbers out of range and choices that contradict each other are
/// refused by [`check`](Self::check), before there is a model, and by whatever runs or asks what a run would do.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, Sequence};
///
/// let model = Linear::new(3, 2);
/// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
/// let record = Attributor::new().target("logit").record(&model, &sequence)?;
/// assert_eq!(record.attributions[1].len(), 4);
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
///
/// An attributor is cheap to clone, and can go to other threads; a model serves one thread at a time, so each thread
/// has its own.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, Sequence};
///
/// let attributor = Attributor::new().method("occlusion").target("logit").check()?;
/// let threads = [0, 1].map(|id| {
///     let attributor = attributor.clone();
///     std::thread::spawn(move || attributor.record(&Linear::new(3, 2), &Sequence::from_ids(&[0, 1, 2], &[id])?))
/// });
/// for thread in threads {
///     assert_eq!(thread.join().unwrap()?.attributions.len(), 1);
/// }
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
#[derive(Debug, Clone)]
#[doc(alias = "salience")]
pub struct Attributor {
    method: Choice<dyn Method, Parameters>,
    target: Choice<dyn Target, ()>,
    aggregate: Option<Aggregate>,
    normalize: Option<Normalize>,
    span: Option<Range<usize>>,
    against: Option<Sequence>,
    settings: Settings,
    partial: bool,
    near: Option<Near>,
}

/// A method or a target: what is to be looked up by name, or itself.
#[derive(Debug)]
enum Choice<T: ?Sized, P> {
    Named(String, P),
    Itself(Arc<T>),
}

impl<T: ?Sized, P: Clone> Clone for Choice<T, P> {
    fn clone(&self) -> Self {
        match self {
            Self::Named(name, parameters) => Self::Named(name.clone(), parameters.clone()),
            Self::Itself(itself) => Self::Itself(Arc::clone(itself)),
        }
    }
}

/// What an attributor is found to be: everything that needs no model is known, and fits together.
struct Checked {
    method: Arc<dyn Method>,
    target: Arc<dyn Target>,
    card: Card,
    aggregate: Aggregate,
    normalize: Normalize,
}

impl Checked {
    /// Tells the problem what it will cost.
    fn foresee(&self, problem: &Problem<'_>) -> Result<(), Error> {
        let rows = problem.span_as_one().map_or(problem.n_output(), |_| 1);
        let size = problem.size(problem.model().shares_prefix());
        let cost = self.method.cost_on(problem.sequence(), size, rows)?;
        problem.work().foresee(cost, problem.n_output());
        Ok(())
    }

    fn reduction(&self) -> (Aggregate, Normalize) {
        (self.aggregate, self.normalize)
    }

    /// The same for one model.
    fn bound_to(self, model: &dyn LanguageModel) -> Self {
        match self.method.bound_to(model) {
            Some(method) => Self { method: method.into(), ..self },
            None => self,
        }
    }
}

impl Default for Attributor {
    fn default() -> Self {
        Self::new()
    }
}

impl Attributor {
    /// Gradient × input of the probability, `l2` over hidden dimensions, rows that sum to 1: the notebook's
    /// own definition.
    pub fn new() -> Self {
        Self {
            method: Choice::Itself(Arc::new(GradientXInput)),
            target: Choice::Itself(Arc::new(Probability)),
            aggregate: None,
            normalize: None,
            span: None,
            against: None,
            settings: Settings::default(),
            partial: false,
            near: None,
        }
    }

    /// The method of that name or alias, with its default parameters. Default: `gradient-x-input`.
    #[must_use]
    pub fn method(self, name: &str) -> Self {
        self.method_with(name, Parameters::new())
    }

    /// The method of that name or alias, with parameters.
    ///
    /// ```
    /// use saliency_attribution::{Attributor, Parameters};
    ///
    /// let attributor = Attributor::new().method_with("integrated-gradients", Parameters::new().tolerance(0.01));
    /// # attributor.check()?;
    /// # Ok::<(), saliency_attribution::Error>(())
    /// ```
    #[must_use]
    pub fn method_with(self, name: &str, parameters: Parameters) -> Self {
        Self { method: Choice::Named(name.to_owned(), parameters), ..self }
    }

    /// A method itself: one of [`methods`](mod@crate::methods), or your own.
    #[must_use]
    pub fn with_method(self, method: impl Method + 'static) -> Self {
        Self { method: Choice::Itself(Arc::new(method)), ..self }
    }

    /// The target of that name. Default: `probability`.
    #[must_use]
    pub fn target(self, name: &str) -> Self {
        Self { target: Choice::Named(name.to_owned(), ()), ..self }
    }

    /// A target itself: one of [`targets`](mod@crate::targets), or your own.
    #[must_use]
    pub fn with_target(self, target: impl Target + 'static) -> Self {
        Self { target: Choice::Itself(Arc::new(target)), ..self }
    }

    /// How vectors over hidden dimensions become one number. Default: the method's own.
    #[must_use]
    pub fn aggregate(self, aggregate: Aggregate) -> Self {
        Self { aggregate: Some(aggregate), ..self }
    }

    /// How rows are scaled. Default: the method's own; `none` for rows that have a sign.
    #[must_use]
    pub fn normalize(self, normalize: Normalize) -> Self {
        Self { normalize: Some(normalize), ..self }
    }

    /// Explains some outputs as one: the sum of their targets, such as a whole answer's log-probability. The record
    /// then has one output, the span; outputs before it count as input, and what its own tokens give to each other is
    /// in `outputs[0].within`. Default: every output for itself.
    ///
    /// ```
    /// use saliency_attribution::testing::Linear;
    /// use saliency_attribution::{Attributor, Sequence};
    ///
    /// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
    /// let attributor = Attributor::new().target("log-probability").span(0..2);
    /// let record = attributor.record(&Linear::new(3, 2), &sequence)?;
    /// assert_eq!(record.attributions.len(), 1);
    /// # Ok::<(), saliency_attribution::Error>(())
    /// ```
    #[must_use]
    pub fn span(self, outputs: Range<usize>) -> Self {
        Self { span: Some(outputs), ..self }
    }

    /// Explains a whole continuation *rather than* another one of the same input, which may be longer or shorter:
    /// `f = Σ ln p(own tokens) − Σ ln p(the other's)`, in nats. Positive attributions speak for the sequence's own
    /// continuation. The target is `log-probability`, and the method one that adds up over outputs.
    ///
    /// The record has one output, the continuation as one, and its row the inputs alone: what tokens of either
    /// continuation gave to later ones of it is in `outputs[0].within`. Costs a run for each of the two. Default: none.
    ///
    /// ```
    /// use saliency_attribution::testing::Linear;
    /// use saliency_attribution::{Attributor, Sequence};
    ///
    /// let model = Linear::new(4, 2);
    /// let (own, other) = (Sequence::from_ids(&[0, 1], &[2])?, Sequence::from_ids(&[0, 1], &[3, 0])?);
    /// let attributor = Attributor::new().target("log-probability").against(other);
    /// let record = attributor.record(&model, &own)?;
    /// assert_eq!(record.attributions[0].len(), 2);
    /// # Ok::<(), saliency_attribution::Error>(())
    /// ```
    #[must_use]
    pub fn against(self, continuation: Sequence) -> Self {
        Self { against: Some(continuation), ..self }
    }

    /// Bytes that passes may take together, besides the weights: batches are chosen to fit, and a pass that takes more
    /// runs alone. Default: 768 MiB.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.settings.memory = bytes;
        self
    }

    /// Whether a run that is stopped gives the rows that are finished, with a note, instead of [`Error::Stopped`].
    /// Methods that work on all outputs together then take them in chunks of 4. Default: `false`.
    #[must_use]
    pub fn partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self.settings.outputs_together = if partial { 4 } else { usize::MAX };
        self
    }

    /// The attributor, where everything about it fits that can be known without a model: names, parameters, and what
    /// does not go together. A run checks too; this is for whoever wants to know before.
    ///
    /// # Errors
    /// [`Error::Unknown`], [`Error::NoSuchParameter`], [`Error::Parameter`], [`Error::SignedSum`],
    /// [`Error::NotAdditive`] or [`Error::Target`], with what would do instead.
    pub fn check(self) -> Result<Self, Error> {
        let Checked { method, target, .. } = self.checked()?;
        Ok(Self { method: Choice::Itself(method), target: Choice::Itself(target), ..self })
    }

    /// The passes that a run makes on a problem of that size, without the clean run.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn cost(&self, size: Size) -> Result<Cost, Error> {
        let checked = self.checked()?;
        let (size, _) = self.explained(&checked.card, size);
        Ok(checked.method.cost(size))
    }

    /// The same on a text of that size, for methods whose passes depend on more of it: an upper bound then
    /// ([`Card::cost_is_a_bound`]).
    ///
    /// # Errors
    /// As [`check`](Self::check), and what the method's parameters name and the text does not have.
    pub fn cost_on(&self, sequence: &Sequence, size: Size) -> Result<Cost, Error> {
        let checked = self.checked()?;
        let (size, rows) = self.explained(&checked.card, size);
        checked.method.cost_on(sequence, size, rows)
    }

    /// The size of the problem that a method is given, and the number of its rows.
    fn explained(&self, card: &Card, size: Size) -> (Size, usize) {
        let span = match (&self.against, &self.span) {
            (Some(_), _) => 0..size.n_output,
            (None, Some(span)) => span.clone(),
            (None, None) => return (size, size.n_output),
        };
        // The outputs after a span are not run.
        let n_output = span.end.clamp(1, size.n_output.max(1));
        if card.linear_in_gradient {
            return (Size { n_input: size.n_input + n_output - 1, n_output: 1, ..size }, 1);
        }
        (Size { n_output, ..size }, if card.explains_spans { 1 } else { n_output })
    }

    /// How the record of a run on that model will name the method: with its parameters, and with the baseline that
    /// suits the model where none was asked for.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn describe(&self, model: &dyn LanguageModel) -> Result<saliency_schema::Method, Error> {
        Ok(self.checked()?.bound_to(model).method.describe())
    }

    /// About how many bytes a run takes besides the weights, in passes of that kind.
    pub fn bytes(&self, model: &dyn LanguageModel, pass: Pass) -> usize {
        let (batch, each) = self.settings.batch(model, pass);
        // Backward passes go one text at a time.
        if pass.backward { each } else { batch * each }
    }

    /// The aggregate and the normalisation that a run will use.
    ///
    /// # Errors
    /// As [`check`](Self::check).
    pub fn reduction(&self) -> Result<(Aggregate, Normalize), Error> {
        let Checked { aggregate, normalize, .. } = self.checked()?;
        Ok((aggregate, normalize))
    }

    /// What it explains of an output.
    /// The same at a point near the input.
    pub(crate) fn near(self, near: Near) -> Self {
        Self { near: Some(near), ..self }
    }

    /// The same with another seed than the method has, from this one on; `None` where the method does not sample.
    pub(crate) fn reseeded(&self, seed: u64) -> Result<Option<Self>, Error> {
        let own = self.checked()?.method;
        let mut others = (0..2).filter_map(|next| own.reseeded(seed.wrapping_add(next)));
        let other = others.find(|other| other.describe() != own.describe());
        Ok(other.map(|method| Self { method: Choice::Itself(method.into()), ..self.clone() }))
    }

    pub(crate) fn chosen_target(&self) -> Result<Arc<dyn Target>, Error> {
        Ok(self.checked()?.target)
    }

    /// Looks the names up, and refuses what does not fit.
    fn checked(&self) -> Result<Checked, Error> {
        let method = match &self.method {
            Choice::Named(name, parameters) => method(name, parameters)?.into(),
            Choice::Itself(method) => Arc::clone(method),
        };
        method.check()?;
        let target = match &self.target {
            Choice::Named(name, ()) => target(name)?.into(),
            Choice::Itself(target) => Arc::clone(target),
        };
        let card = method.card();
        let (aggregate, normalize) = self.reduction_of(&*method)?;
        if self.against.is_some() {
            self.check_against(&*target)?;
        }
        let span = self.span.is_some() && !card.explains_spans;
        if !card.additive && (self.against.is_some() || span) {
            return Err(Error::NotAdditive { method: card.name });
        }
        Ok(Checked { method, target, card, aggregate, normalize })
    }

    /// The aggregate and the normalisation of a method's rows.
    fn reduction_of(&self, method: &dyn Method) -> Result<(Aggregate, Normalize), Error> {
        let signed = method.card().signed;
        let (default_aggregate, default_normalize) = method.default_reduction();
        let aggregate = self.aggregate.unwrap_or(default_aggregate);
        let signed = signed && aggregate.is_signed();
        let default_normalize = if signed { Normalize::None } else { default_normalize };
        let normalize = self.normalize.unwrap_or(default_normalize);
        if signed && normalize == Normalize::Sum {
            return Err(Error::SignedSum { aggregate: aggregate.name() });
        }
        Ok((aggregate, normalize))
    }

    /// Attributes every output of a sequence to the tokens before it.
    ///
    /// # Errors
    /// A sequence that the model can't read, a reduction that makes no sense, or a failing model.
    pub fn record(&self, model: &dyn LanguageModel, sequence: &Sequence) -> Result<Record, Error> {
        self.record_with(model, sequence, &mut |_| true)
    }

    /// As [`record`](Self::record), and tells `watch` how far the run is, after every batch of passes and every row.
    /// `watch` returns `false` to stop.
    ///
    /// # Errors
    /// As [`record`](Self::record), and [`Error::Stopped`].
    pub fn record_with(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Record, Error> {
        Ok(with_gradients(|| self.run(model, sequence, watch, false))?.0)
    }

    /// As [`record_with`](Self::record_with), and gives the vectors behind the rows besides: outputs × tokens × hidden
    /// numbers. The record keeps of each its sums of positive and negative entries, its norm, and its place along two
    /// principal components ([`Output::vectors`](saliency_schema::Output::vectors)).
    ///
    /// ```
    /// use saliency_attribution::testing::Linear;
    /// use saliency_attribution::{Attributor, Sequence};
    ///
    /// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
    /// let attributor = Attributor::new().target("logit");
    /// let (record, vectors) = attributor.record_and_vectors(&Linear::new(3, 2), &sequence, &mut |_| true)?;
    /// assert_eq!(vectors.padded()?.size(), [2, 4, 2]);
    /// # assert_eq!(record.attributions.len(), vectors.rows().len());
    /// # Ok::<(), saliency_attribution::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`record_with`](Self::record_with).
    pub fn record_and_vectors(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<(Record, UnreducedRows), Error> {
        with_gradients(|| self.run(model, sequence, watch, true))
    }

    fn run(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        watch: &mut dyn FnMut(Progress) -> bool,
        keeps_vectors: bool,
    ) -> Result<(Record, UnreducedRows), Error> {
        let checked = self.checked()?.bound_to(model);
        // A continuation that is held against another is a span of all its outputs.
        let span = match &self.against {
            Some(other) => Some(check_other(other, sequence)?),
            None => self.span.clone(),
        };
        let cut = cut(sequence, span.as_ref())?;
        let sequence = cut.as_ref().unwrap_or(sequence);
        // Another continuation is half of the work.
        let begin = if self.against.is_some() { 0.5 } else { 0.0 };
        let other = match &self.against {
            Some(other) => {
                let mut first = |done: Progress| watch(Progress { share: 0.5 * done.share, ..done });
                Some(self.sum_of(&checked, (model, other), &mut first)?)
            }
            None => None,
        };
        let mut watch =
            |done: Progress| watch(Progress { share: begin + (1.0 - begin) * done.share, ..done });
        let target = &*checked.target;
        let problem = self.problem(&checked, target, (model, sequence), span.clone(), &mut watch)?;
        let mut rows = Rows::new(&problem, &checked.card, checked.reduction(), span.clone(), keeps_vectors);
        if let (Some(sum), Some(other)) = (other, &self.against) {
            rows = rows.against(sum, Token::joined(&other.tokens()[other.n_input()..]));
        }
        self.finish(&checked, rows, span.as_ref())
    }

    /// Makes the rows, and the record of them.
    fn finish(
        &self,
        checked: &Checked,
        mut rows: Rows<'_, '_>,
        span: Option<&Range<usize>>,
    ) -> Result<(Record, UnreducedRows), Error> {
        let problem = rows.problem();
        let (model, sequence) = (problem.model(), problem.sequence());
        let finished = checked.method.attribute(problem, &mut |explanation| {
            rows.push(explanation)?;
            problem.work().add_row()
        });
        let sequence = match finished {
            Ok(()) => sequence.clone(),
            Err(Error::Stopped) if self.partial && span.is_none() && rows.count() > 0 => {
                rows.stopped();
                sequence.cut(rows.count())
            }
            Err(error) => return Err(error),
        };
        let (mut record, vectors) = rows.record(&sequence)?;
        if let Some(segments) = checked.method.interacting() {
            record = rows::interactions::of_segments(record, &sequence, segments, model.kept_inputs())?;
        }
        let named = Model::new(model.name());
        record.model = Some(match model.sha256() {
            Some(sha256) => named.with_sha256(sha256),
            None => named,
        });
        record.method = Some(checked.method.describe());
        let mut target = problem.target().describe();
        if let Some(span) = span {
            target.parameters.insert("span".to_owned(), vec![span.start, span.end].into());
        }
        if let Some(other) = &self.against {
            "contrast-log-probability".clone_into(&mut target.name);
            target.parameters.insert("against_ids".to_owned(), other.ids()[other.n_input()..].into());
        }
        record.target = Some(target);
        record.aggregate = Some(checked.aggregate.name().to_owned());
        record.normalize = Some(checked.normalize.name().to_owned());
        record.signed = Some(checked.aggregate.is_signed() && checked.card.signed);
        let kept = model.kept_inputs();
        let source = rows::interactions::group_of(&record, sequence.n_input().saturating_sub(kept));
        if kept > 0 && source > 0 {
            record = record.with_source(source);
        }
        record.check()?;
        Ok((record, vectors))
    }

    /// What the method is given, with what it will cost foreseen. A span is one output for a method that can take it
    /// so.
    fn problem<'p>(
        &self,
        checked: &Checked,
        target: &'p dyn Target,
        (model, sequence): (&'p dyn LanguageModel, &'p Sequence),
        span: Option<Range<usize>>,
        watch: &'p mut dyn FnMut(Progress) -> bool,
    ) -> Result<Problem<'p>, Error> {
        let problem = Problem::at(self.near.as_ref(), (model, sequence), target, self.settings, Some(watch))?;
        let problem = match span {
            Some(span) if checked.card.linear_in_gradient => problem.with_span(span),
            Some(span) if checked.card.explains_spans => problem.with_span_as_one(span),
            _ => problem,
        };
        checked.foresee(&problem)?;
        Ok(problem)
    }

    /// A continuation's explanation as one: the sum over its outputs.
    fn sum_of(
        &self,
        checked: &Checked,
        (model, sequence): (&dyn LanguageModel, &Sequence),
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Explanation, Error> {
        let span = Some(0..sequence.n_output());
        let problem = self.problem(checked, &*checked.target, (model, sequence), span, watch)?;
        let mut sum = None;
        checked.method.attribute(&problem, &mut |explanation| {
            rows::span::add_to(&mut sum, explanation)?;
            problem.work().add_row()
        })?;
        sum.ok_or(Error::NoOutput)
    }

    /// Refuses a contrast of continuations by another target than their log-probabilities, or of a span.
    fn check_against(&self, target: &dyn Target) -> Result<(), Error> {
        if target.name() != "log-probability" {
            let why = "continuations are compared by their log-probabilities: the target is log-probability";
            return Err(Error::Target { method: "a contrast of continuations", target: target.name(), why });
        }
        if self.span.is_some() {
            return Err(refused_other("given beside a span", "alone: it explains all outputs as one"));
        }
        Ok(())
    }
}

/// The span that a continuation is, where it can be held against another.
fn check_other(other: &Sequence, sequence: &Sequence) -> Result<Range<usize>, Error> {
    let (own_inputs, own) = sequence.ids().split_at(sequence.n_input());
    let (inputs, others) = other.ids().split_at(other.n_input());
    if inputs != own_inputs {
        return Err(refused_other("one of another input", "one of the same input tokens"));
    }
    if others == own {
        let range = "another: the difference is zero by construction";
        return Err(refused_other("the same as the explained one", range));
    }
    Ok(0..sequence.n_output())
}

fn refused_other(value: &str, range: &'static str) -> Error {
    Error::Parameter { name: "the other continuation", value: value.to_owned(), range }
}

/// The sequence up to the end of a span: no output of it depends on what comes after it.
fn cut(sequence: &Sequence, span: Option<&Range<usize>>) -> Result<Option<Sequence>, Error> {
    let Some(span) = span else { return Ok(None) };
    check_span(span, sequence.n_output())?;
    Ok(Some(sequence.cut(span.end)))
}

/// Refuses a span beyond the outputs.
fn check_span(span: &Range<usize>, n_output: usize) -> Result<(), Error> {
    if span.start < span.end && span.end <= n_output {
        return Ok(());
    }
    let value = format!("{}-{} of {n_output} outputs", span.start, span.end);
    Err(Error::Parameter { name: "span", value, range: "a range of outputs, from-to, with `to` left out" })
}
