//! What was explained in an output's place, where that is more or something else than the token it holds.

use crate::token::Token;
use crate::{number, object};
use serde::{Deserialize, Serialize};

/// What was explained in an output's place, besides or instead of the token that was produced there. Without one, the
/// produced token itself was.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Explained {
    /// The token that was explained, where it is another than the produced one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub token: Option<Named>,
    /// What it was held against: the mean over these, for a contrastive target.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "object::list")]
    pub alternatives: Vec<Named>,
    /// What the run that it was compared with had not read, for a target that compares with such a run.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "object::maybe")]
    pub without: Option<Without>,
}

/// A token by name: one that need not stand in the record's tokens. A text of several tokens has the first one's
/// number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Named {
    /// The token's number in the model's vocabulary.
    #[cfg_attr(feature = "json-schema", schemars(range(max = u32::MAX)))]
    pub id: u32,
    /// Its text, white space included; U+FFFD where it holds only part of a character.
    pub text: String,
    /// The token's exact bytes, where they are not valid UTF-8 by themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<Vec<u8>>,
    /// The model's probability of this token in the output's place.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "number::optional")]
    #[cfg_attr(feature = "json-schema", schemars(with = "number::schema::Number"))]
    pub probability: Option<f64>,
}

/// Input tokens that a run was made without.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Without {
    /// The first of them, and one past the last; of several ranges one after another: `[0, 5, 8, 9]`.
    #[serde(deserialize_with = "object::counts")]
    pub tokens: Vec<usize>,
    /// Their text; an ellipsis between ranges.
    pub text: String,
}

impl Explained {
    /// The produced token itself.
    pub fn new() -> Self {
        Self::default()
    }

    /// Instead of the produced token.
    #[must_use]
    pub fn with_token(self, token: Named) -> Self {
        Self { token: Some(token), ..self }
    }

    /// Held against these.
    #[must_use]
    pub fn with_alternatives(self, alternatives: Vec<Named>) -> Self {
        Self { alternatives, ..self }
    }

    /// Compared with the run without these.
    #[must_use]
    pub fn with_without(self, without: Without) -> Self {
        Self { without: Some(without), ..self }
    }

    /// The tokens that it names.
    pub fn tokens_mut(&mut self) -> impl Iterator<Item = &mut Named> {
        self.token.iter_mut().chain(&mut self.alternatives)
    }

    /// Whether it says nothing but that the produced token was explained.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// What several outputs have in common as one: it, if it is the same of all. Probabilities are those of one output
    /// and are left out of several.
    pub fn shared<'a>(all: impl IntoIterator<Item = Option<&'a Self>>) -> Option<Self> {
        let mut all = all.into_iter().peekable();
        let first = all.next()??;
        if all.peek().is_none() {
            return Some(first.clone());
        }
        let first = first.without_probabilities();
        all.all(|other| other.is_some_and(|other| other.without_probabilities() == first)).then_some(first)
    }

    fn without_probabilities(&self) -> Self {
        let without = |named: &Named| Named { probability: None, ..named.clone() };
        Self {
            token: self.token.as_ref().map(without),
            alternatives: self.alternatives.iter().map(without).collect(),
            without: self.without.clone(),
        }
    }
}

impl Named {
    /// A token by its number and text.
    pub fn new(id: u32, text: impl Into<String>) -> Self {
        Self { id, text: text.into(), bytes: None, probability: None }
    }

    /// The model's probability of it.
    #[must_use]
    pub fn with_probability(self, probability: impl Into<Option<f64>>) -> Self {
        Self { probability: probability.into(), ..self }
    }

    /// Its exact bytes, where its text is not what it holds.
    #[must_use]
    pub fn with_bytes(self, bytes: Vec<u8>) -> Self {
        Self { bytes: Some(bytes), ..self }
    }
}

impl From<&Token> for Named {
    fn from(token: &Token) -> Self {
        Self { id: token.id, text: token.text.clone(), bytes: token.bytes.clone(), probability: None }
    }
}

impl Without {
    /// Ranges of input tokens, with their text in `tokens`.
    pub fn new(ranges: &[std::ops::Range<usize>], tokens: &[Token]) -> Self {
        let text = |range: &std::ops::Range<usize>| {
            Token::joined(tokens.get(range.clone()).unwrap_or_default()).text
        };
        Self {
            tokens: ranges.iter().flat_map(|range| [range.start, range.end]).collect(),
            text: ranges.iter().map(text).collect::<Vec<_>>().join(" … "),
        }
    }

    /// The same ranges in groups of tokens: the groups that hold any of them.
    pub(crate) fn regrouped(&self, groups: &[std::ops::Range<usize>]) -> Self {
        let group_of = |token: usize| groups.partition_point(|group| group.end <= token);
        let ranges =
            self.ranges().flat_map(|(start, end)| [group_of(start), group_of(end.saturating_sub(1)) + 1]);
        Self { tokens: ranges.collect(), text: self.text.clone() }
    }

    /// The ranges, first and one past the last.
    pub fn ranges(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        self.tokens.chunks_exact(2).map(|pair| (pair[0], pair[1]))
    }
}
