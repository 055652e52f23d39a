//! Writing: the same record gives the same bytes, and every number comes back to the last digit.

use crate::error::Error;
use crate::notebook::NotebookRun;
use crate::record::Record;
use serde::Serialize;
use std::io;

/// Writes records as JSON: one as an object, several as an array, with a newline at the end.
///
/// # Errors
/// No record, or an inconsistent one, with its place, before anything is written; or what the writer says.
pub fn write(records: &[Record], to: impl io::Write) -> Result<(), Error> {
    for (index, record) in records.iter().enumerate() {
        record.check().map_err(|error| error.of(index, records.len() > 1))?;
    }
    write_json(records, to)
}

/// Writes records as the notebook's page reads them. What has no place there is left out: model, method and
/// target, what is known of the outputs, and the tokens' spans and bytes.
///
/// # Errors
/// As [`write`](fn@write)'s; and a value that is missing or not finite, for which the notebook's format has no
/// spelling.
pub fn write_notebook(records: &[Record], to: impl io::Write) -> Result<(), Error> {
    let runs = records.iter().enumerate().map(|(index, record)| {
        NotebookRun::from_record(record).map_err(|error| error.of(index, records.len() > 1))
    });
    let runs: Result<Vec<_>, _> = runs.collect();
    write_json(&runs?, to)
}

fn write_json<T: Serialize>(values: &[T], mut to: impl io::Write) -> Result<(), Error> {
    match values {
        [] => return Err(Error::Empty),
        [one] => serde_json::to_writer(&mut to, one),
        many => serde_json::to_writer(&mut to, many),
    }
    .and_then(|()| to.write_all(b"\n").map_err(serde_json::Error::io))
    .map_err(Error::Write)
}
