//! What a GGUF file's metadata say of the configuration: honoured, or refused by the key.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_checkpoint::saliency_gguf::Gguf;
use saliency_checkpoint::{FromGguf, Layout};
use saliency_model_llama::{Config, Llama, ModelType, Scaling};
use std::path::Path;

/// A value as a file stores it, with its type's number.
fn stored(value: &Stored) -> (u32, Vec<u8>) {
    match value {
        Stored::Whole(n) => (4, n.to_le_bytes().to_vec()),
        Stored::Float(x) => (6, x.to_le_bytes().to_vec()),
        Stored::Bool(yes) => (7, vec![u8::from(*yes)]),
        Stored::Text(text) => (8, [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()),
    }
}

#[derive(Debug, Clone)]
enum Stored {
    Whole(u32),
    Float(f32),
    Bool(bool),
    Text(&'static str),
}

use Stored::{Bool, Float, Text, Whole};

/// A file without numbers: keys after the architecture, which they begin with, and tensors of 32 rows without columns.
fn file(architecture: &'static str, keys: &[(&str, Stored)], tensors: &[&str]) -> Gguf {
    let text = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    let mut bytes = [&b"GGUF"[..], &3_u32.to_le_bytes(), &(tensors.len() as u64).to_le_bytes()].concat();
    bytes.extend((keys.len() as u64 + 1).to_le_bytes());
    let mut put = |key: &str, value: &Stored| {
        let (of_type, value) = stored(value);
        bytes.extend([text(key), of_type.to_le_bytes().to_vec(), value].concat());
    };
    put("general.architecture", &Text(architecture));
    for (key, value) in keys {
        let is_whole = key.starts_with("tokenizer.");
        put(&if is_whole { (*key).to_owned() } else { format!("{architecture}.{key}") }, value);
    }
    for name in tensors {
        bytes.extend(text(name));
        bytes.extend([&2_u32.to_le_bytes()[..], &0_u64.to_le_bytes(), &32_u64.to_le_bytes()].concat());
        bytes.extend([&0_u32.to_le_bytes()[..], &0_u64.to_le_bytes()].concat());
    }
    bytes.resize(bytes.len().next_multiple_of(32), 0);
    Gguf::read(&bytes[..], bytes.len() as u64).unwrap()
}

/// The keys that every file has, and others; one that is there already has the later value.
fn keys(others: &[(&'static str, Stored)]) -> Vec<(&'static str, Stored)> {
    let mut keys = vec![
        ("context_length", Whole(4096)),
        ("embedding_length", Whole(64)),
        ("feed_forward_length", Whole(160)),
        ("block_count", Whole(2)),
        ("attention.head_count", Whole(4)),
        ("attention.layer_norm_rms_epsilon", Float(1e-5)),
    ];
    for (key, value) in others {
        keys.retain(|(known, _)| known != key);
        keys.push((key, value.clone()));
    }
    keys
}

fn config(architecture: &'static str, others: &[(&'static str, Stored)]) -> Result<Config, String> {
    with_tensors(architecture, others, &["token_embd.weight"])
}

fn with_tensors(
    architecture: &'static str,
    others: &[(&'static str, Stored)],
    tensors: &[&str],
) -> Result<Config, String> {
    let file = file(architecture, &keys(others), tensors);
    let json = Llama::gguf_config(&file).map_err(|error| error.to_string())?;
    Config::from_json(json.to_string().as_bytes(), Path::new("x.gguf")).map_err(|error| error.to_string())
}

#[test]
fn the_least_that_a_file_says() {
    let config = config("llama", &[]).unwrap();
    assert_eq!(config.model_type, ModelType::Llama);
    assert_eq!((config.hidden_size, config.num_hidden_layers), (64, 2));
    assert_eq!((config.num_attention_heads, config.num_key_value_heads, config.head_dim), (4, 4, 16));
    assert_eq!((config.intermediate_size, config.max_position_embeddings), (160, 4096));
    // A float32 of the file, widened.
    assert_eq!(config.rms_norm_eps.to_bits(), f64::from(1e-5_f32).to_bits());
    assert_eq!((config.rope.base, &config.rope.scaling), (10_000.0, &Scaling::None));
    assert_eq!(config.windows, [None, None]);
    assert!(!config.attention_bias && !config.output_bias && !config.mlp_bias);
}

#[test]
fn heads_and_biases_are_those_of_the_file() {
    let shared = [
        ("attention.head_count_kv", Whole(2)),
        ("attention.key_length", Whole(32)),
        ("attention.value_length", Whole(32)),
        ("rope.dimension_count", Whole(32)),
        ("rope.freq_base", Float(500_000.0)),
    ];
    for architecture in ["llama", "qwen2", "qwen3"] {
        let config = config(architecture, &shared).unwrap();
        assert_eq!(config.model_type.name(), architecture);
        assert_eq!((config.num_key_value_heads, config.head_dim, config.rope.base), (2, 32, 500_000.0));
        assert_eq!(config.attention_bias, architecture == "qwen2");
        assert!(!config.output_bias && !config.mlp_bias);
    }
    let biased = with_tensors("llama", &[], &["blk.0.attn_q.bias", "blk.0.ffn_up.bias"]).unwrap();
    assert!(biased.attention_bias && biased.output_bias && biased.mlp_bias);
}

/// A window that holds the whole context changes nothing.
#[test]
fn a_window_is_mistrals() {
    let window = |n| [("attention.sliding_window", Whole(n))];
    let config_of = |architecture, n| config(architecture, &window(n));
    let mistral = config_of("llama", 1024).unwrap();
    assert_eq!((mistral.model_type, mistral.windows), (ModelType::Mistral, vec![Some(1024); 2]));
    for n in [0, 4096, 8192] {
        assert_eq!(config_of("llama", n).unwrap().model_type, ModelType::Llama);
        assert_eq!(config_of("qwen2", n).unwrap().windows, [None, None]);
    }
    let refused = config_of("qwen3", 1024).unwrap_err();
    assert!(refused.starts_with("qwen3.attention.sliding_window is 1024: "), "{refused}");
}

#[test]
fn rotary_positions_are_scaled_as_the_file_says() {
    let scaling = |others: &[(&'static str, Stored)]| config("qwen2", others).unwrap().rope.scaling;
    let linear = Scaling::Linear { factor: 4.0 };
    assert_eq!(
        scaling(&[("rope.scaling.type", Text("none")), ("rope.scaling.factor", Float(4.0))]),
        Scaling::None
    );
    assert_eq!(
        scaling(&[("rope.scaling.type", Text("linear")), ("rope.scaling.factor", Float(4.0))]),
        linear
    );
    assert_eq!(scaling(&[("rope.scaling.factor", Float(4.0))]), linear);
    assert_eq!(scaling(&[("rope.scale_linear", Float(4.0))]), linear);
    assert_eq!(scaling(&[("rope.scale_linear", Float(0.0))]), Scaling::None);
    assert_eq!(scaling(&[("rope.scaling.type", Text("linear"))]), Scaling::None);

    let yarn = [
        ("rope.scaling.type", Text("yarn")),
        ("rope.scaling.factor", Float(4.0)),
        ("rope.scaling.original_context_length", Whole(1024)),
    ];
    // 0.1 ln 4 + 1
    let grown = 1.138_629_436_111_989;
    let expected = |attention_factor, beta_fast, beta_slow| Scaling::Yarn {
        factor: 4.0,
        attention_factor,
        beta_fast,
        beta_slow,
        truncate: true,
        original_context: 1024.0,
    };
    let close = |found: Scaling, expected: Scaling| match (&found, &expected) {
        (Scaling::Yarn { attention_factor: a, .. }, Scaling::Yarn { attention_factor: b, .. }) => {
            assert!((a - b).abs() < 1e-12, "{found:?} and not {expected:?}");
            let Scaling::Yarn { factor, beta_fast, beta_slow, truncate, original_context, .. } = found else {
                unreachable!()
            };
            let attention_factor = *b;
            let found =
                Scaling::Yarn { factor, attention_factor, beta_fast, beta_slow, truncate, original_context };
            assert_eq!(found, expected);
        }
        _ => panic!("{found:?} and not {expected:?}"),
    };
    close(scaling(&yarn), expected(grown, 32.0, 1.0));
    let more = [
        ("rope.scaling.attn_factor", Float(0.5)),
        ("rope.scaling.yarn_beta_fast", Float(16.0)),
        ("rope.scaling.yarn_beta_slow", Float(2.0)),
        ("rope.scaling.yarn_ext_factor", Float(1.0)),
        ("rope.scaling.yarn_log_multiplier", Float(0.0)),
    ];
    close(scaling(&[&yarn[..], &more].concat()), expected(0.5 * grown, 16.0, 2.0));
}

#[test]
fn what_would_change_the_result_is_refused_by_its_key() {
    let refusals = [
        ("expert_count", Whole(8), "experts"),
        ("attention.causal", Bool(false), "tokens would see later ones"),
        ("attention.clamp_kqv", Float(8.0), "have none"),
        ("attention.scale", Float(0.1), "have none"),
        ("logit_scale", Float(0.1), "have none"),
        ("attention.value_length", Whole(8), "it must be the width of keys, which is 16"),
        ("rope.dimension_count", Whole(8), "heads of which a part is turned are not read, which is 16"),
        ("rope.scaling.type", Text("longrope"), "none, linear and yarn are read"),
        ("rope.scaling.attn_factor", Float(1.5), "it is read with yarn"),
    ];
    for (key, value, why) in refusals {
        let refused = config("llama", &[(key, value)]).unwrap_err();
        assert!(refused.starts_with(&format!("llama.{key} is ")) && refused.contains(why), "{refused}");
    }
    for (key, value) in [
        ("expert_count", Whole(0)),
        ("attention.causal", Bool(true)),
        ("attention.scale", Float(0.0)),
        ("rope.scaling.finetuned", Bool(true)),
        ("rope.scaling.attn_factor", Float(1.0)),
    ] {
        config("llama", &[(key, value)]).unwrap();
    }
    let yarn = [("rope.scaling.type", Text("yarn")), ("rope.scaling.yarn_ext_factor", Float(0.5))];
    assert!(config("qwen2", &yarn).unwrap_err().contains("qwen2.rope.scaling.yarn_ext_factor is 0.5"));
}

#[test]
fn a_key_of_another_type_or_a_missing_one_is_refused() {
    let wrong = config("llama", &[("block_count", Text("2"))]).unwrap_err();
    assert!(
        wrong.contains("llama.block_count holds the text \"2\", and a whole number from 0 is needed"),
        "{wrong}"
    );
    let few: Vec<_> = keys(&[]).into_iter().filter(|(key, _)| *key != "embedding_length").collect();
    let missing = Llama::gguf_config(&file("qwen3", &few, &[])).unwrap_err().to_string();
    assert!(missing.contains("the metadata have no qwen3.embedding_length"), "{missing}");
    let odd = config("llama", &[("attention.head_count", Whole(0))]).unwrap_err();
    assert!(odd.contains("num_attention_heads") || odd.contains("head_dim"), "{odd}");
    let many = config("llama", &[("block_count", Whole(u32::MAX))]).unwrap_err();
    assert!(many.contains("num_hidden_layers is 4294967295: no model is that large"), "{many}");
}

#[test]
fn tensors_have_hugging_faces_names() {
    for (stored, name) in [
        ("token_embd.weight", "embed_tokens.weight"),
        ("output_norm.weight", "norm.weight"),
        ("output.weight", "lm_head.weight"),
        ("rope_freqs.weight", "rope_freqs.weight"),
        ("blk.11.attn_norm.weight", "layers.11.input_layernorm.weight"),
        ("blk.0.attn_q.bias", "layers.0.self_attn.q_proj.bias"),
        ("blk.0.attn_k_norm.weight", "layers.0.self_attn.k_norm.weight"),
        ("blk.0.ffn_norm.weight", "layers.0.post_attention_layernorm.weight"),
        ("blk.0.ffn_gate.weight", "layers.0.mlp.gate_proj.weight"),
        ("blk.0.ffn_gate_inp.weight", "blk.0.ffn_gate_inp.weight"),
        ("blk.0", "blk.0"),
        ("", ""),
    ] {
        assert_eq!(Llama::gguf_name(stored), name);
    }
}

/// Only llama.cpp's architecture `llama` is turned.
#[test]
fn rows_of_queries_and_keys_are_turned_in_files_of_llama() {
    let shared = [("attention.head_count_kv", Whole(2))];
    for (architecture, turned) in [("llama", true), ("qwen2", false), ("qwen3", false)] {
        let config = config(architecture, &shared).unwrap();
        let layout = |name: &str| Llama::gguf_layout(&config, name);
        let interleaved = |heads| if turned { Layout::Interleaved { heads } } else { Layout::AsStored };
        for part in ["weight", "bias"] {
            assert_eq!(layout(&format!("layers.1.self_attn.q_proj.{part}")), interleaved(4));
            assert_eq!(layout(&format!("layers.1.self_attn.k_proj.{part}")), interleaved(2));
            assert_eq!(layout(&format!("layers.1.self_attn.v_proj.{part}")), Layout::AsStored);
        }
        assert_eq!(layout("embed_tokens.weight"), Layout::AsStored);
    }
}
