//! What was measured of one method on one output, before statistics.

use crate::{number, object};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What was measured of one method, or of one draw of a control, on one output, with tokens removed in one way.
///
/// Methods and texts are named by their positions in [`Scores::methods`](super::Scores::methods) and
/// [`Scores::texts`](super::Scores::texts).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "What was measured of one method, or of one draw of a control, on one output, with tokens removed in one way. Methods and texts are named by their positions in `methods` and `texts`."
    )
)]
#[non_exhaustive]
pub struct Measurement {
    /// The method or control.
    pub method: usize,
    /// Which draw of a control that is random, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub draw: Option<u32>,
    /// How tokens were removed; absent where none were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The text.
    pub text: usize,
    /// The output, from 0; absent where all of them were one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<usize>,
    /// The metrics by their names; `null` where one is undefined.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", with = "number::by_name")]
    #[cfg_attr(feature = "json-schema", schemars(with = "BTreeMap<String, number::schema::Number>"))]
    pub metrics: BTreeMap<String, Option<f64>>,
    /// The target while more and more tokens are removed.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub curves: Vec<Curve>,
}

/// The target while more and more tokens are removed.
///
/// Inserting tokens, the most relevant ones first, is removing them, the least relevant ones first, read backwards: so
/// these two orders are all that there is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Curve {
    /// Which tokens went first: `most-relevant-first`, `least-relevant-first`.
    pub order: String,
    /// The shares of the tokens that were removed, 0 to 1, in order.
    #[serde(deserialize_with = "object::numbers")]
    pub removed: Vec<f64>,
    /// The target at each of them, in its unit; `null` where it is undefined.
    #[serde(with = "number::row")]
    #[cfg_attr(feature = "json-schema", schemars(with = "Vec<number::schema::Number>"))]
    pub values: Vec<Option<f64>>,
}

impl Measurement {
    /// What was measured of a method on a text.
    pub fn new(method: usize, text: usize) -> Self {
        Self {
            method,
            draw: None,
            operator: None,
            text,
            output: None,
            metrics: BTreeMap::new(),
            curves: Vec::new(),
        }
    }

    /// Which draw of a control that is random.
    #[must_use]
    pub fn with_draw(self, draw: u32) -> Self {
        Self { draw: Some(draw), ..self }
    }

    /// How tokens were removed.
    #[must_use]
    pub fn with_operator(self, operator: impl Into<String>) -> Self {
        Self { operator: Some(operator.into()), ..self }
    }

    /// The output.
    #[must_use]
    pub fn with_output(self, output: usize) -> Self {
        Self { output: Some(output), ..self }
    }

    /// One more metric; `None` where it is undefined.
    #[must_use]
    pub fn with_metric(mut self, name: impl Into<String>, value: impl Into<Option<f64>>) -> Self {
        self.metrics.insert(name.into(), value.into());
        self
    }

    /// One more curve.
    #[must_use]
    pub fn with_curve(mut self, curve: Curve) -> Self {
        self.curves.push(curve);
        self
    }
}

impl Curve {
    /// The target at each share of the tokens that is removed, the most relevant ones first.
    pub fn most_relevant_first(removed: Vec<f64>, values: Vec<Option<f64>>) -> Self {
        Self { order: "most-relevant-first".to_owned(), removed, values }
    }

    /// The target at each share of the tokens that is removed, the least relevant ones first.
    pub fn least_relevant_first(removed: Vec<f64>, values: Vec<Option<f64>>) -> Self {
        Self { order: "least-relevant-first".to_owned(), removed, values }
    }
}
