//! Writing: the same scores give the same bytes, and every number comes back to the last digit.

use super::{Error, Scores};
use std::io;

/// Writes scores as JSON, with a newline at the end.
///
/// # Errors
/// Inconsistent scores, with the place, before anything is written; or what the writer says.
pub fn write(scores: &Scores, mut to: impl io::Write) -> Result<(), Error> {
    scores.check()?;
    serde_json::to_writer(&mut to, scores)
        .and_then(|()| to.write_all(b"\n").map_err(serde_json::Error::io))
        .map_err(Error::Write)
}
