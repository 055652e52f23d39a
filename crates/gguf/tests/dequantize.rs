//! Dequantised numbers are, bit for bit, those of Python's `gguf`.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::sha256::sha256;
use saliency_gguf::{Error, TensorType, dequantize};
use std::path::Path;

fn file(name: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dequantize").join(name)).unwrap()
}

const QUANTISED: [TensorType; 10] = [
    TensorType::Q4_0,
    TensorType::Q4_1,
    TensorType::Q5_0,
    TensorType::Q5_1,
    TensorType::Q8_0,
    TensorType::Q2_K,
    TensorType::Q3_K,
    TensorType::Q4_K,
    TensorType::Q5_K,
    TensorType::Q6_K,
];

/// A product of zero and infinity is NaN; which one is the machine's choice.
#[test]
fn blocks_are_the_numbers_that_gguf_makes_of_them() {
    for of_type in QUANTISED {
        let file = file(&format!("{of_type}.bin"));
        let n = file.len() / (of_type.block_bytes() + 4 * of_type.block());
        assert!(n >= 20, "{of_type}: {n} blocks");
        let (blocks, expected) = file.split_at(n * of_type.block_bytes());
        let mut numbers = vec![0.0; n * of_type.block()];
        dequantize(of_type, blocks, &mut numbers).unwrap();
        let mut finite = 0;
        for (i, (number, expected)) in numbers.iter().zip(expected.as_chunks().0).enumerate() {
            let expected = f32::from_le_bytes(*expected);
            let same = number.to_bits() == expected.to_bits() || number.is_nan() && expected.is_nan();
            assert!(same, "{of_type}, number {i}: {number:e} and not {expected:e}");
            finite += usize::from(expected.is_finite());
        }
        assert!(finite > numbers.len() / 2, "{of_type}: {finite} of {} are finite", numbers.len());
    }
}

/// All 65,536, NaN's bits included.
#[test]
fn every_half_precision_number_is_the_same_in_float32() {
    let every: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    for of_type in [TensorType::F16, TensorType::BF16] {
        let mut numbers = vec![0.0; 1 << 16];
        dequantize(of_type, &every, &mut numbers).unwrap();
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        let expected = file(&format!("{of_type}.sha256").to_lowercase());
        assert_eq!(sha256(&bytes).as_bytes(), expected.trim_ascii_end(), "{of_type}");
    }
}

#[test]
fn lengths_that_do_not_fit_are_refused() {
    for (bytes, numbers) in [(18, 31), (18, 64), (17, 32), (36, 32), (0, 32), (18, 0)] {
        let error = dequantize(TensorType::Q4_0, &vec![0; bytes], &mut vec![0.0; numbers]).unwrap_err();
        assert!(matches!(error, Error::Length { .. }), "{error}");
        assert_eq!(error.to_string(), format!("{bytes} bytes of Q4_0 are not {numbers} numbers"));
    }
    dequantize(TensorType::Q4_0, &[], &mut []).unwrap();
}
