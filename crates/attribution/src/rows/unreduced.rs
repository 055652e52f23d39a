//! The rows of a record before reduction.

use crate::error::Error;
use tch::{Device, Kind, Tensor};

/// Every row's attributions before they are reduced to one number a token: a vector over hidden dimensions for each
/// token, in units of the method.
#[derive(Debug, Default)]
#[doc(alias = "Vectors")]
pub struct UnreducedRows {
    rows: Vec<Tensor>,
}

impl UnreducedRows {
    /// Keeps a copy of one more row, `[tokens, hidden]`, on the CPU, and gives it.
    pub(crate) fn push(&mut self, row: &Tensor) -> Result<Tensor, Error> {
        let kept = row.f_to(Device::Cpu)?.f_contiguous()?.f_detach_copy()?;
        self.rows.push(kept.shallow_clone());
        Ok(kept)
    }

    /// One for each of the record's rows: `[tokens, hidden]`, or `[tokens, 1]` for a method that computes one number a
    /// token. A row without attributions beyond some token ends there.
    pub fn rows(&self) -> &[Tensor] {
        &self.rows
    }

    /// All rows as one tensor: `[outputs, tokens, hidden]`, with `NaN` where a row has no token. In the widest dtype of
    /// any row.
    ///
    /// # Errors
    /// An error of libtorch: for rows with different widths, for example.
    pub fn padded(&self) -> Result<Tensor, Error> {
        let sizes = self.rows.iter().map(Tensor::size2).collect::<Result<Vec<_>, _>>()?;
        let tokens = sizes.iter().map(|(tokens, _)| *tokens).max().unwrap_or(0);
        let hidden = sizes.first().map_or(0, |(_, hidden)| *hidden);
        let double = self.rows.iter().any(|row| row.kind() == Kind::Double);
        let kind = if double { Kind::Double } else { Kind::Float };
        let size = [self.rows.len() as i64, tokens, hidden];
        let whole = Tensor::f_full(size, f64::NAN, (kind, Device::Cpu))?;
        for (number, row) in self.rows.iter().enumerate() {
            let mut target = whole.f_select(0, number as i64)?.f_narrow(0, 0, row.size()[0])?;
            target.f_copy_(row)?;
        }
        Ok(whole)
    }
}
