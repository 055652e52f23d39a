//! Whether a tensor holds NaN or infinities.

use crate::error::Error;
use tch::{Kind, Tensor};

/// The sum is one pass without a copy; only where it is not finite is each number looked at.
pub(crate) fn is_finite(tensor: &Tensor) -> Result<bool, Error> {
    let kind = if tensor.kind() == Kind::Double { Kind::Double } else { Kind::Float };
    Ok(tensor.f_sum(kind)?.f_double_value(&[])?.is_finite()
        || tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 1)
}
