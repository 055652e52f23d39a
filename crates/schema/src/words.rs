//! Where the words of a text begin, also in scripts that put no space between them.

use crate::Error;
use regex::Regex;
use std::sync::LazyLock;

/// How a piece begins that belongs to a script without spaces between words: a letter of it, or punctuation of East
/// Asia.
const UNSPACED: &str = concat!(
    r"^[\p{Han}\p{Hiragana}\p{Katakana}ーｰ\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}",
    r"[\p{P}&&[\u{3001}-\u{303f}\u{ff01}-\u{ff65}]]]"
);
/// A piece that is no word by itself: punctuation, what combines with other characters, what shows nothing.
const PUNCTUATION: &str = r"^[\p{P}\p{M}\p{Cf}]+$";
/// Punctuation that belongs to the word after it.
const OPENING: &str = r"^[\p{Ps}\p{Pi}]";

/// What a piece is looked at for.
struct Classes {
    unspaced: Regex,
    punctuation: Regex,
    opening: Regex,
}

/// The bytes at which words begin, ascending: after white space, and inside what white space separates where a script
/// without spaces is involved. Punctuation stays with its word.
pub(crate) fn starts(text: &str) -> Result<Vec<usize>, Error> {
    let mut starts = Vec::new();
    for stretch in text.split_whitespace() {
        let start = stretch.as_ptr().addr() - text.as_ptr().addr();
        starts.push(start);
        if !stretch.is_ascii() {
            starts.extend(classes()?.inside(stretch).into_iter().map(|at| start + at));
        }
    }
    Ok(starts)
}

fn classes() -> Result<&'static Classes, Error> {
    static CLASSES: LazyLock<Result<Classes, (&str, regex::Error)>> = LazyLock::new(|| {
        let class = |pattern| Regex::new(pattern).map_err(|source| (pattern, source));
        let (unspaced, punctuation) = (class(UNSPACED)?, class(PUNCTUATION)?);
        Ok(Classes { unspaced, punctuation, opening: class(OPENING)? })
    });
    let failed = |(pattern, source): &(&str, regex::Error)| Error::Pattern {
        pattern: (*pattern).to_owned(),
        source: source.clone(),
    };
    CLASSES.as_ref().map_err(failed)
}

impl Classes {
    /// Where words begin inside a text without white space, its own beginning left out.
    fn inside(&self, stretch: &str) -> Vec<usize> {
        let mut starts = Vec::new();
        // Whether the word so far is more than punctuation, whether it ends in a script without spaces, and where the
        // opening punctuation at its end begins.
        let (mut is_word, mut unspaced, mut opening) = (false, false, None);
        for (at, piece) in pieces(stretch) {
            let own = self.unspaced.is_match(piece);
            if self.punctuation.is_match(piece) {
                opening = if self.opening.is_match(piece) { opening.or(Some(at)) } else { None };
                unspaced |= own;
                continue;
            }
            if is_word && (unspaced || own) {
                starts.push(opening.unwrap_or(at));
            }
            (is_word, unspaced, opening) = (true, own, None);
        }
        starts
    }
}

/// The words and what stands between them, by dictionaries where Unicode's rules have no answer.
#[cfg(feature = "segments-all-scripts")]
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    use icu_segmenter::WordSegmenter;
    use icu_segmenter::options::WordBreakInvariantOptions;
    let bounds = WordSegmenter::new_dictionary(WordBreakInvariantOptions::default()).segment_str(text);
    let mut bounds: Vec<usize> = bounds.collect();
    bounds.dedup();
    let pieces: Vec<_> = bounds.windows(2).map(|ends| (ends[0], &text[ends[0]..ends[1]])).collect();
    pieces.into_iter()
}

/// The words and what stands between them, by Unicode's rules (UAX #29).
#[cfg(not(feature = "segments-all-scripts"))]
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    use unicode_segmentation::UnicodeSegmentation as _;
    text.split_word_bound_indices()
}
