//! Whether positions move along a path.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Whether position embeddings move along a path with the tokens'.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Positions {
    /// They stay: only token embeddings move, as in ecco, captum and inseq.
    #[default]
    Stay,
    /// They move too: the path runs through the input of the first block. For models that offer their inside and
    /// add positions to embeddings.
    Move,
}

impl Positions {
    /// Both, in the order of listings.
    pub const ALL: [Self; 2] = [Self::Stay, Self::Move];

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stay => "stay",
            Self::Move => "move",
        }
    }
}

impl fmt::Display for Positions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Positions {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| Error::Unknown {
            what: "choice of positions",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
