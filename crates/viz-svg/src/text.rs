//! Tokens as a reader sees them: clusters of characters, each with the tokens that hold its parts.

pub(crate) mod bidi;
pub(crate) mod characters;
pub(crate) mod font;
pub(crate) mod invisible;
pub(crate) mod label;
pub(crate) mod paragraph;
pub(crate) mod sentences;
pub(crate) mod spans;
pub(crate) mod stand_in;

use crate::text::invisible::{Stretch, stretches};
use crate::text::stand_in::stand_in;
use saliency_schema::Token;

/// One user-perceived character.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cluster {
    /// What is shown: visible, of one direction, legal in XML.
    pub(crate) text: String,
    /// Whether the line ends after it.
    pub(crate) ends_line: bool,
    /// The tokens that hold it, with how many of its bytes each holds.
    pub(crate) parts: Vec<(usize, usize)>,
}

/// The clusters of a run of tokens. A character whose bytes lie in several tokens is one cluster with several parts;
/// bytes that are no character show as `�`.
pub(crate) fn clusters(tokens: &[Token]) -> Vec<Cluster> {
    let mut bytes = Vec::new();
    let mut owners = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        let own = token.bytes.as_deref().unwrap_or(token.text.as_bytes());
        bytes.extend_from_slice(own);
        owners.resize(bytes.len(), i);
    }
    let mut clusters = Vec::new();
    let mut begin = 0;
    for chunk in bytes.utf8_chunks() {
        for stretch in stretches(chunk.valid()) {
            let (Stretch::Seen(text) | Stretch::Mark(text) | Stretch::Hidden(text)) = stretch;
            clusters.push(Cluster::new(stretch, &owners[begin..begin + text.len()]));
            begin += text.len();
        }
        for _ in chunk.invalid() {
            clusters.push(Cluster::new(Stretch::Seen("\u{fffd}"), &owners[begin..=begin]));
            begin += 1;
        }
    }
    clusters
}

impl Cluster {
    fn new(stretch: Stretch<'_>, owners: &[usize]) -> Self {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for &owner in owners {
            match parts.last_mut() {
                Some((last, count)) if *last == owner => *count += 1,
                _ => parts.push((owner, 1)),
            }
        }
        let ends = ["\n", "\r\n", "\r", "\u{85}", "\u{2028}", "\u{2029}"];
        let ends_line = matches!(stretch, Stretch::Seen(text) if ends.contains(&text));
        Self { text: if ends_line { "⏎".to_owned() } else { shown(stretch) }, ends_line, parts }
    }
}

/// A text as part of a sentence, for titles and descriptions: invisible characters have a visible stand-in.
pub fn visible(text: &str) -> String {
    stretches(text).into_iter().map(shown).collect()
}

fn shown(stretch: Stretch<'_>) -> String {
    match stretch {
        Stretch::Seen(text) => text.chars().map(visible_char).collect(),
        Stretch::Mark(text) => format!("◌{text}"),
        Stretch::Hidden(text) => stand_in(text),
    }
}

/// A character, or the visible stand-in of white space.
pub(crate) fn visible_char(c: char) -> char {
    match c {
        ' ' => ' ',
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '⏎',
        '\t' => '⇥',
        c if c.is_whitespace() || c == '\u{2800}' => '␣',
        c => c,
    }
}
