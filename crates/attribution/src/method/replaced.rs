//! A segment of the input with another text in its place.

use crate::model::TokenId;
use crate::model::sequence::Sequence;
use saliency_schema::{Kind, Replacement, Token};
use std::ops::Range;

/// A segment of the input with another text in its place, and the change of one output's target.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Replaced {
    /// The segment's tokens.
    pub tokens: Range<usize>,
    /// What stands in their place.
    pub ids: Vec<TokenId>,
    /// The model's probability of it there, where it was chosen by that.
    pub probability: Option<f64>,
    /// f(x with the replacement) − f(x); `None` where nothing can be predicted then.
    pub change: Option<f64>,
    /// How the model goes on after the replaced input.
    pub continuation: Option<Vec<TokenId>>,
}

impl Replaced {
    /// A segment and what stands in its place.
    pub fn new(tokens: Range<usize>, ids: Vec<TokenId>) -> Self {
        Self { tokens, ids, probability: None, change: None, continuation: None }
    }

    /// With the model's probability of it.
    #[must_use]
    pub fn with_probability(self, probability: f64) -> Self {
        Self { probability: Some(probability), ..self }
    }

    /// The whole text with the replacement in it, and how many of its tokens are inputs.
    pub(crate) fn text(&self, sequence: &Sequence) -> (Vec<TokenId>, usize) {
        let ids = sequence.ids();
        let text = [&ids[..self.tokens.start], &self.ids, &ids[self.tokens.end..]].concat();
        (text, sequence.n_input() + self.ids.len() - self.tokens.len())
    }

    /// The same in two outputs' explanations as one: with the combination of both changes.
    pub(crate) fn with_other(self, other: Option<&Self>, combine: impl Fn(f64, f64) -> f64) -> Self {
        let same = other.filter(|other| (&other.tokens, &other.ids) == (&self.tokens, &self.ids));
        let change = self.change.zip(same.and_then(|other| other.change)).map(|(a, b)| combine(a, b));
        Self { change, ..self }
    }

    /// As it stands in a record.
    pub(crate) fn recorded(&self, sequence: &Sequence) -> Replacement {
        let text = |ids: &[TokenId]| {
            let token = |id: &TokenId| {
                let named = sequence.named(*id);
                Token::from_bytes(*id, named.bytes.unwrap_or(named.text.into_bytes()), Kind::Output)
            };
            Token::joined(&ids.iter().map(token).collect::<Vec<_>>()).text
        };
        Replacement::new(self.tokens.start, text(&self.ids), self.change)
            .with_count(self.tokens.len())
            .with_probability(self.probability)
            .with_continuation(self.continuation.as_deref().map(text))
    }
}
