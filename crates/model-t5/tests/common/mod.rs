//! The folders of `tests/`: models, texts, and what the peers answer on them.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::LanguageModel;
use saliency_checkpoint::Load;
use saliency_model_t5::{Checkpoint, T5};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tch::Kind;
use tempfile::TempDir;

/// The models of `tests/parity`.
pub(crate) const MODELS: [&str; 2] = ["t5-v1.0", "t5-v1.1"];

/// A folder or a file of `tests/`.
pub(crate) fn at(place: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(place)
}

pub(crate) fn folder(model: &str) -> PathBuf {
    at("parity").join(model)
}

pub(crate) fn open(folder: &Path, kind: Kind) -> Checkpoint {
    Checkpoint::open(folder, &Load::new().kind(kind)).unwrap()
}

pub(crate) fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// A copy of a folder, with its `config.json` changed.
pub(crate) fn configured(folder: &Path, change: impl FnOnce(&mut Value)) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    let mut config = json(&folder.join("config.json"));
    change(&mut config);
    std::fs::write(copy.path().join("config.json"), config.to_string()).unwrap();
    copy
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

pub(crate) fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect()
}

/// Logits at one position of a target, which begins with the start token.
pub(crate) fn logits(model: &T5, (source, target): (&[u32], &[u32]), position: usize) -> Vec<f64> {
    let embeddings = model.embed(&[source, target].concat()).unwrap().unsqueeze(0);
    let position = source.len() + position;
    let logits = model.logits(&embeddings, source.len() + 1, position..position + 1).unwrap();
    Vec::try_from(logits.flatten(0, -1).to_kind(Kind::Double)).unwrap()
}

/// How far two rows are apart, in units of the expected row's largest value.
pub(crate) fn apart(found: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(found.len(), expected.len());
    let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    found.iter().zip(expected).fold(0.0_f64, |m, (f, e)| m.max((f - e).abs())) / largest
}

/// Asserts that two rows agree to `tolerance` times the expected row's largest value.
pub(crate) fn assert_row(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    let apart = apart(found, expected);
    assert!(apart <= tolerance, "{what}: {apart:e}\nfound    {found:?}\nexpected {expected:?}");
}
