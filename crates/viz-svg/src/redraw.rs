//! Groups that a page's script redraws when the reader hovers or locks: where their parts are, without their values.

use crate::layout::axis::Axis;
use crate::scene::{Rect, Text};

/// How a page redraws a group. Charts add it to their groups where
/// [`Options::for_page`](crate::Options::for_page) is set; other writers ignore it.
#[doc(alias = "Live")]
#[derive(Debug, Clone, PartialEq)]
pub struct Redraw {
    /// The group's own corner.
    pub(crate) at: (f64, f64),
    /// The panel whose rows it shows; `None` for the hovered one's.
    pub(crate) panel: Option<usize>,
    pub(crate) part: Part,
}

/// What is redrawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    /// Tokens, each in its boxes.
    Tokens(Boxes),
    /// A cell for each output and token; measures as in [`Grid`](crate::layout::grid::Grid).
    Grid { cell: (f64, f64), gap: f64, free: f64, turned: bool, on_panel: bool },
    /// A small copy of the paragraph for each output, at its place.
    Thumbnails { boxes: Vec<(usize, Rect)>, places: Vec<Rect> },
    /// Two rows against each other: where the plot lies, its two axes, and the templates of their titles, with `{name}`
    /// and `{output}`.
    ScatterPlot { plot: Rect, axis: Axis, titles: [&'static str; 2] },
    /// Marks of the state, which a page draws over everything.
    Marks,
    /// Where words and outputs are in a picture that stays as it is drawn, to be pointed at and framed.
    Places { places: Vec<Place>, by_tokens: bool },
    /// Rows under one another, each of which can show its whole text instead.
    Rows(Unfolding),
}

/// A token's place in a picture, or that of a replacement of it, which is told by its name.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Place {
    pub(crate) token: usize,
    pub(crate) rect: Rect,
    pub(crate) replacement: Option<String>,
}

impl Place {
    /// The place of a token, or of an output.
    pub(crate) fn of(token: usize, rect: Rect) -> Self {
        Self { token, rect, replacement: None }
    }
}

/// Rows that can show their whole text: groups named `row`, in their order.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Unfolding {
    /// Which row each is, where it begins and how high it is; a line that is no row stays as it is.
    pub(crate) rows: Vec<(Option<usize>, f64, f64)>,
    /// A row's label, which begins at the left edge.
    pub(crate) label: (f64, f64),
    /// Where the whole text begins, and its width and height.
    pub(crate) text: (f64, f64, f64),
    /// The whole text.
    pub(crate) boxes: Boxes,
}

/// Tokens in boxes: a paragraph, a continuation, the labels of rows.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Boxes {
    /// The font's size.
    pub(crate) size: f64,
    /// Whether a box that has no colour is filled all the same.
    pub(crate) ground: bool,
    /// Whether the locked output's text is bold.
    pub(crate) bold: bool,
    pub(crate) places: Vec<(usize, Rect)>,
    pub(crate) texts: Vec<(usize, Text)>,
}

impl Redraw {
    /// A part that shows one panel's rows, from the group's own corner.
    pub(crate) fn of(panel: usize, part: Part) -> Self {
        Self { at: (0.0, 0.0), panel: Some(panel), part }
    }

    /// A part that shows the hovered panel's rows.
    pub(crate) fn of_hovered(part: Part) -> Self {
        Self { at: (0.0, 0.0), panel: None, part }
    }

    /// Places of words of the tokens that a page draws, which stay as they are.
    pub(crate) fn places(places: impl IntoIterator<Item = Place>) -> Self {
        Self::of_hovered(Part::Places { places: places.into_iter().collect(), by_tokens: false })
    }

    /// The same, somewhere else.
    pub(crate) fn moved(self, dx: f64, dy: f64) -> Self {
        Self { at: (self.at.0 + dx, self.at.1 + dy), ..self }
    }
}
