//! Where sentences begin in a run of tokens.

use crate::abbreviations;
use crate::borders::Borders;
use crate::record::Record;
use crate::token::Token;
use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation as _;

impl Record {
    /// Its sentences, as ranges of positions in its tokens, as `Segmentation::Sentences` (feature `segments`) gives
    /// them: by UAX #29, but for full stops of abbreviations; none crosses the border of inputs and outputs, or a
    /// source's end.
    pub fn sentences(&self) -> Vec<Range<usize>> {
        let mut starts: Vec<usize> = Vec::new();
        for stretch in Borders::of(self).stretches() {
            let first = (!stretch.is_empty()).then_some(stretch.start);
            let further = sentence_starts(&self.tokens[stretch.clone()]).into_iter();
            starts.extend(first.into_iter().chain(further.map(|start| stretch.start + start)));
        }
        let ends = starts.iter().skip(1).copied().chain([self.tokens.len()]);
        starts.iter().zip(ends).map(|(&start, end)| start..end).collect()
    }
}

/// The tokens at which sentences begin, but for the first of the run.
pub fn sentence_starts(tokens: &[Token]) -> Vec<usize> {
    let text = Text::of(tokens);
    let begins = text.parts(sentence_bytes(&text.text));
    (1..tokens.len()).filter(|&token| begins[token]).collect()
}

/// The bytes at which sentences begin, ascending.
pub(crate) fn sentence_bytes(text: &str) -> impl Iterator<Item = usize> {
    let mut begun = 0;
    text.split_sentence_bound_indices().map(|(start, _)| start).filter(move |&start| {
        let ends = start == 0 || !abbreviations::go_on(&text[begun..start], &text[start..]);
        if ends {
            begun = start;
        }
        ends
    })
}

/// The text of some tokens, and where in it each stands.
pub(crate) struct Text {
    /// What is no UTF-8 in it is U+FFFD.
    pub(crate) text: String,
    /// Where the first character of each token begins that is no white space; its first character, where it has none
    /// but white space; `None` for one that stays with the token before it: it begins inside a character, or has no
    /// text.
    pub(crate) places: Vec<Option<usize>>,
}

impl Text {
    pub(crate) fn of(tokens: &[Token]) -> Self {
        let bytes = tokens.iter().flat_map(Token::exact_bytes).copied().collect::<Vec<_>>();
        let mut text = String::with_capacity(bytes.len());
        // Each character with its first byte in `bytes` and in `text`.
        let mut characters = Vec::new();
        let mut byte = 0;
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                characters.push((byte, text.len(), c));
                byte += c.len_utf8();
                text.push(c);
            }
            if !chunk.invalid().is_empty() {
                characters.push((byte, text.len(), char::REPLACEMENT_CHARACTER));
                byte += chunk.invalid().len();
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        let (mut rest, mut reached) = (&characters[..], 0);
        let place = |token: &Token| {
            let start = reached;
            reached += token.exact_bytes().len();
            let skipped = rest.partition_point(|&(byte, _, _)| byte < start);
            let n = rest[skipped..].partition_point(|&(byte, _, _)| byte < reached);
            let own = &rest[skipped..skipped + n];
            rest = &rest[skipped + n..];
            let (_, first, _) = *own.first().filter(|&&(byte, _, _)| byte == start)?;
            let visible = own.iter().find(|&&(_, _, c)| !c.is_whitespace());
            Some(visible.map_or(first, |&(_, at, _)| at))
        };
        let places = tokens.iter().map(place).collect();
        Self { text, places }
    }

    /// The first token of each part of the text, where parts begin at these bytes, ascending; a part of white
    /// space alone belongs to the one before it, at the start to the one after it.
    pub(crate) fn parts(&self, starts: impl Iterator<Item = usize>) -> Vec<bool> {
        let mut bounds: Vec<usize> = Vec::new();
        let mut reached = 0;
        for start in starts.chain([self.text.len()]) {
            let part = &self.text[reached..start];
            reached = start;
            // White space alone takes its bound back; at the start, where there is none, it goes on.
            if part.chars().all(char::is_whitespace) && bounds.pop().is_none() {
                continue;
            }
            bounds.push(start);
        }
        let mut part = None;
        let begins = |place: &Option<usize>| {
            let Some(place) = *place else { return false };
            let own = bounds.partition_point(|&bound| bound <= place);
            part.replace(own).is_some_and(|before| before != own)
        };
        self.places.iter().map(begins).collect()
    }
}
