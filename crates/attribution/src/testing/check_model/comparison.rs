//! The comparison of two results that should agree up to rounding.

use crate::calculus::rounding::epsilon;
use crate::error::Error;
use tch::{Kind, Tensor};

/// Two ways to the same numbers may differ by so many roundings of the largest of them.
const ROUNDINGS: f64 = 1024.0;

/// Why a check failed: what was found, or an error on the way.
#[derive(Debug, thiserror::Error)]
pub(super) enum Why {
    #[error("{0}")]
    Found(String),
    #[error(transparent)]
    Error(#[from] Error),
}

impl From<tch::TchError> for Why {
    fn from(error: tch::TchError) -> Self {
        Self::Error(error.into())
    }
}

/// Fails where numbers are further apart than rounding explains.
pub(super) fn same(found: &Tensor, expected: &Tensor, what: &str) -> Result<(), Why> {
    let double = |x: &Tensor| x.f_to_kind(Kind::Double);
    let (a, b) = (double(found)?, double(expected)?);
    // Equal infinities have no distance.
    let apart = a.f_sub(&b)?.f_abs()?.f_where_self(&a.f_ne_tensor(&b)?, &a.f_zeros_like()?)?;
    if apart.numel() == 0 {
        return Ok(());
    }
    let (apart, most) = (apart.f_max()?.f_double_value(&[])?, tolerance(expected)?);
    if apart <= most {
        return Ok(());
    }
    Err(Why::Found(format!("{what} are {apart:.2e} apart, and rounding explains {most:.2e} at the most")))
}

/// The distance that rounding explains.
pub(super) fn tolerance(numbers: &Tensor) -> Result<f64, Why> {
    let sizes = numbers.f_to_kind(Kind::Double)?.f_abs()?;
    let finite = sizes.f_where_self(&sizes.f_isfinite()?, &sizes.f_zeros_like()?)?;
    let largest = if finite.numel() == 0 { 0.0 } else { finite.f_max()?.f_double_value(&[])? };
    // Half-precision numbers have few digits to begin with.
    let relative = (ROUNDINGS * epsilon(numbers.kind())).min(0.1);
    Ok(relative * largest.max(f64::MIN_POSITIVE))
}
