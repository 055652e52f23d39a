//! Reading: one document, always checked.

use super::{Error, FORMAT, Scores, VERSION};
use crate::check::Caps;
use crate::object::Object;
use crate::read::bare_number;
use serde::Deserialize;
use serde_json::Deserializer;

/// Reads the scores in a JSON text, which holds one document. Fields that this version does not know are ignored.
///
/// # Errors
/// The first thing that is wrong, with its place. Nothing is repaired.
pub fn read(json: &[u8]) -> Result<Scores, Error> {
    let Caps { bytes: cap, entries, .. } = Caps::DEFAULT;
    if json.len() > cap {
        return Err(Error::TooLarge { bytes: json.len(), cap });
    }
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    if json.trim_ascii().is_empty() {
        return Err(Error::Empty);
    }
    // Two bytes of text are one value of sixteen: what would not fit is refused before it is read. Commas in texts
    // count too, of which there are few.
    let commas: usize = json.iter().map(|byte| usize::from(*byte == b',')).sum();
    if commas > entries {
        let (place, what) = ("scores".to_owned(), "entries");
        return Err(Error::Cap { place, what, found: commas, cap: entries });
    }
    let head: Head = parse(json)?;
    match head.format {
        Some(format) if format == FORMAT => {}
        found => return Err(Error::Format { found: found.unwrap_or_default() }),
    }
    if let Some(found) = head.version.filter(|found| !(1..=u64::from(VERSION)).contains(found)) {
        return Err(Error::Version { found, newest: VERSION });
    }
    let scores: Scores = parse(json)?;
    scores.check()?;
    Ok(scores)
}

/// What tells the formats apart.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u64>,
}

/// One JSON object, and nothing after it.
fn parse<'de, T: Deserialize<'de>>(json: &'de [u8]) -> Result<T, Error> {
    let mut reader = Deserializer::from_slice(json);
    let Object(found) = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." || path == "?" { "the document".to_owned() } else { path };
        named(json, path, error.into_inner())
    })?;
    reader.end().map_err(|source| Error::Json { source })?;
    Ok(found)
}

/// What is wrong: with the JSON, or with what it says.
fn named(json: &[u8], path: String, source: serde_json::Error) -> Error {
    if source.is_data() {
        return Error::Shape { path, source };
    }
    match bare_number(json, &source) {
        Some(found) => Error::BareNumber { found, source },
        None => Error::Json { source },
    }
}
