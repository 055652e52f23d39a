//! What stands for "nothing there": the point that a path begins at.

use crate::Error;
use std::str::FromStr;
use tch::Tensor;

/// The embeddings that stand for an absent input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The zero vector for every token; positions stay.
    Zero,
}

impl Baseline {
    /// Every baseline, in the order of a list for people.
    pub const ALL: [Self; 1] = [Self::Zero];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
        }
    }

    /// The baseline for given token embeddings, of the same shape.
    pub(crate) fn embeddings(self, input: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Zero => Ok(input.f_zeros_like()?),
        }
    }
}

impl FromStr for Baseline {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|b| b.name() == name).ok_or_else(|| Error::Unknown {
            what: "baseline",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
