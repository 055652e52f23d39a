//! Writing: the same record gives the same bytes, and every number comes back to the last digit.

use crate::notebook::NotebookRun;
use crate::{Error, Record};
use serde::Serialize;
use std::io;

/// Writes records as JSON: one as an object, several as an array, with a newline at the end.
///
/// # Errors
/// No record, or an inconsistent one, with its place, before anything is written; or what the writer says.
pub fn write(records: &[Record], to: impl io::Write) -> Result<(), Error> {
    for record in records {
        record.check()?;
    }
    write_json(records, to)
}

/// Writes records as the notebook's page reads them. The method, the model and the outputs' values have no
/// place there and are left out.
///
/// # Errors
/// A value that is missing or not finite: the notebook's format has no spelling for it.
pub fn write_notebook(records: &[Record], to: impl io::Write) -> Result<(), Error> {
    let runs: Result<Vec<_>, _> = records.iter().map(NotebookRun::from_record).collect();
    write_json(&runs?, to)
}

fn write_json<T: Serialize>(values: &[T], mut to: impl io::Write) -> Result<(), Error> {
    match values {
        [] => return Err(Error::EmptyArray),
        [one] => serde_json::to_writer(&mut to, one),
        many => serde_json::to_writer(&mut to, many),
    }
    .and_then(|()| to.write_all(b"\n").map_err(serde_json::Error::io))
    .map_err(Error::Write)
}
