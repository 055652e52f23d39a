//! `config.json`: the fields that change T5's result, honoured or refused by name.

use saliency_checkpoint::{EndOfText, Error};
use saliency_transformer::Activation;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The values of `model_type` that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum ModelType {
    /// T5, T5 1.1, FLAN-T5, `byT5`, `CodeT5`.
    T5,
    /// mT5.
    Mt5,
    /// umT5: each block has a position bias of its own.
    Umt5,
}

impl ModelType {
    /// As `config.json` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::T5 => "t5",
            Self::Mt5 => "mt5",
            Self::Umt5 => "umt5",
        }
    }
}

/// T5's configuration, in Hugging Face's names. Fields that only matter in training (dropout) are not read.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Config {
    /// Which of the family it is.
    pub model_type: ModelType,
    /// Size of the vocabulary.
    pub vocab_size: usize,
    /// Hidden dimensions.
    pub d_model: usize,
    /// Width of a head.
    pub d_kv: usize,
    /// Inner dimensions of the feed-forward part.
    pub d_ff: usize,
    /// Blocks of the encoder.
    pub num_layers: usize,
    /// Blocks of the decoder.
    pub num_decoder_layers: usize,
    /// Attention heads.
    pub num_heads: usize,
    /// Buckets of distances.
    pub relative_attention_num_buckets: usize,
    /// The distance from which on all share a bucket, about.
    pub relative_attention_max_distance: usize,
    /// What an RMS norm adds to the mean square.
    pub layer_norm_epsilon: f64,
    /// The feed-forward part's activation.
    pub activation: Activation,
    /// Whether a gate multiplies it.
    pub gated: bool,
    /// Whether the decoder's last hidden states are divided by `√d_model` before the head. Files of before transformers
    /// 5 say it by `tie_word_embeddings`.
    pub scale_decoder_outputs: bool,
    /// Whether the head is meant to be the token embeddings. What is stored decides.
    pub tie_word_embeddings: bool,
    /// The token that the decoder starts with.
    pub decoder_start_token_id: u32,
    pub(crate) eos_token_id: Option<EndOfText>,
    generation_ends: Option<Vec<u32>>,
}

/// The fields as they are stored; what is left out has the transformers library's default.
#[derive(Deserialize)]
struct Stored {
    model_type: ModelType,
    vocab_size: Option<usize>,
    #[serde(alias = "hidden_size")]
    d_model: Option<usize>,
    #[serde(alias = "head_dim")]
    d_kv: Option<usize>,
    d_ff: Option<usize>,
    #[serde(alias = "num_hidden_layers")]
    num_layers: Option<usize>,
    num_decoder_layers: Option<usize>,
    #[serde(alias = "num_attention_heads")]
    num_heads: Option<usize>,
    #[serde(default = "usual_buckets")]
    relative_attention_num_buckets: usize,
    #[serde(default = "usual_distance")]
    relative_attention_max_distance: usize,
    #[serde(default = "usual_epsilon")]
    layer_norm_epsilon: f64,
    feed_forward_proj: Option<String>,
    scale_decoder_outputs: Option<bool>,
    tie_word_embeddings: Option<bool>,
    decoder_start_token_id: Option<u32>,
    pad_token_id: Option<u32>,
    #[serde(default = "usual_end", deserialize_with = "EndOfText::deserialize_optional")]
    eos_token_id: Option<EndOfText>,
    #[serde(default = "yes")]
    is_encoder_decoder: bool,
    #[serde(default)]
    quantization_config: Value,
}

fn usual_buckets() -> usize {
    32
}

fn usual_distance() -> usize {
    128
}

fn usual_epsilon() -> f64 {
    1e-6
}

fn yes() -> bool {
    true
}

#[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
fn usual_end() -> Option<EndOfText> {
    Some(EndOfText::One(1))
}

/// What a configuration that says nothing has: vocabulary, hidden and inner dimensions, blocks, heads, projection.
fn defaults(model_type: ModelType) -> ([usize; 5], &'static str) {
    match model_type {
        ModelType::T5 => ([32128, 512, 2048, 6, 8], "relu"),
        ModelType::Mt5 | ModelType::Umt5 => ([250_112, 512, 1024, 8, 6], "gated-gelu"),
    }
}

impl Config {
    /// Reads and checks a `config.json`. `path` is only named in errors.
    ///
    /// # Errors
    /// JSON that is not a configuration of this family, or a field that is not honoured here.
    pub fn from_json(json: &[u8], path: &Path) -> Result<Self, Error> {
        let stored: Stored = serde_json::from_slice(json)
            .map_err(|source| Error::ConfigJson { path: path.to_owned(), source })?;
        let refused = |field: &'static str, value: String, why: &str| Error::Config {
            path: path.to_owned(),
            field,
            value,
            why: why.to_owned(),
        };
        if !stored.is_encoder_decoder {
            let why = "an encoder alone predicts no text; a checkpoint with encoder and decoder is read";
            return Err(refused("is_encoder_decoder", "false".to_owned(), why));
        }
        if !stored.quantization_config.is_null() {
            let value = stored.quantization_config["quant_method"].to_string();
            return Err(refused(
                "quantization_config",
                value,
                "weights that are not plain numbers are not read",
            ));
        }
        let ([vocabulary, hidden, inner, blocks, heads], projection) = defaults(stored.model_type);
        let projection = stored.feed_forward_proj.as_deref().unwrap_or(projection);
        let (activation, gated) = feed_forward(projection)
            .ok_or_else(|| refused("feed_forward_proj", format!("{projection:?}"), ACTIVATIONS))?;
        let num_layers = stored.num_layers.unwrap_or(blocks);
        // mT5's class does not scale, whatever the configuration says.
        let scaled = stored.scale_decoder_outputs.unwrap_or(stored.tie_word_embeddings != Some(false));
        let start = stored.decoder_start_token_id.or(stored.pad_token_id).unwrap_or(0);
        let config = Self {
            model_type: stored.model_type,
            vocab_size: stored.vocab_size.unwrap_or(vocabulary),
            d_model: stored.d_model.unwrap_or(hidden),
            d_kv: stored.d_kv.unwrap_or(64),
            d_ff: stored.d_ff.unwrap_or(inner),
            num_layers,
            num_decoder_layers: stored.num_decoder_layers.unwrap_or(num_layers),
            num_heads: stored.num_heads.unwrap_or(heads),
            relative_attention_num_buckets: stored.relative_attention_num_buckets,
            relative_attention_max_distance: stored.relative_attention_max_distance,
            layer_norm_epsilon: stored.layer_norm_epsilon,
            activation,
            gated,
            scale_decoder_outputs: scaled && stored.model_type != ModelType::Mt5,
            tie_word_embeddings: stored.tie_word_embeddings.unwrap_or(true),
            decoder_start_token_id: start,
            eos_token_id: stored.eos_token_id,
            generation_ends: None,
        };
        config.check(path)?;
        Ok(config)
    }

    /// The same with what a `generation_config.json` says of the tokens that end a text.
    pub(crate) fn ending_with(self, ends: Option<Vec<u32>>) -> Self {
        Self { generation_ends: ends.or(self.generation_ends), ..self }
    }

    /// All tokens after which generation ends: those of `generation_config.json` where there is one.
    pub fn ends_of_text(&self) -> &[u32] {
        match &self.generation_ends {
            Some(ends) => ends,
            None => self.eos_token_id.as_ref().map_or(&[], EndOfText::ids),
        }
    }

    /// Checks the fields against each other. `path` is only named in errors.
    ///
    /// # Errors
    /// A size of zero, a number that is none, a start token beyond the vocabulary.
    pub fn check(&self, path: &Path) -> Result<(), Error> {
        let refused = |field: &'static str, value: String, why: &str| {
            Err(Error::Config { path: path.to_owned(), field, value, why: why.to_owned() })
        };
        for (field, size) in [
            ("vocab_size", self.vocab_size),
            ("d_model", self.d_model),
            ("d_kv", self.d_kv),
            ("d_ff", self.d_ff),
            ("num_layers", self.num_layers),
            ("num_decoder_layers", self.num_decoder_layers),
            ("num_heads", self.num_heads),
        ] {
            if !(1..=i32::MAX as usize).contains(&size) {
                return refused(field, size.to_string(), "it must be at least 1, and at most 2³¹ − 1");
            }
        }
        let buckets = self.relative_attention_num_buckets;
        if buckets < 4 || !buckets.is_multiple_of(4) || buckets > 1 << 20 {
            let why = "it must be a multiple of 4, half of them for each direction and half of those for single distances";
            return refused("relative_attention_num_buckets", buckets.to_string(), why);
        }
        let distance = self.relative_attention_max_distance;
        if distance <= buckets / 2 || distance > i32::MAX as usize {
            let why = "it must be more than half of relative_attention_num_buckets";
            return refused("relative_attention_max_distance", distance.to_string(), why);
        }
        if !self.layer_norm_epsilon.is_finite() || self.layer_norm_epsilon < 0.0 {
            return refused(
                "layer_norm_epsilon",
                self.layer_norm_epsilon.to_string(),
                "it must be 0 or more",
            );
        }
        if self.decoder_start_token_id as usize >= self.vocab_size {
            let why = "the vocabulary has no such token";
            return refused("decoder_start_token_id", self.decoder_start_token_id.to_string(), why);
        }
        Ok(())
    }
}

const ACTIVATIONS: &str = "relu, gelu, gelu_new, silu, and gated-gelu, gated-silu, … are read";

/// The activation, and whether a gate multiplies it. `gated-gelu` means the approximation by a tanh.
fn feed_forward(projection: &str) -> Option<(Activation, bool)> {
    let (name, gated) = match projection.strip_prefix("gated-") {
        Some(name) => (name, true),
        None => (projection, false),
    };
    let name = if gated && name == "gelu" { "gelu_new" } else { name };
    Some((serde_json::from_value(Value::from(name)).ok()?, gated))
}
