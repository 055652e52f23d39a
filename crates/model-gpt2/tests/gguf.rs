//! GPT-2 in GGUF files, against what the transformers library's GGUF reader makes of them (`gguf/README.md`).
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{assert_row, rows};
use saliency_attribution::{Generation, LanguageModel};
use saliency_checkpoint::{Error, Family, Load};
use saliency_model_gpt2::{Checkpoint, Gpt2};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tch::Kind;

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gguf").join(name)
}

fn expected() -> Value {
    serde_json::from_slice(&std::fs::read(path("expected.json")).unwrap()).unwrap()
}

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect()
}

fn logits(checkpoint: &Checkpoint, ids: &[u32], position: usize) -> Vec<f64> {
    let embeddings = checkpoint.model.embed(ids).unwrap().unsqueeze(0);
    let logits = checkpoint.model.logits(&embeddings, ids.len(), position..position + 1).unwrap();
    Vec::try_from(logits.flatten(0, -1).to_kind(Kind::Double)).unwrap()
}

#[test]
fn logits_and_continuations_are_the_peers() {
    for (name, expected) in expected().as_object().unwrap() {
        let read = ids(&expected["ids"]);
        for (kind, tolerance) in [(Kind::Double, 1e-10), (Kind::Float, 5e-5)] {
            let checkpoint =
                Checkpoint::open_gguf(path(&format!("{name}.gguf")), &Load::new().kind(kind)).unwrap();
            assert_eq!(checkpoint.warnings, Vec::<String>::new(), "{name}");
            assert_eq!(checkpoint.model.name(), name);
            assert_eq!(checkpoint.model.has_own_head(), name == "head");
            assert_eq!(checkpoint.model.sha256(), expected["sha256"].as_str(), "{name}");
            for (position, row) in ids(&expected["positions"]).iter().zip(rows(&expected["logits"])) {
                let found = logits(&checkpoint, &read, *position as usize);
                assert_row(&found, &row, tolerance, &format!("{name}, {kind:?}, position {position}"));
            }
            let sequence =
                checkpoint.generate(expected["text"].as_str().unwrap(), &Generation::greedy(8)).unwrap();
            let (inputs, outputs) = sequence.tokens().split_at(read.len());
            assert_eq!(inputs.iter().map(|t| t.id).collect::<Vec<_>>(), read, "{name}");
            assert_eq!(
                outputs.iter().map(|t| t.id).collect::<Vec<_>>(),
                ids(&expected["greedy"]),
                "{name}, {kind:?}"
            );
        }
    }
}

/// Other dtypes round the float32 numbers, as the transformers library does.
#[test]
fn half_precision_is_the_rounded_float32() {
    let whole = Checkpoint::open_gguf(path("tied.gguf"), &Load::default()).unwrap();
    for kind in [Kind::Half, Kind::BFloat16, Kind::Double] {
        let other = Checkpoint::open_gguf(path("tied.gguf"), &Load::new().kind(kind)).unwrap();
        let (whole, other) = (whole.model.embed(&[3, 70]).unwrap(), other.model.embed(&[3, 70]).unwrap());
        assert_eq!(other.kind(), kind);
        assert!(whole.to_kind(kind).equal(&other), "{kind:?}");
    }
}

#[test]
fn a_table_of_families_opens_it_by_its_architecture() {
    let families = [Family::with_gguf::<Gpt2>()];
    assert_eq!(families[0].gguf_architectures(), ["gpt2"]);
    let open = |path: &Path, name: Option<&str>| {
        saliency_checkpoint::Checkpoint::open_any(&families, path, name, &Load::default())
    };
    assert_eq!(open(&path("tied.gguf"), None).unwrap().model.name(), "tied");
    assert_eq!(open(&path("tied.gguf"), Some("mine")).unwrap().model.name(), "mine");
    // By how it begins, whatever its name.
    let folder = tempfile::tempdir().unwrap();
    let other = folder.path().join("weights.bin");
    std::fs::copy(path("tied.gguf"), &other).unwrap();
    assert_eq!(open(&other, None).unwrap().model.name(), "weights");

    let none = [Family::of::<Gpt2>()];
    let error = saliency_checkpoint::Checkpoint::open_any(&none, path("tied.gguf"), None, &Load::default());
    assert!(matches!(error, Err(Error::Architecture { .. })));
}

/// A copy with some bytes replaced by as many others.
fn changed(from: &[u8], to: &[u8]) -> (tempfile::TempDir, PathBuf) {
    assert_eq!(from.len(), to.len());
    let mut bytes = std::fs::read(path("tied.gguf")).unwrap();
    let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
    bytes[at..at + to.len()].copy_from_slice(to);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("changed.gguf");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn what_does_not_fit_is_refused_with_the_file() {
    let refusal = |from: &[u8], to: &[u8]| {
        let (_folder, path) = changed(from, to);
        let sentence = Checkpoint::open_gguf(&path, &Load::default()).unwrap_err().to_string();
        assert!(sentence.starts_with(&path.display().to_string()), "{sentence}");
        sentence
    };
    let key = |key: &str, value: u32| [key.as_bytes(), &4_u32.to_le_bytes(), &value.to_le_bytes()].concat();
    let number = |name: &str, from: u32, to: u32| refusal(&key(name, from), &key(name, to));

    let other = refusal(b"\x04\0\0\0\0\0\0\0gpt2\x0c", b"\x04\0\0\0\0\0\0\0mamb\x0c");
    assert!(
        other.contains("general.architecture is \"mamb\"; GGUF files of these are read: gpt2"),
        "{other}"
    );
    let heads = number("gpt2.attention.head_count", 4, 5);
    assert!(heads.contains("n_head is 5: it must divide n_embd, which is 64"), "{heads}");
    let context = number("gpt2.context_length", 48, 49);
    assert!(context.contains("tensor \"wpe.weight\" has shape [48, 64]"), "{context}");
    let blocks = number("gpt2.block_count", 2, 1);
    assert!(blocks.contains("n_layer = 1"), "{blocks}");
    let missing = refusal(b"gpt2.embedding_length", b"gpt2.embedding_lengt_");
    assert!(missing.contains("the metadata have no gpt2.embedding_length"), "{missing}");
    let tensor = refusal(b"blk.1.attn_qkv.weight", b"blk.1.attn_qkw.weight");
    assert!(tensor.contains("no tensor \"h.1.attn.c_attn.weight\""), "{tensor}");
    // The same as another.
    let twice = refusal(b"blk.1.attn_norm.bias", b"blk.0.attn_norm.bias");
    assert!(twice.contains("it is there twice"), "{twice}");

    let missing = Checkpoint::open_gguf(path("missing.gguf"), &Load::default()).unwrap_err();
    assert!(matches!(missing, Error::Missing { .. }), "{missing}");
    let not = Checkpoint::open_gguf(path("expected.json"), &Load::default()).unwrap_err().to_string();
    assert!(not.contains("expected.json: not a GGUF file"), "{not}");
}

#[test]
fn numbers_that_are_not_finite_are_warned_of() {
    let mut bytes = std::fs::read(path("tied.gguf")).unwrap();
    let gguf = saliency_checkpoint::saliency_gguf::Gguf::open(path("tied.gguf")).unwrap();
    let bias = gguf.tensor("output_norm.bias").unwrap().bytes.clone();
    bytes[bias.start as usize..][..4].copy_from_slice(&f32::NAN.to_le_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("nan.gguf");
    std::fs::write(&path, bytes).unwrap();
    let checkpoint = Checkpoint::open_gguf(&path, &Load::default()).unwrap();
    assert!(checkpoint.warnings[0].contains("tensor \"ln_f.bias\" holds NaN"), "{:?}", checkpoint.warnings);
}
