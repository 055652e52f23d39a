//! The vectors behind a record's rows.

use crate::error::Error;
use tch::{Device, Kind, Tensor};

/// Every row's vectors as the method gave them, before they were reduced to one number a token: in units of the method.
#[derive(Debug, Default)]
#[doc(alias = "Vectors")]
pub struct UnreducedRows {
    rows: Vec<Tensor>,
}

impl UnreducedRows {
    /// Keeps one more row's, `[tokens, hidden]`, on the processor.
    pub(crate) fn push(&mut self, row: &Tensor) -> Result<(), Error> {
        self.rows.push(row.f_to(Device::Cpu)?.f_contiguous()?.f_detach_copy()?);
        Ok(())
    }

    /// One for each of the record's rows: `[tokens, hidden]`, or `[tokens, 1]` by a method that has one number a token.
    /// A row of which a method says nothing beyond some token ends there.
    pub fn rows(&self) -> &[Tensor] {
        &self.rows
    }

    /// All rows as one: `[outputs, tokens, hidden]`, with `NaN` where a row has no token. In the widest dtype of any
    /// row.
    ///
    /// # Errors
    /// What libtorch says: of methods' own rows with different widths, for one.
    pub fn padded(&self) -> Result<Tensor, Error> {
        let sizes = self.rows.iter().map(Tensor::size2).collect::<Result<Vec<_>, _>>()?;
        let tokens = sizes.iter().map(|(tokens, _)| *tokens).max().unwrap_or(0);
        let hidden = sizes.first().map_or(0, |(_, hidden)| *hidden);
        let double = self.rows.iter().any(|row| row.kind() == Kind::Double);
        let kind = if double { Kind::Double } else { Kind::Float };
        let size = [self.rows.len() as i64, tokens, hidden];
        let whole = Tensor::f_full(size, f64::NAN, (kind, Device::Cpu))?;
        for (row, vectors) in self.rows.iter().enumerate() {
            let mut place = whole.f_select(0, row as i64)?.f_narrow(0, 0, vectors.size()[0])?;
            place.f_copy_(vectors)?;
        }
        Ok(whole)
    }
}
