//! Scores of methods, version 1: how far they agree, and how well each does beside chance.

mod check;
mod error;
#[cfg(feature = "json-schema")]
mod json_schema;
mod measurement;
mod read;
mod score;
mod scored;
mod write;

pub use error::Error;
#[cfg(feature = "json-schema")]
pub use json_schema::json_schema;
pub use measurement::{Curve, Measurement};
pub use read::read;
pub use score::{Better, Paired, Score};
pub use scored::{Cost, Resampling, ScoredMethod, ScoredText};
pub use write::write;

use crate::object;
use crate::provenance::Model;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The value of a document's `format` field.
pub const FORMAT: &str = "saliency-scores";
/// The newest version of scores that this crate reads, and the one it writes.
pub const VERSION: u32 = 1;

/// What is known of some methods on some texts: how far they agree, and how each does in tests.
///
/// [`Scores::new`] makes one; the `with_…` setters say the rest. What is set later, by a setter or a field, is checked
/// by [`Scores::check`] and by [`write`](fn@write).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[cfg_attr(
    feature = "json-schema",
    schemars(
        description = "What is known of some methods on some texts: how far they agree, and how each does in tests."
    )
)]
#[non_exhaustive]
pub struct Scores {
    /// Always `"saliency-scores"`.
    pub(crate) format: String,
    /// The version of the format: 1.
    pub(crate) version: u32,
    /// The model, where it is one and recorded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub model: Option<Model>,
    /// The texts that the methods ran on.
    #[serde(deserialize_with = "object::list")]
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub texts: Vec<ScoredText>,
    /// The methods, each under a name of its own, and the controls that they are compared with.
    #[serde(deserialize_with = "object::list")]
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub methods: Vec<ScoredMethod>,
    /// How often and over what the intervals were resampled.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub resampling: Option<Resampling>,
    /// Everything else that the numbers depend on: `quick`, `steps`, …
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// How far two methods agree, measure by measure.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub agreement: Vec<Score>,
    /// How far the model's answers follow a method's attributions, metric by metric, beside random orders.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub faithfulness: Vec<Score>,
    /// How far attributions change when the model, the target or the input does.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub sanity: Vec<Score>,
    /// How well a method finds evidence that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub ground_truth: Vec<Score>,
    /// The numbers behind `faithfulness` and `ground_truth`: of each method or control, operator, text and output.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub measurements: Vec<Measurement>,
    /// What judging took, beside what it would have taken without shared prefixes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub cost: Option<Cost>,
    /// What a reader of the numbers should know.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::strings")]
    pub caveats: Vec<String>,
    /// What the figures support and what they don't, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,
}

impl Scores {
    /// Texts and methods, of which nothing else is known yet.
    ///
    /// # Errors
    /// No text, no method, or two methods of one name.
    pub fn new(texts: Vec<ScoredText>, methods: Vec<ScoredMethod>) -> Result<Self, Error> {
        let scores = Self {
            format: FORMAT.to_owned(),
            version: VERSION,
            model: None,
            texts,
            methods,
            resampling: None,
            settings: Map::new(),
            agreement: Vec::new(),
            faithfulness: Vec::new(),
            sanity: Vec::new(),
            ground_truth: Vec::new(),
            measurements: Vec::new(),
            cost: None,
            caveats: Vec::new(),
            verdict: None,
        };
        scores.check()?;
        Ok(scores)
    }

    /// The model that was looked at.
    #[must_use]
    pub fn with_model(self, model: Model) -> Self {
        Self { model: Some(model), ..self }
    }

    /// How often and over what the intervals were resampled.
    #[must_use]
    pub fn with_resampling(self, resampling: Resampling) -> Self {
        Self { resampling: Some(resampling), ..self }
    }

    /// One more setting that the numbers depend on, as JSON.
    #[must_use]
    pub fn with_setting(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.settings.insert(name.into(), value.into());
        self
    }

    /// How far two methods agree, measure by measure.
    #[must_use]
    pub fn with_agreement(self, agreement: Vec<Score>) -> Self {
        Self { agreement, ..self }
    }

    /// How far the model's answers follow a method's attributions, metric by metric.
    #[must_use]
    pub fn with_faithfulness(self, faithfulness: Vec<Score>) -> Self {
        Self { faithfulness, ..self }
    }

    /// How far attributions change when the model, the target or the input does.
    #[must_use]
    pub fn with_sanity(self, sanity: Vec<Score>) -> Self {
        Self { sanity, ..self }
    }

    /// How well a method finds evidence that is known.
    #[must_use]
    pub fn with_ground_truth(self, ground_truth: Vec<Score>) -> Self {
        Self { ground_truth, ..self }
    }

    /// The numbers behind `faithfulness` and `ground_truth`.
    #[must_use]
    pub fn with_measurements(self, measurements: Vec<Measurement>) -> Self {
        Self { measurements, ..self }
    }

    /// What judging took.
    #[must_use]
    pub fn with_cost(self, cost: Cost) -> Self {
        Self { cost: Some(cost), ..self }
    }

    /// What a reader of the numbers should know.
    #[must_use]
    pub fn with_caveats(self, caveats: Vec<String>) -> Self {
        Self { caveats, ..self }
    }

    /// What the figures support and what they don't.
    #[must_use]
    pub fn with_verdict(self, verdict: impl Into<String>) -> Self {
        Self { verdict: Some(verdict.into()), ..self }
    }

    /// The format's name: always `"saliency-scores"`.
    pub fn format(&self) -> &str {
        &self.format
    }

    /// The version of the format: 1.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// How many outputs all texts have together.
    pub fn n_output(&self) -> usize {
        self.texts.iter().fold(0, |sum, text| sum.saturating_add(text.outputs))
    }
}
