//! Reading: one record, an array of them, or one a line; ours or the notebook's; always checked.

use crate::notebook::NotebookRun;
use crate::{Caps, Error, FORMAT, Record, VERSION};
use serde::Deserialize;
use serde_json::value::RawValue;

/// Reads every record in a JSON text.
///
/// The text is one record, a JSON array of records, or one record after another (`.jsonl`), each in this
/// crate's format or the notebook's. Fields that this version does not know are ignored.
///
/// # Errors
/// The first thing that is wrong, with the record's number and the place in it. Nothing is repaired.
pub fn read(json: &[u8]) -> Result<Vec<Record>, Error> {
    if json.len() > Caps::DEFAULT.bytes {
        return Err(Error::TooLarge { bytes: json.len(), cap: Caps::DEFAULT.bytes });
    }
    let json = json.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(json);
    let mut records = Vec::new();
    for value in serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>() {
        let value = value.map_err(|source| Error::Json { record: records.len(), source })?;
        if !value.get().starts_with('[') {
            let record = read_one(value, records.len())?;
            records.push(record);
            continue;
        }
        let array: Vec<&RawValue> = parse(value, records.len())?;
        if array.is_empty() {
            return Err(Error::EmptyArray);
        }
        for value in array {
            let record = read_one(value, records.len())?;
            records.push(record);
        }
    }
    if records.is_empty() { Err(Error::Empty) } else { Ok(records) }
}

/// What tells the formats apart, without reading the rest.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u64>,
}

fn read_one(value: &RawValue, record: usize) -> Result<Record, Error> {
    let head: Head = parse(value, record)?;
    let Some(format) = head.format else {
        return parse::<NotebookRun>(value, record)?.into_record();
    };
    if format != FORMAT {
        return Err(Error::Format { found: format });
    }
    match head.version {
        Some(found) if found == 0 || found > u64::from(VERSION) => {
            Err(Error::Version { found, newest: VERSION })
        }
        _ => {
            let record: Record = parse(value, record)?;
            record.check()?;
            Ok(record)
        }
    }
}

fn parse<'a, T: Deserialize<'a>>(value: &'a RawValue, record: usize) -> Result<T, Error> {
    let mut reader = serde_json::Deserializer::from_str(value.get());
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        let path = if path == "." { "the record".to_owned() } else { path };
        Error::Shape { record, path, source: error.into_inner() }
    })
}
