//! What a target explains of an output besides or instead of its token.

use crate::model::TokenId;
use crate::model::sequence::Sequence;
use saliency_schema::Without;
use std::fmt::{self, Debug, Formatter};
use std::ops::Range;
use std::sync::Arc;

/// What a target explains of one output besides or instead of its token, by ids. By default nothing: the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Explained {
    /// The token that is explained; `None` for the output's own.
    pub token: Option<TokenId>,
    /// What it is contrasted with.
    pub alternatives: Vec<TokenId>,
    /// The input tokens that the run it is compared with leaves out.
    pub without: Vec<Range<usize>>,
}

impl Explained {
    /// The output's own token, and nothing besides.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the token that is explained in place of the output's own.
    #[must_use]
    pub fn with_token(self, token: TokenId) -> Self {
        Self { token: Some(token), ..self }
    }

    /// With what the token is held against.
    #[must_use]
    pub fn with_alternatives(self, alternatives: Vec<TokenId>) -> Self {
        Self { alternatives, ..self }
    }

    /// With the input tokens that the run it is compared with leaves out.
    #[must_use]
    pub fn with_without(self, ranges: Vec<Range<usize>>) -> Self {
        Self { without: ranges, ..self }
    }

    /// The same with texts, as in a record; `None` where there is nothing besides the output's own token.
    pub(crate) fn named(&self, own: TokenId, sequence: &Sequence) -> Option<saliency_schema::Explained> {
        let mut explained = saliency_schema::Explained::new();
        explained.token = self.token.filter(|id| *id != own).map(|id| sequence.named(id));
        explained.alternatives = self.alternatives.iter().map(|id| sequence.named(*id)).collect();
        explained.without =
            (!self.without.is_empty()).then(|| Without::new(&self.without, sequence.tokens()));
        Some(explained).filter(|explained| !explained.is_plain())
    }
}

/// The texts of a vocabulary, to name tokens that are not in the sequence, such as a runner-up.
#[derive(Clone)]
pub(crate) struct TokenTexts(pub(crate) Arc<dyn Fn(TokenId) -> Vec<u8> + Send + Sync>);

impl Debug for TokenTexts {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("TokenTexts(…)")
    }
}

/// Sequences are compared by their tokens.
impl PartialEq for TokenTexts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for TokenTexts {}
