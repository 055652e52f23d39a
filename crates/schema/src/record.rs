//! The record itself, version 1.

use crate::error::Error;
use crate::excerpt::Excerpt;
use crate::interaction::Interaction;
use crate::output::Output;
use crate::prompt::Prompt;
use crate::provenance::{Method, Model, Target};
use crate::regroup::Regrouped;
use crate::replacement::Replacement;
use crate::token::{Kind, Token};
use crate::{interaction, number, object, replacement};
use serde::{Deserialize, Serialize};

/// One run of one method on one text.
///
/// Row `r` of [`attributions`](Record::attributions) belongs to output token `r` and holds
/// `n_input + r` values: one for every input token and one for every output token before it.
///
/// [`Record::new`] makes one; the `with_…` setters say what else is known. What is set later, by a setter or a field,
/// is checked by [`Record::check`] and by [`write`](fn@crate::write).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "One run of one method on one text.\n\nRow `r` of `attributions` belongs to output token `r` and holds `n_input + r` values: one for every input token and one for every output token before it."
    )
)]
#[non_exhaustive]
pub struct Record {
    /// Always `"saliency-record"`.
    pub(crate) format: String,
    /// The version of the format: 1.
    pub(crate) version: u32,
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
    /// How many of the tokens, from the first, are an encoder's; absent where there is no encoder. The token after them
    /// is the decoder's start token, which is an input too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) source: Option<usize>,
    /// How rows and columns of single tokens became rows and columns of groups of tokens, where they did.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub regrouped: Option<Regrouped>,
    /// How often what rows gave to earlier outputs was passed on along their rows; absent where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub hops: Option<u32>,
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
    /// What pairs of tokens do beyond their sum, where the method computes that: a list for each row; empty otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "interaction::lists")]
    pub interactions: Vec<Vec<Interaction>>,
    /// What happened to each output when pieces of the input were replaced; empty, or a list for each row.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "replacement::lists")]
    pub replacements: Vec<Vec<Replacement>>,
    /// What is known of each output besides its row; empty, or one for each row.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub outputs: Vec<Output>,
}

impl Record {
    /// A record of tokens and rows, of which nothing else is known yet.
    ///
    /// # Errors
    /// When rows and tokens do not fit each other, with the place that is wrong.
    pub fn new(tokens: Vec<Token>, attributions: Vec<Vec<Option<f64>>>) -> Result<Self, Error> {
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
            source: None,
            regrouped: None,
            hops: None,
            excerpt: None,
            notes: Vec::new(),
            tokens,
            attributions,
            standard_errors: Vec::new(),
            interactions: Vec::new(),
            replacements: Vec::new(),
            outputs: Vec::new(),
        };
        record.check()?;
        Ok(record)
    }

    /// The model that was looked at.
    #[must_use]
    pub fn with_model(self, model: Model) -> Self {
        Self { model: Some(model), ..self }
    }

    /// The attribution method.
    #[must_use]
    pub fn with_method(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// The scalar that was explained.
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

    /// Whether the sign of a value means something.
    #[must_use]
    pub fn with_signed(self, signed: bool) -> Self {
        Self { signed: Some(signed), ..self }
    }

    /// How the input text came to be.
    #[must_use]
    pub fn with_prompt(self, prompt: Prompt) -> Self {
        Self { prompt: Some(prompt), ..self }
    }

    /// How many of the tokens, from the first, are an encoder's: at least one, and fewer than the inputs, since the
    /// token after them is the decoder's start token.
    #[must_use]
    pub fn with_source(self, source: usize) -> Self {
        Self { source: Some(source), ..self }
    }

    /// How its tokens came to be groups of tokens.
    #[must_use]
    pub fn with_regrouped(self, regrouped: Regrouped) -> Self {
        Self { regrouped: Some(regrouped), ..self }
    }

    /// Which tokens of a whole record these are.
    #[must_use]
    pub fn with_excerpt(self, excerpt: Excerpt) -> Self {
        Self { excerpt: Some(excerpt), ..self }
    }

    /// What a reader of the numbers should know.
    #[must_use]
    pub fn with_notes(self, notes: Vec<String>) -> Self {
        Self { notes, ..self }
    }

    /// The standard error of every attribution, row by row.
    #[must_use]
    pub fn with_standard_errors(self, standard_errors: Vec<Vec<Option<f64>>>) -> Self {
        Self { standard_errors, ..self }
    }

    /// What pairs of tokens do beyond their sum, a list for each row.
    #[must_use]
    pub fn with_interactions(self, interactions: Vec<Vec<Interaction>>) -> Self {
        Self { interactions, ..self }
    }

    /// What happened to each output when pieces of the input were replaced, a list for each row.
    #[must_use]
    pub fn with_replacements(self, replacements: Vec<Vec<Replacement>>) -> Self {
        Self { replacements, ..self }
    }

    /// What is known of each output besides its row, one for each.
    #[must_use]
    pub fn with_outputs(self, outputs: Vec<Output>) -> Self {
        Self { outputs, ..self }
    }

    /// The format's name: always `"saliency-record"`.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The version of the format: 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many of the tokens, from the first, are an encoder's; `None` where there is no encoder.
    pub fn source(&self) -> Option<usize> {
        self.source
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
