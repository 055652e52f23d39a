//! A square of numbers: a row and a column for each of some names, a colour and a number in each cell.

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;

const SIZE: f64 = 11.0;
const SMALL: f64 = 9.0;
/// A cell's height, and its width at its widest and its narrowest.
const HEIGHT: f64 = 34.0;
const WIDEST: f64 = 84.0;
const NARROWEST: f64 = 34.0;
/// Names at the left, at their widest.
const NAMES: f64 = 200.0;
const GAP: f64 = 8.0;

/// A cell: its number and what stands under it, and its colour; or nothing, which is hatched.
pub(crate) struct Cell {
    pub(crate) number: String,
    pub(crate) below: String,
    pub(crate) color: Option<Color>,
}

/// A square of cells under numbered columns.
pub(crate) struct Matrix<'a> {
    pub(crate) names: &'a [String],
    /// The cell of a row and a column; none on the diagonal.
    pub(crate) cells: &'a dyn Fn(usize, usize) -> Option<Cell>,
    pub(crate) ink: Color,
    pub(crate) muted: Color,
}

impl Matrix<'_> {
    fn left(&self) -> f64 {
        let widest = self.numbered().map(|name| font::width(&name, SIZE)).fold(0.0, f64::max);
        widest.min(NAMES) + GAP
    }

    fn numbered(&self) -> impl Iterator<Item = String> + '_ {
        let numbered = |(number, name): (usize, &String)| format!("{number} {name}").trim_end().to_owned();
        self.names.iter().enumerate().map(numbered)
    }

    /// The least width that it needs.
    pub(crate) fn least(&self) -> f64 {
        self.left() + self.names.len() as f64 * NARROWEST
    }

    /// How wide it is drawn where there is room.
    pub(crate) fn width(&self) -> f64 {
        self.left() + self.names.len() as f64 * WIDEST
    }

    /// The square, in some width.
    pub(crate) fn items(&self, width: f64) -> Vec<Item> {
        let (left, n) = (self.left(), self.names.len());
        let wide = ((width - left) / n.max(1) as f64).clamp(NARROWEST, WIDEST);
        let mut items = Vec::new();
        for (row, name) in self.numbered().enumerate() {
            let top = 18.0 + row as f64 * HEIGHT;
            let name = font::fitted(&name, SIZE, left - GAP);
            let right = left - GAP;
            items.push(Text::new(name, right, top + 21.0, SIZE, self.ink).anchored(Anchor::End).into());
            let middle = left + (row as f64 + 0.5) * wide;
            let head = Text::new(row.to_string(), middle, 12.0, SIZE, self.ink).anchored(Anchor::Middle);
            items.push(head.bold().into());
            for column in 0..n {
                let place = Rect::new(left + column as f64 * wide, top, wide - 1.0, HEIGHT - 1.0);
                items.extend((self.cells)(row, column).into_iter().flat_map(|cell| Self::cell(&cell, place)));
            }
        }
        items
    }

    fn cell(cell: &Cell, place: Rect) -> Vec<Item> {
        let paint = cell.color.map_or(Paint::Pattern(Pattern::NotComparable), Paint::Color);
        let mut items = vec![Item::Cells { paint, cells: vec![place] }];
        let Some(color) = cell.color else { return items };
        let middle = place.x + place.width / 2.0;
        let fits = !cell.below.is_empty() && font::width(&cell.below, SMALL) <= place.width - 4.0;
        let baseline = place.y + if fits { 15.0 } else { 21.0 };
        let text = |text: &str, y: f64, size: f64| {
            Text::new(text, middle, y, size, color.ink()).anchored(Anchor::Middle).into()
        };
        items.push(text(&cell.number, baseline, SIZE));
        if fits {
            items.push(text(&cell.below, place.y + 27.0, SMALL));
        }
        items
    }

    /// A key to the colours: from one end to the other, with words at both.
    pub(crate) fn key(&self, (low, high): (&str, &str), color: impl Fn(f64) -> Color) -> Vec<Item> {
        const CELLS: u8 = 32;
        const WIDE: f64 = 4.0;
        let left = Text::new(low, 0.0, 10.0, SIZE, self.muted);
        let start = left.width + GAP;
        let mut items: Vec<Item> = vec![left.into()];
        for cell in 0..CELLS {
            let share = f64::from(cell) / f64::from(CELLS - 1);
            let place = Rect::new(start + f64::from(cell) * WIDE, 1.0, WIDE, 10.0);
            items.push(Item::Cells { paint: Paint::Color(color(2.0 * share - 1.0)), cells: vec![place] });
        }
        let end = start + f64::from(CELLS) * WIDE + GAP;
        items.push(Text::new(high, end, 10.0, SIZE, self.muted).into());
        items
    }
}
