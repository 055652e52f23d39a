//! Tokens as a reader sees them: clusters of characters, each with the tokens that hold its parts.

use saliency_schema::Token;
use unicode_segmentation::UnicodeSegmentation;

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
        for cluster in chunk.valid().graphemes(true) {
            clusters.push(Cluster::new(cluster, &owners[begin..begin + cluster.len()]));
            begin += cluster.len();
        }
        for _ in chunk.invalid() {
            clusters.push(Cluster::new("\u{fffd}", &owners[begin..=begin]));
            begin += 1;
        }
    }
    clusters
}

impl Cluster {
    fn new(text: &str, owners: &[usize]) -> Self {
        let mut parts: Vec<(usize, usize)> = Vec::new();
        for &owner in owners {
            match parts.last_mut() {
                Some((last, count)) if *last == owner => *count += 1,
                _ => parts.push((owner, 1)),
            }
        }
        let ends_line = matches!(text, "\n" | "\r\n" | "\r" | "\u{85}" | "\u{2028}" | "\u{2029}");
        Self { text: if ends_line { "⏎".to_owned() } else { visible(text) }, ends_line, parts }
    }
}

/// A token's own text on one line, without the space it may begin with; `␣` where there is nothing else.
pub fn label(token: &Token) -> String {
    let plain = token.text.trim_matches(' ');
    if token.bytes.is_none() && !plain.is_empty() && plain.bytes().all(|b| b.is_ascii_graphic() || b == b' ')
    {
        return plain.to_owned();
    }
    let text: String = clusters(std::slice::from_ref(token)).into_iter().map(|c| c.text).collect();
    let trimmed = text.trim();
    if trimmed.is_empty() {
        return if text.is_empty() { "∅".to_owned() } else { "␣".repeat(text.chars().count().min(8)) };
    }
    trimmed.to_owned()
}

/// A text as part of a sentence, for titles and descriptions.
pub fn visible(text: &str) -> String {
    text.chars().map(visible_char).collect()
}

/// A character, or its visible stand-in: what is invisible, changes direction or is illegal in XML.
fn visible_char(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{2028}' | '\u{2029}' => '⏎',
        '\t' => '⇥',
        '\0'..='\u{1f}' => char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}'),
        '\u{7f}' => '␡',
        // C1 controls, bidi marks and overrides, invisible spaces and operators, non-characters.
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffc}'
        | '\u{fdd0}'..='\u{fdef}' => '\u{fffd}',
        '\u{a0}' | '\u{3000}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' => '␣',
        c if c as u32 & 0xfffe == 0xfffe => '\u{fffd}',
        c => c,
    }
}
