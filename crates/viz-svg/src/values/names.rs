//! What several records have in common, and what sets each apart: the names of panels and of their axes.

use crate::options::Options;
use crate::text::visible;
use crate::values::provenance::Provenance;
use crate::values::words::grouped_by;
use saliency_schema::{AlignedBy, Record, Token};

/// What several records have in common, a line for each field; a field that differs is said by each panel.
pub(crate) fn common_lines(records: &[Record], options: &Options) -> Vec<String> {
    let all: Vec<_> = records.iter().map(|record| Provenance::of(record, options)).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let common = |(i, (name, value)): (usize, (&str, &str))| {
        let same = all.iter().all(|other| other.fields()[i].1 == value);
        if same { format!("{name}: {value}") } else { format!("{name}: by panel") }
    };
    let mut lines: Vec<_> = first.fields().into_iter().enumerate().map(common).collect();
    if differ(records, units) {
        lines.push("tokens: by panel, compared where both hold the same text".to_owned());
    }
    if differ(records, input) {
        let by_words = records.iter().any(|record| records[0].align(record).by() == AlignedBy::Words);
        let how = if by_words { "word by word" } else { "by place" };
        lines.push(format!("input: by panel, compared {how}"));
    }
    lines
}

/// The name of each record's panel: what was made differently, its input, or else its number.
pub(crate) fn panel_names(records: &[Record], options: &Options) -> Vec<String> {
    let by_input = differ(records, input);
    let parts = |record: &Record| {
        let mut parts = Provenance::of(record, options).lines();
        parts.push(format!("tokens: {}", units(record)));
        parts.extend(by_input.then(|| input(record)));
        parts
    };
    let all: Vec<_> = records.iter().map(parts).collect();
    let differs: Vec<bool> =
        (0..all.first().map_or(0, Vec::len)).map(|i| all.iter().any(|other| other[i] != all[0][i])).collect();
    let mut names: Vec<String> = Vec::new();
    for (panel, own) in all.iter().enumerate() {
        let mut name: Vec<&str> =
            own.iter().zip(&differs).filter(|(_, differs)| **differs).map(|(part, _)| &**part).collect();
        let before = all[..panel].iter().filter(|other| *other == own).count();
        let number = format!("continuation {before}");
        if name.is_empty() || before > 0 || all[panel + 1..].contains(own) {
            name.push(&number);
        }
        names.push(name.join(" · "));
    }
    names
}

/// What an axis calls each panel: its method where methods differ, or else its name, of `names`.
pub(crate) fn axis_names(records: &[Record], names: &[String]) -> Vec<String> {
    let method =
        |record: &Record| record.method.as_ref().map(|method| method.name.clone()).unwrap_or_default();
    let by_method = differ(records, method);
    let name = |(record, name): (&Record, &String)| match method(record) {
        method if by_method && !method.is_empty() => visible(&method),
        _ => name.clone(),
    };
    records.iter().zip(names).map(name).collect()
}

/// Whether records differ in something.
fn differ(records: &[Record], what: impl Fn(&Record) -> String) -> bool {
    records.iter().skip(1).any(|record| what(record) != what(&records[0]))
}

/// What a record's tokens are.
fn units(record: &Record) -> String {
    let Some(by) = grouped_by(record) else { return "the model’s own".to_owned() };
    match by.split(':').next() {
        Some("regex" | "spans" | "") | None => "groups".to_owned(),
        Some(by) => visible(by),
    }
}

/// A record's input, in quotes.
fn input(record: &Record) -> String {
    format!("“{}”", visible(Token::joined(record.inputs()).text.trim()))
}
