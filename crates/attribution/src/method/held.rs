//! Which tokens are never ablated.

use crate::error::Error;
use crate::model::sequence::Sequence;
use std::convert::Infallible;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Input tokens that are never ablated, such as a question and a template: named parts of the prompt
/// ([`Prompt::parts`](saliency_schema::Prompt::parts)), or ranges of tokens.
///
/// It is spelled with commas, the end of a range left out: `question,template`, `0-5,user`.
///
/// ```
/// use saliency_attribution::Held;
///
/// let held = Held::new().part("question").tokens(0..5);
/// assert_eq!(held.to_string(), "question,0-5");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Part(String),
    Tokens(Range<usize>),
}

impl Held {
    /// No token.
    pub fn new() -> Self {
        Self::default()
    }

    /// The parts of that name, too.
    #[must_use]
    pub fn part(mut self, name: impl Into<String>) -> Self {
        self.0.push(Piece::Part(name.into()));
        self
    }

    /// These input tokens, too.
    #[must_use]
    pub fn tokens(mut self, tokens: Range<usize>) -> Self {
        self.0.push(Piece::Tokens(tokens));
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// For each input token of a text whether it is held.
    pub(crate) fn among(&self, sequence: &Sequence) -> Result<Vec<bool>, Error> {
        let mut held = vec![false; sequence.n_input()];
        for piece in &self.0 {
            let ranges = match piece {
                Piece::Tokens(range) => vec![range.clone()],
                Piece::Part(name) => {
                    let prompt = sequence.prompt().ok_or(saliency_schema::Error::NoParts)?;
                    prompt.places_of(name, sequence.tokens())?
                }
            };
            for range in ranges {
                let tokens = held.get_mut(range.clone()).filter(|tokens| !tokens.is_empty());
                tokens.ok_or_else(|| beyond(&range))?.fill(true);
            }
        }
        Ok(held)
    }
}

fn beyond(range: &Range<usize>) -> Error {
    let range_of = "parts of the prompt, or ranges FROM-TO of input tokens with TO left out";
    Error::Parameter { name: "hold", value: format!("{}-{}", range.start, range.end), range: range_of }
}

impl FromStr for Held {
    type Err = Infallible;
    fn from_str(spelled: &str) -> Result<Self, Infallible> {
        let piece = |spelled: &str| {
            let ends = spelled.split_once('-');
            let ends = ends.and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
            ends.map_or_else(|| Piece::Part(spelled.to_owned()), |(from, to)| Piece::Tokens(from..to))
        };
        Ok(Self(spelled.split(',').map(|spelled| piece(spelled.trim())).collect()))
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, piece) in self.0.iter().enumerate() {
            f.write_str(if index > 0 { "," } else { "" })?;
            match piece {
                Piece::Part(name) => f.write_str(name)?,
                Piece::Tokens(range) => write!(f, "{}-{}", range.start, range.end)?,
            }
        }
        Ok(())
    }
}
