//! Which tokens of two records stand for the same piece of text.

use crate::borders::Borders;
use crate::record::Record;
use crate::token::Token;
use std::ops::Range;

/// Pairs of differing words that are looked at: beyond, only what two texts begin and end with is aligned.
const WORD_PAIRS: usize = 16_000_000;

/// Which token of another record is the counterpart of each token of one ([`Record::align`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alignment {
    partners: Vec<Option<usize>>,
    by: AlignedBy,
}

/// What two records were aligned by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AlignedBy {
    /// The same text, token by token: every token of one has its counterpart as far as both go on alike.
    Tokens,
    /// The same text, cut into tokens in two ways: tokens that hold the same bytes are counterparts.
    Bytes,
    /// Two texts: tokens of the words that both have, in the same order.
    Words,
}

impl Alignment {
    /// The position in the other record of a token's counterpart; `None` where it has none.
    pub fn partner(&self, token: usize) -> Option<usize> {
        self.partners.get(token).copied().flatten()
    }

    /// Every token's counterpart, in order.
    pub fn partners(&self) -> &[Option<usize>] {
        &self.partners
    }

    /// What the records were aligned by.
    pub fn by(&self) -> AlignedBy {
        self.by
    }
}

impl Record {
    /// Which tokens of another record stand for the same piece of text as this one's.
    ///
    /// - Two records whose inputs are the same text, or of which one is the beginning of the other, are aligned by byte
    ///   offsets: tokens that hold the same bytes at the same place, white space around them aside, as far as inputs
    ///   and continuations are the same. Where a token has no offsets, they are counted from the tokens' texts.
    /// - Other records are aligned by the longest common subsequence of their words (what white space separates),
    ///   inputs with inputs and outputs with outputs; of several as long, the one with this record's earliest words.
    ///   Within a word, tokens that hold the same letters are counterparts.
    /// - Where an encoder read a source, each is aligned for itself: the source with the other's source, or with its
    ///   inputs where it has none; the decoder's start token with the other's; and the outputs by offsets where the
    ///   sources were, by words elsewhere.
    ///
    /// What has no counterpart is not comparable. Cost: of two texts, at most 16 million pairs of words are looked at.
    pub fn align(&self, other: &Self) -> Alignment {
        if self.source.is_some() || other.source.is_some() {
            return self.align_source_and_target(other);
        }
        let (own, others) = (Placed::of_tokens(&self.tokens), Placed::of_tokens(&other.tokens));
        let common = own.common(&others);
        let inputs = |record: &Self, placed: &Placed| {
            record.n_input().checked_sub(1).map_or(0, |i| placed.spans[i].end)
        };
        let (own_inputs, other_inputs) = (inputs(self, &own), inputs(other, &others));
        let same_input = own_inputs == other_inputs && common >= own_inputs;
        if same_input || common == own.text.len() || common == others.text.len() {
            return by_bytes(&own, &others, common);
        }
        let mut partners = vec![None; self.tokens.len()];
        let outputs = |record: &Self| record.n_input()..record.tokens.len();
        by_words((&self.tokens, 0..self.n_input()), (&other.tokens, 0..other.n_input()), &mut partners);
        by_words((&self.tokens, outputs(self)), (&other.tokens, outputs(other)), &mut partners);
        Alignment { partners, by: AlignedBy::Words }
    }

    /// The same for two records of which one or both have a source. Start tokens are no text, and each other's
    /// counterparts whatever they are called.
    fn align_source_and_target(&self, other: &Self) -> Alignment {
        let mut partners = vec![None; self.tokens.len()];
        let (own, others) = (Borders::of(self), Borders::of(other));
        if let (Some(own), Some(others)) = (own.source, others.source) {
            partners[own] = Some(others);
        }
        let source = (0..own.given(), 0..others.given());
        let target =
            |borders: Borders| borders.source.map_or(borders.n_input, |source| source + 1)..borders.tokens;
        let mut by = self.align_text(other, source, false, &mut partners);
        let of_target =
            self.align_text(other, (target(own), target(others)), by != AlignedBy::Words, &mut partners);
        if by == AlignedBy::Tokens {
            by = of_target;
        }
        Alignment { partners, by }
    }

    /// Counterparts among some tokens: by their bytes where one text is the beginning of the other, or is known to
    /// follow the same text; by their words elsewhere.
    fn align_text(
        &self,
        other: &Self,
        (mine, theirs): (Range<usize>, Range<usize>),
        follows_same: bool,
        partners: &mut [Option<usize>],
    ) -> AlignedBy {
        let own = Placed::of_text(&self.tokens[mine.clone()]);
        let others = Placed::of_text(&other.tokens[theirs.clone()]);
        let common = own.common(&others);
        if !follows_same && common < own.text.len() && common < others.text.len() {
            by_words((&self.tokens, mine), (&other.tokens, theirs), partners);
            return AlignedBy::Words;
        }
        let found = by_bytes(&own, &others, common);
        for (at, partner) in mine.zip(found.partners) {
            partners[at] = partner.map(|partner| theirs.start + partner);
        }
        found.by
    }
}

/// Tokens in their text.
struct Placed {
    /// What lies between tokens is a space.
    text: Vec<u8>,
    /// Every token's bytes in it, white space around them aside.
    spans: Vec<Range<usize>>,
}

impl Placed {
    fn of_tokens(tokens: &[Token]) -> Self {
        Self::of(tokens.iter().map(|token| (token.start, token.exact_bytes())))
    }

    /// Tokens of a text that begins where the first of them does.
    fn of_text(tokens: &[Token]) -> Self {
        let first = tokens.first().and_then(|token| token.start).unwrap_or(0);
        let start = |token: &Token| token.start.and_then(|start| start.checked_sub(first));
        Self::of(tokens.iter().map(|token| (start(token), token.exact_bytes())))
    }

    /// How many bytes are the same from the first on.
    fn common(&self, others: &Self) -> usize {
        self.text.iter().zip(&others.text).take_while(|(a, b)| a == b).count()
    }

    /// Tokens by where they begin, as far as that is known, and by their bytes.
    fn of<'t>(tokens: impl Iterator<Item = (Option<usize>, &'t [u8])>) -> Self {
        let (mut text, mut spans) = (Vec::new(), Vec::new());
        for (start, own) in tokens {
            // A wider gap is none that a tokenizer leaves.
            let gap = start.and_then(|start| start.checked_sub(text.len())).filter(|gap| *gap <= 64);
            text.resize(text.len() + gap.unwrap_or(0), b' ');
            let white = own.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let behind = own[white..].iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
            spans.push(text.len() + white..text.len() + own.len() - behind);
            text.extend_from_slice(own);
        }
        Self { text, spans }
    }
}

/// Counterparts in two texts whose first `common` bytes are the same.
fn by_bytes(own: &Placed, others: &Placed, common: usize) -> Alignment {
    let partners = partners(&own.spans, &others.spans, common);
    let same_tokens = own.spans.iter().zip(&others.spans).take_while(|(a, b)| a == b && a.end <= common);
    let alike = same_tokens.count();
    let read = |spans: &[Range<usize>]| spans.partition_point(|span| span.end <= common);
    let same = alike == read(&own.spans) && alike == read(&others.spans);
    Alignment { partners, by: if same { AlignedBy::Tokens } else { AlignedBy::Bytes } }
}

/// Spans that are the same, in order; those of a text that goes on differently from `common` on have no counterpart.
fn partners(own: &[Range<usize>], others: &[Range<usize>], common: usize) -> Vec<Option<usize>> {
    let mut next = 0;
    let partner = |span: &Range<usize>| {
        let before = |other: &Range<usize>| (other.start, other.end) < (span.start, span.end);
        while others.get(next).is_some_and(before) {
            next += 1;
        }
        let found = others.get(next).is_some_and(|other| other == span) && span.end <= common;
        next += usize::from(found);
        found.then(|| next - 1)
    };
    own.iter().map(partner).collect()
}

/// The words of some tokens: what white space separates, with the tokens of each.
fn words(tokens: &[Token], part: Range<usize>) -> Vec<(Vec<u8>, Range<usize>)> {
    let mut words: Vec<(Vec<u8>, Range<usize>)> = Vec::new();
    let mut ended = true;
    for position in part {
        let bytes = tokens[position].exact_bytes();
        let white = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_whitespace);
        if ended || white(bytes.first()) {
            words.push((Vec::new(), position..position));
        }
        ended = white(bytes.last());
        if let Some((word, members)) = words.last_mut() {
            word.extend_from_slice(bytes);
            members.end = position + 1;
        }
    }
    for (word, _) in &mut words {
        *word = word.trim_ascii().to_vec();
    }
    words.retain(|(word, _)| !word.is_empty());
    words
}

/// Counterparts in words that both texts have.
fn by_words(
    (own, own_part): (&[Token], Range<usize>),
    (others, other_part): (&[Token], Range<usize>),
    found: &mut [Option<usize>],
) {
    let (a, b) = (words(own, own_part), words(others, other_part));
    for (i, j) in common_subsequence(&texts(&a), &texts(&b)) {
        let (mine, theirs) = (a[i].1.clone(), b[j].1.clone());
        let spans = |tokens: &[Token]| {
            // As if the word stood alone.
            let placed = Placed::of(tokens.iter().map(|token| (None, token.exact_bytes())));
            let white = placed.text.len() - placed.text.trim_ascii_start().len();
            let moved =
                |span: &Range<usize>| span.start.saturating_sub(white)..span.end.saturating_sub(white);
            placed.spans.iter().map(moved).collect::<Vec<_>>()
        };
        let (first, to) = (mine.start, theirs.start);
        let pairs = partners(&spans(&own[mine]), &spans(&others[theirs]), usize::MAX);
        for (k, partner) in pairs.into_iter().enumerate() {
            found[first + k] = partner.map(|partner| to + partner);
        }
    }
}

fn texts(words: &[(Vec<u8>, Range<usize>)]) -> Vec<&[u8]> {
    words.iter().map(|(word, _)| &word[..]).collect()
}

/// A longest common subsequence, as pairs of positions.
fn common_subsequence(a: &[&[u8]], b: &[&[u8]]) -> Vec<(usize, usize)> {
    let begin = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let mut pairs: Vec<(usize, usize)> = (0..begin).map(|i| (i, i)).collect();
    let (mut rest_a, mut rest_b) = (&a[begin..], &b[begin..]);
    let mut ends = 0;
    if rest_a.len().saturating_mul(rest_b.len()) > WORD_PAIRS {
        ends = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(a, b)| a == b).count();
        (rest_a, rest_b) = (&rest_a[..rest_a.len() - ends], &rest_b[..rest_b.len() - ends]);
    }
    if rest_a.len().saturating_mul(rest_b.len()) <= WORD_PAIRS {
        // How long the longest one of what begins at each pair is.
        let width = rest_b.len() + 1;
        let mut longest = vec![0_u32; (rest_a.len() + 1) * width];
        for i in (0..rest_a.len()).rev() {
            for j in (0..rest_b.len()).rev() {
                longest[i * width + j] = if rest_a[i] == rest_b[j] {
                    longest[(i + 1) * width + j + 1] + 1
                } else {
                    longest[(i + 1) * width + j].max(longest[i * width + j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < rest_a.len() && j < rest_b.len() {
            if rest_a[i] == rest_b[j] {
                pairs.push((begin + i, begin + j));
                (i, j) = (i + 1, j + 1);
            } else if longest[i * width + j + 1] >= longest[(i + 1) * width + j] {
                j += 1;
            } else {
                i += 1;
            }
        }
    }
    pairs.extend((0..ends).rev().map(|k| (a.len() - 1 - k, b.len() - 1 - k)));
    pairs
}
