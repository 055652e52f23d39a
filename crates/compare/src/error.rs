//! What can be wrong with records that are to be compared. Each message names the place and the repair.

use saliency_schema::scores;

/// Why records can't be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no record, or only one.
    #[error(
        "{found} to compare; agreement needs records of two methods or more on the same text",
        found = if *count == 0 { "no record".to_owned() } else { "one record".to_owned() }
    )]
    TooFew {
        /// How many there are: 0 or 1.
        count: usize,
    },
    /// A record explains nothing.
    #[error("record {record} has no outputs, and so no rows to compare")]
    NoOutput {
        /// The record's number, from 0.
        record: usize,
    },
    /// Two records are of different texts.
    #[error(
        "record {record} is not of the same text as record {first}: {place} is {there:?} there and {here:?} in record \
         {first}; compare records of one text and one continuation"
    )]
    OtherText {
        /// The record that it is compared with.
        first: usize,
        /// The record.
        record: usize,
        /// The first token that differs: `token 17` of the first record, or `output 3 (token 20)`.
        place: String,
        /// Its text in the first record.
        here: String,
        /// What stands there in the other one.
        there: String,
    },
    /// A text lacks a method that another text has.
    #[error(
        "the text {text:?} has no record of {method}, which {other:?} has; every text needs the same methods, made in \
         the same way"
    )]
    NoMethod {
        /// The text that lacks it.
        text: String,
        /// The method.
        method: String,
        /// A text that has it.
        other: String,
    },
    /// More tokens are to be looked at than a row has.
    #[error(
        "k is {k}, and output 0 of record {record} has {tokens} tokens before it; k is from 1 to {least}"
    )]
    K {
        /// What was asked for.
        k: usize,
        /// The record with the shortest row.
        record: usize,
        /// How many values that row has.
        tokens: usize,
        /// The largest k that fits.
        least: usize,
    },
    /// Tokens don't say where they stand in the text.
    #[error(
        "token {position} has no offsets; evidence is found by bytes, so take a record whose tokens have them"
    )]
    NoOffsets {
        /// The token.
        position: usize,
    },
    /// The evidence is no candidate.
    #[error(
        "no candidate holds a token of the evidence; give the evidence in bytes of the text that was read"
    )]
    NoEvidence,
    /// A number is out of its range.
    #[error("{name} is {value}; it is {range}")]
    Parameter {
        /// Its name.
        name: &'static str,
        /// What was asked for.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// A record that can't be put in words.
    #[error(transparent)]
    Record(#[from] saliency_schema::Error),
    /// What was found makes no consistent scores.
    #[error(transparent)]
    Scores(#[from] scores::Error),
}

impl Error {
    /// Whether the caller asked for something that there can't be.
    pub fn is_usage(&self) -> bool {
        !matches!(self, Self::Scores(_) | Self::Record(_))
    }
}
