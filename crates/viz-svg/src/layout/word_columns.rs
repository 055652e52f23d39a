//! Words in cells of one width, wrapped like prose, and above each a column of ticks: one for each output, the first at
//! the bottom.

use crate::layout::cells::Cells;
use crate::layout::grid::AS_RECTANGLES;
use crate::paint::color::Color;
use crate::paint::scale::{Paint, Scale, Value};
use crate::redraw;
use crate::scene::{Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::bins::Bins;
use crate::values::rows::Rows;

/// A cell's width.
pub(crate) const CELL: f64 = 46.0;
/// What stays free of it between two columns.
const FREE: f64 = 4.0;
/// A column of ticks takes about this, and a tick with what stays free above it from 2 to 8.
const COLUMN: f64 = 60.0;
const SIZE: f64 = 10.0;
/// A line of words, and what stays free below it.
const WORD: f64 = 16.0;
const BELOW: f64 = 14.0;
/// A long word takes so many cells at the most.
const LONGEST: usize = 4;
/// The tick of a value that is hidden.
const STUB: f64 = 4.0;

/// The inputs' columns.
pub(crate) struct WordColumns<'a> {
    rows: &'a Rows<'a>,
    scale: &'a Scale,
    bins: &'a Bins,
    /// Whether it is laid out for a page, which does not draw it anew: words are not coloured then.
    for_page: bool,
    places: Vec<Place>,
    /// A tick with what stays free above it.
    step: f64,
}

/// Where a word is.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
    /// How many cells its name takes.
    cells: usize,
}

impl<'a> WordColumns<'a> {
    /// The columns in lines of so many cells.
    pub(crate) fn new(
        (rows, scale, bins): (&'a Rows<'a>, &'a Scale, &'a Bins),
        columns: usize,
        for_page: bool,
    ) -> Self {
        let step = (COLUMN / bins.len().max(1) as f64).floor().clamp(2.0, 8.0);
        let places = places(rows, columns);
        Self { rows, scale, bins, for_page, places, step }
    }

    fn band(&self) -> f64 {
        self.bins.len() as f64 * self.step
    }

    fn lines(&self) -> usize {
        self.places.last().map_or(0, |last| last.line + 1)
    }

    pub(crate) fn height(&self) -> f64 {
        (self.lines() as f64 * (self.band() + WORD + BELOW) - BELOW).max(0.0)
    }

    /// The upper left corner of a word's column.
    fn corner(&self, token: usize) -> (f64, f64) {
        let Place { line, column, .. } = self.places[token];
        (column as f64 * CELL, line as f64 * (self.band() + WORD + BELOW))
    }

    /// The ticks, on a band for each line.
    pub(crate) fn ticks(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        if self.bins.len() == 0 {
            return Vec::new();
        }
        let as_picture = self.for_page || self.places.len() * self.bins.len() > AS_RECTANGLES;
        let (mut lines, mut ink) = (vec![Cells::default(); self.lines()], Vec::new());
        let (mut zeros, mut ends) = (Vec::new(), vec![0.0_f64; self.lines()]);
        for (token, place) in self.places.iter().enumerate() {
            let (left, top) = self.corner(token);
            for bin in 0..self.bins.len() {
                let value = self.bins.value(self.rows, bin, token);
                let Some(rect) = self.tick(token, bin, value) else { continue };
                lines[place.line].add(self.scale.paint(value), rect);
                if self.bins.hides_sign(self.rows, bin, token) {
                    ink.push(Rect { width: 2.0, ..rect });
                }
            }
            zeros.push(Rect::new(left + self.zero(), top, 1.0, self.band()));
            ends[place.line] = ends[place.line].max(left + place.cells as f64 * CELL);
        }
        let band = |(line, end): (usize, f64)| {
            Rect::new(0.0, line as f64 * (self.band() + WORD + BELOW), end, self.band())
        };
        let bands: Vec<Rect> = ends.into_iter().enumerate().map(band).collect();
        let mut items = Vec::new();
        if as_picture {
            let drawn = lines.into_iter().zip(bands);
            items.extend(drawn.flat_map(|(cells, band)| cells.into_picture(band, theme.panel())));
        } else {
            items.push(Item::Cells { paint: Paint::Color(theme.panel()), cells: bands });
            let mut all = Cells::default();
            for cells in lines {
                all.extend(cells);
            }
            items.extend(all.into_items());
        }
        let grid =
            if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
        items.push(Item::Cells { paint: Paint::Color(grid), cells: zeros });
        if !ink.is_empty() {
            items.push(Item::Cells { paint: Paint::Color(theme.ink()), cells: ink });
        }
        items
    }

    /// Where a column's zero is, from its corner.
    fn zero(&self) -> f64 {
        if self.scale.palette.is_diverging() { (CELL - FREE) / 2.0 } else { 0.0 }
    }

    /// A tick: as long as its value is large, to the left where that is below 0; all of the column where it is no
    /// finite number. `None` for one that is too short to be seen.
    fn tick(&self, token: usize, bin: usize, value: Value) -> Option<Rect> {
        let (left, top) = self.corner(token);
        let (y, height) = (top + self.band() - (bin + 1) as f64 * self.step, self.step - 1.0);
        let room = CELL - FREE - 1.0;
        // A stub: there may be many.
        if value == Value::Hidden {
            return Some(Rect::new(left + self.zero() + 1.0, y, STUB, height));
        }
        if let Paint::Pattern(_) = self.scale.paint(value) {
            return Some(Rect::new(left + 1.0, y, room, height));
        }
        let share = self.scale.share(value.number().unwrap_or(0.0));
        let zero = left + self.zero();
        let reach = if self.scale.palette.is_diverging() { room / 2.0 } else { room };
        let length = share.abs() * reach;
        let from = if share < 0.0 { zero - length } else { zero + 1.0 };
        (length >= 0.25).then_some(Rect::new(from, y, length, height))
    }

    /// The words, coloured by the hovered output.
    pub(crate) fn words(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let hover = self.rows.hover.filter(|_| !self.for_page);
        let (mut grounds, mut ink, mut texts) = (Cells::default(), Vec::new(), Vec::new());
        for (token, place) in self.places.iter().enumerate() {
            let (left, top) = self.corner(token);
            let room = place.cells as f64 * CELL - FREE;
            let rect = Rect::new(left, top + self.band() + 1.0, room, WORD - 1.0);
            let mut color = theme.ink();
            if let Some(row) = hover {
                let paint = self.scale.paint(self.rows.shown(row, token));
                grounds.add(paint, rect);
                color = self.scale.backdrop(paint).ink();
                if self.rows.hides_sign(row, token) {
                    ink.push(rect.tick());
                }
            }
            let name = font::fitted(&visible(&self.rows.label_of(token)), SIZE, room - 2.0);
            texts.push(Text::new(name, left + 1.0, rect.y + 11.0, SIZE, color).into());
        }
        let ink = (!ink.is_empty()).then_some(Item::Cells { paint: Paint::Color(theme.ink()), cells: ink });
        grounds.into_items().chain(ink).chain(texts).collect()
    }

    /// A frame around a word and its column.
    pub(crate) fn frame(&self, token: usize, color: Color) -> Item {
        Item::Frame { rect: self.whole(token), color, width: 2.0 }
    }

    /// Where words and their columns are.
    pub(crate) fn places(&self) -> impl Iterator<Item = redraw::Place> + '_ {
        (0..self.places.len()).map(|token| redraw::Place::of(token, self.whole(token)))
    }

    fn whole(&self, token: usize) -> Rect {
        let (left, top) = self.corner(token);
        let width = self.places[token].cells as f64 * CELL - FREE;
        Rect::new(left, top, width, self.band() + WORD).grown(-0.5)
    }
}

/// Where each input is, in lines of so many cells. A name that is wider than a cell takes more of them; after a line
/// break in the text a new line begins.
fn places(rows: &Rows<'_>, columns: usize) -> Vec<Place> {
    let (mut line, mut column, mut broken) = (0, 0, false);
    let place = |token: usize| {
        let name = font::width(&visible(&rows.label_of(token)), SIZE) + 2.0 + FREE;
        let cells = ((name / CELL).ceil().min(LONGEST as f64) as usize).clamp(1, columns);
        if broken || column + cells > columns {
            (line, column) = (line + 1, 0);
        }
        let place = Place { line, column, cells };
        column += cells;
        broken = rows.record.tokens[token].text.contains('\n');
        place
    };
    (0..rows.n_input()).map(place).collect()
}
