//! `config.json`: the fields that change GPT-2's result, honoured or refused by name.

use saliency_checkpoint::{EndOfText, Error};
use saliency_transformer::Activation;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Names that later libraries gave to fields of GPT-2's configuration, and its own.
const SECOND_NAMES: [(&str, &str); 4] = [
    ("hidden_size", "n_embd"),
    ("num_hidden_layers", "n_layer"),
    ("num_attention_heads", "n_head"),
    ("max_position_embeddings", "n_positions"),
];

/// GPT-2's configuration, in Hugging Face's names. Fields that only matter in training (dropout) or for
/// other heads (`summary_…`) are not read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the fields are Hugging Face's")]
pub struct Config {
    /// Must be `gpt2`.
    #[serde(default = "defaults::model_type")]
    pub model_type: String,
    /// Size of the vocabulary.
    #[serde(default = "defaults::vocab_size")]
    pub vocab_size: usize,
    /// Tokens that the model reads at once.
    #[serde(default = "defaults::n_positions")]
    pub n_positions: usize,
    /// Hidden dimensions.
    #[serde(default = "defaults::n_embd")]
    pub n_embd: usize,
    /// Blocks.
    #[serde(default = "defaults::n_layer")]
    pub n_layer: usize,
    /// Attention heads in each block; divides `n_embd`.
    #[serde(default = "defaults::n_head")]
    pub n_head: usize,
    /// Width of the feed-forward part. Default: `4 · n_embd`.
    #[serde(default)]
    pub n_inner: Option<usize>,
    /// The feed-forward part's activation.
    #[serde(default = "defaults::activation_function")]
    pub activation_function: Activation,
    /// What layer norm adds to the variance.
    #[serde(default = "defaults::layer_norm_epsilon")]
    pub layer_norm_epsilon: f64,
    /// Whether attention scores are divided by the root of a head's width.
    #[serde(default = "defaults::yes")]
    pub scale_attn_weights: bool,
    /// Whether attention scores are also divided by the block's number, from 1.
    #[serde(default)]
    pub scale_attn_by_inverse_layer_idx: bool,
    /// Whether attention scores are computed in single precision when the model is in half.
    #[serde(default)]
    pub reorder_and_upcast_attn: bool,
    /// Whether the head is the token embedding's transpose. Otherwise `lm_head.weight` is read.
    #[serde(default = "defaults::yes")]
    pub tie_word_embeddings: bool,
    /// Must be false: there is no encoder to attend to.
    #[serde(default)]
    pub add_cross_attention: bool,
    /// The token that ends a text.
    #[serde(default = "defaults::eos_token_id", deserialize_with = "EndOfText::deserialize_optional")]
    pub eos_token_id: Option<EndOfText>,
    /// What `generation_config.json` says of the same, where there is one.
    #[serde(skip)]
    generation_ends: Option<Vec<u32>>,
    /// Must be absent or empty: heads that are cut out.
    #[serde(default, skip_serializing_if = "is_empty")]
    pruned_heads: Value,
    /// Must be absent: weights that are not plain numbers.
    #[serde(default, skip_serializing_if = "is_empty")]
    #[expect(clippy::struct_field_names, reason = "the field is Hugging Face's")]
    quantization_config: Value,
}

/// The values of a `GPT2Config` that says nothing.
mod defaults {
    use saliency_checkpoint::EndOfText;
    use saliency_transformer::Activation;

    pub(super) fn model_type() -> String {
        "gpt2".to_owned()
    }
    pub(super) fn vocab_size() -> usize {
        50257
    }
    pub(super) fn n_positions() -> usize {
        1024
    }
    pub(super) fn n_embd() -> usize {
        768
    }
    pub(super) fn n_layer() -> usize {
        12
    }
    pub(super) fn n_head() -> usize {
        12
    }
    pub(super) fn activation_function() -> Activation {
        Activation::GeluTanh
    }
    pub(super) fn layer_norm_epsilon() -> f64 {
        1e-5
    }
    pub(super) fn yes() -> bool {
        true
    }
    #[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
    pub(super) fn eos_token_id() -> Option<EndOfText> {
        Some(EndOfText::One(50256))
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

impl Config {
    /// A GPT-2 of another size: everything else as GPT-2 has it.
    ///
    /// Not checked here; loading a model checks it.
    pub fn new(vocab_size: usize, n_positions: usize, n_embd: usize, n_layer: usize, n_head: usize) -> Self {
        Self {
            model_type: defaults::model_type(),
            vocab_size,
            n_positions,
            n_embd,
            n_layer,
            n_head,
            n_inner: None,
            activation_function: defaults::activation_function(),
            layer_norm_epsilon: defaults::layer_norm_epsilon(),
            scale_attn_weights: true,
            scale_attn_by_inverse_layer_idx: false,
            reorder_and_upcast_attn: false,
            tie_word_embeddings: true,
            add_cross_attention: false,
            eos_token_id: None,
            generation_ends: None,
            pruned_heads: Value::Null,
            quantization_config: Value::Null,
        }
    }

    /// Reads and checks a `config.json`. `path` is only named in errors.
    ///
    /// # Errors
    /// JSON that is not a GPT-2 configuration, or a field that is not honoured here.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::ConfigJson { path: path.to_owned(), source };
        let mut json: Value = serde_json::from_slice(json).map_err(failed)?;
        if let Some(fields) = json.as_object_mut() {
            // Later libraries' names for the same fields, which win where both are there.
            for (other, name) in SECOND_NAMES {
                if let Some(value) = fields.remove(other) {
                    fields.insert(name.to_owned(), value);
                }
            }
        }
        let config: Self = serde_json::from_value(json).map_err(failed)?;
        config.check(path)?;
        Ok(config)
    }

    /// The same with what a `generation_config.json` says of the tokens that end a text.
    pub(crate) fn ending_with(self, ends: Option<Vec<u32>>) -> Self {
        Self { generation_ends: ends.or(self.generation_ends), ..self }
    }

    /// Width of the feed-forward part.
    pub fn inner(&self) -> usize {
        self.n_inner.unwrap_or(self.n_embd.saturating_mul(4))
    }

    /// The token that ends a text.
    pub fn end_of_text(&self) -> Option<u32> {
        let own = self.eos_token_id.as_ref().and_then(|ends| ends.ids().first());
        own.or(self.ends_of_text().first()).copied()
    }

    /// All tokens after which generation ends: those of `generation_config.json` where there is one, even if it names
    /// none.
    pub fn ends_of_text(&self) -> &[u32] {
        match &self.generation_ends {
            Some(ends) => ends,
            None => self.eos_token_id.as_ref().map_or(&[], EndOfText::ids),
        }
    }

    /// Checks the fields against each other. `path` is only named in errors.
    ///
    /// # Errors
    /// [`Error::Config`] for the first field that can't be honoured.
    pub fn check(&self, path: &Path) -> Result<(), Error> {
        let refuse = |field, value: String, why: &str| {
            Err(Error::Config { path: path.to_owned(), field, value, why: why.to_owned() })
        };
        if self.model_type != "gpt2" {
            return refuse("model_type", format!("{:?}", self.model_type), "only \"gpt2\" is read");
        }
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("n_positions", self.n_positions),
            ("n_embd", self.n_embd),
            ("n_layer", self.n_layer),
            ("n_head", self.n_head),
            ("n_inner", self.inner()),
        ];
        for (field, size) in sizes {
            if size == 0 {
                return refuse(field, size.to_string(), "it must be at least 1");
            }
            if size > i32::MAX as usize {
                return refuse(field, size.to_string(), "no model is that large");
            }
        }
        if !self.n_embd.is_multiple_of(self.n_head) {
            let why = format!("it must divide n_embd, which is {}", self.n_embd);
            return refuse("n_head", self.n_head.to_string(), &why);
        }
        if !(self.layer_norm_epsilon > 0.0 && self.layer_norm_epsilon.is_finite()) {
            let value = self.layer_norm_epsilon.to_string();
            return refuse("layer_norm_epsilon", value, "it must be a number above 0");
        }
        if self.add_cross_attention {
            return refuse("add_cross_attention", "true".into(), "there is no encoder to attend to");
        }
        if !is_empty(&self.pruned_heads) {
            return refuse("pruned_heads", self.pruned_heads.to_string(), "pruned models are not read");
        }
        if !is_empty(&self.quantization_config) {
            let value = self.quantization_config.to_string();
            return refuse(
                "quantization_config",
                value,
                "quantised weights are not read; use the plain ones",
            );
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use saliency_transformer::Activation;
    use serde_json::Value;
    use tch::Tensor;

    #[test]
    fn activations_are_the_peers_functions_by_every_name_that_is_read() {
        let table: Value = serde_json::from_str(include_str!("../tests/variants/activations.json")).unwrap();
        let numbers = |list: &Value| -> Vec<f64> {
            list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
        };
        let mut unread = Vec::new();
        for (name, expected) in table["y"].as_object().unwrap() {
            let Ok(activation) = serde_json::from_value::<Activation>(name.as_str().into()) else {
                unread.push(name.as_str());
                continue;
            };
            let found = activation.apply(&Tensor::from_slice(&numbers(&table["x"]))).unwrap();
            for (f, e) in Vec::<f64>::try_from(found).unwrap().into_iter().zip(numbers(expected)) {
                // gelu_fast writes its constant with fewer digits.
                assert!((f - e).abs() <= 1e-11 * e.abs().max(1.0), "{name}: {f} for {e}");
            }
        }
        let none = [
            "gelu_10",
            "hardswish",
            "laplace",
            "leaky_relu",
            "linear",
            "mish",
            "relu6",
            "sigmoid",
            "sqrtsoftplus",
        ];
        assert_eq!(unread, none, "names that are refused");
    }
}
