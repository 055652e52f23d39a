//! What `config.json` says of rotary positions, in either spelling.

use crate::config::Refusal;
use saliency_transformer::{Rope, Scaling};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields about rotary positions: `rope_parameters`, or `rope_theta` and `rope_scaling` of older programs.
#[derive(Deserialize)]
pub(crate) struct RopeFields {
    rope_theta: Option<f64>,
    rope_parameters: Option<Map<String, Value>>,
    rope_scaling: Option<Map<String, Value>>,
    original_max_position_embeddings: Option<f64>,
    partial_rotary_factor: Option<f64>,
}

/// The parameters, and the field that holds them.
struct Parameters<'a> {
    field: &'static str,
    map: &'a Map<String, Value>,
}

const READ: &str = "default, linear, dynamic, yarn and llama3 are read";

impl RopeFields {
    /// Rotary positions, and whether they are `dynamic`.
    pub(crate) fn resolve(&self, context: usize) -> Result<(Rope, bool), Refusal> {
        let empty = Map::new();
        // The older field wins where both are there, as in the transformers library.
        let scaling = self.rope_scaling.as_ref().filter(|scaling| !scaling.is_empty());
        let field = if scaling.is_some() { "rope_scaling" } else { "rope_parameters" };
        let map = scaling.or(self.rope_parameters.as_ref()).unwrap_or(&empty);
        let parameters = Parameters { field, map };
        if let Some((name, _)) = map.iter().find(|(_, value)| value.is_object()) {
            let why = "rotary positions of their own for each kind of block are not read";
            return Err(Refusal::new(field, format!("{{{name:?}: …}}"), why));
        }
        let base = parameters.number("rope_theta")?.or(self.rope_theta).unwrap_or(10_000.0);
        let kind = match map.get("rope_type").or(map.get("type")) {
            None | Some(Value::Null) => "default",
            Some(Value::String(kind)) => kind,
            Some(other) => return Err(parameters.refusal("rope_type", other, READ)),
        };
        let partial = parameters.number("partial_rotary_factor")?.or(self.partial_rotary_factor);
        if let Some(partial) = partial
            && kind != "default"
            && (partial - 1.0).abs() > 0.0
        {
            let why = "heads of which a part is turned are not read";
            return Err(Refusal::new("partial_rotary_factor", partial, why));
        }
        let scaling = match kind {
            "default" => Scaling::None,
            "dynamic" => {
                // Without effect up to the context, and longer texts are refused.
                parameters.positive("factor")?;
                Scaling::None
            }
            "linear" => Scaling::Linear { factor: parameters.positive("factor")? },
            "llama3" => self.llama3(&parameters, context)?,
            "yarn" => self.yarn(&parameters, context)?,
            other => return Err(parameters.refusal("rope_type", format!("{other:?}"), READ)),
        };
        Ok((Rope { base, scaling }, kind == "dynamic"))
    }

    /// Tokens of the original context.
    fn original_context(&self, parameters: &Parameters<'_>, context: usize) -> Result<f64, Refusal> {
        let name = "original_max_position_embeddings";
        let own = parameters.number(name)?;
        let found = self.original_max_position_embeddings.or(own).unwrap_or(context as f64);
        if found > 0.0 { Ok(found) } else { Err(Refusal::new(name, found, "it must be above 0")) }
    }

    fn llama3(&self, parameters: &Parameters<'_>, context: usize) -> Result<Scaling, Refusal> {
        let low_freq_factor = parameters.positive("low_freq_factor")?;
        let high_freq_factor = parameters.positive("high_freq_factor")?;
        if low_freq_factor >= high_freq_factor {
            let why = format!("it must be above low_freq_factor, which is {low_freq_factor}");
            return Err(parameters.refusal("high_freq_factor", high_freq_factor, why));
        }
        Ok(Scaling::Llama3 {
            factor: parameters.positive("factor")?,
            low_freq_factor,
            high_freq_factor,
            original_context: self.original_context(parameters, context)?,
        })
    }

    fn yarn(&self, parameters: &Parameters<'_>, context: usize) -> Result<Scaling, Refusal> {
        let original_context = self.original_context(parameters, context)?;
        let factor = match parameters.number("factor")? {
            Some(_) => parameters.positive("factor")?,
            None => context as f64 / original_context,
        };
        let attention_factor = match parameters.number("attention_factor")? {
            Some(factor) => factor,
            None => Scaling::yarn_attention_factor(
                factor,
                parameters.number("mscale")?,
                parameters.number("mscale_all_dim")?,
            ),
        };
        // A 0 stands for the default, as in the transformers library.
        let beta = |name: &str, default: f64| -> Result<f64, Refusal> {
            Ok(parameters.number(name)?.filter(|beta| *beta != 0.0).unwrap_or(default))
        };
        let truncate = match parameters.map.get("truncate") {
            None => true,
            Some(Value::Bool(truncate)) => *truncate,
            Some(other) => return Err(parameters.refusal("truncate", other, "it must be true or false")),
        };
        Ok(Scaling::Yarn {
            factor,
            attention_factor,
            beta_fast: beta("beta_fast", 32.0)?,
            beta_slow: beta("beta_slow", 1.0)?,
            truncate,
            original_context,
        })
    }
}

impl Parameters<'_> {
    fn refusal(&self, name: &str, value: impl std::fmt::Display, why: impl Into<String>) -> Refusal {
        Refusal::new(self.field, format!("{{{name:?}: {value}}}"), why)
    }

    /// A number that may be left out.
    fn number(&self, name: &str) -> Result<Option<f64>, Refusal> {
        match self.map.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_f64() {
                Some(number) if number.is_finite() => Ok(Some(number)),
                _ => Err(self.refusal(name, value, "it must be a finite number")),
            },
        }
    }

    /// A number above 0 that must be there.
    fn positive(&self, name: &str) -> Result<f64, Refusal> {
        match self.number(name)? {
            Some(number) if number > 0.0 => Ok(number),
            Some(number) => Err(self.refusal(name, number, "it must be above 0")),
            None => Err(self.refusal(name, "missing", "it must be a number above 0")),
        }
    }
}
