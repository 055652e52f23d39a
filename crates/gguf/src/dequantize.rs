//! From stored blocks to float32.

mod blocks_of_256;
mod blocks_of_32;
mod half;

use crate::error::Error;
use crate::tensor_type::TensorType;
use half::f32_of;

/// The numbers that stored blocks stand for, bit for bit those of Python's `gguf`.
///
/// # Errors
/// Bytes that are not as many numbers as `numbers` has room for.
pub fn dequantize(tensor_type: TensorType, bytes: &[u8], numbers: &mut [f32]) -> Result<(), Error> {
    use blocks_of_32 as b32;
    use blocks_of_256 as b256;
    let (block, block_bytes) = (tensor_type.block(), tensor_type.block_bytes());
    let whole = bytes.len().is_multiple_of(block_bytes) && numbers.len().is_multiple_of(block);
    if !whole || bytes.len() / block_bytes != numbers.len() / block {
        return Err(Error::Length { tensor_type, bytes: bytes.len(), elements: numbers.len() });
    }
    match tensor_type {
        TensorType::F32 => each(bytes, numbers, |bytes, [number]| *number = f32::from_le_bytes(*bytes)),
        TensorType::F16 => each(bytes, numbers, |bytes, [number]| *number = f32_of(*bytes)),
        TensorType::BF16 => each(bytes, numbers, |&[a, b], [number]| {
            *number = f32::from_le_bytes([0, 0, a, b]);
        }),
        TensorType::Q4_0 => each(bytes, numbers, b32::q4_0),
        TensorType::Q4_1 => each(bytes, numbers, b32::q4_1),
        TensorType::Q5_0 => each(bytes, numbers, b32::q5_0),
        TensorType::Q5_1 => each(bytes, numbers, b32::q5_1),
        TensorType::Q8_0 => each(bytes, numbers, b32::q8_0),
        TensorType::Q2_K => each(bytes, numbers, b256::q2_k),
        TensorType::Q3_K => each(bytes, numbers, b256::q3_k),
        TensorType::Q4_K => each(bytes, numbers, b256::q4_k),
        TensorType::Q5_K => each(bytes, numbers, b256::q5_k),
        TensorType::Q6_K => each(bytes, numbers, b256::q6_k),
    }
    Ok(())
}

/// Every block of `B` bytes to its `N` numbers.
fn each<const B: usize, const N: usize>(
    bytes: &[u8],
    numbers: &mut [f32],
    block: impl Fn(&[u8; B], &mut [f32; N]),
) {
    for (bytes, numbers) in bytes.as_chunks().0.iter().zip(numbers.as_chunks_mut().0) {
        block(bytes, numbers);
    }
}
