//! What was scored: the texts, the methods as they were run, and how.

use crate::object;
use crate::provenance::{Method, Target};
use crate::{Record, Token};
use serde::{Deserialize, Serialize};

/// The characters of a name that are a text's first words.
const NAME: usize = 40;

/// A text that methods ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScoredText {
    /// What a person calls it: a file's name, its first words.
    pub name: String,
    /// SHA-256 of the text in UTF-8, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// How many of its outputs were scored.
    pub outputs: usize,
}

/// A method as it was run, or a control.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ScoredMethod {
    /// What tables and charts call it; no two have the same.
    pub name: String,
    /// Whether it is there to be compared with: `random`, `position`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub control: bool,
    /// The method and its parameters, as a record states them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub method: Option<Method>,
    /// The scalar that it explained.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub target: Option<Target>,
    /// How the values over the hidden dimensions became one number a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<String>,
    /// How each row was scaled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize: Option<String>,
    /// Forward and backward passes that its attributions took, all texts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passes: Option<u64>,
    /// Seconds that its attributions took, all texts together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

/// How intervals came to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Resampling {
    /// What was drawn with replacement: `texts`; or `blocks`, of neighbouring outputs of one text.
    pub over: String,
    /// How many outputs a block has, where blocks were drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub block: Option<usize>,
    /// How many times.
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub resamples: u32,
    /// The share of the resampled means that lies within an interval: 0.95.
    pub confidence: f64,
    /// The generator's seed.
    pub seed: u64,
}

/// What judging the methods took, without their attributions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Cost {
    /// Tokens that went forward through the model.
    pub tokens_forward: u64,
    /// Tokens that would have, had every changed text run as a whole.
    pub tokens_naive: u64,
    /// Seconds that it took.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<f64>,
}

impl ScoredText {
    /// A text by its name, and how many of its outputs were scored.
    pub fn new(name: impl Into<String>, outputs: usize) -> Self {
        Self { name: name.into(), sha256: None, outputs }
    }

    /// A record's text under its first words, with all of its outputs.
    pub fn of(record: &Record) -> Self {
        let text = Token::joined(record.inputs()).text;
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let name = match words.char_indices().nth(NAME) {
            Some((end, _)) => format!("{}…", words[..end].trim_end()),
            None => words,
        };
        Self::new(name, record.n_output())
    }

    /// The SHA-256 of the text, in hexadecimal.
    #[must_use]
    pub fn with_sha256(self, sha256: impl Into<String>) -> Self {
        Self { sha256: Some(sha256.into()), ..self }
    }
}

impl ScoredMethod {
    /// A method by what tables and charts call it.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            control: false,
            method: None,
            target: None,
            aggregate: None,
            normalize: None,
            passes: None,
            seconds: None,
        }
    }

    /// A record's method with all that the record states of it, by what tables and charts call it.
    pub fn of(name: impl Into<String>, record: &Record) -> Self {
        Self {
            method: record.method.clone(),
            target: record.target.clone(),
            aggregate: record.aggregate.clone(),
            normalize: record.normalize.clone(),
            ..Self::new(name)
        }
    }

    /// What is there to be compared with: `random`, `position`.
    pub fn control(name: impl Into<String>) -> Self {
        Self { control: true, ..Self::new(name) }
    }

    /// The method and its parameters.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// The scalar that it explained.
    #[must_use]
    pub fn with_target(self, target: Target) -> Self {
        Self { target: Some(target), ..self }
    }

    /// How the values over the hidden dimensions became one number a token.
    #[must_use]
    pub fn with_aggregate(self, aggregate: impl Into<String>) -> Self {
        Self { aggregate: Some(aggregate.into()), ..self }
    }

    /// How each row was scaled.
    #[must_use]
    pub fn with_normalize(self, normalize: impl Into<String>) -> Self {
        Self { normalize: Some(normalize.into()), ..self }
    }

    /// Passes that its attributions took.
    #[must_use]
    pub fn with_passes(self, passes: u64) -> Self {
        Self { passes: Some(passes), ..self }
    }

    /// Seconds that its attributions took.
    #[must_use]
    pub fn with_seconds(self, seconds: f64) -> Self {
        Self { seconds: Some(seconds), ..self }
    }
}

impl Resampling {
    /// Texts drawn with replacement.
    pub fn over_texts(resamples: u32, confidence: f64, seed: u64) -> Self {
        Self { over: "texts".to_owned(), block: None, resamples, confidence, seed }
    }

    /// Blocks of so many neighbouring outputs of one text, drawn with replacement.
    pub fn over_blocks(block: usize, resamples: u32, confidence: f64, seed: u64) -> Self {
        Self { over: "blocks".to_owned(), block: Some(block), resamples, confidence, seed }
    }
}

impl Cost {
    /// Tokens that went forward, and those that would have without shared prefixes.
    pub fn new(tokens_forward: u64, tokens_naive: u64) -> Self {
        Self { tokens_forward, tokens_naive, seconds: None }
    }

    /// Seconds that it took.
    #[must_use]
    pub fn with_seconds(self, seconds: f64) -> Self {
        Self { seconds: Some(seconds), ..self }
    }
}
