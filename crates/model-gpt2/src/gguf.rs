//! GPT-2 in GGUF files: llama.cpp's keys and tensors' names.

use crate::config::Config;
use crate::gpt2::Gpt2;
use saliency_checkpoint::saliency_gguf::{Error, Gguf};
use saliency_checkpoint::{FromGguf, Layout};
use serde_json::{Value, json};

/// The parts of a name after the block's, as llama.cpp and as Hugging Face have them.
const IN_BLOCK: [(&str, &str); 6] = [
    ("attn_norm", "ln_1"),
    ("attn_qkv", "attn.c_attn"),
    ("attn_output", "attn.c_proj"),
    ("ffn_norm", "ln_2"),
    ("ffn_up", "mlp.c_fc"),
    ("ffn_down", "mlp.c_proj"),
];

impl FromGguf for Gpt2 {
    const ARCHITECTURES: &'static [&'static str] = &["gpt2"];

    fn gguf_config(gguf: &Gguf) -> Result<Value, Error> {
        let metadata = gguf.metadata();
        Ok(json!({
            "model_type": "gpt2",
            "n_positions": metadata.u64("gpt2.context_length")?,
            "n_embd": metadata.u64("gpt2.embedding_length")?,
            "n_layer": metadata.u64("gpt2.block_count")?,
            "n_head": metadata.u64("gpt2.attention.head_count")?,
            "n_inner": metadata.u64("gpt2.feed_forward_length")?,
            "layer_norm_epsilon": metadata.f64("gpt2.attention.layer_norm_epsilon")?,
        }))
    }

    fn gguf_name(stored: &str) -> String {
        let outside = |name| match name {
            "token_embd.weight" => Some("wte.weight".to_owned()),
            "position_embd.weight" => Some("wpe.weight".to_owned()),
            "output_norm.weight" => Some("ln_f.weight".to_owned()),
            "output_norm.bias" => Some("ln_f.bias".to_owned()),
            "output.weight" => Some("lm_head.weight".to_owned()),
            _ => None,
        };
        let in_block = || {
            let (block, rest) = stored.strip_prefix("blk.")?.split_once('.')?;
            let (part, kind) = rest.split_once('.')?;
            let (_, part) = IN_BLOCK.iter().find(|(stored, _)| *stored == part)?;
            Some(format!("h.{block}.{part}.{kind}"))
        };
        outside(stored).or_else(in_block).unwrap_or_else(|| stored.to_owned())
    }

    /// The linear maps are `[in, out]` in GPT-2, and in GGUF `[out, in]` as everybody's.
    fn gguf_layout(_: &Config, name: &str) -> Layout {
        let is_map = name.ends_with(".c_attn.weight")
            || name.ends_with(".c_proj.weight")
            || name.ends_with(".c_fc.weight");
        if is_map { Layout::Transposed } else { Layout::AsStored }
    }
}
