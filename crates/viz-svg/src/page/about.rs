//! What is to be known of the numbers: how each record was made, its notes, and what is shown of it.

use crate::error::Error;
use crate::layout::notes;
use crate::options::Options;
use crate::page::escape::escaped;
use crate::values::excerpt;
use crate::values::kept::Count;
use crate::values::provenance::Provenance;
use crate::values::rows::{Numbers, Rows};
use crate::values::view::View;
use saliency_schema::Record;
use std::fmt::Write as _;
use std::sync::Arc;

/// What the words on the page mean.
const WORDS: [(&str, &str); 6] = [
    (
        "% of the row",
        "a word’s |value| divided by the sum of |value| over the row of that output, what fell inside the row itself included",
    ),
    ("× even", "that share times the number of words in the row: 1× is as much as every other word"),
    (
        "Against distance",
        "the share divided by the median share at that distance, in tokens back from the output; fainter where fewer than 5 cells stand behind the median, not comparable where it is 0",
    ),
    (
        "Difference",
        "A − B, in the unit of the row; of rows in different units, the difference of their shares",
    ),
    (
        "Colour",
        "the square root of the value; the scale ends at a quantile of the inputs’ cells, and what lies beyond has the last colour; zero is the panel’s colour; values without a sign fade below an even share",
    ),
    (
        "Words",
        "the fragments of a word are added up; the page keeps the record’s own numbers of tokens and outputs",
    ),
];

/// As HTML. `names` are those of the records.
pub(crate) fn about(records: &[Record], names: &[String], options: &Options) -> Result<String, Error> {
    let mut page = String::new();
    for (record, name) in records.iter().zip(names) {
        if records.len() > 1 {
            let _ = writeln!(page, "<h3>{}</h3>", escaped(name));
        }
        page.push_str("<dl>\n");
        let counts = format!("{} inputs, {} outputs", record.n_input(), record.n_output());
        let made = Provenance::of(record, options);
        let mut lines: Vec<(&str, String)> =
            made.fields().into_iter().map(|(name, value)| (name, value.to_owned())).collect();
        lines.push(("tokens", counts));
        lines.extend(excerpt::inputs(record).map(|inputs| ("shown", inputs)));
        if !options.rule.is_empty() {
            lines.push(("rule", rule(record, options)?));
        }
        for (name, value) in lines {
            let _ = writeln!(page, "<dt>{name}</dt><dd>{}</dd>", escaped(&value));
        }
        page.push_str("</dl>\n");
    }
    page.push_str(&noted(records, options));
    page.push_str("<h3>What the words mean</h3>\n<dl>\n");
    for (word, meaning) in WORDS {
        let _ = writeln!(page, "<dt>{word}</dt><dd>{meaning}</dd>");
    }
    page.push_str("</dl>\n");
    Ok(page)
}

/// What the rule shows of a record, and how much it hides.
fn rule(record: &Record, options: &Options) -> Result<String, Error> {
    let options = Options { hover: None, lock: None, token: None, against: None, ..options.clone() };
    let view = View::of(std::slice::from_ref(record), &options)?;
    let rows = Rows::of(&view.records[0], Arc::new(Numbers::of(&view.records[0], &options)?));
    Ok(Count::of((0..rows.n_output()).map(|row| (&rows, row))).in_words(&options.rule))
}

/// The records' notes, whole.
fn noted(records: &[Record], options: &Options) -> String {
    let notes = notes::of(records, options);
    if notes.is_empty() {
        return String::new();
    }
    let list = notes.iter().fold(String::new(), |mut list, note| {
        let of = note.panels.as_ref().map(|names| format!("<b>{}</b>: ", escaped(names)));
        let _ = writeln!(list, "<li>{}{}</li>", of.unwrap_or_default(), escaped(&note.text));
        list
    });
    format!("<h3>Notes</h3>\n<ul id=\"saliency-notes\">\n{list}</ul>\n")
}
