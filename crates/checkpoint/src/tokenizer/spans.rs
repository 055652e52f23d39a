//! Which bytes of a text each of its tokens stands for.

use crate::tokenizer::alphabet::Alphabet;
use crate::tokenizer::dropped::Dropped;
use std::ops::Range;
use tokenizers::NormalizerWrapper;

/// A token of a text, as the tokenizer's library gives it.
pub(crate) struct Piece {
    /// Its text in the vocabulary.
    pub(crate) text: String,
    /// Whether it was added to the vocabulary: it is found in the text as it is, not made of other tokens.
    pub(crate) added: bool,
    /// The bytes of the text that it comes from. Tokens that are parts of one character all have the whole character.
    pub(crate) from: Range<usize>,
}

/// Where each token stands in the text: forward, and without overlap.
///
/// Where the tokens of a part of the text spell it, but for one space that was put before it, each has its bytes. A
/// normaliser makes other characters of some: of the tokens that come from one of those, the first has it, and the
/// others nothing at its end. What is between two tokens was dropped: white space, or letters that the vocabulary
/// lacks. Dropped white space before a token that begins with a space is that token's: it is what the space stands for.
pub(crate) fn spans(
    text: &str,
    pieces: &[Piece],
    alphabet: Alphabet,
    normaliser: Option<&NormalizerWrapper>,
) -> Vec<Range<usize>> {
    let (mut spans, mut reached, mut first) = (Vec::with_capacity(pieces.len()), 0, 0);
    // Between added tokens the text is tokenised on its own.
    while first <= pieces.len() {
        let added = pieces[first..].iter().position(|piece| piece.added).map(|n| first + n);
        let end = added.map_or(text.len(), |added| pieces[added].from.start.clamp(reached, text.len()));
        let stretch = Stretch { text, range: reached..end, alphabet };
        spans.extend(stretch.spans(&pieces[first..added.unwrap_or(pieces.len())], normaliser));
        let Some(added) = added else { break };
        reached = pieces[added].from.end.clamp(end, text.len());
        spans.push(end..reached);
        first = added + 1;
    }
    take_white_space(&mut spans, text, pieces, alphabet);
    spans
}

/// Gives tokens that begin with a space the white space before them, where no token has it.
fn take_white_space(spans: &mut [Range<usize>], text: &str, pieces: &[Piece], alphabet: Alphabet) {
    let mut reached = 0;
    for (span, piece) in spans.iter_mut().zip(pieces) {
        let dropped = text.get(reached..span.start).is_some_and(|between| between.trim().is_empty());
        if dropped && !piece.added && alphabet.without_space(&piece.text).is_some() {
            span.start = reached;
        }
        reached = span.end;
    }
}

/// A part of a text without added tokens.
struct Stretch<'a> {
    text: &'a str,
    range: Range<usize>,
    alphabet: Alphabet,
}

impl Stretch<'_> {
    fn spans(&self, pieces: &[Piece], normaliser: Option<&NormalizerWrapper>) -> Vec<Range<usize>> {
        if pieces.is_empty() {
            return Vec::new();
        }
        let whole = self.spelled(pieces, &self.range, true);
        whole.unwrap_or_else(|| self.grouped(pieces, &Dropped::of(self.text, &self.range, normaliser)))
    }

    /// The spans of tokens that spell these bytes; where they begin the stretch, perhaps after one space more.
    fn spelled(&self, pieces: &[Piece], range: &Range<usize>, begins: bool) -> Option<Vec<Range<usize>>> {
        let spell = |put: bool| {
            let (mut spans, mut at) = (Vec::with_capacity(pieces.len()), range.start);
            for (i, piece) in pieces.iter().enumerate() {
                let token =
                    if put && i == 0 { self.alphabet.without_space(&piece.text)? } else { &piece.text };
                let rest = self.text.as_bytes().get(at..range.end)?;
                let end = at + self.alphabet.length_in(token, rest)?;
                spans.push(at..end);
                at = end;
            }
            (at == range.end).then_some(spans)
        };
        spell(false).or_else(|| if begins { spell(true) } else { None })
    }

    /// Tokens that share no character are looked at each for itself.
    fn grouped(&self, pieces: &[Piece], dropped: &Dropped) -> Vec<Range<usize>> {
        let mut groups: Vec<(Range<usize>, Range<usize>)> = Vec::new();
        let mut from = Vec::with_capacity(pieces.len());
        for (i, piece) in pieces.iter().enumerate() {
            let start = self.on_character(piece.from.start);
            let end = dropped.end(self.on_character(piece.from.end)).max(start);
            // What is dropped before the first character belongs to the first token.
            let start =
                if i == 0 && dropped.end(self.range.start) == start { self.range.start } else { start };
            from.push(start..end);
            match groups.last_mut() {
                Some((tokens, bytes)) if start < bytes.end || end == bytes.end => {
                    (tokens.end, bytes.end) = (i + 1, bytes.end.max(end));
                }
                _ => groups.push((i..i + 1, start..end)),
            }
        }
        let mut spans = Vec::with_capacity(pieces.len());
        for (tokens, bytes) in groups {
            let begins = tokens.start == 0;
            let spelled = self.spelled(&pieces[tokens.clone()], &bytes, begins);
            spans.extend(spelled.unwrap_or_else(|| {
                let put = begins && self.is_put(&pieces[0], &bytes);
                in_turn(&from[tokens], bytes, put)
            }));
        }
        spans
    }

    /// Whether a token is a space alone that was put before these bytes.
    fn is_put(&self, first: &Piece, bytes: &Range<usize>) -> bool {
        self.alphabet.without_space(&first.text) == Some("")
            && !self.text[bytes.clone()].starts_with(char::is_whitespace)
    }

    /// A place in this stretch, at a character's beginning.
    fn on_character(&self, place: usize) -> usize {
        let Range { start, end } = self.range;
        self.text.floor_char_boundary(place.clamp(start, end))
    }
}

/// Each token has of what it comes from what no token before it has. `put`: the first one has nothing.
fn in_turn(from: &[Range<usize>], bytes: Range<usize>, put: bool) -> Vec<Range<usize>> {
    let mut reached = bytes.start;
    let span = |(i, from): (usize, &Range<usize>)| {
        let start = reached;
        if !(put && i == 0) {
            reached = reached.max(from.end);
        }
        start..reached
    };
    from.iter().enumerate().map(span).collect()
}
