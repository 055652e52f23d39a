//! A run of text cut where a renderer could not be trusted to keep its places: at characters that the embedded font
//! lacks, at combined ones, and where the direction changes.

use crate::text::characters::{is_ignorable, is_selector};
use crate::text::{bidi, font};
use unicode_segmentation::UnicodeSegmentation;

/// A stretch of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    /// Columns before it, and its own.
    pub(crate) column: usize,
    pub(crate) columns: usize,
    /// Whether the embedded font has all of it that needs a glyph. A character with a variation selector is left to a
    /// font of that look.
    pub(crate) covered: bool,
    leftward: bool,
    /// Whether it is one character of several code points, or one that another font draws.
    alone: bool,
}

impl Span {
    /// Columns before its first character that is not a space.
    pub(crate) fn leading(&self) -> usize {
        self.column + self.text.len() - self.text.trim_start_matches(' ').len()
    }

    /// Spaces at its ends.
    pub(crate) fn spaces(&self) -> usize {
        self.text.len() - self.text.trim_matches(' ').len()
    }
}

/// The stretches of a run, from left to right.
pub(crate) fn spans(text: &str) -> Vec<Span> {
    if text.chars().all(|c| c.is_ascii() || font::is_simple(c)) {
        let columns = font::columns(text);
        let (text, leftward, alone) = (text.to_owned(), false, false);
        return vec![Span { text, column: 0, columns, covered: true, leftward, alone }];
    }
    let clusters: Vec<&str> = text.graphemes(true).collect();
    let in_order = || {
        (0..clusters.len()).map(|index| bidi::Placed { index, leftward: false, mirrored: false }).collect()
    };
    let order: Vec<_> = bidi::visual(&clusters, bidi::base(text)).unwrap_or_else(in_order);
    let mut spans: Vec<Span> = Vec::new();
    let mut column = 0;
    for placed in order {
        let (cluster, leftward) = (placed.shown(clusters[placed.index]), placed.leftward);
        let columns = font::columns(cluster).max(1);
        let covered = cluster.chars().all(|c| font::covers(c) || is_ignorable(c) && !is_selector(c));
        let alone = !leftward && (!covered || cluster.chars().nth(1).is_some());
        match spans.last_mut() {
            Some(last) if !alone && !last.alone && (last.leftward, last.covered) == (leftward, covered) => {
                // A word that is read to the left is written in the order in which it is read.
                let at = if leftward { 0 } else { last.text.len() };
                last.text.insert_str(at, cluster);
                last.columns += columns;
            }
            _ => {
                spans.push(Span { text: cluster.to_owned(), column, columns, covered, leftward, alone });
            }
        }
        column += columns;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(String, usize, usize, bool)> {
        spans(text).into_iter().map(|s| (s.text, s.column, s.columns, s.covered)).collect()
    }

    #[test]
    fn what_the_font_lacks_keeps_its_own_place() {
        assert_eq!(cut("“Mars” — ok"), [("“Mars” — ok".into(), 0, 11, true)]);
        // Two columns for a wide character, as UAX #11 has it.
        let expected = [("a ", 0, 2, true), ("日", 2, 2, false), ("本", 4, 2, false), (" b", 6, 2, true)];
        assert_eq!(cut("a 日本 b"), expected.map(|(t, a, b, c)| (t.to_owned(), a, b, c)));
        let family = "👩\u{200d}👩\u{200d}👧";
        assert_eq!(cut(family), [(family.to_owned(), 0, 2, false)]);
        let accents = [("x", 0, 1, true), ("e\u{301}", 1, 1, true), ("y", 2, 1, true)];
        assert_eq!(cut("xe\u{301}y"), accents.map(|(t, a, b, c)| (t.to_owned(), a, b, c)));
    }

    #[test]
    fn words_that_are_read_to_the_left_stay_whole() {
        assert_eq!(cut("ab سلام cd")[1], ("سلام".to_owned(), 3, 4, true));
        // A non-joiner (U+200C) is part of its word; each side of it is written as it joins.
        assert_eq!(cut("می\u{200c}خواهم"), [("می\u{200c}خواهم".to_owned(), 0, 7, true)]);
        let two: Vec<_> = cut("سلام دنيا").into_iter().map(|s| s.0).collect();
        assert_eq!(two, ["دنيا", " ", "سلام"]);
    }
}
