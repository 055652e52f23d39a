//! A drawing before it is written: rectangles, lines, dots and text runs, with colours and without tags.

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::paint::theme::Theme;
use crate::redraw::Redraw;
use crate::text::font;
use std::collections::BTreeSet;

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
    /// What the ids in its SVG begin with. Default: `saliency-` and a hash of the picture.
    pub id_prefix: Option<String>,
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
        /// How a page redraws it.
        live: Option<Box<Redraw>>,
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
        /// Whether one of the colours says "not comparable".
        has_not_comparable: bool,
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
    /// Round dots of one paint, with a rim.
    Dots {
        /// What they are filled with.
        paint: Paint,
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
    pub fn group(
        name: &'static str,
        description: Option<String>,
        items: impl IntoIterator<Item = Self>,
        (x, y): (f64, f64),
    ) -> Self {
        let items = items.into_iter().map(|item| item.moved(x, y)).collect();
        Self::Group { name, description, items, live: None }
    }

    /// The same group, which a page redraws. What is no group stays as it is.
    #[must_use]
    pub(crate) fn redrawn(mut self, how: Redraw, (x, y): (f64, f64)) -> Self {
        if let Self::Group { live, .. } = &mut self {
            *live = Some(Box::new(how.moved(x, y)));
        }
        self
    }

    /// One rectangle of one colour.
    pub fn filled(rect: Rect, color: Color) -> Self {
        Self::Cells { paint: Paint::Color(color), cells: vec![rect] }
    }

    /// The smallest rectangle around what is drawn; `None` where nothing is.
    pub fn bounds(&self) -> Option<Rect> {
        let point = |&(x, y): &(f64, f64)| Rect::new(x, y, 0.0, 0.0);
        match self {
            Self::Group { items, .. } => items.iter().filter_map(Self::bounds).reduce(Rect::around),
            Self::Cells { cells, .. } => cells.iter().copied().reduce(Rect::around),
            Self::Raster { rect, .. } => Some(*rect),
            Self::Frame { rect, width, .. } => Some(rect.grown(width / 2.0)),
            Self::Line { from, to, width, .. } => Some(point(from).around(point(to)).grown(width / 2.0)),
            Self::Pointer { tip: (x, y), .. } => Some(Rect::new(x - 5.0, y - 7.0, 10.0, 7.0)),
            Self::Dots { places, .. } => places.iter().map(point).reduce(Rect::around).map(|r| r.grown(3.5)),
            Self::Text(text) => Some(text.bounds()),
        }
    }

    /// The patterns that are painted with.
    pub(crate) fn patterns(&self) -> BTreeSet<Pattern> {
        match self {
            Self::Group { items, .. } => items.iter().flat_map(Self::patterns).collect(),
            Self::Cells { paint: Paint::Pattern(pattern), .. }
            | Self::Dots { paint: Paint::Pattern(pattern), .. } => BTreeSet::from([*pattern]),
            // A grid holds what cannot be compared as one of its colours.
            Self::Raster { has_not_comparable: true, .. } => BTreeSet::from([Pattern::NotComparable]),
            _ => BTreeSet::new(),
        }
    }

    /// The same, somewhere else.
    #[must_use]
    pub fn moved(self, dx: f64, dy: f64) -> Self {
        let point = |(x, y): (f64, f64)| (x + dx, y + dy);
        match self {
            Self::Group { name, description, items, live } => {
                let items = items.into_iter().map(|item| item.moved(dx, dy)).collect();
                let live = live.map(|live| Box::new(live.moved(dx, dy)));
                Self::Group { name, description, items, live }
            }
            Self::Cells { paint, cells } => {
                Self::Cells { paint, cells: cells.into_iter().map(|r| r.moved(dx, dy)).collect() }
            }
            Self::Raster { rect, columns, cells, colors, has_not_comparable } => {
                Self::Raster { rect: rect.moved(dx, dy), columns, cells, colors, has_not_comparable }
            }
            Self::Frame { rect, color, width } => Self::Frame { rect: rect.moved(dx, dy), color, width },
            Self::Line { from, to, color, width } => {
                Self::Line { from: point(from), to: point(to), color, width }
            }
            Self::Pointer { tip, color } => Self::Pointer { tip: point(tip), color },
            Self::Dots { paint, rim, places } => {
                Self::Dots { paint, rim, places: places.into_iter().map(point).collect() }
            }
            Self::Text(text) => Self::Text(Text { x: text.x + dx, y: text.y + dy, ..text }),
        }
    }
}

impl Rect {
    /// A rectangle from its left upper corner.
    pub fn new(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self { x, y, width, height }
    }

    fn moved(self, dx: f64, dy: f64) -> Self {
        Self { x: self.x + dx, y: self.y + dy, ..self }
    }

    /// The smallest rectangle around two.
    pub(crate) fn around(self, other: Self) -> Self {
        let (x, y) = (self.x.min(other.x), self.y.min(other.y));
        let right = (self.x + self.width).max(other.x + other.width);
        let bottom = (self.y + self.height).max(other.y + other.height);
        Self::new(x, y, right - x, bottom - y)
    }

    /// The rectangle with a rim around it.
    fn grown(self, rim: f64) -> Self {
        Self::new(self.x - rim, self.y - rim, self.width + 2.0 * rim, self.height + 2.0 * rim)
    }

    /// Whether two rectangles share more than an edge.
    pub fn overlaps(&self, other: &Self) -> bool {
        let apart =
            |a: f64, a_size: f64, b: f64, b_size: f64| a + a_size <= b + 0.01 || b + b_size <= a + 0.01;
        !(apart(self.x, self.width, other.x, other.width)
            || apart(self.y, self.height, other.y, other.height))
    }
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

    /// The same with another meaning of its place.
    #[must_use]
    pub fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }

    /// What it covers: its width, and its ascent of 0.76 and descent of 0.24 of the size.
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
