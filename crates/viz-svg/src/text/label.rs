//! A token's name: its text, or the part of a character that it holds.

use crate::text::invisible::{Stretch, stretches};
use crate::text::stand_in::name;
use crate::text::visible_char;
use saliency_schema::Token;
use std::fmt::Write as _;

/// So many of the same stand-in are written one by one; beyond that, with their number.
const ONE_BY_ONE: usize = 8;

/// A token's text on one line, without the spaces at its ends. Invisible characters have a visible stand-in: `␣`, `⏎`,
/// `⟨ZWJ⟩`, `⟨U+E0041⟩`, or `◌` under a combining mark without a letter; `∅` is a token without text.
///
/// Bytes that are only part of a character are written as `\xE7\xA5`. [`label_at`] uses the tokens around it to name
/// the character.
pub fn label(token: &Token) -> String {
    label_at(std::slice::from_ref(token), 0)
}

/// The [`label`] of one of a record's tokens. A token that holds part of a character is named by it: `神 2/3` is the
/// second of the three tokens that hold the bytes of 神. Where the others are absent or do not form a character, the
/// bytes are written.
pub fn label_at(tokens: &[Token], position: usize) -> String {
    let Some(token) = tokens.get(position) else { return "∅".to_owned() };
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
    let trimmed = token.text.trim_matches(' ');
    if token.bytes.is_none() && !trimmed.is_empty() && plain(trimmed) {
        return trimmed.to_owned();
    }
    let bytes = token.exact_bytes();
    match std::str::from_utf8(bytes) {
        Ok("") => "∅".to_owned(),
        Ok(text) => named(text),
        Err(_) => pieces(tokens, position, bytes).join(" + "),
    }
}

/// The pieces of a token that does not hold whole characters only.
fn pieces(tokens: &[Token], position: usize, bytes: &[u8]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    let end = |text: &mut String, pieces: &mut Vec<String>| {
        if !text.trim_matches(' ').is_empty() {
            pieces.push(text.trim_matches(' ').to_owned());
        }
        text.clear();
    };
    let (mut at, mut end_of_chunk) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        let only_spaces = chunk.valid().trim_matches(' ').is_empty();
        text += &if only_spaces { chunk.valid().to_owned() } else { named(chunk.valid()) };
        // A part may go on over several chunks of what is no character by itself.
        at = at.max(end_of_chunk + chunk.valid().len());
        end_of_chunk += chunk.valid().len() + chunk.invalid().len();
        while at < end_of_chunk {
            if let Some(part) = Part::at(tokens, position, at) {
                end(&mut text, &mut pieces);
                pieces.push(format!(
                    "{} {}/{}",
                    named(part.whole.encode_utf8(&mut [0; 4])),
                    part.number,
                    part.of
                ));
                at += part.bytes;
            } else {
                let _ = write!(text, "\\x{:02X}", bytes[at]);
                at += 1;
            }
        }
    }
    end(&mut text, &mut pieces);
    pieces
}

/// Part of a character that lies in several tokens.
struct Part {
    whole: char,
    /// Which of the tokens it is, from 1, and how many there are.
    number: usize,
    of: usize,
    /// How many of the token's bytes belong to it, from where it was asked for.
    bytes: usize,
}

impl Part {
    /// The character that a byte of a token belongs to, if it is whole in the tokens around.
    fn at(tokens: &[Token], position: usize, offset: usize) -> Option<Self> {
        let byte = |(token, at): (usize, usize)| tokens[token].exact_bytes()[at];
        // Back to the byte that begins it, which is three before this one at the most.
        let (mut first, mut back) = ((position, offset), 0);
        while back < 3 && byte(first) & 0xc0 == 0x80 {
            (first, back) = (before(tokens, first)?, back + 1);
        }
        let length = match byte(first) {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => return None,
        };
        if back >= length {
            return None;
        }
        let (mut bytes, mut owners, mut place) = ([0; 4], [0; 4], Some(first));
        for k in 0..length {
            let here = place?;
            (bytes[k], owners[k]) = (byte(here), here.0);
            place = after(tokens, here);
        }
        let whole = std::str::from_utf8(&bytes[..length]).ok()?.chars().next()?;
        let owners = &owners[..length];
        let number = owners.windows(2).filter(|pair| pair[0] != pair[1] && pair[1] <= position).count() + 1;
        let of = owners.windows(2).filter(|pair| pair[0] != pair[1]).count() + 1;
        let own = owners.iter().filter(|owner| **owner == position).count();
        Some(Self { whole, number, of, bytes: own })
    }
}

/// The byte before one, over tokens without any.
fn before(tokens: &[Token], (token, at): (usize, usize)) -> Option<(usize, usize)> {
    if at > 0 {
        return Some((token, at - 1));
    }
    let token = tokens[..token].iter().rposition(|token| !token.exact_bytes().is_empty())?;
    Some((token, tokens[token].exact_bytes().len() - 1))
}

/// The byte after one, over tokens without any.
fn after(tokens: &[Token], (token, at): (usize, usize)) -> Option<(usize, usize)> {
    if at + 1 < tokens[token].exact_bytes().len() {
        return Some((token, at + 1));
    }
    let further = tokens[token + 1..].iter().position(|token| !token.exact_bytes().is_empty())?;
    Some((token + 1 + further, 0))
}

/// Whole characters as a name: without the spaces at the ends, or all of it where there is nothing but white space.
fn named(text: &str) -> String {
    if text.chars().all(is_blank) {
        return blank(text);
    }
    let mut name = String::new();
    for stretch in stretches(text.trim_matches(' ')) {
        match stretch {
            Stretch::Seen(text) => name.extend(text.chars().map(visible_char)),
            Stretch::Mark(text) => {
                name.push('◌');
                name += text;
            }
            Stretch::Hidden(text) => name += &hidden(text),
        }
    }
    name
}

fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{2800}'
}

/// White space, each of another kind by another stand-in.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let run = |run: &[char]| {
        let one = match run[0] {
            ' ' => "␣".to_owned(),
            '\n' => "⏎".to_owned(),
            '\t' => "⇥".to_owned(),
            c => format!("⟨{}⟩", name(c)),
        };
        if run.len() > ONE_BY_ONE { format!("{one}×{}", run.len()) } else { one.repeat(run.len()) }
    };
    chars.chunk_by(|a, b| a == b).map(run).collect()
}

/// The names of hidden characters: the first of them, where there are many.
fn hidden(text: &str) -> String {
    let count = text.chars().count();
    let names: Vec<_> = text.chars().take(ONE_BY_ONE).map(name).collect();
    let rest = if count > ONE_BY_ONE { format!(" … {count} hidden") } else { String::new() };
    format!("⟨{}{rest}⟩", names.join(" "))
}
