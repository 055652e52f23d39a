//! A run of text on one line.

use crate::paint::color::Color;
use crate::scene::{Item, Rect};
use crate::text::font;

/// A run of text on one line.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Text {
    /// The text, without invisible characters and changes of direction.
    pub text: String,
    /// Left, middle or right end, by `anchor`.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    /// The font's size.
    pub size: f64,
    /// The text's width, in any font that it is painted in.
    pub width: f64,
    /// Its colour.
    pub color: Color,
    /// Bold or not.
    pub bold: bool,
    /// Underlined or not.
    pub underlined: bool,
    /// What `x` is.
    pub anchor: Anchor,
    /// Whether the text runs upwards, around `(x, y)`.
    pub upward: bool,
}

/// The end of a text that its place names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

impl Text {
    /// Text that begins at `(x, y)`, the left end of its baseline.
    pub fn new(text: impl Into<String>, x: f64, y: f64, size: f64, color: Color) -> Self {
        let text = text.into();
        let width = font::width(&text, size);
        let (bold, underlined, upward) = (false, false, false);
        Self { text, x, y, size, width, color, bold, underlined, anchor: Anchor::Start, upward }
    }

    /// The same in bold.
    #[must_use]
    pub fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    /// The same, underlined.
    #[must_use]
    pub fn underlined(self) -> Self {
        Self { underlined: true, ..self }
    }

    /// The same, running upwards around its place.
    #[must_use]
    pub fn upward(self) -> Self {
        Self { upward: true, ..self }
    }

    /// The same, with another end at its place.
    #[must_use]
    pub fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// The rectangle that it covers: its width, and its ascent of 0.76 and descent of 0.24 of the size.
    pub fn bounds(&self) -> Rect {
        let before = match self.anchor {
            Anchor::Start => 0.0,
            Anchor::Middle => self.width / 2.0,
            Anchor::End => self.width,
        };
        let (ascent, descent) = (font::ASCENT * self.size, font::DESCENT * self.size);
        if self.upward {
            Rect::new(self.x - ascent, self.y + before - self.width, ascent + descent, self.width)
        } else {
            Rect::new(self.x - before, self.y - ascent, self.width, ascent + descent)
        }
    }
}

impl From<Text> for Item {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}
