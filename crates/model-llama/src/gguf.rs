//! The family in GGUF files: llama.cpp's keys and tensors' names, and its order of the rows of queries and keys.

use crate::config::{Config, ModelType};
use crate::llama::Llama;
use saliency_checkpoint::saliency_gguf::{Error, Gguf, Metadata};
use saliency_checkpoint::{FromGguf, Layout};
use serde_json::{Map, Value, json};

/// The parts of a name after the block's, as llama.cpp and as Hugging Face have them.
const IN_BLOCK: [(&str, &str); 11] = [
    ("attn_norm", "input_layernorm"),
    ("attn_q", "self_attn.q_proj"),
    ("attn_k", "self_attn.k_proj"),
    ("attn_v", "self_attn.v_proj"),
    ("attn_output", "self_attn.o_proj"),
    ("attn_q_norm", "self_attn.q_norm"),
    ("attn_k_norm", "self_attn.k_norm"),
    ("ffn_norm", "post_attention_layernorm"),
    ("ffn_gate", "mlp.gate_proj"),
    ("ffn_up", "mlp.up_proj"),
    ("ffn_down", "mlp.down_proj"),
];

impl FromGguf for Llama {
    /// Mistral's files say `llama`.
    const ARCHITECTURES: &'static [&'static str] = &["llama", "qwen2", "qwen3"];

    fn gguf_config(gguf: &Gguf) -> Result<Value, Error> {
        let keys = Keys::of(gguf.metadata())?;
        keys.refuse()?;
        let (heads, hidden) = (keys.u64("attention.head_count")?, keys.u64("embedding_length")?);
        let context = keys.u64("context_length")?;
        let window = keys.window(context)?;
        let has_bias = |map: &str| gguf.tensor(&format!("blk.0.{map}.bias")).is_some();
        let mut config = json!({
            "model_type": if window.is_some() { "mistral" } else { keys.architecture },
            "max_position_embeddings": context,
            "hidden_size": hidden,
            "num_hidden_layers": keys.u64("block_count")?,
            "num_attention_heads": heads,
            "num_key_value_heads": keys.optional_u64("attention.head_count_kv")?.unwrap_or(heads),
            "head_dim": keys.width(hidden.checked_div(heads).unwrap_or(0))?,
            "intermediate_size": keys.u64("feed_forward_length")?,
            "rms_norm_eps": keys.f64("attention.layer_norm_rms_epsilon")?,
            "attention_bias": has_bias("attn_q"),
            "mlp_bias": has_bias("ffn_up"),
            "sliding_window": window,
        });
        let base = keys.optional_f64("rope.freq_base")?.unwrap_or(10_000.0);
        config["rope_parameters"] = keys.rope(base, context)?.into();
        Ok(config)
    }

    fn gguf_name(stored: &str) -> String {
        let outside = |name| match name {
            "token_embd.weight" => Some("embed_tokens.weight".to_owned()),
            "output_norm.weight" => Some("norm.weight".to_owned()),
            "output.weight" => Some("lm_head.weight".to_owned()),
            _ => None,
        };
        let in_block = || {
            let (block, rest) = stored.strip_prefix("blk.")?.split_once('.')?;
            let (part, kind) = rest.split_once('.')?;
            let (_, part) = IN_BLOCK.iter().find(|(stored, _)| *stored == part)?;
            Some(format!("layers.{block}.{part}.{kind}"))
        };
        outside(stored).or_else(in_block).unwrap_or_else(|| stored.to_owned())
    }

    /// In files of the architecture `llama`, rows of queries and keys lie as llama.cpp turns them: neighbours in pairs.
    fn gguf_layout(config: &Config, name: &str) -> Layout {
        let is_of = |map: &str| name.contains(&format!(".self_attn.{map}."));
        let turned = matches!(config.model_type, ModelType::Llama | ModelType::Mistral);
        if turned && is_of("q_proj") {
            Layout::Interleaved { heads: config.num_attention_heads }
        } else if turned && is_of("k_proj") {
            Layout::Interleaved { heads: config.num_key_value_heads }
        } else {
            Layout::AsStored
        }
    }
}

/// The metadata, by keys without the architecture's name before them.
struct Keys<'a> {
    metadata: &'a Metadata,
    architecture: &'a str,
}

impl<'a> Keys<'a> {
    fn of(metadata: &'a Metadata) -> Result<Self, Error> {
        Ok(Self { metadata, architecture: metadata.string("general.architecture")? })
    }

    fn key(&self, key: &str) -> String {
        format!("{}.{key}", self.architecture)
    }

    fn u64(&self, key: &str) -> Result<u64, Error> {
        self.metadata.u64(&self.key(key))
    }

    fn optional_u64(&self, key: &str) -> Result<Option<u64>, Error> {
        self.metadata.optional_u64(&self.key(key))
    }

    fn f64(&self, key: &str) -> Result<f64, Error> {
        self.metadata.f64(&self.key(key))
    }

    fn optional_f64(&self, key: &str) -> Result<Option<f64>, Error> {
        self.metadata.optional_f64(&self.key(key))
    }

    /// The error about a key that is there.
    fn refused(&self, key: &str, why: impl Into<String>) -> Error {
        let key = self.key(key);
        let value = self.metadata.get(&key).map_or_else(|| "missing".to_owned(), ToString::to_string);
        Error::Value { key, value, why: why.into() }
    }

    /// Refuses what would change the result and is not honoured.
    fn refuse(&self) -> Result<(), Error> {
        if self.optional_u64("expert_count")?.is_some_and(|experts| experts > 0) {
            return Err(
                self.refused("expert_count", "models with several feed-forward parts (experts) are not read")
            );
        }
        if self.metadata.optional_bool(&self.key("attention.causal"))? == Some(false) {
            let why = "tokens would see later ones, and then no token is predicted from earlier ones alone";
            return Err(self.refused("attention.causal", why));
        }
        // What llama.cpp reads of some architectures; 0 stands for none.
        for key in [
            "attention.clamp_kqv",
            "attention.max_alibi_bias",
            "attention.scale",
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "embedding_scale",
            "residual_scale",
            "logit_scale",
        ] {
            if self.optional_f64(key)?.is_some_and(|value| value != 0.0) {
                return Err(self.refused(key, "models of this family have none"));
            }
        }
        Ok(())
    }

    /// How many tokens a token sees, where that is fewer than the context.
    fn window(&self, context: u64) -> Result<Option<u64>, Error> {
        let key = "attention.sliding_window";
        match self.optional_u64(key)? {
            Some(window) if window > 0 && window < context => {
                if self.architecture == "llama" {
                    return Ok(Some(window));
                }
                Err(self
                    .refused(key, "which blocks have the window is not said; it is read in files of llama"))
            }
            _ => Ok(None),
        }
    }

    /// Width of a head.
    fn width(&self, derived: u64) -> Result<u64, Error> {
        let width = self.optional_u64("attention.key_length")?.unwrap_or(derived);
        for (key, why) in [
            ("attention.value_length", "it must be the width of keys"),
            ("rope.dimension_count", "heads of which a part is turned are not read"),
        ] {
            if self.optional_u64(key)?.is_some_and(|value| value != width) {
                return Err(self.refused(key, format!("{why}, which is {width}")));
            }
        }
        Ok(width)
    }

    /// Rotary positions. The scaling of Llama 3 is a tensor, `rope_freqs.weight`.
    fn rope(&self, base: f64, context: u64) -> Result<Map<String, Value>, Error> {
        let kind_key = "rope.scaling.type";
        // An older key for the same.
        let factor_key = if self.metadata.get(&self.key("rope.scaling.factor")).is_none() {
            "rope.scale_linear"
        } else {
            "rope.scaling.factor"
        };
        let factor = self.optional_f64(factor_key)?.filter(|&factor| factor != 0.0);
        let kind = self.metadata.optional_string(&self.key(kind_key))?;
        let attention = self.optional_f64("rope.scaling.attn_factor")?.unwrap_or(1.0);
        let mut rope = Map::from_iter([("rope_theta".to_owned(), json!(base))]);
        // As in llama.cpp, a factor alone is linear.
        match (kind, factor) {
            (Some("none"), _) | (Some("linear") | None, None) => {
                rope.insert("rope_type".to_owned(), "default".into());
            }
            (Some("linear") | None, Some(factor)) => {
                rope.insert("rope_type".to_owned(), "linear".into());
                rope.insert("factor".to_owned(), json!(factor));
            }
            (Some("yarn"), factor) => {
                let original = self.optional_u64("rope.scaling.original_context_length")?.unwrap_or(context);
                let factor = factor.unwrap_or(1.0);
                self.yarn(&mut rope, factor, attention)?;
                rope.insert("original_max_position_embeddings".to_owned(), json!(original));
                return Ok(rope);
            }
            (Some(_), _) => return Err(self.refused(kind_key, "none, linear and yarn are read")),
        }
        if (attention - 1.0).abs() > 0.0 {
            return Err(self.refused("rope.scaling.attn_factor", "it is read with yarn"));
        }
        Ok(rope)
    }

    /// llama.cpp multiplies sine and cosine by `attn_factor · (1 + 0.1 ln factor)`.
    fn yarn(&self, rope: &mut Map<String, Value>, factor: f64, attention: f64) -> Result<(), Error> {
        rope.insert("rope_type".to_owned(), "yarn".into());
        rope.insert("factor".to_owned(), json!(factor));
        if (attention - 1.0).abs() > 0.0 {
            let grown = if factor > 1.0 { 0.1 * factor.ln() + 1.0 } else { 1.0 };
            rope.insert("attention_factor".to_owned(), json!(attention * grown));
        }
        for (key, name) in [("yarn_beta_fast", "beta_fast"), ("yarn_beta_slow", "beta_slow")] {
            if let Some(value) = self.optional_f64(&format!("rope.scaling.{key}"))? {
                rope.insert(name.to_owned(), json!(value));
            }
        }
        for (key, usual) in
            [("yarn_ext_factor", 1.0), ("yarn_attn_factor", 1.0), ("yarn_log_multiplier", 0.0)]
        {
            let key = format!("rope.scaling.{key}");
            if self.optional_f64(&key)?.is_some_and(|value| (value - usual).abs() > 0.0) {
                return Err(self.refused(&key, format!("only {usual} is read")));
            }
        }
        Ok(())
    }
}
