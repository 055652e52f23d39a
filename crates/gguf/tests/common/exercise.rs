//! Everything that can be asked of a file, whatever is in it: the fuzz target, and its corpus on stable.

use saliency_gguf::{Gguf, dequantize};

/// Reads a file, asks it for everything, and turns its smaller tensors into numbers. Only a panic is a failure.
pub(crate) fn exercise(bytes: &[u8]) {
    let gguf = match Gguf::read(bytes, bytes.len() as u64) {
        Ok(gguf) => gguf,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return;
        }
    };
    let metadata = gguf.metadata();
    for key in metadata.keys() {
        let is_one = [
            metadata.string(key).is_ok(),
            metadata.u64(key).is_ok(),
            metadata.f64(key).is_ok(),
            metadata.bool(key).is_ok(),
        ];
        assert!(is_one.into_iter().filter(|&is| is).count() <= 1, "{key} is of two types");
        let _ = metadata.strings(key).map(|strings| strings.iter().map(|s| s.len()).sum::<usize>());
        let _ = (metadata.i32s(key), metadata.f32s(key));
        assert!(metadata.get(key).is_some_and(|value| value.to_string().chars().count() <= 700));
    }
    for tensor in gguf.tensors() {
        assert!(gguf.tensor(&tensor.name).is_some());
        let stored = &bytes[tensor.bytes.start as usize..tensor.bytes.end as usize];
        let elements = tensor.elements();
        let block = (tensor.tensor_type.block(), tensor.tensor_type.block_bytes());
        assert_eq!(elements / block.0 as u64 * block.1 as u64, stored.len() as u64);
        if elements <= 1 << 16 {
            let mut numbers = vec![0.0; elements as usize];
            dequantize(tensor.tensor_type, stored, &mut numbers).expect("lengths that fit");
        }
    }
}
