//! Whether charts look plain, or as the notebook's do.

use crate::error::Error;
use std::str::FromStr;

/// What a chart's numbers and colours follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Look {
    /// Words, shares of the row, a square-root scale that begins at the panel's colour.
    #[default]
    Plain,
    /// As the paragraph-saliency notebook: single tokens, values as recorded, a linear scale of all of them, and the
    /// palettes `ylgnbu`, `viridis` and `piyg`.
    Notebook,
}

impl Look {
    /// Every look.
    pub const ALL: [Self; 2] = [Self::Plain, Self::Notebook];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Notebook => "notebook",
        }
    }
}

impl FromStr for Look {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|look| look.name() == name).ok_or_else(|| Error::Unknown {
            what: "look",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}
