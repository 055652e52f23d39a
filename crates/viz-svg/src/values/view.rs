//! What is drawn of some records: all, some of their inputs, or parts of their prompts as one cell.

use crate::error::Error;
use crate::options::Options;
use saliency_schema::Record;
use std::borrow::Cow;

/// The records that a chart lays out, and the options that are left to it: those about the view are done.
pub(crate) struct View<'a> {
    pub(crate) records: Cow<'a, [Record]>,
    pub(crate) options: Cow<'a, Options>,
}

impl<'a> View<'a> {
    /// Leaves out and folds what the options say, in the record that is chosen or in all.
    pub(crate) fn of(records: &'a [Record], options: &'a Options) -> Result<Self, Error> {
        if options.inputs.is_none() && options.fold.is_empty() {
            return Ok(Self { records: Cow::Borrowed(records), options: Cow::Borrowed(options) });
        }
        let several = records.len() > 1;
        let failed = |k: usize, error: saliency_schema::Error| {
            if several { Error::Record { record: k, source: error } } else { Error::Schema(error) }
        };
        let mut shown = Vec::new();
        let mut tokens = Vec::new();
        for (k, record) in records.iter().enumerate() {
            if options.record.is_some_and(|chosen| chosen != k) {
                shown.push(record.clone());
                continue;
            }
            let all = 0..record.n_input();
            let inputs = options.inputs.clone().unwrap_or(all);
            let mut part = if options.inputs.is_some() {
                record.with_inputs(inputs.clone()).map_err(|error| failed(k, error))?
            } else {
                record.clone()
            };
            for name in &options.fold {
                part = part.fold(name).map_err(|error| failed(k, error))?;
            }
            if let Some(token) = options.token {
                tokens.push(place(record, &part, token, &inputs)?);
            }
            shown.push(part);
        }
        tokens.dedup();
        let token = match (options.token, &tokens[..]) {
            (Some(token), [_, _, ..]) => {
                return Err(Error::Places { token });
            }
            (_, places) => places.first().copied(),
        };
        let options = Options { token, inputs: None, fold: Vec::new(), ..options.clone() };
        Ok(Self { records: Cow::Owned(shown), options: Cow::Owned(options) })
    }
}

/// Where a token of a record is in the part of it that is drawn.
fn place(
    record: &Record,
    part: &Record,
    token: usize,
    inputs: &std::ops::Range<usize>,
) -> Result<usize, Error> {
    if token >= record.n_input() {
        let count = format!("{} input tokens", record.n_input());
        return Err(Error::Outside { what: "token", found: token, count });
    }
    if !inputs.contains(&token) {
        let range = format!("one of the inputs that are shown, {} to {}", inputs.start, inputs.end - 1);
        return Err(Error::Parameter { name: "token", value: token.to_string(), range });
    }
    // Positions are those of the whole record, of which this one may be a part already.
    let position = record.position(token);
    let before = (0..part.n_input()).take_while(|&shown| part.position(shown) <= position).count();
    Ok(before.saturating_sub(1))
}
