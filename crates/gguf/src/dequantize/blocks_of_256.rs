//! Types with blocks of 256 numbers (K-quants): scales of eight or sixteen parts, which have a scale themselves.

use super::half::half;

/// Sixteen parts: scale and smallest number of four bits each; two bits a number.
pub(super) fn q2_k(block: &[u8; 84], numbers: &mut [f32; 256]) {
    let (scales, q) = (&block[..16], &block[16..80]);
    let (d, dmin) = (half(block, 80), half(block, 82));
    for (part, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let dl = d * f32::from(scales[part] & 0xF);
        let ml = dmin * f32::from(scales[part] >> 4);
        let (from, shift) = two_bits(part);
        for (i, number) in numbers.iter_mut().enumerate() {
            *number = dl * f32::from(q[from + i] >> shift & 3) - ml;
        }
    }
}

/// Sixteen parts: signed scales of six bits; two bits a number, and a third one in a mask, which takes 4 away where it
/// is 0.
pub(super) fn q3_k(block: &[u8; 110], numbers: &mut [f32; 256]) {
    let (mask, q, scales) = (&block[..32], &block[32..96], &block[96..108]);
    let d = half(block, 108);
    for (part, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let low = scales[part % 8] >> (4 * (part / 8)) & 0xF;
        let high = scales[8 + part % 4] >> (2 * (part / 4)) & 3;
        let dl = d * (f32::from(low | high << 4) - 32.0);
        let (from, shift) = two_bits(part);
        // 32 numbers share a bit of the mask.
        let (bit, at) = (part / 2, part % 2 * 16);
        for (i, number) in numbers.iter_mut().enumerate() {
            let low = f32::from(q[from + i] >> shift & 3);
            let less = f32::from((mask[at + i] >> bit & 1 ^ 1) << 2);
            *number = dl * (low - less);
        }
    }
}

/// Where the two bits of a part's numbers lie: from which byte on, and how far from the lowest bit. 128 numbers share
/// 32 bytes.
fn two_bits(part: usize) -> (usize, usize) {
    (part / 8 * 32 + part % 2 * 16, part % 8 / 2 * 2)
}

/// Eight scales and eight smallest numbers of six bits each, in twelve bytes: four and four as low six bits; the other
/// four and four as low and high halves of a byte, and the two high bits of the former.
fn scales(packed: &[u8], part: usize) -> (f32, f32) {
    let (scale, smallest) = if part < 4 {
        (packed[part] & 0x3F, packed[4 + part] & 0x3F)
    } else {
        let both = packed[4 + part];
        (both & 0xF | packed[part - 4] >> 2 & 0x30, both >> 4 | packed[part] >> 2 & 0x30)
    };
    (f32::from(scale), f32::from(smallest))
}

/// Eight parts: scale and smallest number of six bits each; four bits a number.
pub(super) fn q4_k(block: &[u8; 144], numbers: &mut [f32; 256]) {
    let (d, dmin, packed, q) = (half(block, 0), half(block, 2), &block[4..16], &block[16..]);
    for (part, numbers) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let (scale, smallest) = scales(packed, part);
        let (dl, ml) = (d * scale, dmin * smallest);
        let (from, shift) = (part / 2 * 32, part % 2 * 4);
        for (i, number) in numbers.iter_mut().enumerate() {
            *number = dl * f32::from(q[from + i] >> shift & 0xF) - ml;
        }
    }
}

/// As [`q4_k`], with a fifth bit for each number, the parts' bits one over another in 32 bytes.
pub(super) fn q5_k(block: &[u8; 176], numbers: &mut [f32; 256]) {
    let (d, dmin, packed) = (half(block, 0), half(block, 2), &block[4..16]);
    let (high, q) = (&block[16..48], &block[48..]);
    for (part, numbers) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
        let (scale, smallest) = scales(packed, part);
        let (dl, ml) = (d * scale, dmin * smallest);
        let (from, shift) = (part / 2 * 32, part % 2 * 4);
        for (i, number) in numbers.iter_mut().enumerate() {
            let q = q[from + i] >> shift & 0xF | (high[i] >> part & 1) << 4;
            *number = dl * f32::from(q) - ml;
        }
    }
}

/// Sixteen parts: signed scales of eight bits; four bits a number and two more beside them, 32 too large.
pub(super) fn q6_k(block: &[u8; 210], numbers: &mut [f32; 256]) {
    let (low, high, scales) = (&block[..128], &block[128..192], &block[192..208]);
    let d = half(block, 208);
    for (part, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
        let dl = d * f32::from(scales[part].cast_signed());
        // 128 numbers share 64 bytes of low bits, of which the first half holds two quarters, and 32 of high ones.
        let (half, quarter, at) = (part / 8, part % 8 / 2, part % 2 * 16);
        let (low, high) = (&low[half * 64 + quarter % 2 * 32 + at..], &high[half * 32 + at..]);
        for (i, number) in numbers.iter_mut().enumerate() {
            let q = low[i] >> (quarter / 2 * 4) & 0xF | (high[i] >> (quarter * 2) & 3) << 4;
            *number = dl * (f32::from(q) - 32.0);
        }
    }
}
