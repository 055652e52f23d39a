//! What a normaliser drops of a text: an accent that it joins to its letter, a character that it removes.

use std::collections::BTreeMap;
use std::ops::Range;
use tokenizers::normalizer::Range as Place;
use tokenizers::{NormalizedString, Normalizer, NormalizerWrapper};

/// What a normaliser drops between the characters that it makes, by where it begins: all but white space.
#[derive(Debug, Default)]
pub(crate) struct Dropped(BTreeMap<usize, usize>);

impl Dropped {
    /// What is dropped of a part of a text that is tokenised on its own.
    pub(crate) fn of(text: &str, range: &Range<usize>, normaliser: Option<&NormalizerWrapper>) -> Self {
        let mut dropped = Self::default();
        let part = &text[range.clone()];
        let mut normalised = NormalizedString::from(part);
        if normaliser.is_none_or(|normaliser| normaliser.normalize(&mut normalised).is_err()) {
            return dropped;
        }
        let mut note = |from: usize, to: usize| {
            let between = part.get(from..to).map_or("", str::trim_end);
            if !between.is_empty() {
                dropped.0.insert(range.start + from, range.start + from + between.len());
            }
        };
        let mut reached = 0;
        for (at, character) in normalised.get().char_indices() {
            let whole = Place::Normalized(at..at + character.len_utf8());
            let Some(from) = normalised.convert_offsets(whole) else { continue };
            note(reached, from.start);
            reached = reached.max(from.end);
        }
        note(reached, part.len());
        dropped
    }

    /// Where a token ends, with what is dropped after it.
    pub(crate) fn end(&self, end: usize) -> usize {
        self.0.get(&end).copied().unwrap_or(end)
    }
}
