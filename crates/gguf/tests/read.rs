//! Files that Python's `gguf` wrote are read as it reads them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::sha256::sha256;
use common::{read, refusal};
use saliency_gguf::{Gguf, Metadata, dequantize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

fn expected() -> Value {
    serde_json::from_slice(&file("expected.json")).unwrap()
}

/// A value by the getter that its name in the file calls for.
fn value(metadata: &Metadata, key: &str) -> Value {
    match key {
        "a.float32" | "a.float64" => json!(metadata.f64(key).unwrap()),
        "a.bool" => json!(metadata.bool(key).unwrap()),
        "some.strings" => json!(metadata.strings(key).unwrap()),
        "some.integers" | "some.bytes" => json!(metadata.i32s(key).unwrap()),
        "some.floats" => {
            json!(metadata.f32s(key).unwrap().into_iter().map(f64::from).collect::<Vec<_>>())
        }
        "a.string" | "an.empty.string" | "general.architecture" => json!(metadata.string(key).unwrap()),
        _ => metadata.get(key).unwrap().to_string().parse().unwrap(),
    }
}

#[test]
fn every_type_of_value_is_read_as_python_reads_it() {
    let gguf = Gguf::open(path("every-type.gguf")).unwrap();
    let mut expected = expected()["values"].take();
    let values = expected.as_object_mut().unwrap();
    // There is no getter for it.
    assert_eq!(values.remove("some.bools"), Some(json!([true, false])));
    assert_eq!(gguf.metadata().get("some.bools").unwrap().to_string(), "a list of 2 numbers (bool)");
    assert_eq!(gguf.metadata().keys().count(), values.len() + 1);
    for (key, expected) in values {
        assert_eq!(value(gguf.metadata(), key), *expected, "{key}");
    }
}

#[test]
fn every_type_of_tensor_is_found_and_has_the_numbers_that_python_reads() {
    let bytes = file("every-type.gguf");
    let gguf = read(&bytes).unwrap();
    let expected = expected()["tensors"].take();
    assert_eq!(gguf.tensors().len(), expected.as_array().unwrap().len());
    assert_eq!(gguf.tensors().len(), 13);
    for (tensor, expected) in gguf.tensors().iter().zip(expected.as_array().unwrap()) {
        let stored = &bytes[tensor.bytes.start as usize..tensor.bytes.end as usize];
        let mut numbers = vec![0.0; tensor.elements() as usize];
        dequantize(tensor.tensor_type, stored, &mut numbers).unwrap();
        let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let found = json!({
            "name": tensor.name, "type": tensor.tensor_type.to_string(), "dims": tensor.dims,
            "start": tensor.bytes.start, "bytes": stored.len(), "sha256": sha256(&numbers),
        });
        assert_eq!(found, *expected);
    }
    assert_eq!(gguf.tensor("BF16.weight"), Some(&gguf.tensors()[2]));
    assert_eq!(gguf.tensor("BF16"), None);
}

/// Versions 2 and 3 have the same layout.
#[test]
fn version_2_is_read_alike() {
    let mut bytes = file("every-type.gguf");
    let (keys, tensors) = {
        let gguf = read(&bytes).unwrap();
        (gguf.metadata().clone(), gguf.tensors().to_vec())
    };
    bytes[4] = 2;
    let gguf = read(&bytes).unwrap();
    assert_eq!((gguf.metadata(), gguf.tensors()), (&keys, &tensors[..]));
}

#[test]
fn the_other_byte_order_is_refused() {
    assert!(refusal(&file("big-endian.gguf")).contains("big-endian"));
}

#[test]
fn a_value_of_another_type_or_a_missing_one_is_refused_by_its_key() {
    let gguf = Gguf::open(path("every-type.gguf")).unwrap();
    let metadata = gguf.metadata();
    let refused = |error: saliency_gguf::Error| error.to_string();
    assert_eq!(
        refused(metadata.string("a.uint16").unwrap_err()),
        "a.uint16 holds 60000 (uint16), and a text is needed; convert the model again"
    );
    assert_eq!(
        refused(metadata.u64("a.int8").unwrap_err()),
        "a.int8 holds -100 (int8), and a whole number from 0 is needed; convert the model again"
    );
    assert_eq!(
        refused(metadata.f32s("some.strings").unwrap_err()),
        "some.strings holds a list of 5 texts, and a list of floating-point numbers is needed; convert the model again"
    );
    assert_eq!(
        refused(metadata.bool("not.there").unwrap_err()),
        "the metadata have no not.there, which is needed; convert the model again"
    );
    assert!(metadata.optional_bool("not.there").unwrap().is_none());
    assert!(metadata.optional_bool("a.string").is_err());
    assert!(metadata.i32s("some.floats").is_err());
    assert!(metadata.strings("a.string").is_err());
    assert!(metadata.f64("a.uint8").is_err());
    assert_eq!(metadata.u64("a.uint64").unwrap(), 1 << 63);
}
