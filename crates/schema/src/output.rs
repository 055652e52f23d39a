//! What is known of one output besides its row.

use crate::explained::Explained;
use crate::ledger::Ledger;
use crate::vectors::Vectors;
use crate::{number, object};
use serde::{Deserialize, Serialize};

/// What is known of one output besides its row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Output {
    /// The output's position in [`Record::tokens`](crate::Record::tokens).
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
    /// What each part of the model adds to `value`, where the method computes that.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub ledger: Option<Ledger>,
    /// What `sum` is where the method starts from another layer, from the first to the last, for a method that has
    /// layers to start from: alternatives, not parts that add up.
    #[serde(default, skip_serializing_if = "Vec::is_empty", with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub by_layer: Vec<Option<f64>>,
    /// What is kept of the vectors behind the row, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub vectors: Option<Vectors>,
}

impl Output {
    /// An output by its position in [`Record::tokens`](crate::Record::tokens), of which nothing else is known yet. Each
    /// setter takes a value, or an `Option` of one.
    pub fn new(token: usize) -> Self {
        Self {
            token,
            probability: None,
            logit: None,
            value: None,
            baseline_value: None,
            sum: None,
            delta: None,
            steps: None,
            samples: None,
            within: None,
            explained: None,
            ledger: None,
            by_layer: Vec::new(),
            vectors: None,
        }
    }

    /// The model's probability of this token.
    #[must_use]
    pub fn with_probability(self, probability: impl Into<Option<f64>>) -> Self {
        Self { probability: probability.into(), ..self }
    }

    /// The token's logit.
    #[must_use]
    pub fn with_logit(self, logit: impl Into<Option<f64>>) -> Self {
        Self { logit: logit.into(), ..self }
    }

    /// f(x): the target at the real input.
    #[must_use]
    pub fn with_value(self, value: impl Into<Option<f64>>) -> Self {
        Self { value: value.into(), ..self }
    }

    /// f(baseline).
    #[must_use]
    pub fn with_baseline_value(self, baseline_value: impl Into<Option<f64>>) -> Self {
        Self { baseline_value: baseline_value.into(), ..self }
    }

    /// The row's sum before aggregation lost the sign and before normalising.
    #[must_use]
    pub fn with_sum(self, sum: impl Into<Option<f64>>) -> Self {
        Self { sum: sum.into(), ..self }
    }

    /// The convergence delta.
    #[must_use]
    pub fn with_delta(self, delta: impl Into<Option<f64>>) -> Self {
        Self { delta: delta.into(), ..self }
    }

    /// Points on the path that this row used.
    #[must_use]
    pub fn with_steps(self, steps: impl Into<Option<u32>>) -> Self {
        Self { steps: steps.into(), ..self }
    }

    /// Random draws that this row rests on.
    #[must_use]
    pub fn with_samples(self, samples: impl Into<Option<u32>>) -> Self {
        Self { samples: samples.into(), ..self }
    }

    /// What the tokens of a group took from earlier tokens of the group itself.
    #[must_use]
    pub fn with_within(self, within: impl Into<Option<f64>>) -> Self {
        Self { within: within.into(), ..self }
    }

    /// What was explained here besides or instead of the token itself.
    #[must_use]
    pub fn with_explained(self, explained: impl Into<Option<Explained>>) -> Self {
        Self { explained: explained.into(), ..self }
    }

    /// What each part of the model adds to its value.
    #[must_use]
    pub fn with_ledger(self, ledger: impl Into<Option<Ledger>>) -> Self {
        Self { ledger: ledger.into(), ..self }
    }

    /// What its sum is where the method starts from another layer, from the first to the last.
    #[must_use]
    pub fn with_by_layer(self, by_layer: Vec<Option<f64>>) -> Self {
        Self { by_layer, ..self }
    }

    /// What is kept of the vectors behind its row.
    #[must_use]
    pub fn with_vectors(self, vectors: impl Into<Option<Vectors>>) -> Self {
        Self { vectors: vectors.into(), ..self }
    }
}
