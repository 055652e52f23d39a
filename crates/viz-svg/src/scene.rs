//! A drawing before it is written: rectangles, lines, dots and text runs, with colours and without tags.

use crate::{Color, Paint, Theme};

/// A whole picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Units across; one is a pixel at scale 1.
    pub width: f64,
    /// Units down.
    pub height: f64,
    /// What the picture is, in a few words.
    pub title: String,
    /// What it shows, in a sentence, for who does not see it.
    pub description: String,
    /// Its theme.
    pub theme: Theme,
    /// What is drawn, back to front.
    pub items: Vec<Item>,
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A group with a name, and the values that it shows in words.
    Group {
        /// What the group is, as a short name without spaces.
        name: &'static str,
        /// The values in it, for who does not see them.
        description: Option<String>,
        /// What it holds.
        items: Vec<Item>,
    },
    /// Rectangles of one paint.
    Cells {
        /// What they are painted with.
        paint: Paint,
        /// Where they are.
        cells: Vec<Rect>,
    },
    /// A grid of many cells of one size, kept as a picture: one palette index for each.
    Raster {
        /// Where it is; the cells fill it.
        rect: Rect,
        /// Cells across.
        columns: usize,
        /// Row by row, indices into `colors`.
        cells: Vec<u8>,
        /// At most 256.
        colors: Vec<Color>,
    },
    /// A frame.
    Frame {
        /// Where it is.
        rect: Rect,
        /// Its colour.
        color: Color,
        /// Its width.
        width: f64,
    },
    /// A straight line.
    Line {
        /// From `(x, y)`.
        from: (f64, f64),
        /// To `(x, y)`.
        to: (f64, f64),
        /// Its colour.
        color: Color,
        /// Its width.
        width: f64,
    },
    /// A filled triangle that points down at `(x, y)`.
    Pointer {
        /// The tip.
        tip: (f64, f64),
        /// Its colour.
        color: Color,
    },
    /// Round dots of one colour, with a rim.
    Dots {
        /// What they are filled with.
        fill: Color,
        /// The rim's colour.
        rim: Color,
        /// Where they are.
        places: Vec<(f64, f64)>,
    },
    /// A run of text.
    Text(Text),
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Left.
    pub x: f64,
    /// Top.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// A run of text on one line.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The text; nothing in it is invisible or changes direction.
    pub text: String,
    /// Left, middle or right end, by `anchor`.
    pub x: f64,
    /// The baseline.
    pub y: f64,
    /// The font's size.
    pub size: f64,
    /// How wide the text is set, whatever font it is set in.
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

/// Which end of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchor {
    /// The left end.
    Start,
    /// The middle.
    Middle,
    /// The right end.
    End,
}

impl Item {
    /// A group of items that were laid out from their own corner, at `(x, y)`.
    pub(crate) fn group(
        name: &'static str,
        description: Option<String>,
        items: Vec<Self>,
        (x, y): (f64, f64),
    ) -> Self {
        let items = items.into_iter().map(|item| item.moved(x, y)).collect();
        Self::Group { name, description, items }
    }

    /// The same, somewhere else.
    #[must_use]
    pub(crate) fn moved(self, dx: f64, dy: f64) -> Self {
        let point = |(x, y): (f64, f64)| (x + dx, y + dy);
        match self {
            Self::Group { name, description, items } => {
                let items = items.into_iter().map(|item| item.moved(dx, dy)).collect();
                Self::Group { name, description, items }
            }
            Self::Cells { paint, cells } => {
                Self::Cells { paint, cells: cells.into_iter().map(|r| r.moved(dx, dy)).collect() }
            }
            Self::Raster { rect, columns, cells, colors } => {
                Self::Raster { rect: rect.moved(dx, dy), columns, cells, colors }
            }
            Self::Frame { rect, color, width } => Self::Frame { rect: rect.moved(dx, dy), color, width },
            Self::Line { from, to, color, width } => {
                Self::Line { from: point(from), to: point(to), color, width }
            }
            Self::Pointer { tip, color } => Self::Pointer { tip: point(tip), color },
            Self::Dots { fill, rim, places } => {
                Self::Dots { fill, rim, places: places.into_iter().map(point).collect() }
            }
            Self::Text(text) => Self::Text(Text { x: text.x + dx, y: text.y + dy, ..text }),
        }
    }
}

impl Rect {
    fn moved(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    pub(crate) fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }
}

impl Text {
    /// Text that begins at `(x, y)`.
    pub(crate) fn new(text: impl Into<String>, x: f64, y: f64, size: f64, color: Color) -> Self {
        let text = text.into();
        let width = crate::font::width(&text, size);
        let (bold, underlined, upward) = (false, false, false);
        Self { text, x, y, size, width, color, bold, underlined, anchor: Anchor::Start, upward }
    }
    pub(crate) fn bold(self) -> Self {
        Self { bold: true, ..self }
    }
    pub(crate) fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

impl From<Text> for Item {
    fn from(text: Text) -> Self {
        Self::Text(text)
    }
}
