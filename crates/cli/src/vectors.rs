//! `--vectors`: the unreduced attributions, as safetensors.

use crate::failure::Failure;
use safetensors::{Dtype, serialize, tensor::TensorView};
use saliency::Record;
use saliency::attribution::{self, UnreducedRows, tch};
use serde_json::json;
use std::collections::HashMap;
use tch::{Kind, Tensor};

/// `attributions.K` of every record, `[outputs, tokens, hidden]`; model, method and target under `records` in the
/// metadata.
pub(crate) fn safetensors(records: &[Record], vectors: &[UnreducedRows]) -> Result<Vec<u8>, Failure> {
    let about: Vec<_> = records
        .iter()
        .map(|record| json!({"model": record.model, "method": record.method, "target": record.target}))
        .collect();
    // A single entry, because the order of a map's entries varies.
    let metadata = HashMap::from([("records".to_owned(), json!(about).to_string())]);
    let mut tensors = Vec::new();
    for (number, vectors) in vectors.iter().enumerate() {
        tensors.push((format!("attributions.{number}"), Numbers::of(&vectors.padded()?)?));
    }
    let mut views = Vec::new();
    for (name, numbers) in &tensors {
        views.push((name, TensorView::new(numbers.dtype, numbers.size.clone(), &numbers.bytes)?));
    }
    Ok(serialize(views, Some(metadata))?)
}

/// A tensor's numbers, little-endian.
struct Numbers {
    dtype: Dtype,
    size: Vec<usize>,
    bytes: Vec<u8>,
}

impl Numbers {
    fn of(tensor: &Tensor) -> Result<Self, attribution::Error> {
        let size = tensor.size().into_iter().map(|length| length as usize).collect();
        let flat = tensor.f_flatten(0, -1)?;
        let (dtype, bytes) = if tensor.kind() == Kind::Double {
            (Dtype::F64, Vec::<f64>::try_from(flat)?.into_iter().flat_map(f64::to_le_bytes).collect())
        } else {
            (Dtype::F32, Vec::<f32>::try_from(flat)?.into_iter().flat_map(f32::to_le_bytes).collect())
        };
        Ok(Self { dtype, size, bytes })
    }
}
