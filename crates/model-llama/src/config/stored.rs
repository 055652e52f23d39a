//! `config.json` as it is stored: fields that may be left out, and what counts then.

use crate::config::rope_fields::RopeFields;
use crate::config::{Config, ModelType, Refusal};
use saliency_checkpoint::EndOfText;
use saliency_transformer::Activation;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields as they are stored. What is left out has the transformers library's default for the model.
#[derive(Deserialize)]
pub(crate) struct Stored {
    vocab_size: Option<usize>,
    max_position_embeddings: Option<usize>,
    hidden_size: Option<usize>,
    num_hidden_layers: Option<usize>,
    num_attention_heads: Option<usize>,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    intermediate_size: Option<usize>,
    #[serde(default = "usual_activation")]
    hidden_act: Activation,
    rms_norm_eps: Option<f64>,
    #[serde(flatten)]
    rope: RopeFields,
    attention_bias: Option<bool>,
    mlp_bias: Option<bool>,
    #[serde(default = "usual_window")]
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    tie_word_embeddings: Option<bool>,
    is_causal: Option<bool>,
    #[serde(default = "usual_end", deserialize_with = "EndOfText::deserialize_optional")]
    pub(crate) eos_token_id: Option<EndOfText>,
    quantization_config: Option<Map<String, Value>>,
}

fn usual_activation() -> Activation {
    Activation::Silu
}

/// Where the field is left out; `null` is none.
#[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
fn usual_window() -> Option<usize> {
    Some(4096)
}

/// Where the field is left out, but for Qwen; `null` is none.
#[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
fn usual_end() -> Option<EndOfText> {
    Some(EndOfText::One(2))
}

/// What the transformers library takes for fields that are left out: vocabulary, context, hidden dimensions, blocks,
/// heads, key/value heads (those of `num_attention_heads` where 0), width of a head (derived where 0), feed-forward
/// part.
fn defaults(model_type: ModelType) -> [usize; 8] {
    match model_type {
        ModelType::Llama => [32_000, 2048, 4096, 32, 32, 0, 0, 11_008],
        ModelType::Mistral => [32_000, 4096 * 32, 4096, 32, 32, 8, 0, 14_336],
        ModelType::Qwen2 => [151_936, 32_768, 4096, 32, 32, 32, 0, 22_016],
        ModelType::Qwen3 => [151_936, 32_768, 4096, 32, 32, 32, 128, 22_016],
    }
}

impl Stored {
    /// What counts.
    pub(crate) fn resolve(self, model_type: ModelType) -> Result<Config, Refusal> {
        if let Some(quantization) = &self.quantization_config
            && !quantization.is_empty()
        {
            let method = quantization.get("quant_method").and_then(Value::as_str).unwrap_or("unnamed");
            let why = "quantised weights of this form are not read; use the plain ones, or a GGUF file";
            return Err(Refusal::new("quantization_config", format!("{method:?}"), why));
        }
        if self.is_causal == Some(false) {
            let why = "tokens would see later ones, and then no token is predicted from earlier ones alone";
            return Err(Refusal::new("is_causal", false, why));
        }
        let [vocabulary, context, hidden, blocks, heads, key_value_heads, width, inner] =
            defaults(model_type);
        let num_attention_heads = self.num_attention_heads.unwrap_or(heads);
        let hidden_size = self.hidden_size.unwrap_or(hidden);
        let num_hidden_layers = self.num_hidden_layers.unwrap_or(blocks);
        if num_hidden_layers > 1 << 16 {
            return Err(Refusal::new("num_hidden_layers", num_hidden_layers, "no model is that large"));
        }
        let given = |default: usize| (default > 0).then_some(default);
        let derived = hidden_size.checked_div(num_attention_heads).unwrap_or(0);
        let head_dim = self.head_dim.or(given(width));
        if head_dim.is_none() && num_attention_heads > 0 && !hidden_size.is_multiple_of(num_attention_heads) {
            let why =
                format!("it must divide hidden_size, which is {hidden_size}, where head_dim is not given");
            return Err(Refusal::new("num_attention_heads", num_attention_heads, why));
        }
        let max_position_embeddings = self.max_position_embeddings.unwrap_or(context);
        let (rope, dynamic_rope) = self.rope.resolve(max_position_embeddings)?;
        let windows = self.windows(model_type, num_hidden_layers)?;
        let bias = self.attention_bias.unwrap_or(false);
        let (attention_bias, output_bias) = match model_type {
            ModelType::Llama | ModelType::Qwen3 => (bias, bias),
            ModelType::Qwen2 => (true, false),
            ModelType::Mistral => (false, false),
        };
        Ok(Config {
            model_type,
            vocab_size: self.vocab_size.unwrap_or(vocabulary),
            max_position_embeddings,
            hidden_size,
            num_hidden_layers,
            num_attention_heads,
            num_key_value_heads: self
                .num_key_value_heads
                .or(given(key_value_heads))
                .unwrap_or(num_attention_heads),
            head_dim: head_dim.unwrap_or(derived),
            intermediate_size: self.intermediate_size.unwrap_or(inner),
            hidden_act: self.hidden_act,
            rms_norm_eps: self.rms_norm_eps.unwrap_or(1e-6),
            rope,
            attention_bias,
            output_bias,
            mlp_bias: model_type == ModelType::Llama && self.mlp_bias.unwrap_or(false),
            windows,
            tie_word_embeddings: self.tie_word_embeddings.unwrap_or(false),
            dynamic_rope,
            eos_token_id: self.eos_token_id,
            generation_ends: None,
        })
    }

    /// Of each block, how far it sees.
    fn windows(&self, model_type: ModelType, blocks: usize) -> Result<Vec<Option<usize>>, Refusal> {
        let window = self.sliding_window;
        let full = vec![None; blocks];
        match model_type {
            ModelType::Llama => return Ok(full),
            ModelType::Mistral if self.layer_types.is_some() => {
                let why = "with it a Mistral is another model, Ministral, which is not read";
                return Err(Refusal::new("layer_types", "a list", why));
            }
            ModelType::Mistral => return Ok(vec![window; blocks]),
            ModelType::Qwen2 | ModelType::Qwen3 => {}
        }
        let window = if self.use_sliding_window.unwrap_or(false) { window } else { None };
        let Some(types) = &self.layer_types else {
            let from = self.max_window_layers.unwrap_or(28);
            return Ok((0..blocks).map(|block| if block >= from { window } else { None }).collect());
        };
        let of_type = |name: &String| match name.as_str() {
            "full_attention" => Ok(None),
            "sliding_attention" if window.is_some() => Ok(window),
            "sliding_attention" => {
                let why = "a block with \"sliding_attention\" needs use_sliding_window and sliding_window";
                Err(Refusal::new("layer_types", format!("{name:?}"), why))
            }
            _ => {
                let why = "\"full_attention\" and \"sliding_attention\" are read";
                Err(Refusal::new("layer_types", format!("{name:?}"), why))
            }
        };
        types.iter().map(of_type).collect()
    }
}
