//! Rounding: how large it is in a dtype, and the dtype that sums are kept in.

use tch::Kind;

/// An error of up to so many roundings of f may be rounding alone: f is a sum of many terms, and may be the difference
/// of larger logits.
pub(crate) const ROUNDINGS: f64 = 64.0;

/// The distance from 1 to the next number.
pub(crate) fn epsilon(kind: Kind) -> f64 {
    match kind {
        Kind::Double => f64::EPSILON,
        Kind::Half => 2.0_f64.powi(-10),
        Kind::BFloat16 => 2.0_f64.powi(-7),
        _ => f64::from(f32::EPSILON),
    }
}

/// The dtype of running sums: at least single precision.
pub(crate) fn sum_kind(kind: Kind) -> Kind {
    if kind == Kind::Double { Kind::Double } else { Kind::Float }
}
