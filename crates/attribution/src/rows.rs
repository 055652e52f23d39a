//! The rows of a record while they are made.

pub(crate) mod aggregate;
pub(crate) mod normalize;
pub(crate) mod unreduced;

use crate::calculus::path::{ROUNDINGS, epsilon, scale_of};
use crate::error::Error;
use crate::method::card::{Axiom, Card, Family};
use crate::method::explanation::Explanation;
use crate::model::sequence::Sequence;
use crate::problem::Problem;
use crate::rows::aggregate::Aggregate;
use crate::rows::normalize::Normalize;
use crate::rows::unreduced::UnreducedRows;
use saliency_schema::{Kind as TokenKind, Named, Output, Record, Token};
use std::ops::Range;
use tch::{Kind, Tensor};

/// The rows of a record while they are made.
pub(crate) struct Rows<'p, 'a> {
    problem: &'p Problem<'a>,
    method: &'static str,
    complete: bool,
    /// What makes a path's integral more exact, where the method takes one.
    repair: Option<&'static str>,
    /// Rows whose delta is large though nobody asked for a tolerance, and how large it is beside the change of the
    /// target.
    inexact: Vec<(usize, f64)>,
    aggregate: Aggregate,
    normalize: Normalize,
    span: Option<(Range<usize>, Option<Explanation>)>,
    /// Another continuation, which the span is held against: its explanation, and its tokens as one.
    against: Option<(Explanation, Token)>,
    values: Vec<Vec<Option<f64>>>,
    errors: Vec<Vec<Option<f64>>>,
    /// The rows' vectors, where somebody wants them.
    vectors: Option<UnreducedRows>,
    outputs: Vec<Output>,
    /// Whether rows are made of differences of the target.
    perturbs: bool,
    /// How far rounding takes the differences of the row that is being made.
    rounding: f64,
    /// Rows whose numbers are small beside that, and which share of the largest it is.
    rounded: Vec<(usize, f64)>,
    /// Rows in which nothing but rounding noise was left.
    cancelled: usize,
    /// What besides another aggregate leaves more of them.
    instead: &'static str,
    /// What there is to say of all rows together.
    remarks: Vec<String>,
    /// What rows said, and the rows that said it.
    notes: Vec<(String, Vec<usize>)>,
}

impl<'p, 'a> Rows<'p, 'a> {
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        card: &Card,
        (aggregate, normalize): (Aggregate, Normalize),
        span: Option<Range<usize>>,
        keeps_vectors: bool,
    ) -> Self {
        let mut remarks = Vec::new();
        if !card.uses_target && card.family != Family::Control {
            remarks.push(format!(
                "{} describes the model's run and does not depend on the target; values are the target's",
                card.name
            ));
        }
        Self {
            problem,
            method: card.name,
            inexact: Vec::new(),
            complete: card.axioms.contains(&Axiom::Completeness),
            repair: repair(card),
            aggregate,
            normalize,
            span: span.map(|span| (span, None)),
            against: None,
            values: Vec::new(),
            errors: Vec::new(),
            vectors: keeps_vectors.then(UnreducedRows::default),
            outputs: Vec::new(),
            perturbs: card.family == Family::Perturbation,
            rounding: 0.0,
            rounded: Vec::new(),
            cancelled: 0,
            // The last norm forgets how long its input is: nothing changes along it.
            instead: if card.parameters.contains(&"layer") { "an earlier layer" } else { "gradient-x-input" },
            remarks,
            notes: Vec::new(),
        }
    }

    /// Holds the span against another continuation.
    pub(crate) fn against(self, explanation: Explanation, token: Token) -> Self {
        Self { against: Some((explanation, token)), ..self }
    }

    /// How many rows are finished.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// The run ended before all rows were made.
    pub(crate) fn stopped(&mut self) {
        let (made, all) = (self.values.len(), self.problem.n_output());
        self.remarks.insert(0, format!("stopped after {made} of {all} outputs: the others are left out"));
    }

    pub(crate) fn push(&mut self, mut explanation: Explanation) -> Result<(), Error> {
        explanation.notes.extend(self.problem.note(explanation.output)?);
        let explained = self.span.as_ref().is_none_or(|(span, _)| span.contains(&explanation.output));
        if self.perturbs && explained {
            self.rounding += self.problem.rounding(explanation.output)?.unwrap_or(0.0);
        }
        let Explanation { output, vectors, .. } = &explanation;
        let length = self.problem.row_length(*output);
        let found = vectors.size();
        // A row may be shorter: tokens that a method says nothing of are missing.
        if found.len() != 2 || found[0] as usize > length || found[0] == 0 {
            let expected = vec![length as i64, -1];
            return Err(Error::Shape { op: "Method::attribute", found, expected });
        }
        match &mut self.span {
            None => self.finish(explanation, None),
            Some((span, sum)) => {
                if span.contains(output) {
                    add_to(sum, explanation)?;
                }
                Ok(())
            }
        }
    }

    /// One row, as it will be in the record; `own` are a span's vectors to its own tokens, which are no part of the
    /// row.
    fn finish(&mut self, explanation: Explanation, own: Option<&Tensor>) -> Result<(), Error> {
        let Explanation {
            output,
            vectors,
            value,
            baseline_value,
            steps,
            tolerance,
            samples,
            standard_errors,
            mut notes,
        } = explanation;
        if let Some(kept) = &mut self.vectors {
            kept.push(&vectors)?;
        }
        let length = self.problem.row_length(output);
        let mut row = self.aggregate.apply(&vectors)?;
        let sums = Aggregate::Sum.apply(&vectors)?;
        let cancels = self.aggregate.is_signed() && is_rounding_noise(&sums, &vectors)?;
        if cancels {
            row.fill(0.0);
            self.cancelled += 1;
        }
        let rounding = std::mem::take(&mut self.rounding) / largest(&row);
        if rounding > ROUNDED {
            self.rounded.push((self.values.len(), rounding));
        }
        let scale = self.normalize.divisor(&row);
        for x in &mut row {
            *x /= scale;
        }
        let total = |aggregate: Aggregate| -> Result<Option<f64>, Error> {
            own.map(|own| Ok(aggregate.apply(own)?.iter().sum())).transpose()
        };
        let within = total(self.aggregate)?.map(|within| if cancels { 0.0 } else { within / scale });
        let number = self.values.len();
        self.values.push(padded(row, length));
        let errors = self.errors_of(standard_errors.unwrap_or_default(), vectors.size()[1]);
        self.errors.push(padded(errors.into_iter().map(|x| x / scale.abs()).collect(), length));
        let sum = sums.iter().sum::<f64>() + total(Aggregate::Sum)?.unwrap_or(0.0);
        let delta = baseline_value.filter(|_| self.complete).map(|baseline| sum - (value - baseline));
        if let (Some(tolerance), Some(delta), Some(baseline), []) =
            (tolerance, delta, baseline_value, &notes[..])
        {
            // Of a sum of outputs, or a mean over baselines, whose terms are all within theirs.
            let relative = delta.abs() / scale_of(value, baseline);
            if relative > tolerance {
                notes.push(format!(
                    "the relative delta is {relative:.2e}, more than {tolerance:.2e}: it was kept for each term of this sum, and the \
                     terms' changes cancel; ask for a smaller tolerance"
                ));
            }
        }
        if let (None, Some(_), Some(delta), Some(baseline)) = (tolerance, self.repair, delta, baseline_value)
        {
            // What is left of nothing but rounding says nothing of the path.
            let rounding = ROUNDINGS * epsilon(self.problem.kind()) * value.abs().max(baseline.abs());
            let relative = delta.abs() / scale_of(value, baseline);
            if relative > INEXACT && delta.abs() > rounding {
                self.inexact.push((number, relative));
            }
        }
        for note in notes {
            match self.notes.iter_mut().find(|(known, _)| *known == note) {
                Some((_, rows)) => rows.push(number),
                None => self.notes.push((note, vec![number])),
            }
        }
        let logits = self.problem.input().logits_of(output)?.f_select(0, 0)?.f_to_kind(Kind::Double)?;
        let token = i64::from(self.problem.output_token(output).id);
        let known = Output::new(length)
            .with_probability(logits.f_softmax(0, None)?.f_double_value(&[token])?)
            .with_logit(logits.f_double_value(&[token])?)
            .with_value(value)
            .with_baseline_value(baseline_value)
            .with_sum(sum)
            .with_delta(delta)
            .with_steps(steps)
            .with_samples(samples)
            .with_within(within)
            .with_explained(self.explained(output));
        self.outputs.push(known);
        Ok(())
    }

    /// What was explained of an output besides or instead of its token.
    fn explained(&self, output: usize) -> Option<saliency_schema::Explained> {
        let own = self.problem.output_token(output);
        self.problem.target().explained(own).named(own.id, self.problem.sequence())
    }

    /// Standard errors of sums over `width` hidden dimensions as those of the aggregate, where they are known.
    fn errors_of(&mut self, errors: Vec<f64>, width: i64) -> Vec<f64> {
        match self.aggregate {
            Aggregate::Mean => errors.into_iter().map(|error| error / width as f64).collect(),
            _ if self.aggregate.is_signed() || width == 1 => errors,
            _ => {
                if !errors.is_empty() {
                    let remark = format!(
                        "standard errors are those of sums over hidden dimensions, and left out beside the aggregate {}",
                        self.aggregate.name()
                    );
                    self.remarks = with_new(std::mem::take(&mut self.remarks), vec![remark]);
                }
                Vec::new()
            }
        }
    }

    /// A record of the rows, and their vectors where they were kept; `sequence` has as many outputs as there are rows,
    /// but for a span.
    pub(crate) fn record(mut self, sequence: &Sequence) -> Result<(Record, UnreducedRows), Error> {
        let tokens = match self.span.take() {
            None => sequence.tokens().to_vec(),
            Some((span, sum)) => {
                let first = sequence.n_input() + span.start;
                let sum = sum.ok_or(Error::NoOutput)?;
                self.finish_span(sum, first, span.len())?;
                let mut tokens = sequence.tokens().to_vec();
                let members = tokens.split_off(first);
                for token in &mut tokens {
                    token.kind = TokenKind::Input;
                }
                tokens.push(Token::joined(&members[..span.len()]));
                tokens
            }
        };
        let notes = with_new(sequence.notes().to_vec(), self.all_notes());
        let mut record = Record::new(tokens, self.values)?;
        record.notes = notes;
        record.prompt = sequence.prompt().cloned();
        record.outputs = self.outputs;
        if self.errors.iter().flatten().any(Option::is_some) {
            record.standard_errors = self.errors;
        }
        Ok((record, self.vectors.unwrap_or_default()))
    }

    /// A span's row: the tokens before it, and what its own tokens gave to each other.
    fn finish_span(&mut self, sum: Explanation, first: usize, members: usize) -> Result<(), Error> {
        let output = first - self.problem.n_input();
        let (vectors, mut own) = split(&sum.vectors, first)?;
        let errors = sum.standard_errors.as_ref().map(|errors| errors[..vectors.size()[0] as usize].to_vec());
        let mut whole = Explanation { output, vectors, standard_errors: errors, ..sum };
        let against = self.against.take();
        if let Some((other, _)) = &against {
            let (vectors, others) = split(&other.vectors, first)?;
            own = match (own, others) {
                (Some(own), Some(others)) => Some(Tensor::f_cat(&[own, others.f_neg()?], 0)?),
                (own, others) => others.map(|others| others.f_neg()).transpose()?.or(own),
            };
            whole = less(whole, &vectors, other)?;
        }
        self.finish(whole, own.as_ref())?;
        let all: Vec<_> = (output..output + members).map(|output| self.explained(output)).collect();
        let output = &mut self.outputs[0];
        output.explained = saliency_schema::Explained::shared(all.iter().map(Option::as_ref));
        if members > 1 {
            (output.probability, output.logit) = (None, None);
        }
        if let Some((_, token)) = &against {
            let explained = saliency_schema::Explained::new();
            output.explained = Some(explained.with_alternatives(vec![Named::from(token)]));
        }
        Ok(())
    }

    fn all_notes(&self) -> Vec<String> {
        let mut notes = self.remarks.clone();
        if self.cancelled > 0 {
            notes.push(format!(
                "{} of {} rows are zero: the {} over hidden dimensions of {} cancels to rounding noise; use the aggregate l2, l1 \
                 or max-abs, or {}",
                self.cancelled,
                self.values.len(),
                self.aggregate.name(),
                self.method,
                self.instead
            ));
        }
        for (note, rows) in &self.notes {
            notes.push(format!("{}: {note}", self.outputs_in_words(rows)));
        }
        if let Some((first, _)) = self.rounded.first() {
            let rows: Vec<usize> = self.rounded.iter().map(|(row, _)| *row).collect();
            let most = self.rounded.iter().fold(0.0_f64, |most, (_, share)| most.max(*share));
            let (dtype, repair) = match self.problem.kind() {
                Kind::Double => ("float64", ""),
                _ => ("float32", "; a model in float64 goes further"),
            };
            notes.push(format!(
                "{}: the row is made of differences that are small beside what they are differences of (f(x) is {:.3e}{}), so that about \
                 {} of its largest number may be the rounding of {dtype}{repair}",
                self.outputs_in_words(&rows),
                self.outputs.get(*first).and_then(|output| output.value).unwrap_or(f64::NAN),
                if rows.len() > 1 { " in the first" } else { "" },
                if most < 1.0 { format!("{:.2} %", 100.0 * most) } else { "all".to_owned() }
            ));
        }
        if let Some(repair) = self.repair.filter(|_| !self.inexact.is_empty()) {
            let rows: Vec<usize> = self.inexact.iter().map(|(row, _)| *row).collect();
            let largest = self.inexact.iter().fold(0.0_f64, |most, (_, relative)| most.max(*relative));
            notes.push(format!(
                "{}: the attributions miss the change of the target that they are to add up to, f(x) − f(baseline), by {}{}; {repair}",
                self.outputs_in_words(&rows),
                if rows.len() > 1 { "up to " } else { "" },
                share_in_words(largest)
            ));
        }
        notes
    }

    /// Which rows a note is about.
    fn outputs_in_words(&self, rows: &[usize]) -> String {
        if rows.len() == self.values.len() {
            return "every output".to_owned();
        }
        let rows: Vec<_> = rows.iter().map(ToString::to_string).collect();
        format!("output {}", rows.join(", "))
    }
}

/// The share of the target's change that a row may miss before something is said.
const INEXACT: f64 = 0.05;

/// What makes a method's path integral more exact, where it takes one.
fn repair(card: &Card) -> Option<&'static str> {
    let takes_a_path = card.family == Family::Gradient && card.axioms.contains(&Axiom::Completeness);
    let has = |name| card.parameters.contains(&name);
    match takes_a_path {
        true if has("tolerance") => Some("ask for a tolerance, such as 0.01, or for more steps"),
        true if has("samples") => Some("ask for more samples"),
        true => Some("ask for more points"),
        false => None,
    }
}

/// A share of the target's change, in words.
fn share_in_words(share: f64) -> String {
    if share < 10.0 { format!("{:.0} % of it", 100.0 * share) } else { format!("{share:.1e} times as much") }
}

/// The share of a row's largest number from which on rounding is worth a word.
const ROUNDED: f64 = 1e-3;

/// The largest number of a row, in size. A segment's, which is spread evenly over its tokens, counts as a whole.
fn largest(row: &[f64]) -> f64 {
    let segments = row.chunk_by(|a, b| a.to_bits() == b.to_bits());
    segments.map(|segment| segment.iter().sum::<f64>().abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// Numbers, and a missing one for each token beyond them.
fn padded(row: Vec<f64>, length: usize) -> Vec<Option<f64>> {
    let mut row: Vec<_> = row.into_iter().map(Some).collect();
    row.resize(length, None);
    row
}

/// Notes, and those of others that are not among them.
pub(crate) fn with_new(mut notes: Vec<String>, others: Vec<String>) -> Vec<String> {
    for note in others {
        if !notes.contains(&note) {
            notes.push(note);
        }
    }
    notes
}

const NO_ERRORS: &str = "standard errors of a sum are not known from those of its terms, and left out";

/// What tokens before a position were given, and what it and later ones were, where a method says anything of them.
fn split(vectors: &Tensor, position: usize) -> Result<(Tensor, Option<Tensor>), Error> {
    let read = vectors.size()[0];
    let before = (position as i64).min(read);
    let own = (read > before).then(|| vectors.f_narrow(0, before, read - before)).transpose()?;
    Ok((vectors.f_narrow(0, 0, before)?, own))
}

/// An explanation less another one, of which `vectors` are those of the same tokens.
fn less(a: Explanation, vectors: &Tensor, b: &Explanation) -> Result<Explanation, Error> {
    let both = |x: Option<f64>, y: Option<f64>| Some(x? - y?);
    let sampled = a.standard_errors.is_some() || b.standard_errors.is_some();
    let notes = with_new(a.notes, b.notes.clone());
    Ok(Explanation {
        output: a.output,
        vectors: a.vectors.f_sub(vectors)?,
        value: a.value - b.value,
        baseline_value: both(a.baseline_value, b.baseline_value),
        steps: a.steps.max(b.steps),
        tolerance: a.tolerance,
        samples: a.samples.max(b.samples),
        standard_errors: None,
        notes: if sampled { with_new(notes, vec![NO_ERRORS.to_owned()]) } else { notes },
    })
}

/// Adds one more output to the sum of several.
pub(crate) fn add_to(sum: &mut Option<Explanation>, explanation: Explanation) -> Result<(), Error> {
    *sum = Some(match sum.take() {
        Some(sum) => add(sum, explanation)?,
        None => explanation,
    });
    Ok(())
}

/// Two outputs as one: the sum of their targets.
fn add(a: Explanation, b: Explanation) -> Result<Explanation, Error> {
    let (short, long) = if a.vectors.size()[0] < b.vectors.size()[0] {
        (&a.vectors, &b.vectors)
    } else {
        (&b.vectors, &a.vectors)
    };
    let vectors = long.f_detach_copy()?;
    let _ = vectors.f_narrow(0, 0, short.size()[0])?.f_add_(short)?;
    let sampled = b.standard_errors.is_some();
    let both = |x: Option<f64>, y: Option<f64>| Some(x? + y?);
    Ok(Explanation {
        output: a.output,
        vectors,
        value: a.value + b.value,
        baseline_value: both(a.baseline_value, b.baseline_value),
        steps: a.steps.max(b.steps),
        tolerance: a.tolerance,
        samples: a.samples.max(b.samples),
        // Draws are shared between outputs, so that errors of a sum are not known from those of its terms.
        standard_errors: None,
        notes: with_new(
            a.notes,
            if sampled { with_new(b.notes, vec![NO_ERRORS.to_owned()]) } else { b.notes },
        ),
    })
}

/// Whether the sums over hidden dimensions are all too small, beside what was summed, to be anything but
/// rounding noise: at most 10⁻⁵ of it in single precision, 10⁻¹² in double.
fn is_rounding_noise(sums: &[f64], vectors: &Tensor) -> Result<bool, Error> {
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
