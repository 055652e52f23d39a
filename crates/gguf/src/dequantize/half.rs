//! Half precision to single, exactly, NaN's bits included, and without a branch, so that loops over it are vectorised.

/// The float16 at a place in a block.
pub(super) fn half(block: &[u8], at: usize) -> f32 {
    f32_of([block[at], block[at + 1]])
}

/// The float16 that two bytes, the low one first, stand for.
pub(super) fn f32_of(bytes: [u8; 2]) -> f32 {
    const INFINITY: u32 = 0x7C00 << 13;
    let bits = u32::from(u16::from_le_bytes(bytes));
    let sign = (bits & 0x8000) << 16;
    let magnitude = (bits & 0x7FFF) << 13;
    // The exponent's bias goes from 15 to 127; that of infinity and NaN to the largest.
    let wider = magnitude + (112 << 23) + if magnitude >= INFINITY { 112 << 23 } else { 0 };
    // Below the smallest normal number, the mantissa counts multiples of 2⁻²⁴.
    let small = (f32::from_bits(magnitude + (113 << 23)) - f32::from_bits(113 << 23)).to_bits();
    f32::from_bits(sign | if magnitude < 1 << 23 { small } else { wider })
}
