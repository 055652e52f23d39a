//! How a run of text is written as SVG, so that it takes the room that was laid out in any font.

use crate::scene::{Anchor, Text};
use crate::text::font;
use crate::text::spans::{Span, spans};
use crate::values::number::coordinate;
use svg::node::element::{Element, Rectangle, Text as TextElement};

/// What the picture's reader has glyphs for, besides the embedded font's.
pub(crate) struct Lettering<'a> {
    /// What can be painted of a text that the embedded font does not have.
    pub(crate) painted: &'a dyn Fn(&str) -> Painted,
    /// Whether every text is fitted by its glyphs' width, and not letter by letter: browsers paint that several times
    /// faster, and with the embedded font it looks the same.
    pub(crate) squeezes: bool,
}

/// The part of a text that there are glyphs for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Painted {
    pub(crate) text: String,
    /// Whether that is all that was to be seen.
    pub(crate) whole: bool,
}

impl Painted {
    /// All of it: what readers do that look for a font themselves.
    pub(crate) fn whole(text: &str) -> Self {
        Self { text: text.to_owned(), whole: true }
    }
}

/// A run of text, cut where a renderer could not be trusted to keep its places.
pub(crate) fn text_elements(text: &Text, lettering: &Lettering<'_>) -> Vec<Element> {
    let spans = spans(&text.text);
    if let [span] = &spans[..]
        && (span.covered || (lettering.painted)(&span.text) == Painted::whole(&span.text))
    {
        return vec![run(text, None, span.covered && !lettering.squeezes).into()];
    }
    let columns = spans.iter().map(|s| s.columns).sum::<usize>().max(1) as f64;
    let (column, left) = (text.width / columns, text.bounds());
    let left = if text.upward { left.y + left.height - text.y } else { left.x - text.x };
    let place = |span: &Span| Text {
        text: span.text.trim_matches(' ').to_owned(),
        x: text.x + if text.upward { -left } else { left } + span.leading() as f64 * column,
        width: (span.columns - span.spaces()) as f64 * column,
        anchor: Anchor::Start,
        ..text.clone()
    };
    let around = (text.x, text.y);
    let drawn = spans.iter().filter(|span| span.columns > span.spaces());
    drawn
        .flat_map(|span| {
            let placed = place(span);
            if span.covered {
                return vec![run(&placed, Some(around), !lettering.squeezes).into()];
            }
            let painted = (lettering.painted)(placed.text.as_str());
            let mut elements = if painted.whole { Vec::new() } else { vec![boxed(&placed, around)] };
            let natural = font::columns(&painted.text) as f64 * column;
            if painted.text.chars().all(font::covers) && natural > 0.0 && natural < placed.width {
                // The embedded font's own glyph in the room of a wider one.
                let x = placed.x + (placed.width - natural) / 2.0;
                let run = run(&Text { text: painted.text, x, width: natural, ..placed }, Some(around), true);
                elements.push(run.into());
            } else if !painted.text.is_empty() {
                elements.push(run(&Text { text: painted.text, ..placed }, Some(around), false).into());
            }
            elements
        })
        .collect()
}

/// One stretch of text as it is; an upward one turns around `around`. Spaces in a row are tied together: a renderer
/// that collapses white space would otherwise stretch the rest over the run's width.
fn run(text: &Text, around: Option<(f64, f64)>, covered: bool) -> TextElement {
    let mut element = TextElement::new(text.text.replace("  ", " \u{a0}"))
        .set("x", coordinate(text.x))
        .set("y", coordinate(text.y))
        .set("font-size", coordinate(text.size))
        .set("fill", text.color.to_string());
    if text.width > 0.0 {
        element = element.set("textLength", coordinate(text.width));
    }
    if !covered {
        // Another font's glyphs are squeezed, not moved apart.
        element = element.set("lengthAdjust", "spacingAndGlyphs");
    }
    if text.bold {
        element = element.set("font-weight", "bold");
    }
    if text.underlined {
        element = element.set("text-decoration", "underline");
    }
    match text.anchor {
        Anchor::Start => {}
        Anchor::Middle => element = element.set("text-anchor", "middle"),
        Anchor::End => element = element.set("text-anchor", "end"),
    }
    if text.upward {
        element = element.set("transform", upward(around.unwrap_or((text.x, text.y))));
    }
    element
}

fn upward((x, y): (f64, f64)) -> String {
    format!("rotate(-90 {} {})", coordinate(x), coordinate(y))
}

/// What stands for characters that no font at hand has: a box of their width.
fn boxed(text: &Text, around: (f64, f64)) -> Element {
    let (size, rim) = (text.size, 0.1 * text.size);
    let mut element = Rectangle::new()
        .set("x", coordinate(text.x + rim))
        .set("y", coordinate(text.y - 0.72 * size))
        .set("width", coordinate((text.width - 2.0 * rim).max(rim)))
        .set("height", coordinate(0.88 * size))
        .set("fill", "none")
        .set("stroke", text.color.to_string())
        .set("stroke-width", coordinate(0.07 * size));
    if text.upward {
        element = element.set("transform", upward(around));
    }
    element.into()
}
