//! The parity folders: models, texts, and what the peers answer on them.
#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_checkpoint::Load;
use saliency_model_gpt2::Checkpoint;
use serde_json::Value;
use std::path::PathBuf;
use tch::Kind;

pub(crate) const MODELS: [&str; 2] = ["gpt2-a", "gpt2-b"];

pub(crate) fn folder(model: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/parity").join(model)
}

pub(crate) fn open(model: &str, kind: Kind) -> Checkpoint {
    Checkpoint::open(folder(model), &Load::new().kind(kind)).unwrap()
}

pub(crate) fn text(model: &str) -> String {
    let text = std::fs::read_to_string(folder(model).join("text.txt")).unwrap();
    text.strip_suffix('\n').unwrap().to_owned()
}

pub(crate) fn json(model: &str, file: &str) -> Value {
    serde_json::from_slice(&std::fs::read(folder(model).join(file)).unwrap()).unwrap()
}

pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

pub(crate) fn rows(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

/// Every token number, inputs and outputs, as the peer had them.
pub(crate) fn peer_ids(answers: &Value) -> (Vec<u32>, usize) {
    let ids = answers["token_ids"].as_array().unwrap().iter().map(|x| x.as_u64().unwrap() as u32).collect();
    (ids, answers["n_input"].as_u64().unwrap() as usize)
}

/// Asserts that two rows agree to `tolerance` times the expected row's largest value.
pub(crate) fn assert_row(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
    for (i, (f, e)) in found.iter().zip(expected).enumerate() {
        assert!((f - e).abs() <= tolerance * largest, "{what}[{i}]: {f} for {e}, largest {largest}");
    }
}
