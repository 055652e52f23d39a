//! What a piece of the text is replaced by.

use crate::error::Error;
use crate::model::TokenId;
use std::fmt;
use std::str::FromStr;

/// What a piece of the text is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplaceBy {
    /// So many single tokens that the model finds the most probable in its place, from the text before it alone.
    Likely(u32),
    /// Each of these texts, as tokens.
    Texts(Vec<Vec<TokenId>>),
    /// Nothing: it is deleted.
    Deletion,
}

impl ReplaceBy {
    /// Spellings that are understood.
    pub const NAMES: &'static str = "likely:K, deletion, ids:A+B,C,…";

    /// How many replacements a piece has, at the most.
    pub(crate) fn count(&self) -> usize {
        match self {
            Self::Likely(count) => *count as usize,
            Self::Texts(texts) => texts.len(),
            Self::Deletion => 1,
        }
    }

    /// Refuses what replaces by nothing.
    ///
    /// # Errors
    /// [`Error::Parameter`] for no or too many likely tokens, and for no text or an empty one.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let range = match self {
            Self::Likely(1..=1000) | Self::Deletion => return Ok(()),
            Self::Likely(_) => "likely:1 to likely:1000",
            Self::Texts(texts) if !texts.is_empty() && texts.iter().all(|text| !text.is_empty()) => {
                return Ok(());
            }
            Self::Texts(_) => "texts of at least one token, or deletion",
        };
        Err(Error::Parameter { name: "replace-by", value: self.to_string(), range })
    }
}

impl fmt::Display for ReplaceBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Likely(count) => write!(f, "likely:{count}"),
            Self::Deletion => f.write_str("deletion"),
            Self::Texts(texts) => {
                let text =
                    |ids: &Vec<TokenId>| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join("+");
                write!(f, "ids:{}", texts.iter().map(text).collect::<Vec<_>>().join(","))
            }
        }
    }
}

impl FromStr for ReplaceBy {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        let ids = |text: &str| text.split('+').map(str::parse).collect::<Result<Vec<TokenId>, _>>();
        let found = match name.split_once(':') {
            None if name == "deletion" => Some(Self::Deletion),
            None if name == "likely" => Some(Self::Likely(8)),
            Some(("likely", count)) => count.parse().ok().map(Self::Likely),
            Some(("ids", texts)) => texts.split(',').map(ids).collect::<Result<_, _>>().ok().map(Self::Texts),
            _ => None,
        };
        let unknown =
            || Error::Unknown { what: "replacement", name: name.to_owned(), known: Self::NAMES.to_owned() };
        found.ok_or_else(unknown)
    }
}
