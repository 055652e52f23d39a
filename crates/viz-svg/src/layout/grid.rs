//! Many cells, one for each (output, token): rectangles, or above a number of them a picture.

use crate::layout::cells::Cells;
use crate::paint::color::Color;
use crate::paint::scale::Scale;
use crate::paint::scale::{Paint, Pattern};
use crate::redraw::Part;
use crate::redraw::Redraw;
use crate::scene::{Item, Rect};
use crate::values::rows::Rows;

/// Cells beyond which a grid is kept as a picture: a rectangle takes 4 to 9 bytes, a pixel of a picture about one.
pub(crate) const AS_RECTANGLES: usize = 10_000;

/// Places in a picture's palette: where there is nothing, what cannot be compared, and the scale's levels behind them.
const GROUND: u8 = 0;
const NOT_COMPARABLE: u8 = 1;
const FIRST_LEVEL: u8 = 2;

/// The cells of one record.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grid<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) scale: &'a Scale,
    /// A token's and an output's measure.
    pub(crate) cell: (f64, f64),
    /// Between the cells of inputs and those of earlier outputs.
    pub(crate) gap: f64,
    /// What stays free of an output's measure.
    pub(crate) free: f64,
    /// Whether outputs run to the right and tokens down, and not the other way round.
    pub(crate) transposed: bool,
    /// Where an output did not exist yet.
    pub(crate) ground: Color,
    /// Whether it is laid out for a page, which keeps few cells as a picture too.
    pub(crate) for_page: bool,
    /// The outputs that are drawn; the first of them lies at the grid's corner.
    pub(crate) outputs: (usize, usize),
}

impl Grid<'_> {
    /// Tokens that some output has read.
    pub(crate) fn tokens(&self) -> usize {
        self.rows.n_input() + self.rows.n_output().saturating_sub(1)
    }

    /// Where a token's cells begin, from the first one's.
    pub(crate) fn token_start(&self, token: usize) -> f64 {
        token as f64 * self.cell.0 + if token >= self.rows.n_input() { self.gap } else { 0.0 }
    }

    /// What all tokens' cells take.
    pub(crate) fn extent(&self) -> f64 {
        match self.tokens() {
            0 => 0.0,
            tokens => self.token_start(tokens - 1) + self.cell.0,
        }
    }

    /// How a page redraws the grid of a panel.
    pub(crate) fn redraw(&self, panel: usize) -> Redraw {
        let on_panel = self.ground == self.scale.theme.panel();
        let part = Part::Grid {
            cell: self.cell,
            gap: self.gap,
            free: self.free,
            turned: self.transposed,
            on_panel: on_panel && self.transposed,
        };
        Redraw::of(panel, part)
    }

    /// The cells of some tokens and outputs.
    fn place(&self, token: usize, tokens: usize, output: usize, outputs: usize) -> Rect {
        let along = (self.token_start(token), tokens as f64 * self.cell.0);
        let across =
            ((output - self.outputs.0) as f64 * self.cell.1, outputs as f64 * self.cell.1 - self.free);
        let (x, y) = if self.transposed { (across, along) } else { (along, across) };
        Rect::new(x.0, y.0, x.1, y.1)
    }

    /// The cells, from the grid's own corner.
    pub(crate) fn items(&self) -> Vec<Item> {
        self.cells().into_iter().chain(self.negative()).collect()
    }

    /// A tick in each cell whose value has a negative sign that its colour does not show.
    fn negative(&self) -> Option<Item> {
        let mut cells = Vec::new();
        for output in self.outputs.0..self.outputs.1 {
            for token in (0..self.rows.length(output)).filter(|token| self.rows.hides_sign(output, *token)) {
                cells.push(self.place(token, 1, output, 1).tick());
            }
        }
        let paint = Paint::Color(self.scale.theme.ink());
        (!cells.is_empty()).then_some(Item::Cells { paint, cells })
    }

    fn cells(&self) -> Vec<Item> {
        if self.for_page || self.tokens() * self.rows.n_output() > AS_RECTANGLES {
            return self.picture();
        }
        let mut cells = Cells::default();
        for output in self.outputs.0..self.outputs.1 {
            for token in 0..self.rows.length(output) {
                let rect = self.place(token, 1, output, 1);
                cells.add(self.scale.paint(self.rows.shown(output, token)), rect);
            }
        }
        cells.into_items().collect()
    }

    /// A picture of the inputs' cells, one of the earlier outputs', and over them the hatched cells, which a
    /// picture cannot hold.
    fn picture(&self) -> Vec<Item> {
        let (n_input, (first, end)) = (self.rows.n_input(), self.outputs);
        let n_output = end - first;
        let colors: Vec<Color> = [self.ground, self.scale.theme.not_comparable()]
            .into_iter()
            .chain(self.scale.colors().iter().copied())
            .collect();
        let mut has_not_comparable = false;
        let mut hatched = Cells::default();
        let mut index = |output: usize, token: usize| {
            if token >= self.rows.length(output) {
                return GROUND;
            }
            let value = self.rows.shown(output, token);
            if let Some(level) = self.scale.level(value) {
                return FIRST_LEVEL + level as u8;
            }
            match self.scale.paint(value) {
                Paint::Pattern(Pattern::NotComparable) => {
                    has_not_comparable = true;
                    NOT_COMPARABLE
                }
                paint => {
                    hatched.add(paint, self.place(token, 1, output, 1));
                    GROUND
                }
            }
        };
        let mut pictures = Vec::new();
        for (from, to) in [(0, n_input), (n_input, self.tokens())].into_iter().filter(|(from, to)| from < to)
        {
            let tokens = to - from;
            let cells: Vec<u8> = if self.transposed {
                (from..to)
                    .flat_map(|token| (first..end).map(move |output| (output, token)))
                    .map(|(o, t)| index(o, t))
                    .collect()
            } else {
                (first..end)
                    .flat_map(|output| (from..to).map(move |token| (output, token)))
                    .map(|(o, t)| index(o, t))
                    .collect()
            };
            let mut rect = self.place(from, tokens, first, n_output);
            // The free room behind the last output belongs to the picture: all its rows are of one height.
            let side = if self.transposed { &mut rect.width } else { &mut rect.height };
            *side += self.free;
            pictures.push((rect, if self.transposed { n_output } else { tokens }, cells));
        }
        let raster = |(rect, columns, cells)| Item::Raster {
            rect,
            columns,
            cells,
            colors: colors.clone(),
            has_not_comparable,
        };
        let mut items: Vec<Item> = pictures.into_iter().map(raster).chain(hatched.into_items()).collect();
        if self.free > 0.0 {
            let rule = |output: usize| {
                let rect = self.place(0, 0, output, 1);
                let (end, all) =
                    ((output - first) as f64 * self.cell.1 + self.cell.1 - self.free, self.extent());
                if self.transposed {
                    Rect { x: end, width: self.free, height: all, ..rect }
                } else {
                    Rect { y: end, height: self.free, width: all, ..rect }
                }
            };
            items.push(Item::Cells {
                paint: Paint::Color(self.ground),
                cells: (first..end).map(rule).collect(),
            });
        }
        items
    }
}
