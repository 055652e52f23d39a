//! A record of which only some inputs are there, or some as one: for looking closer.

use crate::borders::Borders;
use crate::error::Error;
use crate::record::Record;
use crate::regroup::Reduce;
use crate::{interaction, number, object};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Which tokens of a whole record one holds (see [`Record::with_inputs`] and [`Record::fold`]). All else that the
/// record says, such as `outputs[].sum` and the prompt, is the whole record's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "Which tokens of a whole record one holds. All else that the record says is the whole record's."
    )
)]
#[non_exhaustive]
pub struct Excerpt {
    /// The first of the whole record's inputs that is here, and one past the last; of an encoder's source, what the
    /// decoder begins with aside, which is always here.
    pub inputs: [usize; 2],
    /// How many inputs the whole record has.
    pub of: usize,
    /// For each token, its position in the whole record; of several as one, the first's.
    #[serde(deserialize_with = "object::counts")]
    pub positions: Vec<usize>,
    /// For each row, the share of the whole row's Σ|value| that lies on inputs which are not here: from 0 to 1; missing
    /// where the row's sum is 0 or not finite.
    #[serde(with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub outside: Vec<Option<f64>>,
}

impl Excerpt {
    /// An excerpt with these inputs of the `of` that the whole record has, with each of its tokens' positions there,
    /// and with the share of each row that lies outside.
    pub fn new(inputs: Range<usize>, of: usize, positions: Vec<usize>, outside: Vec<Option<f64>>) -> Self {
        Self { inputs: [inputs.start, inputs.end], of, positions, outside }
    }

    /// Whether inputs are left out, and not only folded.
    pub fn is_part(&self) -> bool {
        self.inputs != [0, self.of]
    }

    /// All of a record.
    fn whole(record: &Record) -> Self {
        let n_input = record.n_input();
        Self {
            inputs: [0, n_input],
            of: n_input,
            positions: (0..record.tokens.len()).collect(),
            outside: vec![Some(0.0); record.attributions.len()],
        }
    }

    /// The same, of groups of a record's tokens. Of several rows together the share is known where it is 0 of each, and
    /// where values without a sign were added up; where some cancel, it is not.
    pub(crate) fn regrouped(&self, record: &Record, segments: &[Range<usize>], reduce: Reduce) -> Self {
        let n_input = record.n_input();
        let adds_up = reduce == Reduce::Sum && !record.is_signed();
        let outputs = segments.iter().filter(|segment| segment.start >= n_input);
        let outside = outputs.map(|segment| {
            let rows = segment.start - n_input..segment.end - n_input;
            match &self.outside[rows.clone()] {
                [one] => *one,
                several if several.iter().all(|share| *share == Some(0.0)) => Some(0.0),
                several if adds_up => together(&record.attributions[rows], several, segment.start),
                _ => None,
            }
        });
        Self {
            positions: segments.iter().map(|segment| self.positions[segment.start]).collect(),
            outside: outside.collect(),
            ..*self
        }
    }
}

impl Record {
    /// The record with some of its inputs alone, by position; rows keep what they took from those and from earlier
    /// outputs, as it was, and pairs both of whose tokens are kept: nothing is scaled anew. [`Record::excerpt`] says
    /// how much of each row lies outside. Where an encoder read a source, these are some of its tokens: what the
    /// decoder begins with stays, as outputs do, and a range that reaches the source's end may name it or not.
    ///
    /// # Errors
    /// A range that is empty, reaches beyond the inputs, or holds nothing of the source; a record that is not
    /// consistent.
    pub fn with_inputs(&self, inputs: Range<usize>) -> Result<Self, Error> {
        self.check()?;
        let n_input = self.n_input();
        let Range { start, end } = inputs;
        let given = Borders::of(self).given();
        if start >= end.min(given) || end > n_input {
            return Err(Error::Inputs { start, end, n_input: given });
        }
        let end = if end < given { end } else { n_input };
        if start == 0 && end == n_input {
            return Ok(self.clone());
        }
        let kept = |position: usize| (start..end).contains(&position) || position >= given;
        let kept_before = |position: usize| (0..position).filter(|position| kept(*position)).count();
        let whole = self.excerpt.clone().unwrap_or_else(|| Excerpt::whole(self));
        let shares = self.attributions.iter().zip(&whole.outside);
        let outside = shares.map(|(row, before)| {
            let before = (*before)?;
            Some(before + (1.0 - before) * share(row, |position| !kept(position))?)
        });
        let last = if end < n_input { whole.positions[end] } else { whole.inputs[1] };
        let excerpt = Excerpt {
            inputs: [whole.positions[start], last],
            of: whole.of,
            outside: outside.collect(),
            positions: only(&whole.positions, kept),
        };
        let mut record = self.clone();
        record.excerpt = Some(excerpt);
        record.tokens = only(&self.tokens, kept);
        for rows in [&mut record.attributions, &mut record.standard_errors] {
            for row in rows {
                *row = only(row, kept);
            }
        }
        for pairs in &mut record.interactions {
            *pairs = interaction::only(pairs, kept);
        }
        for replacements in &mut record.replacements {
            replacements.retain(|one| one.tokens().all(kept));
            for one in replacements {
                one.at = kept_before(one.at);
            }
        }
        record.source = self.source.map(|source| end.min(source) - start);
        for (token, output) in (record.n_input()..).zip(&mut record.outputs) {
            output.token = token;
            output.vectors = output.vectors.as_ref().map(|vectors| vectors.only(kept));
        }
        if let Some(regrouped) = &mut record.regrouped {
            regrouped.members = only(&regrouped.members, kept);
        }
        record.check()?;
        Ok(record)
    }

    /// The record with each of the prompt's parts of this name as one token, with the sum of their values, and with the
    /// part's name and its number of tokens as its text: `[system, 212 tokens]`.
    ///
    /// # Errors
    /// A record without parts ([`Prompt::parts`](crate::Prompt::parts)), or without one of that name, with those that
    /// there are; a record that is not consistent.
    pub fn fold(&self, part: &str) -> Result<Self, Error> {
        let places = self.places_of(part)?;
        let mut segments = Vec::new();
        for place in &places {
            let reached = segments.last().map_or(0, |segment: &Range<usize>| segment.end);
            segments.extend((reached..place.start).map(|token| token..token + 1));
            segments.push(place.clone());
        }
        let reached = segments.last().map_or(0, |segment| segment.end);
        segments.extend((reached..self.tokens.len()).map(|token| token..token + 1));
        let excerpt = self.excerpt.clone().unwrap_or_else(|| Excerpt::whole(self));
        let whole = Self { excerpt: Some(excerpt), ..self.clone() };
        let mut record = whole.regroup(&segments, Reduce::Sum)?;
        let folds = segments.iter().enumerate().filter(|(_, segment)| places.contains(segment));
        for (position, segment) in folds {
            let tokens = match &record.regrouped {
                Some(regrouped) => regrouped.members[position],
                None => segment.len(),
            };
            let text = format!("[{part}, {tokens} token{}]", if tokens == 1 { "" } else { "s" });
            let token = &mut record.tokens[position];
            (token.text, token.bytes) = (text, None);
            // The white space before it may be another part's.
            token.start = self.tokens[segment.start].visible_byte();
        }
        if let Some(regrouped) = record.regrouped.as_mut().filter(|_| segments.len() < self.tokens.len()) {
            let before = self.regrouped.as_ref().and_then(|before| before.by.clone());
            let fold = format!("fold:{part}");
            regrouped.by = Some(before.map_or(fold.clone(), |before| format!("{before}, {fold}")));
        }
        record.check()?;
        Ok(record)
    }

    /// A token's position in the whole record, where this is an excerpt of one.
    pub fn position(&self, token: usize) -> usize {
        let known = self.excerpt.as_ref().and_then(|excerpt| excerpt.positions.get(token));
        known.copied().unwrap_or(token)
    }

    pub(crate) fn check_excerpt(&self) -> Result<(), Error> {
        let Some(excerpt) = &self.excerpt else { return Ok(()) };
        let lengths = [
            ("positions", excerpt.positions.len(), self.tokens.len()),
            ("outside", excerpt.outside.len(), self.attributions.len()),
        ];
        for (field, found, expected) in lengths {
            if found != expected {
                return Err(Error::Excerpt { field, found, expected });
            }
        }
        Ok(())
    }
}

/// The share of several rows' sum that lies outside, from each row's; what they took from each other, from token `own`
/// on, is no part of that sum.
fn together(rows: &[Vec<Option<f64>>], outside: &[Option<f64>], own: usize) -> Option<f64> {
    let sum = |values: &[Option<f64>]| values.iter().flatten().map(|x| x.abs()).sum::<f64>();
    let (mut left_out, mut here) = (0.0, 0.0);
    for (row, share) in rows.iter().zip(outside) {
        left_out += sum(row) * (*share)? / (1.0 - (*share)?);
        here += sum(&row[..own]);
    }
    let share = left_out / (left_out + here);
    share.is_finite().then_some(share)
}

/// What is kept, by position.
fn only<T: Clone>(items: &[T], kept: impl Fn(usize) -> bool) -> Vec<T> {
    let items = items.iter().enumerate().filter(|(position, _)| kept(*position));
    items.map(|(_, item)| item.clone()).collect()
}

/// The share of a row's Σ|value| at some positions; missing values count nothing.
fn share(row: &[Option<f64>], at: impl Fn(usize) -> bool) -> Option<f64> {
    let values = || row.iter().enumerate().filter_map(|(position, value)| Some((position, (*value)?.abs())));
    let largest =
        values().fold(0.0, |largest: f64, (_, x)| if x > largest || x.is_nan() { x } else { largest });
    if !(largest > 0.0 && largest.is_finite()) {
        return None;
    }
    // In units of the largest, so that no sum overflows.
    let sum = |all: bool| {
        values().filter(|(position, _)| all || at(*position)).map(|(_, x)| x / largest).sum::<f64>()
    };
    let share = sum(false) / sum(true);
    share.is_finite().then_some(share)
}
