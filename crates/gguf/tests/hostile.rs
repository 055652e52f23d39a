//! Files that are cut off, damaged or made to do harm are answered with a sentence.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::exercise::exercise;
use common::{ARRAY, BOOL, F32, File, I32, STRING, U8, U16, U32, beginning, read, refusal, text};
use proptest::prelude::*;
use saliency_gguf::Error;
use std::path::Path;

/// A file with something of everything.
fn whole() -> File {
    let floats = [1.0_f32, 2.0].map(f32::to_le_bytes).concat();
    File::new()
        .string("general.architecture", "llama")
        .key("a.number", U32, &7_u32.to_le_bytes())
        .key("a.bool", BOOL, &[1])
        .list("some.texts", STRING, 2, &[text("a"), text("é")].concat())
        .list("some.numbers", F32, 2, &floats)
        .tensor("a", &[2, 3], 0, 0)
        .tensor("b", &[32], 8, 32)
        .data(&[0; 66])
}

#[test]
fn a_file_cut_at_any_byte_is_refused() {
    let file = whole();
    let (bytes, header) = (file.bytes(), file.header().len());
    assert_eq!(read(&bytes).unwrap().tensors()[1].bytes.end, bytes.len() as u64);
    for n in 0..bytes.len() {
        let error = read(&bytes[..n]).unwrap_err();
        assert!(matches!(error, Error::Cut { .. }), "cut at {n} of {header}: {error}");
    }
    assert_eq!(
        refusal(&bytes[..30]),
        "at byte 24, the table of 5 keys takes 70 bytes, and the file has 6 more; it is cut off or damaged: \
         copy or download it again"
    );
}

/// The same where the file is as long as it says, and reading ends early: it shrinks, or the disk fails.
#[test]
fn a_file_that_ends_before_its_length_is_refused() {
    let bytes = whole().bytes();
    for n in 0..whole().header().len() {
        let error = saliency_gguf::Gguf::read(&bytes[..n], bytes.len() as u64).unwrap_err();
        assert!(matches!(error, Error::Io(_)), "cut at {n}: {error}");
    }
}

#[test]
fn what_is_no_gguf_of_a_known_version_is_refused() {
    assert_eq!(
        refusal(b"PK\x03\x04 and more"),
        "not a GGUF file: it begins with \"PK\\\\x03\\\\x04\", not with \"GGUF\""
    );
    for version in [0, 1, 4] {
        let sentence = refusal(&beginning(version, 0, 0));
        assert!(sentence.contains(&format!("GGUF of version {version}, and versions 2 and 3")), "{sentence}");
    }
    assert!(refusal(&beginning(3 << 24, 0, 0)).contains("big-endian"));
    assert!(read(&beginning(3, 0, 0)).unwrap().tensors().is_empty());
}

#[test]
fn counts_of_2_to_the_60_are_refused() {
    for n in [1 << 60, u64::MAX, 1 << 18] {
        assert!(refusal(&beginning(3, 0, n)).contains("no model has more than 131072"));
        assert!(refusal(&beginning(3, n, 0)).contains("no model has more than 131072"));
        let texts = File::new().list("a", STRING, n, &[]).refusal();
        assert!(texts.contains("the value of a takes"), "{texts}");
        let numbers = File::new().list("a", F32, n, &[]).refusal();
        assert!(numbers.contains("the value of a takes"), "{numbers}");
    }
    assert!(refusal(&beginning(3, 0, 1000)).contains("the table of 1000 keys takes 14000 bytes"));
}

#[test]
fn texts_longer_than_the_file_are_refused() {
    for n in [1 << 30, 1 << 60, u64::MAX] {
        let long = File::new().key("a", STRING, &u64::to_le_bytes(n)).refusal();
        assert!(long.contains(&format!("the value of a takes {n} bytes")), "{long}");
        let mut key = beginning(3, 0, 1);
        key.extend(n.to_le_bytes());
        key.extend([0; 20]);
        assert!(refusal(&key).contains(&format!("key 0 of the metadata takes {n} bytes")));
        let inner = File::new().list("a", STRING, 2, &[text("x"), n.to_le_bytes().to_vec()].concat());
        assert!(inner.refusal().contains(&format!("number 1 in the value of a takes {n} bytes")));
    }
}

/// A text of a gigabyte in a file that has it: on disk it takes nothing.
#[test]
fn a_text_of_a_gigabyte_that_is_there_is_refused() {
    let mut start = beginning(3, 0, 1);
    start.extend(text("a"));
    start.extend(STRING.to_le_bytes());
    start.extend((1_u64 << 30).to_le_bytes());
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), start).unwrap();
    std::fs::OpenOptions::new().write(true).open(file.path()).unwrap().set_len(3 << 30).unwrap();
    let sentence = saliency_gguf::Gguf::open(file.path()).unwrap_err().to_string();
    assert!(
        sentence.contains("1073741824 are announced, and no model has more than 134217728"),
        "{sentence}"
    );
}

#[test]
fn damaged_metadata_are_refused() {
    let refusals = [
        (File::new().key("a", 13, &[0; 8]), "the value of a has type 13"),
        (File::new().key("a", BOOL, &[2]), "the value of a is neither true nor false"),
        (File::new().list("a", BOOL, 2, &[1, 3]), "the value of a is neither true nor false"),
        (File::new().list("a", ARRAY, 1, &[0; 12]), "the value of a is a list of lists"),
        (File::new().list("a", 99, 1, &[0; 12]), "the value of a has type 99"),
        (File::new().key("a", STRING, &[1, 0, 0, 0, 0, 0, 0, 0, 0xFF]), "the value of a is not UTF-8"),
        (
            File::new().list("a", STRING, 2, &[text("x"), vec![1, 0, 0, 0, 0, 0, 0, 0, 0xFF]].concat()),
            "number 1 in the value of a is not UTF-8",
        ),
        // Two halves of one letter.
        (
            File::new().list("a", STRING, 2, &[1, 0, 0, 0, 0, 0, 0, 0, 0xC3, 1, 0, 0, 0, 0, 0, 0, 0, 0xA9]),
            "number 0 in the value of a is not UTF-8",
        ),
        (File::new().string("a", "x").string("a", "y"), "the key a is there twice"),
        (File::new().string("", "x"), "key 0 of the metadata has 0 letters"),
        (File::new().string(&"k".repeat(65_536), "x"), "key 0 of the metadata has 65536 letters"),
    ];
    for (file, why) in refusals {
        let error = file.read().unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
}

#[test]
fn what_holds_no_whole_model_is_refused_with_what_to_do() {
    let refusals = [
        (File::new().string("general.architecture", "clip"), "give the file of its language model"),
        (File::new().string("general.type", "mmproj"), "give the file of its language model"),
        (File::new().string("general.type", "adapter"), "merge it into its base: llama-export-lora"),
        (File::new().string("general.type", "imatrix"), "general.type is \"imatrix\": it holds no model"),
        (
            File::new().key("split.count", U16, &[3, 0]),
            "one of 3 files that make up a model; join them with llama.cpp: llama-gguf-split --merge",
        ),
    ];
    for (file, why) in refusals {
        // Before a tensor of a type that is not read.
        let sentence = file.tensor("a", &[32], 39, 0).refusal();
        assert!(sentence.contains(why), "{sentence}");
    }
    File::new().string("general.type", "model").key("split.count", U16, &[1, 0]).read().unwrap();
    let wrong = File::new().key("general.type", U8, &[1]).refusal();
    assert!(wrong.contains("general.type holds 1 (uint8), and a text is needed"), "{wrong}");
}

#[test]
fn types_that_are_not_read_are_refused_by_their_names() {
    let names = [
        (39, "MXFP4"),
        (20, "IQ4_NL"),
        (35, "TQ2_0"),
        (28, "F64"),
        (15, "Q8_K"),
        (4, "Q4_2"),
        (9999, "9999"),
    ];
    for (number, name) in names {
        let error = File::new().tensor("w", &[256], number, 0).read().unwrap_err();
        assert!(matches!(error, Error::TensorType { .. }));
        let sentence = error.to_string();
        assert!(sentence.starts_with("tensor \"w\" holds ") && sentence.contains(name), "{sentence}");
        assert!(sentence.contains("F32, F16, BF16, Q4_0") && sentence.contains("Q6_K are"), "{sentence}");
    }
}

#[test]
fn tensors_that_cannot_be_are_refused() {
    let aligned = |n: u32| File::new().key("general.alignment", U32, &n.to_le_bytes());
    let refusals = [
        (File::new().tensor("w", &[1, 1, 1, 1, 1], 0, 0), "it has 5 dimensions"),
        (File::new().tensor("w", &[16], 2, 0), "its rows have 16 numbers, and Q4_0 has blocks of 32"),
        (File::new().tensor("w", &[48, 2], 2, 0), "its rows have 48 numbers"),
        (File::new().tensor("w", &[], 2, 0), "its rows have 1 numbers"),
        (File::new().tensor("w", &[1 << 32, 1 << 32], 0, 0), "is larger than any file"),
        (File::new().tensor("w", &[1 << 62], 0, 0), "is larger than any file"),
        (File::new().tensor("w", &[1 << 61, 0], 0, u64::MAX), "no multiple of the alignment"),
        (File::new().tensor("w", &[8], 0, u64::MAX - 31), "is larger than any file"),
        (
            File::new().tensor("w", &[8], 0, 8).data(&[0; 64]),
            "begins at 8, which is no multiple of the alignment 32",
        ),
        (
            aligned(64).tensor("w", &[8], 0, 32).data(&[0; 128]),
            "begins at 32, which is no multiple of the alignment 64",
        ),
        (
            File::new().tensor("v", &[9], 0, 0).tensor("w", &[8], 0, 32).data(&[0; 64]),
            "it lies where \"v\" lies too",
        ),
        (File::new().tensor("w", &[8], 0, 0).tensor("v", &[8], 0, 0).data(&[0; 64]), "it lies where"),
        (File::new().tensor("w", &[8], 0, 0).tensor("w", &[8], 0, 32).data(&[0; 64]), "it is there twice"),
    ];
    for (file, why) in refusals {
        let error = file.read().unwrap_err();
        assert!(matches!(error, Error::Tensor { .. }), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    }
    for (dims, start) in [(&[9_u64][..], 0_u64), (&[8], 32), (&[8], 1 << 63), (&[1 << 40], 0)] {
        let error = File::new().tensor("w", dims, 0, start).data(&[0; 32]).read().unwrap_err();
        assert!(matches!(error, Error::Cut { .. }), "{error}");
    }
    for (alignment, ok) in [(0, false), (3, false), (1, true), (64, true), (1 << 31, false)] {
        let file = aligned(alignment).tensor("w", &[0], 0, 0).data(&[0; 64]);
        assert_eq!(file.read().is_ok(), ok, "{alignment}");
    }
    assert!(aligned(48).refusal().contains("general.alignment is 48: it must be a power of two"));
    let wrong = File::new().key("general.alignment", I32, &(-32_i32).to_le_bytes()).refusal();
    assert!(wrong.contains("general.alignment holds -32 (int32)"), "{wrong}");
}

/// What the fuzzer found worth keeping, and what it began with.
#[test]
fn the_corpus_of_the_fuzz_target_is_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut n = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        exercise(&std::fs::read(entry.unwrap().path()).unwrap());
        n += 1;
    }
    assert!(n >= 18, "{n} files");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// Bytes of a whole file set to others, several at once.
    #[test]
    fn a_damaged_file_is_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![Just(0), Just(0xFF), any::<u8>()]), 1..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = whole().bytes();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        exercise(&bytes);
    }
}
