//! Rows of numbers in the page's data: 16 bits for each, in units of the row's largest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The code of a row's largest value, and the codes of what is no finite number. The script has them too.
const UNITS: f64 = 32_760.0;
const MISSING: i16 = i16::MIN;
const NOT_A_NUMBER: i16 = i16::MIN + 1;
const NEGATIVE_INFINITE: i16 = i16::MIN + 2;
const INFINITE: i16 = i16::MAX;

/// Every row's largest size, and all values in base64: 16 bits each, little-endian.
pub(crate) fn packed(rows: &[Vec<Option<f64>>]) -> (Vec<f64>, String) {
    let finite = |row: &Vec<Option<f64>>| {
        row.iter().flatten().filter(|x| x.is_finite()).fold(0.0, |largest: f64, x| largest.max(x.abs()))
    };
    let scales: Vec<f64> = rows.iter().map(finite).collect();
    let code = |value: Option<f64>, scale: f64| match value {
        None => MISSING,
        Some(x) if x.is_nan() => NOT_A_NUMBER,
        Some(f64::INFINITY) => INFINITE,
        Some(f64::NEG_INFINITY) => NEGATIVE_INFINITE,
        Some(x) if scale > 0.0 => (x / scale * UNITS).round() as i16,
        Some(_) => 0,
    };
    let rows = rows.iter().zip(&scales);
    let bytes: Vec<u8> = rows
        .flat_map(|(row, &scale)| row.iter().flat_map(move |value| code(*value, scale).to_le_bytes()))
        .collect();
    (scales, STANDARD.encode(bytes))
}
