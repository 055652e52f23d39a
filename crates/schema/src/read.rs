//! Reading: one record, an array of them, or one a line; ours or the notebook's; always checked.

use crate::check::Caps;
use crate::error::Error;
use crate::notebook::NotebookRun;
use crate::object::Object;
use crate::record::Record;
use crate::{FORMAT, VERSION};
use serde::de::{DeserializeOwned, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::Deserializer;
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
    let values = split(json)?;
    if values.is_empty() {
        return Err(Error::Empty);
    }
    let several = values.len() > 1;
    values
        .into_iter()
        .enumerate()
        .map(|(number, value)| One { json, value, number, several }.read())
        .collect()
}

/// The JSON of each record: valid, but not looked into yet.
fn split(json: &[u8]) -> Result<Vec<&RawValue>, Error> {
    let mut values = Vec::new();
    let mut stream = Deserializer::from_slice(json).into_iter::<&RawValue>();
    loop {
        let rest = &json[stream.byte_offset()..];
        let Some(value) = stream.next() else { return Ok(values) };
        let value = value.map_err(|source| {
            let record = values.len() + whole_elements(rest);
            match bare_number(json, &source) {
                Some(found) => Error::BareNumber { record, found, source },
                None => Error::Json { record, source },
            }
        })?;
        if !value.get().starts_with('[') {
            values.push(value);
            continue;
        }
        let record = values.len();
        let array: Vec<&RawValue> =
            serde_json::from_str(value.get()).map_err(|source| Error::Json { record, source })?;
        if array.is_empty() {
            return Err(Error::EmptyArray);
        }
        values.extend(array);
    }
}

/// How many elements of a broken JSON array are whole; 0 where it is no array.
fn whole_elements(json: &[u8]) -> usize {
    struct Count<'a>(&'a mut usize);
    impl<'de> Visitor<'de> for Count<'_> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a sequence")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
            while seq.next_element::<IgnoredAny>()?.is_some() {
                *self.0 += 1;
            }
            Ok(())
        }
    }
    let mut whole = 0;
    // It ends in an error, which the caller has already.
    let _ = Deserializer::from_slice(json).deserialize_seq(Count(&mut whole));
    whole
}

/// The non-finite number at which a JSON reader stopped because it is not in quotes.
pub(crate) fn bare_number(json: &[u8], error: &serde_json::Error) -> Option<&'static str> {
    let lines = json.split_inclusive(|byte| *byte == b'\n').take(error.line().checked_sub(1)?);
    let at = lines.map(<[u8]>::len).sum::<usize>() + error.column().checked_sub(1)?;
    let starts_at =
        |at: usize, word: &str| json.get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
    // A reader takes a minus sign before it stops.
    if at > 0 && starts_at(at - 1, "-Infinity") {
        return Some("-Infinity");
    }
    ["NaN", "Infinity"].into_iter().find(|word| starts_at(at, word))
}

/// One record's JSON, and where it stands.
#[derive(Clone, Copy)]
struct One<'a> {
    /// The whole input.
    json: &'a [u8],
    value: &'a RawValue,
    number: usize,
    /// Whether the input holds more than this one.
    several: bool,
}

/// What tells the formats apart, and what is too large to read, without reading the rest.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    version: Option<u64>,
    method: Option<Length>,
    target: Option<Length>,
}

/// How many bytes of JSON a value takes.
struct Length(usize);

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|value| Self(value.get().len()))
    }
}

impl One<'_> {
    fn read(self) -> Result<Record, Error> {
        let head: Head = self.parse()?;
        let Some(format) = head.format else {
            return self.read_notebook();
        };
        if format != FORMAT {
            return Err(self.place(Error::Format { found: format }));
        }
        if let Some(found) = head.version.filter(|found| !(1..=u64::from(VERSION)).contains(found)) {
            return Err(self.place(Error::Version { found, newest: VERSION }));
        }
        for (place, part) in [("method", head.method), ("target", head.target)] {
            let bytes = part.map_or(0, |length| length.0);
            Caps::DEFAULT.check_parameters(place, bytes).map_err(|error| self.place(error))?;
        }
        let record: Record = self.parse()?;
        record.check().map_err(|error| self.place(error))?;
        Ok(record)
    }

    fn read_notebook(self) -> Result<Record, Error> {
        let run: NotebookRun = self.parse().map_err(|error| match error {
            Error::Shape { record, path, source } => Error::NoFormat { record, path, source },
            other => other,
        })?;
        run.into_record().map_err(|error| self.place(error))
    }

    fn place(self, error: Error) -> Error {
        error.of(self.number, self.several)
    }

    fn parse<T: DeserializeOwned>(self) -> Result<T, Error> {
        let text = self.value.get();
        if let Ok(Object(found)) = serde_json::from_str(text) {
            return Ok(found);
        }
        // Again for the error alone: blanks before the record make its line and column the whole input's.
        let start = text.as_ptr().addr() - self.json.as_ptr().addr();
        let before = self.json[..start].iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' });
        let mut padded: Vec<u8> = before.collect();
        padded.extend_from_slice(text.as_bytes());
        let mut reader = Deserializer::from_slice(&padded);
        serde_path_to_error::deserialize(&mut reader).map(|Object(found)| found).map_err(|error| {
            let path = error.path().to_string();
            let path = if path == "." || path == "?" { "the record".to_owned() } else { path };
            Error::Shape { record: self.number, path, source: error.into_inner() }
        })
    }
}
