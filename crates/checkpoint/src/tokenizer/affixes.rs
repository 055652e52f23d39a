//! What a tokenizer's post-processor puts around a text.

use saliency_attribution::TokenId;
use tokenizers::Tokenizer as Bpe;

/// Tokens that a post-processor puts before and after a text.
#[derive(Debug, Default)]
pub(crate) struct Affixes {
    pub(crate) before: Vec<TokenId>,
    pub(crate) after: Vec<TokenId>,
}

impl Affixes {
    /// What the tokenizer's post-processor puts around a text, seen on a text that has a token.
    pub(crate) fn of(bpe: &Bpe) -> Self {
        for text in ["a", "e", " ", "."] {
            let (Ok(with), Ok(without)) = (bpe.encode(text, true), bpe.encode(text, false)) else {
                continue;
            };
            let (with, without) = (with.get_ids(), without.get_ids());
            if without.is_empty() {
                continue;
            }
            let at = with.windows(without.len()).position(|window| window == without).unwrap_or(0);
            let after = with.get(at + without.len()..).unwrap_or_default();
            return Self { before: with[..at].to_vec(), after: after.to_vec() };
        }
        Self::default()
    }

    /// What would be put around a text and is left out before a decoder alone, as a sentence.
    pub(crate) fn left_out(&self, bpe: &Bpe) -> Option<String> {
        if self.before.len() < 2 && self.after.is_empty() {
            return None;
        }
        let text = |ids: &[TokenId]| ids.iter().filter_map(|&id| bpe.id_to_token(id)).collect::<String>();
        Some(format!(
            "the tokenizer's post-processor puts {:?} before a text and {:?} after it; one token before it at the most is put here",
            text(&self.before),
            text(&self.after)
        ))
    }
}
