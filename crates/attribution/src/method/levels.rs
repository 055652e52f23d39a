//! How finely a text is taken apart, level by level.

use crate::error::Error;
use saliency_schema::Segmentation;
use std::fmt;
use std::str::FromStr;

/// Segmentations from coarse to fine: a segment of a level that is refined is taken apart into those of the next. A
/// segment belongs to the one of the coarser level in which its last token lies.
///
/// It is spelled as its [`FromStr`] reads it and its [`Display`](fmt::Display) writes it, with commas:
/// `paragraphs,sentences,words`.
#[derive(Debug, Clone)]
pub struct Levels(pub(crate) Vec<Segmentation>);

impl Default for Levels {
    /// Paragraphs, sentences, words.
    fn default() -> Self {
        Self(vec![Segmentation::Paragraphs, Segmentation::Sentences, Segmentation::Words])
    }
}

impl From<Vec<Segmentation>> for Levels {
    fn from(levels: Vec<Segmentation>) -> Self {
        Self(levels)
    }
}

impl Levels {
    /// Refuses no level, and a level that is coarser than the one before, or the same.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let ranks: Vec<usize> = self.0.iter().filter_map(rank).collect();
        if self.0.is_empty() || ranks.windows(2).any(|pair| pair[0] >= pair[1]) {
            let range = "segmentations from coarse to fine, such as paragraphs,sentences,words";
            return Err(Error::Parameter { name: "refine", value: format!("{:?}", self.to_string()), range });
        }
        Ok(())
    }
}

/// How fine a segmentation is, where that does not depend on the text.
fn rank(level: &Segmentation) -> Option<usize> {
    match level {
        Segmentation::Paragraphs => Some(0),
        Segmentation::Lines => Some(1),
        Segmentation::Sentences => Some(2),
        Segmentation::Words => Some(3),
        Segmentation::Tokens => Some(4),
        _ => None,
    }
}

impl FromStr for Levels {
    type Err = Error;
    fn from_str(spelled: &str) -> Result<Self, Error> {
        let levels = spelled.split(',').map(|level| level.trim().parse::<Segmentation>());
        Ok(Self(levels.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Levels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, level) in self.0.iter().enumerate() {
            write!(f, "{}{level}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}
