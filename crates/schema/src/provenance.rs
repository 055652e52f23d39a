//! What was done: the model, the method and the target of a record.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The model that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
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
#[non_exhaustive]
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
#[non_exhaustive]
pub struct Target {
    /// `probability`, `logit`, `log-probability`, …
    pub name: String,
    /// Every parameter of the target.
    #[serde(flatten)]
    pub parameters: Map<String, Value>,
}

impl Model {
    /// A model by what a person calls it.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), sha256: None }
    }

    /// The SHA-256 of its weights file, in hexadecimal.
    #[must_use]
    pub fn with_sha256(self, sha256: impl Into<String>) -> Self {
        Self { sha256: Some(sha256.into()), ..self }
    }
}

impl Method {
    /// A method without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), steps: None, baseline: None, parameters: Map::new() }
    }

    /// Points on its path.
    #[must_use]
    pub fn with_steps(self, steps: u32) -> Self {
        Self { steps: Some(steps), ..self }
    }

    /// Its baseline's name.
    #[must_use]
    pub fn with_baseline(self, baseline: impl Into<String>) -> Self {
        Self { baseline: Some(baseline.into()), ..self }
    }

    /// One more parameter, as JSON. The names of this type's fields are taken: [`Record::check`](crate::Record::check)
    /// refuses them.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// All its other parameters, instead of those that it has.
    #[must_use]
    pub fn with_parameters(self, parameters: Map<String, Value>) -> Self {
        Self { parameters, ..self }
    }
}

impl Target {
    /// A target without parameters.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), parameters: Map::new() }
    }

    /// One more parameter, as JSON. The name `name` is taken: [`Record::check`](crate::Record::check) refuses it.
    #[must_use]
    pub fn with_parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.parameters.insert(name.into(), value.into());
        self
    }

    /// All its parameters, instead of those that it has.
    #[must_use]
    pub fn with_parameters(self, parameters: Map<String, Value>) -> Self {
        Self { parameters, ..self }
    }
}
