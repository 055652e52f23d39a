//! The way through: a model and a sequence in, a record out.

use crate::method::Parameters;
use crate::methods::GradientXInput;
use crate::targets::Probability;
use crate::{
    Aggregate, Error, Explanation, LanguageModel, Method, Normalize, Problem, Sequence, Target, method,
    target,
};
use saliency_schema::{Model, Output, Record};
use tch::Kind;

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

    /// How rows are scaled. Default: the method's own; `none` for an aggregate that keeps the sign.
    #[must_use]
    pub fn normalize(self, normalize: Normalize) -> Self {
        Self { normalize: Some(normalize), ..self }
    }

    /// The aggregate and the normalisation that a run will use.
    ///
    /// # Errors
    /// [`Error::SignedSum`] when signed rows were to be divided by their sum.
    pub fn reduction(&self) -> Result<(Aggregate, Normalize), Error> {
        let (default_aggregate, default_normalize) = self.method.default_reduction();
        let aggregate = self.aggregate.unwrap_or(default_aggregate);
        let default_normalize = if aggregate.is_signed() { Normalize::None } else { default_normalize };
        let normalize = self.normalize.unwrap_or(default_normalize);
        if aggregate.is_signed() && normalize == Normalize::Sum {
            return Err(Error::SignedSum { aggregate: aggregate.name() });
        }
        Ok((aggregate, normalize))
    }

    /// Attributes every output of a sequence to the tokens before it.
    ///
    /// # Errors
    /// A sequence that the model can't read, a reduction that makes no sense, or a failing model.
    pub fn record(&self, model: &dyn LanguageModel, sequence: &Sequence) -> Result<Record, Error> {
        self.record_with(model, sequence, &mut |_, _| true)
    }

    /// As [`record`](Self::record), and calls `progress` with the rows done and the rows there will be.
    /// `progress` returns `false` to stop.
    ///
    /// # Errors
    /// As [`record`](Self::record), and [`Error::Stopped`].
    pub fn record_with(
        &self,
        model: &dyn LanguageModel,
        sequence: &Sequence,
        progress: &mut dyn FnMut(usize, usize) -> bool,
    ) -> Result<Record, Error> {
        let (aggregate, normalize) = self.reduction()?;
        let problem = Problem::new(model, sequence, &*self.target)?;
        let mut rows = Rows { aggregate, normalize, values: Vec::new(), outputs: Vec::new(), cancelled: 0 };
        self.method.attribute(&problem, &mut |explanation| {
            rows.push(&problem, self.method.is_complete(), &explanation)?;
            if progress(rows.values.len(), problem.n_output()) { Ok(()) } else { Err(Error::Stopped) }
        })?;
        let notes = rows.notes(self.method.name());
        let mut record = Record::new(sequence.tokens().to_vec(), rows.values)?;
        record.model =
            Some(Model { name: model.name().to_owned(), sha256: model.sha256().map(str::to_owned) });
        record.method = Some(self.method.describe());
        record.target = Some(problem.target().describe());
        record.aggregate = Some(aggregate.name().to_owned());
        record.normalize = Some(normalize.name().to_owned());
        record.signed = Some(aggregate.is_signed());
        record.notes = notes;
        record.outputs = rows.outputs;
        record.check()?;
        Ok(record)
    }
}

/// The rows of a record while they are made.
struct Rows {
    aggregate: Aggregate,
    normalize: Normalize,
    values: Vec<Vec<Option<f64>>>,
    outputs: Vec<Output>,
    /// Rows in which nothing but rounding noise was left.
    cancelled: usize,
}

impl Rows {
    fn push(
        &mut self,
        problem: &Problem<'_>,
        complete: bool,
        explanation: &Explanation,
    ) -> Result<(), Error> {
        let Explanation { output, vectors, value, baseline_value, steps } = explanation;
        let length = problem.row_length(*output);
        if vectors.size().first() != Some(&(length as i64)) || vectors.dim() != 2 {
            let expected = vec![length as i64, -1];
            return Err(Error::Shape { op: "Method::attribute", found: vectors.size(), expected });
        }
        let mut row = self.aggregate.apply(vectors)?;
        let sums = Aggregate::Sum.apply(vectors)?;
        if self.aggregate.is_signed() && is_rounding_noise(&sums, vectors)? {
            row.fill(0.0);
            self.cancelled += 1;
        }
        self.normalize.apply(&mut row);
        self.values.push(row.into_iter().map(Some).collect());

        let logits = problem.input().logits_of(*output)?.f_select(0, 0)?.f_to_kind(Kind::Double)?;
        let token = i64::from(problem.output_token(*output).id);
        let sum = sums.iter().sum::<f64>();
        self.outputs.push(Output {
            token: length,
            probability: Some(logits.f_softmax(0, None)?.f_double_value(&[token])?),
            logit: Some(logits.f_double_value(&[token])?),
            value: Some(*value),
            baseline_value: *baseline_value,
            sum: Some(sum),
            delta: baseline_value.filter(|_| complete).map(|baseline| sum - (value - baseline)),
            steps: *steps,
        });
        Ok(())
    }

    fn notes(&self, method: &str) -> Vec<String> {
        let mut notes = Vec::new();
        if self.cancelled > 0 {
            notes.push(format!(
                "{} of {} rows are zero: the {} over hidden dimensions of {method} cancels to rounding noise \
                 (layer norm removes the mean, so it is zero by construction); use the aggregate l2, l1 or \
                 max-abs, or gradient-x-input",
                self.cancelled,
                self.values.len(),
                self.aggregate.name()
            ));
        }
        notes
    }
}

/// Whether the sums over hidden dimensions are all too small, beside what was summed, to be anything but
/// rounding noise: at most 10⁻⁵ of it in single precision, 10⁻¹² in double.
fn is_rounding_noise(sums: &[f64], vectors: &tch::Tensor) -> Result<bool, Error> {
    let tolerance = match vectors.kind() {
        Kind::Double => 1e-12,
        Kind::Float => 1e-5,
        _ => return Ok(false),
    };
    let sizes = Aggregate::L1.apply(vectors)?;
    let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
    let noise = |(sum, size): (&f64, &f64)| sum.abs() <= tolerance * size.max(mean);
    Ok(mean > 0.0 && vectors.size()[1] > 1 && sums.iter().zip(&sizes).all(noise))
}
