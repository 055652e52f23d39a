//! Text widths: the advance of `DejaVu` Sans Mono, which is one width for every glyph, and Unicode width classes.

mod coverage;

use coverage::COVERED;
use std::cmp::Ordering;
use unicode_width::UnicodeWidthStr;

/// The font that pictures are set in.
pub(crate) const FAMILY: &str = "DejaVu Sans Mono";
/// The advance of every glyph, in ems: 1233 of 2048 units. A test reads it from the font file.
pub(crate) const ADVANCE: f64 = 1233.0 / 2048.0;
/// The font's ascent and descent, in ems: what the letters of a line take above and below its baseline.
pub(crate) const ASCENT: f64 = 0.76;
pub(crate) const DESCENT: f64 = 0.24;

/// How wide a text is set: one advance for each column of its Unicode width class (two for a wide character).
pub fn width(text: &str, size: f64) -> f64 {
    columns(text) as f64 * ADVANCE * size
}

/// Columns of a text on a grid of advances.
pub(crate) fn columns(text: &str) -> usize {
    text.width()
}

/// The text cut to a width, with an ellipsis where something is missing.
pub fn fitted(text: &str, size: f64, room: f64) -> String {
    use unicode_segmentation::UnicodeSegmentation;
    if width(text, size) <= room {
        return text.to_owned();
    }
    let (mut kept, ellipsis) = (String::new(), "…");
    for cluster in text.graphemes(true) {
        if width(&kept, size) + width(cluster, size) + width(ellipsis, size) > room {
            break;
        }
        kept.push_str(cluster);
    }
    kept + ellipsis
}

/// Whether the embedded font has a glyph for a character, in both weights.
pub(crate) fn covers(c: char) -> bool {
    let place = |(first, last): &(char, char)| match (*first > c, *last < c) {
        (true, _) => Ordering::Greater,
        (_, true) => Ordering::Less,
        _ => Ordering::Equal,
    };
    COVERED.binary_search_by(place).is_ok()
}

/// Whether a character is one glyph of the embedded font in a place of its own, read to the right.
pub(crate) fn is_simple(c: char) -> bool {
    use unicode_width::UnicodeWidthChar;
    // What is read to the left begins at U+0590 and lies in the planes below U+0900, and above.
    let may_run_left = ('\u{590}'..'\u{900}').contains(&c) || c >= '\u{fb1d}' && c != '\u{fffd}';
    covers(c) && !may_run_left && c.width() == Some(1)
}
