//! How a row is scaled.

use crate::error::Error;
use std::str::FromStr;

/// How a row is scaled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Normalize {
    /// Not scaled: in units of the method.
    None,
    /// Divided by its sum; refused for signed rows. The values are shares, and add up to 1.
    Sum,
    /// Divided by the sum of its absolute values.
    SumAbs,
    /// Divided by its largest absolute value.
    MaxAbs,
}

impl Normalize {
    /// Every normalisation, in the order of listings.
    pub const ALL: [Self; 4] = [Self::None, Self::Sum, Self::SumAbs, Self::MaxAbs];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sum => "sum",
            Self::SumAbs => "sum-abs",
            Self::MaxAbs => "max-abs",
        }
    }

    /// Scales a row. An all-zero row stays zero.
    pub fn apply(self, row: &mut [f64]) {
        let divisor = self.divisor(row);
        for x in row {
            *x /= divisor;
        }
    }

    /// What a row is divided by; 1 instead of 0.
    pub(crate) fn divisor(self, row: &[f64]) -> f64 {
        let divisor = match self {
            Self::None => 1.0,
            Self::Sum => row.iter().sum::<f64>(),
            Self::SumAbs => row.iter().map(|x| x.abs()).sum(),
            // `f64::max` would ignore NaN.
            Self::MaxAbs => row
                .iter()
                .fold(0.0, |m: f64, x| if m.is_nan() || x.is_nan() { f64::NAN } else { m.max(x.abs()) }),
        };
        if divisor == 0.0 { 1.0 } else { divisor }
    }
}

impl FromStr for Normalize {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|n| n.name() == name).ok_or_else(|| Error::Unknown {
            what: "normalization",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
