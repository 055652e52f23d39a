//! The way through: a model and a sequence in, a record out.

use crate::error::Error;
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::{Method, method};
use crate::methods::GradientXInput;
use crate::model::sequence::Sequence;
use crate::model::{LanguageModel, Pass};
use crate::problem::Problem;
use crate::problem::backward::with_gradients;
use crate::problem::cost::{Cost, Size};
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
use std::ops::Range;

/// A method, a target and a reduction, ready to run on any model and sequence.
///
/// ```
/// use saliency_attribution::testing::Linear;
/// use saliency_attribution::{Attributor, Sequence};
///
/// let model = Linear::new(3, 2);
/// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
/// let record = Attributor::new().target("logit")?.record(&model, &sequence)?;
/// assert_eq!(record.attributions[1].len(), 4);
/// # Ok::<(), saliency_attribution::Error>(())
/// ```
#[derive(Debug)]
pub struct Attributor {
    method: Box<dyn Method>,
    target: Box<dyn Target>,
    aggregate: Option<Aggregate>,
    normalize: Option<Normalize>,
    span: Option<Range<usize>>,
    against: Option<Sequence>,
    settings: Settings,
    partial: bool,
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
            method: Box::new(GradientXInput),
            target: Box::new(Probability),
            aggregate: None,
            normalize: None,
            span: None,
            against: None,
            settings: Settings::default(),
            partial: false,
        }
    }

    /// The method of that name, with its default parameters. Default: `gradient-x-input`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names that there are.
    pub fn method(self, name: &str) -> Result<Self, Error> {
        Ok(self.with_method(method(name, &Parameters::default())?))
    }

    /// A method of your own, or one with parameters.
    #[must_use]
    pub fn with_method(self, method: Box<dyn Method>) -> Self {
        Self { method, ..self }
    }

    /// The target of that name. Default: `probability`.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the names that there are.
    pub fn target(self, name: &str) -> Result<Self, Error> {
        Ok(self.with_target(target(name)?))
    }

    /// A target of your own.
    #[must_use]
    pub fn with_target(self, target: Box<dyn Target>) -> Self {
        Self { target, ..self }
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
    /// let attributor = Attributor::new().target("log-probability")?.span(0..2);
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
    /// let attributor = Attributor::new().target("log-probability")?.against(other);
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

    /// The passes that a run makes on a problem of that size, without the clean run.
    pub fn cost(&self, size: Size) -> Cost {
        self.method.cost(size)
    }

    /// About how many bytes a run takes besides the weights, in passes of that kind.
    pub fn bytes(&self, model: &dyn LanguageModel, pass: Pass) -> usize {
        let (batch, each) = self.settings.batch(model, pass);
        // What is walked back goes one text at a time.
        if pass.backward { each } else { batch * each }
    }

    /// The aggregate and the normalisation that a run will use.
    ///
    /// # Errors
    /// [`Error::SignedSum`] when signed rows were to be divided by their sum.
    pub fn reduction(&self) -> Result<(Aggregate, Normalize), Error> {
        let signed = self.method.card().signed;
        let (default_aggregate, default_normalize) = self.method.default_reduction();
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
    /// numbers.
    ///
    /// ```
    /// use saliency_attribution::testing::Linear;
    /// use saliency_attribution::{Attributor, Sequence};
    ///
    /// let sequence = Sequence::from_ids(&[0, 1, 2], &[1, 0])?;
    /// let attributor = Attributor::new().target("logit")?;
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
        let (aggregate, normalize) = self.reduction()?;
        let card = self.method.card();
        // A continuation that is held against another is a span of all its outputs.
        let span = match &self.against {
            Some(other) => Some(self.check_against(other, sequence)?),
            None => self.span.clone(),
        };
        if let Some(span) = &span {
            check_span(span, sequence.n_output(), self.method.name(), card.additive)?;
        }
        // Nothing of a span has read what comes after it.
        let cut = span.as_ref().map(|span| sequence.cut(span.end));
        let sequence = cut.as_ref().unwrap_or(sequence);
        let reduction = (aggregate, normalize);
        // Another continuation is half of the work.
        let begin = if self.against.is_some() { 0.5 } else { 0.0 };
        let other = match &self.against {
            Some(other) => {
                let mut first = |done: Progress| watch(Progress { share: 0.5 * done.share, ..done });
                Some(self.sum_of(model, other, &mut first)?)
            }
            None => None,
        };
        let mut watch =
            |done: Progress| watch(Progress { share: begin + (1.0 - begin) * done.share, ..done });
        let problem = self.problem(model, sequence, &mut watch)?;
        let mut rows = Rows::new(&problem, &card, reduction, span.clone(), keeps_vectors);
        let described = self.method.describe();
        rows = rows.with_tolerance(described.parameters.get("tolerance").and_then(serde_json::Value::as_f64));
        if let (Some(sum), Some(other)) = (other, &self.against) {
            rows = rows.against(sum, Token::joined(&other.tokens()[other.n_input()..]));
        }
        let finished = self.method.attribute(&problem, &mut |explanation| {
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
        let named = Model::new(model.name());
        record.model = Some(match model.sha256() {
            Some(sha256) => named.with_sha256(sha256),
            None => named,
        });
        record.method = Some(described);
        let mut target = problem.target().describe();
        if let Some(span) = &span {
            target.parameters.insert("span".to_owned(), vec![span.start, span.end].into());
        }
        if let Some(other) = &self.against {
            "contrast-log-probability".clone_into(&mut target.name);
            target.parameters.insert("against_ids".to_owned(), other.ids()[other.n_input()..].into());
        }
        record.target = Some(target);
        record.aggregate = Some(aggregate.name().to_owned());
        record.normalize = Some(normalize.name().to_owned());
        record.signed = Some(aggregate.is_signed() && card.signed);
        record.check()?;
        Ok((record, vectors))
    }

    /// What the method is given, with what it will cost foreseen.
    fn problem<'p>(
        &'p self,
        model: &'p dyn LanguageModel,
        sequence: &'p Sequence,
        watch: &'p mut dyn FnMut(Progress) -> bool,
    ) -> Result<Problem<'p>, Error> {
        let problem = Problem::watched(model, sequence, &*self.target, self.settings, Some(watch))?;
        let cost = self.method.cost(problem.size(model.shares_prefix()));
        problem.work().foresee(cost, problem.n_output());
        Ok(problem)
    }

    /// A continuation's explanation as one: the sum over its outputs.
    fn sum_of(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        watch: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Explanation, Error> {
        let problem = self.problem(model, sequence, watch)?;
        let mut sum = None;
        self.method.attribute(&problem, &mut |explanation| {
            rows::span::add_to(&mut sum, explanation)?;
            problem.work().add_row()
        })?;
        sum.ok_or(Error::NoOutput)
    }

    /// The span that a continuation is, where it can be held against another.
    fn check_against(&self, other: &Sequence, sequence: &Sequence) -> Result<Range<usize>, Error> {
        let refuse = |value: &str, range| {
            Err(Error::Parameter { name: "the other continuation", value: value.to_owned(), range })
        };
        if self.target.name() != "log-probability" {
            let why = "continuations are compared by their log-probabilities: the target is log-probability";
            return Err(Error::Target {
                method: "a contrast of continuations",
                target: self.target.name(),
                why,
            });
        }
        if self.span.is_some() {
            return refuse("given beside a span", "alone: it explains all outputs as one");
        }
        let (own_inputs, own) = sequence.ids().split_at(sequence.n_input());
        let (inputs, others) = other.ids().split_at(other.n_input());
        if inputs != own_inputs {
            return refuse("one of another input", "one of the same input tokens");
        }
        if others == own {
            return refuse(
                "the same as the explained one",
                "another: the difference is zero by construction",
            );
        }
        Ok(0..sequence.n_output())
    }
}

fn check_span(
    span: &Range<usize>,
    n_output: usize,
    method: &'static str,
    additive: bool,
) -> Result<(), Error> {
    if !additive {
        return Err(Error::NotAdditive { method });
    }
    if span.start < span.end && span.end <= n_output {
        return Ok(());
    }
    let value = format!("{}-{} of {n_output} outputs", span.start, span.end);
    Err(Error::Parameter { name: "span", value, range: "a range of outputs, from-to, with `to` left out" })
}
