//! A triangle of pairs: a row and a column for each token, its name at both ends, and main effects on the diagonal.

use crate::error::Error;
use crate::layout::cells::Cells;
use crate::layout::sheet::margin;
use crate::options::{Options, too_narrow};
use crate::paint::color::Color;
use crate::paint::scale::{Scale, Value};
use crate::redraw::Place;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, sentences, visible};
use crate::values::pairs::{Pairs, places};
use crate::values::rows::Rows;

const SIZE: f64 = 10.0;
/// The least height of a row that has a name.
const NAMED: f64 = 11.0;
/// The least and the largest cell, and what all cells take where there is room.
const CELLS: (f64, f64) = (2.0, 22.0);
const WIDTH: f64 = 640.0;
/// The widest name, and what the number before a name takes besides.
const NAME: f64 = 110.0;
const NUMBER: f64 = 44.0;
/// The share of a given width that names take on each side.
const SHARE: f64 = 0.2;
const GAP: f64 = 4.0;

/// Where the triangle's parts are.
pub(crate) struct Triangle<'a, 'r> {
    rows: &'a Rows<'r>,
    pairs: &'a Pairs<'r>,
    scale: &'a Scale,
    cell: f64,
    /// What names take on the left and on the right.
    left: f64,
    right: f64,
}

impl<'a, 'r> Triangle<'a, 'r> {
    /// The triangle, at most as wide as the options say.
    pub(crate) fn new(
        (rows, pairs, scale): (&'a Rows<'r>, &'a Pairs<'r>, &'a Scale),
        options: &Options,
    ) -> Result<Self, Error> {
        let n = pairs.len().max(1) as f64;
        let mut triangle = Self { rows, pairs, scale, cell: 0.0, left: NAME, right: NAME + NUMBER };
        let mut room = WIDTH;
        if let Some(whole) = options.width {
            let inner = whole - 2.0 * margin(options);
            let least = (n * CELLS.0 / (1.0 - 2.0 * SHARE)).ceil();
            if inner < least {
                return Err(too_narrow(whole, least + 2.0 * margin(options)));
            }
            triangle.left = (inner * SHARE).min(NAME);
            triangle.right = (inner * SHARE).min(NAME + NUMBER);
            room = inner - triangle.left - triangle.right;
        }
        triangle.cell = (room / n).floor().clamp(CELLS.0, CELLS.1);
        let widest = |names: Vec<String>, most: f64| {
            let widths = names.iter().map(|name| font::width(name, SIZE) + GAP);
            widths.fold(0.0, f64::max).min(most)
        };
        let all = || 0..pairs.len();
        triangle.left = widest(all().map(|token| triangle.name(token)).collect(), triangle.left);
        triangle.right = widest(all().map(|token| triangle.named(token)).collect(), triangle.right);
        Ok(triangle)
    }

    pub(crate) fn side(&self) -> f64 {
        self.pairs.len() as f64 * self.cell
    }

    /// Where a list of some height may begin, beside the diagonal.
    pub(crate) fn beside(&self, height: f64) -> f64 {
        self.left + height.min(self.side()) + self.right + self.cell
    }

    fn name(&self, token: usize) -> String {
        visible(&self.rows.label_of(self.pairs.position(token)))
    }

    /// A token's name with its main effect before it.
    fn named(&self, token: usize) -> String {
        let number = self.pairs.value(token, token).filter(|value| value.number().is_some());
        let number = number.filter(|_| self.cell >= NAMED);
        let number = number.map(|value| self.pairs.unit.spelled(value, self.rows.compares()));
        let name = self.name(token);
        number.map_or_else(|| name.clone(), |number| format!("{number} {name}"))
    }

    /// The cells: of pairs below the diagonal, and of main effects on it.
    pub(crate) fn cells(&self) -> Vec<Item> {
        let gap = if self.cell >= 8.0 { 1.0 } else { 0.0 };
        let mut cells = Cells::default();
        let diagonal = (0..self.pairs.len()).map(|token| (token, token));
        for (i, j) in places(self.pairs.len()).chain(diagonal) {
            if let Some(value) = self.pairs.value(i, j) {
                let (left, top) = (self.left + i as f64 * self.cell, j as f64 * self.cell);
                cells.add(self.scale.paint(value), Rect::new(left, top, self.cell - gap, self.cell - gap));
            }
        }
        cells.into_items().collect()
    }

    /// A step around each main effect, and a line where a sentence begins.
    pub(crate) fn lines(&self) -> Vec<Item> {
        let (cell, n) = (self.cell, self.pairs.len());
        let color = self.scale.theme.muted();
        let mut items = Vec::new();
        if cell >= 8.0 {
            let frame = |token: usize| {
                let at = token as f64 * cell;
                let rect = Rect::new(self.left + at, at, cell - 1.0, cell - 1.0);
                Item::Frame { rect, color, width: 0.7 }
            };
            items.extend((0..n).map(frame));
        }
        let mut borders: Vec<usize> = sentences::borders(self.rows.record().inputs())
            .into_iter()
            .map(|token| self.pairs.before(token))
            .filter(|before| (1..n).contains(before))
            .collect();
        borders.dedup();
        let half = if cell >= 8.0 { 0.5 } else { 0.0 };
        for before in borders {
            let at = before as f64 * cell - half;
            let corner = (self.left + at, at);
            items.push(Item::Line { from: (self.left, at), to: corner, color, width: 0.8 });
            items.push(Item::Line { from: corner, to: (self.left + at, self.side()), color, width: 0.8 });
        }
        items
    }

    /// A frame around a token's row and column.
    pub(crate) fn frames(&self, token: usize, color: Color) -> Vec<Item> {
        let at = token as f64 * self.cell;
        let row = Rect::new(self.left, at, at + self.cell, self.cell);
        let column = Rect::new(self.left + at, at, self.cell, self.side() - at);
        [row, column].map(|rect| Item::Frame { rect, color, width: 1.5 }).into()
    }

    /// Where tokens are: their rows with the names before them, and their columns.
    pub(crate) fn places(&self) -> Vec<Place> {
        let place = |token: usize| {
            let at = token as f64 * self.cell;
            let row = Rect::new(0.0, at, self.left + at + self.cell, self.cell);
            let column = Rect::new(self.left + at, at, self.cell, self.side() - at);
            [row, column].map(|rect| Place::of(self.pairs.position(token), rect))
        };
        (0..self.pairs.len()).flat_map(place).collect()
    }

    /// The names at both ends; of rows that are too low for one those with the largest main effects, as far as there is
    /// room.
    pub(crate) fn names(&self) -> Vec<Item> {
        let size = |token: &usize| match self.pairs.value(*token, *token) {
            Some(Value::Number(x)) if x.is_finite() => x.abs(),
            _ => 0.0,
        };
        let mut order: Vec<usize> = (0..self.pairs.len()).collect();
        order.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let middle = |token: usize| (token as f64 + 0.5) * self.cell;
        let mut named: Vec<usize> = Vec::new();
        for token in order {
            if named.iter().all(|other| (middle(*other) - middle(token)).abs() >= NAMED) {
                named.push(token);
            }
        }
        let color = self.scale.theme.ink();
        let mut items = Vec::new();
        for token in named {
            let y = middle(token) + 3.0;
            let name = font::fitted(&self.name(token), SIZE, self.left - GAP);
            items.push(Text::new(name, self.left - GAP, y, SIZE, color).anchored(Anchor::End).into());
            let name = font::fitted(&self.named(token), SIZE, self.right - GAP);
            let x = self.left + (token + 1) as f64 * self.cell + GAP - 1.0;
            items.push(Text::new(name, x, y, SIZE, color).into());
        }
        items
    }
}
