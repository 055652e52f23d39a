//! A picture before it is written: rectangles, lines, dots and text runs, with colours and without tags.

mod rect;
mod text;

pub use rect::Rect;
pub use text::{Anchor, Text};

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::paint::theme::Theme;
use crate::redraw::Redraw;
use std::collections::BTreeSet;

/// A whole picture.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scene {
    /// Units across; one is a pixel at scale 1.
    pub width: f64,
    /// Units down.
    pub height: f64,
    /// What the picture is, in a few words.
    pub title: String,
    /// What it shows, in a sentence, for readers who do not see it.
    pub description: String,
    /// Its theme.
    pub theme: Theme,
    /// What is drawn, back to front.
    pub items: Vec<Item>,
    /// The prefix of the ids in its SVG. Default: `saliency-` and a hash of the picture.
    pub id_prefix: Option<String>,
}

/// One item of a picture.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Item {
    /// A group with a name, and the values that it shows in words.
    Group {
        /// What the group is, as a short name without spaces.
        name: &'static str,
        /// The values in it, for readers who do not see them.
        description: Option<String>,
        /// What it holds.
        items: Vec<Item>,
        /// How a page redraws it.
        redraw: Option<Box<Redraw>>,
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
    /// Round dots of one paint and one size, with a rim.
    Dots {
        /// What they are filled with.
        paint: Paint,
        /// The rim's colour.
        rim: Color,
        /// Their radius.
        radius: f64,
        /// Where they are.
        places: Vec<(f64, f64)>,
    },
    /// A run of text.
    Text(Text),
}

impl Scene {
    /// A picture of some size, in units, without a title, a description or items yet.
    pub fn new(width: f64, height: f64, theme: Theme) -> Self {
        let (title, description) = (String::new(), String::new());
        Self { width, height, title, description, theme, items: Vec::new(), id_prefix: None }
    }

    /// What the picture is, in a few words. Default: empty.
    #[must_use]
    pub fn with_title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// What the picture shows, in a sentence, for readers who do not see it. Default: empty.
    #[must_use]
    pub fn with_description(self, description: impl Into<String>) -> Self {
        Self { description: description.into(), ..self }
    }

    /// What is drawn, back to front. Default: nothing.
    #[must_use]
    pub fn with_items(self, items: Vec<Item>) -> Self {
        Self { items, ..self }
    }

    /// The prefix of the ids in its SVG. Default: `saliency-` and a hash of the picture.
    #[must_use]
    pub fn with_id_prefix(self, prefix: impl Into<String>) -> Self {
        Self { id_prefix: Some(prefix.into()), ..self }
    }
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
        Self::Group { name, description, items, redraw: None }
    }

    /// The same group, which a page redraws. Any other item stays as it is.
    #[must_use]
    pub(crate) fn redrawn(mut self, how: Redraw, (x, y): (f64, f64)) -> Self {
        if let Self::Group { redraw, .. } = &mut self {
            *redraw = Some(Box::new(how.moved(x, y)));
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
            Self::Dots { places, radius, .. } => {
                places.iter().map(point).reduce(Rect::around).map(|r| r.grown(radius + 1.0))
            }
            Self::Text(text) => Some(text.bounds()),
        }
    }

    /// The patterns that it is painted with.
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
            Self::Group { name, description, items, redraw } => {
                let items = items.into_iter().map(|item| item.moved(dx, dy)).collect();
                let redraw = redraw.map(|redraw| Box::new(redraw.moved(dx, dy)));
                Self::Group { name, description, items, redraw }
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
            Self::Dots { paint, rim, radius, places } => {
                Self::Dots { paint, rim, radius, places: places.into_iter().map(point).collect() }
            }
            Self::Text(text) => Self::Text(Text { x: text.x + dx, y: text.y + dy, ..text }),
        }
    }
}
