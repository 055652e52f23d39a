//! The record itself, version 1.

use crate::{Excerpt, Explained, Kind, Part, Token, number, object, part};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// One run of one method on one text.
///
/// Row `r` of [`attributions`](Record::attributions) belongs to output token `r` and holds
/// `n_input + r` values: one for every input token and one for every output token before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "One run of one method on one text.\n\nRow `r` of `attributions` belongs to output token `r` and holds `n_input + r` values: one for every input token and one for every output token before it."
    )
)]
pub struct Record {
    /// Always `"saliency-record"`.
    pub format: String,
    /// The version of the format: 1.
    pub version: u32,
    /// The model, where it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub model: Option<Model>,
    /// The attribution method, where it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub method: Option<Method>,
    /// The scalar that was explained, where it is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub target: Option<Target>,
    /// How the values over the hidden dimensions became one number a token: `sum`, `mean`, `l1`, `l2`, `max-abs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<String>,
    /// How each row was scaled: `none`, `sum`, `sum-abs`, `max-abs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize: Option<String>,
    /// Whether the sign of a value means something: positive raises the target. `false` where the method or
    /// the aggregate lost it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed: Option<bool>,
    /// How the input text came to be, where it is recorded: whether a token was put before it, and what it was put
    /// into.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub prompt: Option<Prompt>,
    /// How rows and columns of single tokens became rows and columns of groups of tokens, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub regrouped: Option<Regrouped>,
    /// Which tokens of a whole record these are, where some were left out or put together for looking closer.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub excerpt: Option<Excerpt>,
    /// What a reader of the numbers should know: why a row is zero, what did not converge.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// All input tokens, then all output tokens.
    #[serde(deserialize_with = "object::list")]
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub tokens: Vec<Token>,
    /// One ragged row of attributions for each output token. `None` is a missing value.
    #[serde(with = "number::rows")]
    #[cfg_attr(
        feature = "json-schema",
        schemars(
            with = "Vec<Vec<number::schema::Number>>",
            description = "One ragged row of attributions for each output token, in the target's unit unless `normalize` says otherwise."
        )
    )]
    pub attributions: Vec<Vec<Option<f64>>>,
    /// The standard error of every attribution, where they were sampled; empty otherwise. As long as `attributions`,
    /// row by row; missing where it is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::rows")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<Vec<number::schema::Number>>"))]
    pub standard_errors: Vec<Vec<Option<f64>>>,
    /// What is known of each output besides its row; empty, or one for each row.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub outputs: Vec<Output>,
}

/// The model that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Model {
    /// What a person calls it.
    pub name: String,
    /// SHA-256 of its weights file, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

/// The attribution method and its parameters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Method {
    /// The method's name in the literature, lower case with hyphens.
    pub name: String,
    /// Points on the path, for methods that follow one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub steps: Option<u32>,
    /// The baseline's name, for methods that have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Every other parameter of the method.
    #[serde(flatten)]
    pub parameters: Map<String, Value>,
}

/// The scalar that was explained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Target {
    /// `probability`, `logit`, `log-probability`, …
    pub name: String,
    /// Every parameter of the target.
    #[serde(flatten)]
    pub parameters: Map<String, Value>,
}

/// How the input text came to be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Prompt {
    /// Whether the first token was put before the text as the one that begins a text.
    pub bos: bool,
    /// What the text was put into: `chat` for the model's own template, or the template itself; missing where it stands
    /// alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Where the text that was given begins and ends among the bytes of the whole text; missing where a template
    /// changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<[usize; 2]>,
    /// Named parts of the whole text, in order and apart: what a chat template or a task put where. Empty where they
    /// are not recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "part::list")]
    pub parts: Vec<Part>,
}

/// How a record of single tokens became one of groups of tokens (see [`Record::regroup`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(description = "How a record of single tokens became one of groups of tokens.")
)]
pub struct Regrouped {
    /// How the values of a group became one: `sum`, `mean`, `max-abs`; more of them, in order and apart by
    /// commas, where groups were grouped again in another way.
    pub reduce: String,
    /// What the groups are, where it is recorded: `words`, `sentences`, `lines`, `regex:…`, `spans:…`,
    /// `parts`, `fold:…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// How many of the model's tokens each of the record's is.
    #[serde(deserialize_with = "object::counts")]
    pub members: Vec<usize>,
}

/// What is known of one output besides its row.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
pub struct Output {
    /// The output's position in [`Record::tokens`].
    #[cfg_attr(feature = "json-schema", schemars(description = "The output's position in `tokens`."))]
    pub token: usize,
    /// The model's probability of this token.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub probability: Option<f64>,
    /// The token's logit.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub logit: Option<f64>,
    /// f(x): the target at the real input.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub value: Option<f64>,
    /// f(baseline), for methods that have a baseline.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub baseline_value: Option<f64>,
    /// The row's sum before aggregation lost the sign and before normalising.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub sum: Option<f64>,
    /// The convergence delta: `sum` − (`value` − `baseline_value`).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub delta: Option<f64>,
    /// Points on the path that this row used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub steps: Option<u32>,
    /// Random draws that this row rests on, where the method chose their number by the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub samples: Option<u32>,
    /// Where this output is a group of tokens: what they took from earlier tokens of the group itself, for
    /// which its row has no place. In the unit of the row.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub within: Option<f64>,
    /// What was explained here besides or instead of the token itself; absent where that token was.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub explained: Option<Explained>,
}

impl Record {
    /// A record of tokens and rows, of which nothing else is known yet.
    ///
    /// # Errors
    /// When rows and tokens do not fit each other, with the place that is wrong.
    pub fn new(tokens: Vec<Token>, attributions: Vec<Vec<Option<f64>>>) -> Result<Self, crate::Error> {
        let record = Self {
            format: crate::FORMAT.to_owned(),
            version: crate::VERSION,
            model: None,
            method: None,
            target: None,
            aggregate: None,
            normalize: None,
            signed: None,
            prompt: None,
            regrouped: None,
            excerpt: None,
            notes: Vec::new(),
            tokens,
            attributions,
            standard_errors: Vec::new(),
            outputs: Vec::new(),
        };
        record.check()?;
        Ok(record)
    }

    /// How many of the tokens are inputs.
    pub fn n_input(&self) -> usize {
        self.tokens.iter().take_while(|t| t.kind == Kind::Input).count()
    }

    /// How many of the tokens are outputs.
    pub fn n_output(&self) -> usize {
        self.tokens.len() - self.n_input()
    }

    /// The input tokens.
    pub fn inputs(&self) -> &[Token] {
        &self.tokens[..self.n_input()]
    }

    /// The output tokens.
    pub fn output_tokens(&self) -> &[Token] {
        &self.tokens[self.n_input()..]
    }
}

impl Method {
    /// A method without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), steps: None, baseline: None, parameters: Map::new() }
    }
}

impl Target {
    /// A target without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), parameters: Map::new() }
    }
}
