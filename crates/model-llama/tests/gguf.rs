//! The family in GGUF files, against what the transformers library's GGUF reader makes of them (`gguf/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, at, ids, json, logits, rows};
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Family, Load};
use saliency_model_llama::{Checkpoint, Llama, ModelType};
use serde_json::Value;
use std::path::PathBuf;
use tch::Kind;
use tempfile::TempDir;

const FILES: [&str; 5] = ["tied", "head", "qwen2", "qwen3", "rope-freqs"];

fn path(name: &str) -> PathBuf {
    at("gguf").join(name).with_extension("gguf")
}

fn expected(name: &str) -> Value {
    json(&at("gguf/expected.json"))[name].take()
}

#[test]
fn logits_and_continuations_are_the_peers() {
    for name in FILES {
        let expected = expected(name);
        let read = ids(&expected["ids"]);
        for (kind, tolerance) in [(Kind::Double, 1e-9), (Kind::Float, 5e-5)] {
            let checkpoint = Checkpoint::open_gguf(path(name), &Load::new().kind(kind)).unwrap();
            assert_eq!(checkpoint.warnings, Vec::<String>::new(), "{name}");
            assert_eq!(checkpoint.model.name(), name);
            assert_eq!(checkpoint.model.sha256(), expected["sha256"].as_str(), "{name}");
            for (position, row) in ids(&expected["positions"]).iter().zip(rows(&expected["logits"])) {
                let found = logits(&checkpoint.model, &read, *position as usize);
                assert_row(&found, &row, tolerance, &format!("{name}, {kind:?}, position {position}"));
            }
            let (text, greedy) = (expected["text"].as_str().unwrap(), ids(&expected["greedy"]));
            let sequence = checkpoint.generate(text, &Generation::greedy(greedy.len())).unwrap();
            assert_eq!(sequence.ids(), [read.clone(), greedy].concat(), "{name}, {kind:?}");
        }
    }
}

#[test]
fn what_the_files_say_of_the_model_is_honoured() {
    let config = |name| Checkpoint::open_gguf(path(name), &Load::default()).unwrap().model;
    let (tied, head, qwen2, qwen3) = (config("tied"), config("head"), config("qwen2"), config("qwen3"));
    assert!(!tied.has_own_head() && head.has_own_head() && !qwen2.has_own_head() && qwen3.has_own_head());
    assert_eq!(tied.config().model_type, ModelType::Llama);
    assert_eq!((head.config().head_dim, qwen3.config().head_dim), (12, 16));
    assert!(head.config().attention_bias && head.config().output_bias && !tied.config().attention_bias);
    assert_eq!(qwen2.config().vocab_size, 300);
    assert_eq!(tied.end_of_text(), Some(299));
}

/// Llama 3's scaling as divisors is the scaling of `config.json`, but for the divisors' rounding.
#[test]
fn divisors_of_the_frequencies_are_the_twins_scaling() {
    let expected = expected("rope-freqs");
    let model = Checkpoint::open_gguf(path("rope-freqs"), &Load::new().kind(Kind::Double)).unwrap().model;
    let read = ids(&expected["ids"]);
    for (position, row) in ids(&expected["positions"]).iter().zip(rows(&expected["twin_logits"])) {
        assert_row(&logits(&model, &read, *position as usize), &row, 1e-6, "rope-freqs");
    }
}

/// A copy with some bytes replaced by as many others.
fn changed(name: &str, from: &[u8], to: &[u8]) -> (TempDir, PathBuf) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(path(name)).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.gguf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn refusal(name: &str, from: &[u8], to: &[u8]) -> String {
    let (_folder, path) = changed(name, from, to);
    let sentence = Checkpoint::open_gguf(&path, &Load::default()).unwrap_err().to_string();
    assert!(sentence.starts_with(&path.display().to_string()) && !sentence.contains('\n'), "{sentence}");
    sentence
}

/// A key and its value, as the file stores them.
fn whole(key: &str, value: u32) -> Vec<u8> {
    [key.as_bytes(), &4_u32.to_le_bytes(), &value.to_le_bytes()].concat()
}

#[test]
fn what_does_not_fit_is_refused_with_the_file() {
    let number = |key: &str, from: u32, to: u32| refusal("tied", &whole(key, from), &whole(key, to));
    for (key, from, to, says) in [
        ("llama.attention.head_count_kv", 2, 3, "num_key_value_heads is 3: it must divide"),
        ("llama.attention.head_count_kv", 2, 0, "num_key_value_heads is 0: it must be at least 1"),
        ("llama.attention.head_count", 4, 8, "rope.dimension_count"),
        ("llama.attention.head_count", 4, 0, "0"),
        ("llama.rope.dimension_count", 8, 4, "heads of which a part is turned are not read"),
        ("llama.embedding_length", 32, 64, "rope.dimension_count"),
        ("llama.block_count", 2, 1, "num_hidden_layers = 1"),
        ("llama.block_count", 2, 3, "no tensor \"layers.2."),
        ("llama.block_count", 2, u32::MAX, "num_hidden_layers"),
        ("llama.feed_forward_length", 256, 128, "shape"),
    ] {
        let sentence = number(key, from, to);
        assert!(sentence.contains(says), "{key} {to}: {sentence}");
    }
    let text = |from: &str, to: &str| refusal("tied", from.as_bytes(), to.as_bytes());
    assert!(
        text("blk.1.attn_q.weight", "blk.1.attn_z.weight").contains("no tensor \"layers.1.self_attn.q_proj")
    );
    assert!(text("smollm", "smollx").contains("smollx"));
    let file = |from: &[u8], to: &[u8]| refusal("tied", from, to);
    let other = file(b"\x05\0\0\0\0\0\0\0llama\x0c", b"\x05\0\0\0\0\0\0\0mamba\x0c");
    assert!(other.contains("mamba") && other.contains("llama, qwen2, qwen3"), "{other}");
    // Read as the other architecture: its keys are not there.
    let sibling = refusal("qwen2", b"\x05\0\0\0\0\0\0\0qwen2\x0c", b"\x05\0\0\0\0\0\0\0qwen3\x0c");
    assert!(sibling.contains("qwen3."), "{sibling}");
}

/// Scaling that is not read is refused by its key, and taken away it shows in the logits.
#[test]
fn scaling_is_honoured_or_refused() {
    let sentence = refusal("head", b"linear", b"lineat");
    assert!(sentence.contains("llama.rope.scaling.type") && sentence.contains("lineat"), "{sentence}");
    let (_folder, path) = changed("head", b"llama.rope.scaling.factor", b"llama.rope.scaling.factox");
    let model = Checkpoint::open_gguf(&path, &Load::new().kind(Kind::Double)).unwrap().model;
    let expected = expected("head");
    let (read, positions) = (ids(&expected["ids"]), ids(&expected["positions"]));
    let found = logits(&model, &read, positions[0] as usize);
    assert!(common::apart(&found, &rows(&expected["logits"])[0]) > 1e-3);
}

#[test]
fn a_table_of_families_opens_it_by_its_architecture() {
    let families = [Family::with_gguf::<Llama>()];
    assert_eq!(families[0].gguf_architectures(), ["llama", "qwen2", "qwen3"]);
    for name in FILES {
        let opened = saliency_checkpoint::Checkpoint::open_any(&families, path(name), None, &Load::default());
        assert_eq!(opened.unwrap().model.name(), name);
    }
}
