//! Which attention of an encoder–decoder is meant.

use crate::error::Error;
use std::fmt;
use std::str::FromStr;

/// Which attention of an encoder–decoder is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum AttentionPart {
    /// The decoder's to the source: a row has numbers for the source alone.
    #[default]
    Cross,
    /// The decoder's to its start token and to earlier outputs: a row has numbers for those alone.
    Decoder,
    /// The encoder's, among the source's tokens. No row of an output can be read from it: it is refused.
    Encoder,
}

impl AttentionPart {
    /// All of them, in the order of listings.
    pub const ALL: [Self; 3] = [Self::Cross, Self::Decoder, Self::Encoder];

    /// The name, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cross => "cross",
            Self::Decoder => "decoder",
            Self::Encoder => "encoder",
        }
    }
}

impl fmt::Display for AttentionPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for AttentionPart {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|part| part.name() == name).ok_or_else(|| Error::Unknown {
            what: "attention",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
