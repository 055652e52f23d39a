//! What each part of a model adds to an output: parts that add up to its value.

use crate::check::Caps;
use crate::error::Error;
use crate::number;
use serde::{Deserialize, Serialize};

/// What each part of a model adds directly to one output's value, in the target's unit, however rows are scaled. All
/// numbers together are [`Output::value`](crate::Output::value), up to what the method leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "What each part of a model adds directly to one output's value, in the target's unit, however rows are scaled. All numbers together are the output's `value`, up to what the method leaves out."
    )
)]
#[non_exhaustive]
pub struct Ledger {
    /// What each attention head adds: a list for each layer, from the first, all of one length.
    #[serde(with = "number::table")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<Vec<number::schema::Number>>"))]
    pub heads: Vec<Vec<Option<f64>>>,
    /// What each layer's feed-forward part adds; empty where that is not known.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub feed_forward: Vec<Option<f64>>,
    /// What the bias of each layer's attention adds; empty where there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub attention_bias: Vec<Option<f64>>,
    /// What the embedding of the token at the output's position adds.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub token: Option<f64>,
    /// What the position's embedding adds, where positions are added to embeddings.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub position: Option<f64>,
    /// What the biases of the last norm and of the head add, where there are any.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub bias: Option<f64>,
}

impl Ledger {
    /// What each head adds, a list for each layer from the first; nothing else is known yet.
    pub fn new(heads: Vec<Vec<Option<f64>>>) -> Self {
        let (feed_forward, attention_bias) = (Vec::new(), Vec::new());
        Self { heads, feed_forward, attention_bias, token: None, position: None, bias: None }
    }

    /// What each layer's feed-forward part adds.
    #[must_use]
    pub fn with_feed_forward(self, feed_forward: Vec<Option<f64>>) -> Self {
        Self { feed_forward, ..self }
    }

    /// What the bias of each layer's attention adds.
    #[must_use]
    pub fn with_attention_bias(self, attention_bias: Vec<Option<f64>>) -> Self {
        Self { attention_bias, ..self }
    }

    /// What the embedding of the token at the output's position adds.
    #[must_use]
    pub fn with_token(self, token: impl Into<Option<f64>>) -> Self {
        Self { token: token.into(), ..self }
    }

    /// What the position's embedding adds.
    #[must_use]
    pub fn with_position(self, position: impl Into<Option<f64>>) -> Self {
        Self { position: position.into(), ..self }
    }

    /// What the biases of the last norm and of the head add.
    #[must_use]
    pub fn with_bias(self, bias: impl Into<Option<f64>>) -> Self {
        Self { bias: bias.into(), ..self }
    }

    /// How many layers it has.
    pub fn layers(&self) -> usize {
        self.heads.len()
    }

    /// All numbers together; missing ones count nothing.
    pub fn total(&self) -> f64 {
        let layers = self.heads.iter().flatten().chain(&self.feed_forward).chain(&self.attention_bias);
        let others = [self.token, self.position, self.bias];
        layers.copied().chain(others).flatten().sum()
    }

    /// Number by number, this and so many times another one; missing where one is. `None` where they are not of one
    /// shape.
    #[must_use]
    pub fn plus(&self, other: &Self, times: f64) -> Option<Self> {
        let one = |a: Option<f64>, b: Option<f64>| Some(a? + times * b?);
        let list = |a: &[Option<f64>], b: &[Option<f64>]| {
            let both = || a.iter().zip(b).map(|(a, b)| one(*a, *b)).collect::<Vec<_>>();
            (a.len() == b.len()).then(both)
        };
        if self.heads.len() != other.heads.len() {
            return None;
        }
        let heads = self.heads.iter().zip(&other.heads).map(|(a, b)| list(a, b));
        Some(Self {
            heads: heads.collect::<Option<_>>()?,
            feed_forward: list(&self.feed_forward, &other.feed_forward)?,
            attention_bias: list(&self.attention_bias, &other.attention_bias)?,
            token: one(self.token, other.token),
            position: one(self.position, other.position),
            bias: one(self.bias, other.bias),
        })
    }

    /// The sum of several; `None` where one is not known, or they are not of one shape.
    pub(crate) fn sum<'a>(mut all: impl Iterator<Item = Option<&'a Self>>) -> Option<Self> {
        let first = all.next()??.clone();
        all.try_fold(first, |sum, one| sum.plus(one?, 1.0))
    }

    /// Refuses parts that do not fit each other. `place` is where the ledger stands.
    pub(crate) fn check(&self, place: &dyn Fn() -> String) -> Result<(), Error> {
        let layers = self.heads.len();
        let heads = self.heads.first().map_or(0, Vec::len);
        let refused = |why| Err(Error::Ledger { place: place(), why });
        if self.heads.iter().any(|layer| layer.len() != heads) {
            return refused("every layer has as many heads");
        }
        if [&self.feed_forward, &self.attention_bias].iter().any(|list| ![0, layers].contains(&list.len())) {
            return refused("`feed_forward` and `attention_bias` have a number for each layer, or none");
        }
        let cap = Caps::DEFAULT.ledger;
        let found = layers.saturating_mul(heads).max(layers);
        if found > cap {
            return Err(Error::Cap { place: place(), what: "numbers", found, cap });
        }
        Ok(())
    }
}
