//! Types with blocks of 32 numbers: a scale, for some a smallest number, and four, five or eight bits each.
//!
//! The first sixteen numbers are the low halves of the bytes, the others their high halves.

use super::half::half;

pub(super) fn q4_0(block: &[u8; 18], numbers: &mut [f32; 32]) {
    let d = half(block, 0);
    for i in 0..16 {
        let q = block[2 + i];
        numbers[i] = d * (f32::from(q & 0xF) - 8.0);
        numbers[16 + i] = d * (f32::from(q >> 4) - 8.0);
    }
}

pub(super) fn q4_1(block: &[u8; 20], numbers: &mut [f32; 32]) {
    let (d, m) = (half(block, 0), half(block, 2));
    for i in 0..16 {
        let q = block[4 + i];
        numbers[i] = d * f32::from(q & 0xF) + m;
        numbers[16 + i] = d * f32::from(q >> 4) + m;
    }
}

/// The fifth bits, one for each number.
fn fifth_bits(block: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([block[at], block[at + 1], block[at + 2], block[at + 3]])
}

fn five_bits(q: u8, high: u32, i: usize) -> f32 {
    f32::from(q | ((high >> i & 1) << 4) as u8)
}

pub(super) fn q5_0(block: &[u8; 22], numbers: &mut [f32; 32]) {
    let (d, high) = (half(block, 0), fifth_bits(block, 2));
    for i in 0..16 {
        let q = block[6 + i];
        numbers[i] = d * (five_bits(q & 0xF, high, i) - 16.0);
        numbers[16 + i] = d * (five_bits(q >> 4, high, 16 + i) - 16.0);
    }
}

pub(super) fn q5_1(block: &[u8; 24], numbers: &mut [f32; 32]) {
    let (d, m, high) = (half(block, 0), half(block, 2), fifth_bits(block, 4));
    for i in 0..16 {
        let q = block[8 + i];
        numbers[i] = d * five_bits(q & 0xF, high, i) + m;
        numbers[16 + i] = d * five_bits(q >> 4, high, 16 + i) + m;
    }
}

pub(super) fn q8_0(block: &[u8; 34], numbers: &mut [f32; 32]) {
    let d = half(block, 0);
    for i in 0..32 {
        numbers[i] = f32::from(block[2 + i].cast_signed()) * d;
    }
}
