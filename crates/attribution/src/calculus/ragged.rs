//! Sums of rows that are not equally long: what is missing at the end counts as zero.

use crate::error::Error;
use tch::Tensor;

/// The sum of `[tokens, hidden]` and the same of more or fewer tokens.
pub(crate) fn sum(a: &Tensor, b: &Tensor) -> Result<Tensor, Error> {
    let (short, long) = if a.size()[0] < b.size()[0] { (a, b) } else { (b, a) };
    let sum = long.f_detach_copy()?;
    let _ = sum.f_narrow(0, 0, short.size()[0])?.f_add_(short)?;
    Ok(sum)
}
