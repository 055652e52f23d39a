//! Words: tokens that are fragments of one are drawn as one, and the numbers of outputs stay the record's.

use saliency_schema::{Excerpt, Record, Reduce, Token};
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

/// What [`Regrouped::by`](saliency_schema::Regrouped::by) calls such groups.
const FRAGMENTS: &str = "fragments";

/// The groups of tokens that are one word each, as positions: every token is in one, in order.
///
/// Two tokens stay apart where a word begins or ends between them by UAX #29, in the text that the tokens' exact bytes
/// make together; between white space; at a position of `kept`; and where the text is not one: between inputs and
/// outputs, at a source's end, around the decoder's start token and around tokens without text. What lies inside a
/// character never stays apart.
pub(crate) fn groups(record: &Record, kept: &[usize]) -> Vec<Range<usize>> {
    let n_input = record.n_input();
    let given = record.source().filter(|source| *source < n_input).unwrap_or(n_input);
    let begin = usize::from(record.prompt.as_ref().is_some_and(|prompt| prompt.bos));
    let ends = [begin.min(given), given, (given + 1).min(n_input), n_input, record.tokens.len()];
    let mut groups: Vec<Range<usize>> = Vec::new();
    let mut first = 0;
    for end in ends {
        let bytes: Vec<u8> = record.tokens[first..end].iter().flat_map(Token::exact_bytes).copied().collect();
        let inside = inside(&bytes);
        let (mut at, mut before) = (0, 0);
        for (position, token) in record.tokens[first..end].iter().enumerate() {
            let (position, length) = (first + position, token.exact_bytes().len());
            let joins = before > 0 && length > 0 && inside[at] && !kept.contains(&position);
            match groups.last_mut().filter(|_| joins && position > first) {
                Some(group) => group.end = position + 1,
                None => groups.push(position..position + 1),
            }
            (at, before) = (at + length, length);
        }
        first = end;
    }
    groups
}

/// Of each byte, whether it lies inside a word or a character, and not at its beginning.
fn inside(bytes: &[u8]) -> Vec<bool> {
    let mut inside = vec![false; bytes.len() + 1];
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for piece in chunk.valid().split_word_bounds() {
            let white = piece.trim().is_empty();
            for (place, mark) in inside[at..at + piece.len()].iter_mut().enumerate().skip(1) {
                *mark = !white || !piece.is_char_boundary(place);
            }
            at += piece.len();
        }
        if let [_, rest @ ..] = &mut inside[at..at + chunk.invalid().len()] {
            rest.fill(true);
        }
        at += chunk.invalid().len();
    }
    inside
}

/// The record with each of the groups as one token, with the sum of their values, and with the positions of the record.
pub(crate) fn merged(record: &Record, groups: &[Range<usize>]) -> Result<Record, saliency_schema::Error> {
    let n_input = record.n_input();
    let whole = || {
        let positions = (0..record.tokens.len()).collect();
        Excerpt::new(0..n_input, n_input, positions, vec![Some(0.0); record.n_output()])
    };
    let record = record.clone();
    let (notes, excerpt) = (record.notes.clone(), record.excerpt.clone().unwrap_or_else(whole));
    let mut merged = record.with_excerpt(excerpt).regroup(groups, Reduce::Sum)?;
    // What regrouping notes of itself is no note of the record.
    merged.notes = notes;
    merged.regrouped = merged.regrouped.map(|regrouped| regrouped.with_by(FRAGMENTS));
    Ok(merged)
}

/// What a record's groups are, but for fragments of words; `None` where it has no others.
pub(crate) fn grouped_by(record: &Record) -> Option<&str> {
    let by = record.regrouped.as_ref()?.by.as_deref().unwrap_or_default();
    match by.strip_prefix(FRAGMENTS) {
        Some("") => None,
        Some(rest) => Some(rest.trim_start_matches(", ")),
        None => Some(by),
    }
}

/// How many of the given record's outputs a row is, where fragments were put together.
fn members(record: &Record) -> Option<&[usize]> {
    let regrouped = record.regrouped.as_ref()?;
    let merged = regrouped.by.as_deref().is_some_and(|by| by.starts_with(FRAGMENTS));
    merged.then(|| regrouped.members.get(record.n_input()..).unwrap_or_default())
}

/// Which of the given record's outputs a row is.
pub(crate) fn outputs(record: &Record, row: usize) -> Range<usize> {
    match members(record) {
        Some(members) => {
            let first = members[..row].iter().sum();
            first..first + members[row]
        }
        None => row..row + 1,
    }
}

/// How many outputs the given record has.
pub(crate) fn n_outputs(record: &Record) -> usize {
    members(record).map_or_else(|| record.n_output(), |members| members.iter().sum())
}

/// The row that an output of the given record is in; `None` where there is no such output.
pub(crate) fn row_of(record: &Record, output: usize) -> Option<usize> {
    match members(record) {
        Some(members) => {
            let mut reached = 0;
            members.iter().position(|count| {
                reached += count;
                output < reached
            })
        }
        None => (output < record.n_output()).then_some(output),
    }
}

/// A row's number as it is printed: its output's, or of several `7–10`.
pub(crate) fn number(record: &Record, row: usize) -> String {
    let Range { start, end } = outputs(record, row);
    if end == start + 1 { start.to_string() } else { format!("{start}–{}", end - 1) }
}
