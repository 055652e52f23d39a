//! `config.json`: the fields that change the result, honoured or refused by name.

pub(crate) mod rope_fields;
pub(crate) mod stored;

use crate::config::stored::Stored;
use saliency_checkpoint::{EndOfText, Error};
use saliency_transformer::{Activation, Rope, Scaling};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::fmt::Display;
use std::path::Path;

/// Which of the family a model is (`model_type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelType {
    /// Llama 2 and 3, TinyLlama, SmolLM2.
    Llama,
    /// Mistral: as Llama, with a sliding window in every block.
    Mistral,
    /// Qwen 2 and 2.5: biases of queries, keys and values; a sliding window in some blocks.
    Qwen2,
    /// Qwen 3: norms of queries and keys over each head's width; a sliding window in some blocks.
    Qwen3,
}

impl ModelType {
    /// As `config.json` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        }
    }
}

/// The configuration of a model, in Hugging Face's names. What differs between the members of the family is resolved
/// when it is read: every field holds what counts.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "the fields are Hugging Face's")]
pub struct Config {
    /// Which of the family it is.
    pub model_type: ModelType,
    /// Size of the vocabulary.
    pub vocab_size: usize,
    /// Tokens that the model reads at once.
    pub max_position_embeddings: usize,
    /// Hidden dimensions.
    pub hidden_size: usize,
    /// Blocks.
    pub num_hidden_layers: usize,
    /// Attention heads in each block.
    pub num_attention_heads: usize,
    /// Heads of keys and values, each of which serves as many heads of queries; divides `num_attention_heads`.
    pub num_key_value_heads: usize,
    /// Width of a head; even.
    pub head_dim: usize,
    /// Width of the feed-forward part.
    pub intermediate_size: usize,
    /// The activation of the feed-forward part's gate.
    pub hidden_act: Activation,
    /// What the norms add to the mean square.
    pub rms_norm_eps: f64,
    /// Rotary positions.
    pub rope: Rope,
    /// Whether queries, keys and values have biases.
    pub attention_bias: bool,
    /// Whether attention's output map has a bias.
    pub output_bias: bool,
    /// Whether the feed-forward part's maps have biases.
    pub mlp_bias: bool,
    /// Of each block, how many tokens a token sees, itself included; all before it where `None`.
    pub windows: Vec<Option<usize>>,
    /// Whether the head is the token embeddings' transpose. Otherwise `lm_head.weight` is read.
    pub tie_word_embeddings: bool,
    /// Whether frequencies would change in longer texts than `max_position_embeddings` (`dynamic`).
    pub dynamic_rope: bool,
    /// The token that ends a text.
    pub eos_token_id: Option<EndOfText>,
    /// What `generation_config.json` says of the same, where there is one.
    generation_ends: Option<Vec<u32>>,
}

/// A field that can't be honoured.
pub(crate) struct Refusal {
    field: &'static str,
    value: String,
    why: String,
}

impl Refusal {
    pub(crate) fn new(field: &'static str, value: impl Display, why: impl Into<String>) -> Self {
        Self { field, value: format!("{value}"), why: why.into() }
    }

    fn at(self, path: &Path) -> Error {
        let Self { field, value, why } = self;
        Error::Config { path: path.to_owned(), field, value, why }
    }
}

impl Config {
    /// A model of Llama's kind of that size, with a key/value head for each head and a head of its own.
    ///
    /// Not checked here; loading a model checks it.
    pub fn new(
        model_type: ModelType,
        vocab_size: usize,
        max_position_embeddings: usize,
        hidden_size: usize,
        num_hidden_layers: usize,
        num_attention_heads: usize,
    ) -> Self {
        let of_qwen2 = model_type == ModelType::Qwen2;
        Self {
            model_type,
            vocab_size,
            max_position_embeddings,
            hidden_size,
            num_hidden_layers,
            num_attention_heads,
            num_key_value_heads: num_attention_heads,
            head_dim: hidden_size.checked_div(num_attention_heads).unwrap_or(0),
            intermediate_size: hidden_size.saturating_mul(4),
            hidden_act: Activation::Silu,
            rms_norm_eps: 1e-6,
            rope: Rope { base: 10_000.0, scaling: Scaling::None },
            attention_bias: of_qwen2,
            output_bias: false,
            mlp_bias: false,
            windows: vec![None; num_hidden_layers.min(1 << 16)],
            tie_word_embeddings: false,
            dynamic_rope: false,
            eos_token_id: None,
            generation_ends: None,
        }
    }

    /// Reads and checks a `config.json`. `path` is only named in errors.
    ///
    /// # Errors
    /// JSON that is not such a configuration, or a field that is not honoured here.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Kind {
            model_type: ModelType,
            eos_token_id: Option<IgnoredAny>,
        }
        let failed = |source| Error::ConfigJson { path: path.to_owned(), source };
        let Kind { model_type, eos_token_id } = serde_json::from_slice(json).map_err(failed)?;
        let mut stored: Stored = serde_json::from_slice(json).map_err(failed)?;
        if eos_token_id.is_none() && matches!(model_type, ModelType::Qwen2 | ModelType::Qwen3) {
            stored.eos_token_id = None;
        }
        let config = stored.resolve(model_type).map_err(|refusal| refusal.at(path))?;
        config.check(path)?;
        Ok(config)
    }

    /// The same with what a `generation_config.json` says of the tokens that end a text.
    pub(crate) fn ending_with(self, ends: Option<Vec<u32>>) -> Self {
        Self { generation_ends: ends.or(self.generation_ends), ..self }
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
        self.refusal().map_or(Ok(()), |refusal| Err(refusal.at(path)))
    }

    fn refusal(&self) -> Option<Refusal> {
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("num_key_value_heads", self.num_key_value_heads),
            ("head_dim", self.head_dim),
            ("intermediate_size", self.intermediate_size),
        ];
        for (field, size) in sizes {
            if size == 0 {
                return Some(Refusal::new(field, size, "it must be at least 1"));
            }
            if size > i32::MAX as usize {
                return Some(Refusal::new(field, size, "no model is that large"));
            }
        }
        if !self.num_attention_heads.is_multiple_of(self.num_key_value_heads) {
            let why = format!("it must divide num_attention_heads, which is {}", self.num_attention_heads);
            return Some(Refusal::new("num_key_value_heads", self.num_key_value_heads, why));
        }
        if !self.head_dim.is_multiple_of(2) {
            let why = "rotary positions turn its dimensions in pairs, so it must be even";
            return Some(Refusal::new("head_dim", self.head_dim, why));
        }
        if !(self.rms_norm_eps > 0.0 && self.rms_norm_eps.is_finite()) {
            return Some(Refusal::new("rms_norm_eps", self.rms_norm_eps, "it must be a number above 0"));
        }
        if !(self.rope.base > 0.0 && self.rope.base.is_finite()) {
            return Some(Refusal::new("rope_theta", self.rope.base, "it must be a number above 0"));
        }
        if self.windows.len() != self.num_hidden_layers {
            let why = format!("there must be one for each block, and num_hidden_layers is {}", {
                self.num_hidden_layers
            });
            return Some(Refusal::new("layer_types", format!("a list of {}", self.windows.len()), why));
        }
        if self.windows.contains(&Some(0)) {
            return Some(Refusal::new("sliding_window", 0, "a token sees itself at least"));
        }
        None
    }
}
