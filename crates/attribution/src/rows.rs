//! The rows of a record while they are made: explanations are reduced, scaled, and put together.

pub(crate) mod aggregate;
pub(crate) mod interactions;
pub(crate) mod kept_vectors;
pub(crate) mod normalize;
pub(crate) mod notes;
pub(crate) mod span;
pub(crate) mod unreduced;

use crate::error::Error;
use crate::method::card::{Axiom, Card, Family};
use crate::method::explanation::Explanation;
use crate::model::sequence::Sequence;
use crate::problem::Problem;
use crate::rows::aggregate::Aggregate;
use crate::rows::normalize::Normalize;
use crate::rows::notes::{Notes, with_new};
use crate::rows::span::Span;
use crate::rows::unreduced::UnreducedRows;
use saliency_schema::{Interaction, Output, Record, Replacement, Token};
use std::ops::Range;
use tch::{Kind, Tensor};

/// The rows of a record while they are made.
pub(crate) struct Rows<'p, 'a> {
    problem: &'p Problem<'a>,
    /// Whether rows add up to f(x) − f(baseline).
    complete: bool,
    aggregate: Aggregate,
    normalize: Normalize,
    span: Option<Span>,
    values: Vec<Vec<Option<f64>>>,
    errors: Vec<Vec<Option<f64>>>,
    /// The rows before reduction, where they are asked for.
    unreduced: Option<UnreducedRows>,
    replacements: Vec<Vec<Replacement>>,
    interactions: Vec<Vec<Interaction>>,
    outputs: Vec<Output>,
    /// Whether rows are made of differences of the target.
    perturbs: bool,
    /// How far rounding takes the differences of the row that is being made.
    rounding: f64,
    notes: Notes,
}

impl<'p, 'a> Rows<'p, 'a> {
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        card: &Card,
        (aggregate, normalize): (Aggregate, Normalize),
        span: Option<Range<usize>>,
        keeps_unreduced: bool,
    ) -> Self {
        Self {
            problem,
            complete: card.axioms.contains(&Axiom::Completeness),
            aggregate,
            normalize,
            span: span.map(Span::new),
            values: Vec::new(),
            errors: Vec::new(),
            unreduced: keeps_unreduced.then(UnreducedRows::default),
            replacements: Vec::new(),
            interactions: Vec::new(),
            outputs: Vec::new(),
            perturbs: card.family == Family::Perturbation,
            rounding: 0.0,
            notes: Notes::new(card),
        }
    }

    /// Contrasts the span with another continuation, given its explanation and its tokens as one.
    pub(crate) fn against(mut self, explanation: Explanation, token: Token) -> Self {
        self.span = self.span.map(|span| span.against(explanation, token));
        self
    }

    /// What the rows explain.
    pub(crate) fn problem(&self) -> &'p Problem<'a> {
        self.problem
    }

    /// The number of finished rows.
    pub(crate) fn count(&self) -> usize {
        self.values.len()
    }

    /// Notes that the run ended before all rows were made.
    pub(crate) fn stopped(&mut self) {
        self.notes.stopped(self.values.len(), self.problem.n_output());
    }

    /// Adds a row, or what belongs to the span.
    pub(crate) fn push(&mut self, mut explanation: Explanation) -> Result<(), Error> {
        let length = self.problem.row_length(explanation.output);
        let found = explanation.attributions.size();
        // A row may be shorter: tokens without an attribution are missing.
        if found.len() != 2 || found[0] as usize > length || found[0] == 0 {
            let expected = vec![length as i64, -1];
            return Err(Error::Shape { op: "Method::attribute", found, expected });
        }
        let members = self.problem.members(explanation.output);
        if self.span.as_ref().is_some_and(|span| !span.contains(&members)) {
            return Ok(());
        }
        if self.perturbs {
            self.rounding += self.problem.rounding(explanation.output)?.unwrap_or(0.0);
        }
        explanation.notes.extend(self.problem.note(explanation.output)?);
        match &mut self.span {
            None => self.finish(explanation, None),
            Some(span) => span.push(explanation),
        }
    }

    /// Finishes one row, as it will be in the record, of an output of the sequence; `own` are a span's attributions to
    /// its own tokens, which are not part of the row.
    fn finish(&mut self, explanation: Explanation, own: Option<&Tensor>) -> Result<(), Error> {
        let Explanation {
            output,
            attributions,
            value,
            baseline_value,
            steps,
            tolerance,
            samples,
            standard_errors,
            missing,
            replacements,
            interactions,
            ledger,
            by_layer,
            mut notes,
        } = explanation;
        let sequence = self.problem.sequence();
        self.replacements.push(replacements.iter().map(|one| one.recorded(sequence)).collect());
        let (number, length) = (self.values.len(), self.problem.n_input() + output);
        let vectors = match &mut self.unreduced {
            Some(kept) => kept_vectors::of(&kept.push(&without(&attributions, &missing)?)?, length)?,
            None => None,
        };
        let mut row = self.aggregate.apply(&attributions)?;
        let sums = Aggregate::Sum.apply(&attributions)?;
        let cancels = self.aggregate.is_signed() && is_rounding_noise(&sums, &attributions)?;
        if cancels {
            row.fill(0.0);
            self.notes.cancelled();
        }
        self.notes.rounding(number, std::mem::take(&mut self.rounding) / largest(&row));
        let scale = self.normalize.divisor(&row);
        for x in &mut row {
            *x /= scale;
        }
        self.values.push(lacking(padded(row, length), &missing));

        let errors = self.errors_of(standard_errors.unwrap_or_default(), attributions.size()[1]);
        let errors = padded(errors.into_iter().map(|x| x / scale.abs()).collect(), length);
        self.errors.push(lacking(errors, &missing));

        self.interactions.push(interactions::scaled(interactions, scale));

        let total = |aggregate: Aggregate| -> Result<Option<f64>, Error> {
            own.map(|own| Ok(aggregate.apply(own)?.iter().sum())).transpose()
        };
        let within = total(self.aggregate)?.map(|within| if cancels { 0.0 } else { within / scale });
        let sum = sums.iter().sum::<f64>() + total(Aggregate::Sum)?.unwrap_or(0.0);
        let delta = baseline_value.filter(|_| self.complete).map(|baseline| sum - (value - baseline));
        if let (Some(delta), Some(baseline)) = (delta, baseline_value) {
            self.notes.delta(number, delta, (value, baseline), (self.problem.kind(), tolerance), &mut notes);
        }
        self.notes.add(number, notes);

        let logits = self.problem.input().logits_of(output)?.f_select(0, 0)?.f_to_kind(Kind::Double)?;
        let probabilities = logits.f_softmax(0, None)?;
        let token = i64::from(self.problem.output_token(output).id);
        let mut explained = self.explained(output);
        for named in explained.iter_mut().flat_map(saliency_schema::Explained::tokens_mut) {
            named.probability = Some(probabilities.f_double_value(&[i64::from(named.id)])?);
        }
        let known = Output::new(length)
            .with_probability(probabilities.f_double_value(&[token])?)
            .with_logit(logits.f_double_value(&[token])?)
            .with_value(value)
            .with_baseline_value(baseline_value)
            .with_sum(sum)
            .with_delta(delta)
            .with_steps(steps)
            .with_samples(samples)
            .with_within(within)
            .with_explained(explained)
            .with_ledger(ledger)
            .with_by_layer(by_layer.into_iter().map(Some).collect())
            .with_vectors(vectors);
        self.outputs.push(known);
        Ok(())
    }

    /// What was explained of an output besides or instead of its token.
    fn explained(&self, output: usize) -> Option<saliency_schema::Explained> {
        let own = self.problem.output_token(output);
        self.problem.target().explained(own).named(own.id, self.problem.sequence())
    }

    /// From the standard errors of sums over `width` hidden dimensions to those of the aggregate; none where they are
    /// not known.
    fn errors_of(&mut self, errors: Vec<f64>, width: i64) -> Vec<f64> {
        match self.aggregate {
            Aggregate::Mean => errors.into_iter().map(|error| error / width as f64).collect(),
            _ if self.aggregate.is_signed() || width == 1 => errors,
            _ => {
                if !errors.is_empty() {
                    self.notes.errors_left_out(self.aggregate);
                }
                Vec::new()
            }
        }
    }

    /// The record of all rows, and the rows before reduction where they were kept. `sequence` has as many outputs as
    /// there are rows, except for a span.
    pub(crate) fn record(mut self, sequence: &Sequence) -> Result<(Record, UnreducedRows), Error> {
        let tokens = match self.span.take() {
            None => sequence.tokens().to_vec(),
            Some(span) => {
                let tokens = span.tokens(sequence);
                self.finish_span(span)?;
                tokens
            }
        };
        let own_notes = self.notes.all(&self.outputs, self.aggregate, self.problem.kind());
        let notes = with_new(sequence.notes().to_vec(), own_notes);
        let mut record = Record::new(tokens, self.values)?;
        record.notes = notes;
        record.prompt = sequence.prompt().cloned();
        record.outputs = self.outputs;
        if self.replacements.iter().any(|of_output| !of_output.is_empty()) {
            record.replacements = self.replacements;
        }
        if self.errors.iter().flatten().any(Option::is_some) {
            record.standard_errors = self.errors;
        }
        if self.interactions.iter().any(|pairs| !pairs.is_empty()) {
            record.interactions = self.interactions;
        }
        Ok((record, self.unreduced.unwrap_or_default()))
    }
}

/// The largest number of a row, in size. A segment's number, which is spread evenly over its tokens, counts as a whole.
fn largest(row: &[f64]) -> f64 {
    let segments = row.chunk_by(|a, b| a.to_bits() == b.to_bits());
    segments.map(|segment| segment.iter().sum::<f64>().abs()).filter(|x| x.is_finite()).fold(0.0, f64::max)
}

/// Numbers, followed by missing ones up to a length.
fn padded(row: Vec<f64>, length: usize) -> Vec<Option<f64>> {
    let mut row: Vec<_> = row.into_iter().map(Some).collect();
    row.resize(length, None);
    row
}

/// A row without its numbers for some tokens; tokens beyond the row are a span's own.
fn lacking(mut row: Vec<Option<f64>>, missing: &[usize]) -> Vec<Option<f64>> {
    for token in missing {
        if let Some(value) = row.get_mut(*token) {
            *value = None;
        }
    }
    row
}

/// Attributions with `NaN` for some tokens.
fn without(attributions: &Tensor, missing: &[usize]) -> Result<Tensor, Error> {
    let missing: Vec<i64> =
        missing.iter().map(|&token| token as i64).filter(|&token| token < attributions.size()[0]).collect();
    if missing.is_empty() {
        return Ok(attributions.shallow_clone());
    }
    let tokens = Tensor::f_from_slice(&missing)?.f_to(attributions.device())?;
    Ok(attributions.f_index_fill(0, &tokens, f64::NAN)?)
}

/// Whether the sums over hidden dimensions are all too small, relative to what was summed, to be more than rounding
/// noise: at most 10⁻⁵ of it in single precision, 10⁻¹² in double.
fn is_rounding_noise(sums: &[f64], attributions: &Tensor) -> Result<bool, Error> {
    let tolerance = match attributions.kind() {
        Kind::Double => 1e-12,
        Kind::Float => 1e-5,
        _ => return Ok(false),
    };
    let sizes = Aggregate::L1.apply(attributions)?;
    let mean = sizes.iter().sum::<f64>() / sizes.len().max(1) as f64;
    let noise = |(sum, size): (&f64, &f64)| sum.abs() <= tolerance * size.max(mean);
    Ok(mean > 0.0 && attributions.size()[1] > 1 && sums.iter().zip(&sizes).all(noise))
}
