//! One token of a record: its id, its text, and where in the text it stands.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};
use std::ops::Range;

/// Whether a token was given to the model or produced by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Given to the model.
    Input,
    /// Produced by the model, or forced as its continuation.
    Output,
}

impl<'de> Deserialize<'de> for Kind {
    /// A string and nothing else; what serde derives would also take `{"input": null}`.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match String::deserialize(deserializer)?.as_str() {
            "input" => Ok(Self::Input),
            "output" => Ok(Self::Output),
            other => Err(D::Error::unknown_variant(other, &["input", "output"])),
        }
    }
}

/// One token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Token {
    /// The token's number in the model's vocabulary.
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub id: u32,
    /// The token's text, white space included. For a token that holds only part of a character, a readable
    /// stand-in (U+FFFD); `bytes` then holds what the token really is.
    pub text: String,
    /// Given to the model or produced by it.
    pub kind: Kind,
    /// First byte of the token in the UTF-8 text (inputs and continuation in one).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<usize>,
    /// One past the token's last byte in the UTF-8 text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<usize>,
    /// The token's exact bytes, where they are not valid UTF-8 by themselves because the token holds part of
    /// a character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Vec<u8>>,
    /// The notebook's own `value` string, kept and not checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

impl Token {
    /// A token with a text and a kind and nothing else.
    pub fn new(id: u32, text: impl Into<String>, kind: Kind) -> Self {
        Self { id, text: text.into(), kind, start: None, end: None, bytes: None, value: None }
    }

    /// A token of exact bytes: its text is theirs, with U+FFFD for what is no UTF-8 by itself.
    pub fn from_bytes(id: u32, bytes: Vec<u8>, kind: Kind) -> Self {
        let (text, bytes) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => (String::from_utf8_lossy(error.as_bytes()).into_owned(), Some(error.into_bytes())),
        };
        Self { bytes, ..Self::new(id, text, kind) }
    }

    /// Where it stands in the UTF-8 text: its first byte, and one past its last.
    #[must_use]
    pub fn with_span(self, bytes: Range<usize>) -> Self {
        Self { start: Some(bytes.start), end: Some(bytes.end), ..self }
    }

    /// Its exact bytes, where its text is not what it holds.
    #[must_use]
    pub fn with_bytes(self, bytes: Vec<u8>) -> Self {
        Self { bytes: Some(bytes), ..self }
    }

    /// Of the other kind, or of the same.
    #[must_use]
    pub fn with_kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The notebook's own `value`.
    #[must_use]
    pub fn with_value(self, value: impl Into<String>) -> Self {
        Self { value: Some(value.into()), ..self }
    }

    /// Several tokens as one: all their text, from the first's start to the last's end, with the first's number and
    /// kind. One token is itself; none is an empty input.
    #[must_use]
    pub fn joined(tokens: &[Self]) -> Self {
        let (Some(first), Some(last)) = (tokens.first(), tokens.last()) else {
            return Self::new(0, "", Kind::Input);
        };
        if tokens.len() == 1 {
            return first.clone();
        }
        let bytes = tokens.iter().flat_map(Self::exact_bytes).copied().collect();
        let (start, end) = first.start.zip(last.end).unzip();
        Self { start, end, ..Self::from_bytes(first.id, bytes, first.kind) }
    }

    /// Whether this token holds only part of a character (see [`Token::bytes`]).
    pub fn is_partial(&self) -> bool {
        self.bytes.is_some()
    }

    /// The token's exact bytes: [`Token::bytes`] where they are recorded, those of its text elsewhere.
    pub fn exact_bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or(self.text.as_bytes())
    }
}
