//! What stands for "nothing there": the point that a path begins at.

use crate::{Error, Problem};
use std::str::FromStr;
use tch::Tensor;

/// The embeddings that stand for an absent input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The zero vector for every token; positions stay.
    Zero,
    /// The embedding of the model's end-of-text token for every token, as inseq does with GPT-2; positions stay.
    Eos,
}

impl Baseline {
    /// Every baseline, in the order of a list for people.
    pub const ALL: [Self; 2] = [Self::Zero, Self::Eos];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::Eos => "eos",
        }
    }

    /// The baseline for given token embeddings, of the same shape.
    pub(crate) fn embeddings(self, problem: &Problem<'_>, input: &Tensor) -> Result<Tensor, Error> {
        match self {
            Self::Zero => Ok(input.f_zeros_like()?),
            Self::Eos => Ok(problem.end_of_text()?.f_expand_as(input)?.f_contiguous()?),
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
