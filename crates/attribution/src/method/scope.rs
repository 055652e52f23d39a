//! Which segments are ablated: those of the input, or earlier outputs too.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which segments of the text take part in a game: all others are always present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
#[doc(alias = "Players")]
pub enum Scope {
    /// Those of the input. Earlier outputs are always present, and their numbers are missing.
    #[default]
    Input,
    /// Earlier outputs too.
    All,
}

impl Scope {
    /// Both, in the order of listings.
    pub const ALL: [Self; 2] = [Self::Input, Self::All];

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::All => "all",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Scope {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|p| p.name() == name).ok_or_else(|| Error::Unknown {
            what: "choice of players",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
