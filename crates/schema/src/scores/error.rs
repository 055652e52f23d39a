//! What can be wrong with scores, each with the place where it is wrong.

/// Why scores could not be read, or are not consistent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The input is empty or holds only white space.
    #[error("no scores: the input is empty")]
    Empty,
    /// The input is larger than [`Caps::bytes`](crate::Caps).
    #[error("the input has {bytes} bytes, and at most {cap} are read")]
    TooLarge {
        /// Size of the input.
        bytes: usize,
        /// The cap.
        cap: usize,
    },
    /// The input is not JSON, or is cut off.
    #[error("scores: not valid JSON: {source}")]
    Json {
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
    },
    /// A number that JSON cannot say stands there bare, as Python's `json` writes it.
    #[error("scores: not valid JSON: {source}; {found} has to be in quotes: \"{found}\"")]
    BareNumber {
        /// `NaN`, `Infinity` or `-Infinity`.
        found: &'static str,
        /// What the JSON reader says, with line and column.
        source: serde_json::Error,
    },
    /// The JSON is valid, but no scores.
    #[error("scores: {path}: {source}")]
    Shape {
        /// The path of the offending value, such as `agreement[3].value`.
        path: String,
        /// What was expected there, with line and column.
        source: serde_json::Error,
    },
    /// `format` is something else, or absent.
    #[error("format is {found:?}, not \"saliency-scores\"; `saliency compare RECORD… -o DIR` writes scores")]
    Format {
        /// What was found; empty where there is none.
        found: String,
    },
    /// `version` is newer than this crate, or 0.
    #[error("version {found} is not one this reader knows (1 to {newest}); a newer release may read it")]
    Version {
        /// What was found.
        found: u64,
        /// [`VERSION`](super::VERSION).
        newest: u32,
    },
    /// One of the caps is passed.
    #[error("{place}: {found} {what}, and at most {cap} are allowed")]
    Cap {
        /// Where.
        place: String,
        /// Of what, in the plural.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// The cap.
        cap: usize,
    },
    /// Parts that do not fit each other.
    #[error("{place}: {why}")]
    Inconsistent {
        /// Where, such as `agreement[3].method`.
        place: String,
        /// What is wrong with it.
        why: String,
    },
    /// The writer could not write.
    #[error("could not write the scores: {0}")]
    Write(#[source] serde_json::Error),
}
