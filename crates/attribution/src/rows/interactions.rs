//! The interactions of a record: scaled as its rows, and its inputs as the segments that they are of.

use crate::error::Error;
use crate::model::sequence::Sequence;
use saliency_schema::{Interaction, Record, Reduce, Segmentation};
use std::ops::Range;

/// Interactions in the unit of a row that was divided by `scale`.
pub(crate) fn scaled(mut interactions: Vec<Interaction>, scale: f64) -> Vec<Interaction> {
    for pair in &mut interactions {
        pair.value = pair.value.map(|value| value / scale);
        pair.standard_error = pair.standard_error.map(|error| error / scale.abs());
    }
    interactions
}

/// The record with each segment of the inputs as one token, so that interactions are of tokens. A segment's number was
/// spread over its tokens, and so was its standard error: their sums are what they were. The last `kept` inputs, which
/// a decoder begins with, are in no group with others.
pub(crate) fn of_segments(
    record: Record,
    sequence: &Sequence,
    segments: &Segmentation,
    kept: usize,
) -> Result<Record, Error> {
    let n_input = sequence.n_input();
    let all = segments.segments_in(sequence.tokens(), sequence.prompt())?;
    let border = n_input.saturating_sub(kept);
    let cut = |segment: Range<usize>| match segment {
        Range { start, end } if start < border && border < end => vec![start..border, border..end],
        whole => vec![whole],
    };
    let inputs = all.into_iter().filter(|segment| segment.end <= n_input).flat_map(cut);
    let groups: Vec<_> = inputs.chain((n_input..record.tokens.len()).map(|token| token..token + 1)).collect();
    if groups.len() == record.tokens.len() {
        return Ok(record);
    }
    let sum = |row: &Vec<Option<f64>>, group: &Range<usize>| {
        row[group.clone()].iter().copied().flatten().reduce(|sum, error| sum + error)
    };
    let rows = record.standard_errors.iter();
    let errors = rows.map(|row| {
        let before = groups.iter().take_while(|group| group.end <= row.len());
        before.map(|group| sum(row, group)).collect()
    });
    let errors = errors.collect();
    let mut grouped = record.with_standard_errors(Vec::new()).regroup(&groups, Reduce::Sum)?;
    grouped.standard_errors = errors;
    grouped.regrouped = grouped.regrouped.map(|regrouped| regrouped.with_by(segments.to_string()));
    Ok(grouped)
}

/// Where a token of the sequence is in the record, whose inputs may be groups of tokens.
pub(crate) fn group_of(record: &Record, token: usize) -> usize {
    let Some(regrouped) = &record.regrouped else { return token };
    let mut reached = 0;
    let ends = regrouped.members.iter().map(|members| {
        reached += members;
        reached
    });
    ends.take_while(|end| *end <= token).count()
}
