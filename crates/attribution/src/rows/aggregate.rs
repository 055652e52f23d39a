//! From a vector over hidden dimensions to one number a token.

use crate::error::Error;
use std::str::FromStr;
use tch::{Kind, Tensor};

/// How the values over the hidden dimensions become one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Aggregate {
    /// `Σ_h a_h`. Keeps the sign, and the total where the method is complete.
    Sum,
    /// `Σ_h a_h / hidden`. Keeps the sign.
    Mean,
    /// `Σ_h |a_h|`.
    L1,
    /// `√(Σ_h a_h²)`.
    L2,
    /// `max_h |a_h|`.
    MaxAbs,
}

impl Aggregate {
    /// Every aggregate, in the order of listings.
    pub const ALL: [Self; 5] = [Self::Sum, Self::Mean, Self::L1, Self::L2, Self::MaxAbs];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::MaxAbs => "max-abs",
        }
    }

    /// Whether the sign is kept.
    pub fn is_signed(self) -> bool {
        matches!(self, Self::Sum | Self::Mean)
    }

    /// Aggregates each token's vector, in float64.
    ///
    /// # Shapes
    /// - `attributions`: `[tokens, hidden]`; returns `[tokens]`, in units of the attributions
    ///
    /// # Errors
    /// An error of libtorch.
    pub fn apply(self, attributions: &Tensor) -> Result<Vec<f64>, Error> {
        let vectors = attributions.f_to_kind(Kind::Double)?;
        let dim = &[-1_i64][..];
        let values = match self {
            Self::Sum => vectors.f_sum_dim_intlist(dim, false, None)?,
            Self::Mean => vectors.f_mean_dim(dim, false, None)?,
            Self::L1 => vectors.f_abs()?.f_sum_dim_intlist(dim, false, None)?,
            // Scaled by the largest, so that squares of tiny or huge values stay in range.
            Self::L2 => {
                let largest = vectors.f_abs()?.f_amax(dim, true)?;
                let scale = largest.f_where_self(&largest.f_gt(0.0)?, &largest.f_ones_like()?)?;
                let norm =
                    vectors.f_div(&scale)?.f_square()?.f_sum_dim_intlist(dim, false, None)?.f_sqrt()?;
                norm.f_mul(&scale.f_squeeze_dim(-1)?)?
            }
            Self::MaxAbs => vectors.f_abs()?.f_amax(dim, false)?,
        };
        Ok(Vec::try_from(values)?)
    }
}

impl FromStr for Aggregate {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|a| a.name() == name).ok_or_else(|| Error::Unknown {
            what: "aggregate",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
