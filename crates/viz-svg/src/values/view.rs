//! What is drawn of some records: all, some of their inputs, parts of their prompts as one cell, words as one.

use crate::error::Error;
use crate::options::Options;
use crate::options::look::Look;
use crate::values::words;
use saliency_schema::Record;
use std::borrow::Cow;
use std::ops::Range;

/// The records that a chart lays out, and the options that are left to it: those about the view are done.
pub(crate) struct View<'a> {
    pub(crate) records: Cow<'a, [Record]>,
    pub(crate) options: Cow<'a, Options>,
}

impl<'a> View<'a> {
    /// Leaves out, folds and puts together what the options say, in the record that is chosen or in all.
    pub(crate) fn of(records: &'a [Record], options: &'a Options) -> Result<Self, Error> {
        let several = records.len() > 1;
        let failed = |k: usize, error: saliency_schema::Error| {
            if several { Error::Record { record: k, source: error } } else { Error::Schema(error) }
        };
        let mut parts = Vec::new();
        let mut tokens = Vec::new();
        for (k, record) in records.iter().enumerate() {
            if options.record.is_some_and(|chosen| chosen != k) {
                parts.push(None);
                continue;
            }
            let part = part(record, options).map_err(|error| failed(k, error))?;
            let inputs = options.inputs.clone().unwrap_or(0..record.n_input());
            let place = |name, token: Option<usize>| {
                let shown = part.as_ref().unwrap_or(record);
                token.map(|token| place(record, shown, (name, token), &inputs)).transpose()
            };
            tokens.push([place("token", options.token)?, place("against", options.against)?]);
            parts.push(part);
        }
        if parts.iter().all(Option::is_none) {
            return Ok(Self { records: Cow::Borrowed(records), options: Cow::Borrowed(options) });
        }
        tokens.dedup();
        let [token, against] = match (options.token, &tokens[..]) {
            (Some(token), [_, _, ..]) => {
                return Err(Error::Places { token });
            }
            (_, places) => places.first().copied().unwrap_or_default(),
        };
        let options = Options { token, against, inputs: None, fold: Vec::new(), ..options.clone() };
        let shown =
            parts.into_iter().zip(records).map(|(part, record)| part.unwrap_or_else(|| record.clone()));
        Ok(Self { records: Cow::Owned(shown.collect()), options: Cow::Owned(options) })
    }
}

/// What is drawn of a record; `None` where that is the record itself.
fn part(record: &Record, options: &Options) -> Result<Option<Record>, saliency_schema::Error> {
    let mut part = Cow::Borrowed(record);
    let mut inputs = options.inputs.clone();
    if !options.tokens && options.look != Look::Notebook && record.regrouped.is_none() {
        // What is left out, and what is folded, ends no other place for it.
        let mut kept: Vec<usize> = inputs.iter().flat_map(|range| [range.start, range.end]).collect();
        for name in &options.fold {
            kept.extend(record.places_of(name)?.into_iter().flat_map(|place| [place.start, place.end]));
        }
        let groups = words::groups(record, &kept);
        if groups.len() < record.tokens.len() {
            if let Some(Range { start, end }) = inputs {
                // What is wrong with a range is said of the record's own positions.
                record.with_inputs(start..end)?;
                let reached = |position| groups.partition_point(|group| group.start < position);
                inputs = Some(reached(start)..reached(end));
            }
            part = Cow::Owned(words::merged(record, &groups)?);
        }
    }
    if let Some(range) = inputs {
        part = Cow::Owned(part.with_inputs(range)?);
    }
    for name in &options.fold {
        part = Cow::Owned(part.fold(name)?);
    }
    Ok(match part {
        Cow::Owned(part) => Some(part),
        Cow::Borrowed(_) => None,
    })
}

/// Where a token of a record is in the part of it that is drawn.
fn place(
    record: &Record,
    part: &Record,
    (name, token): (&'static str, usize),
    inputs: &Range<usize>,
) -> Result<usize, Error> {
    if token >= record.n_input() {
        let count = format!("{} input tokens", record.n_input());
        return Err(Error::Outside { what: "token", found: token, count });
    }
    if !inputs.contains(&token) {
        let range = format!("one of the inputs that are shown, {} to {}", inputs.start, inputs.end - 1);
        return Err(Error::Parameter { name, value: token.to_string(), range });
    }
    // Positions are those of the whole record, of which this one may be a part already.
    let position = record.position(token);
    let before = (0..part.n_input()).take_while(|&shown| part.position(shown) <= position).count();
    Ok(before.saturating_sub(1))
}
