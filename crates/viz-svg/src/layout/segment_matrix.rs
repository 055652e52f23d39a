//! A row for each sentence that was generated, a column for each sentence of the text, a number in each cell.

use crate::layout::cells::Cells;
use crate::layout::sheet::margin;
use crate::options::Options;
use crate::paint::color::Color;
use crate::paint::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::segments::SegmentSums;

pub(crate) const SIZE: f64 = 10.0;
/// A cell's height; its widest, its least width with a number, and its least.
const HEIGHT: f64 = 22.0;
const WIDEST: f64 = 56.0;
const NUMBERED: f64 = 40.0;
const NARROWEST: f64 = 14.0;
/// Names at the left and above, at their longest.
const LEFT: f64 = 180.0;
const ABOVE: f64 = 130.0;
/// The share of a given width that names take at the left.
const SHARE: f64 = 0.3;
/// Beside names, between inputs and outputs, and before the row of all.
const GAP: f64 = 6.0;
/// Parts of the prompt, above names.
const PARTS: f64 = 18.0;
/// So many columns where no width is asked for.
const COLUMNS: f64 = 24.0;

/// The matrix of some segments.
pub(crate) struct SegmentMatrix<'a> {
    segments: &'a SegmentSums,
    scale: &'a Scale,
    left: f64,
    above: f64,
    cell: f64,
}

/// How many columns have room: with a number in each cell, or a few without.
pub(crate) fn columns(options: &Options) -> usize {
    let Some(inner) = inner(options) else { return COLUMNS as usize };
    let room = inner - left(options) - GAP;
    let most = (room / NARROWEST).min(COLUMNS).max(room / NUMBERED);
    (most.floor() as usize).max(1)
}

fn inner(options: &Options) -> Option<f64> {
    options.width.map(|width| width - 2.0 * margin(options))
}

/// What names take at the left, at the most.
fn left(options: &Options) -> f64 {
    inner(options).map_or(LEFT, |inner| (SHARE * inner).min(LEFT))
}

impl<'a> SegmentMatrix<'a> {
    pub(crate) fn new(segments: &'a SegmentSums, scale: &'a Scale, options: &Options) -> Self {
        let widest = |names: &mut dyn Iterator<Item = String>, most: f64| {
            names.map(|name| font::width(&name, SIZE) + GAP).fold(0.0, f64::max).min(most)
        };
        let names = || (0..segments.len()).map(|segment| segments.name(segment));
        let all = std::iter::once(ALL.to_owned());
        let left = widest(&mut names().skip(segments.n_input()).chain(all), left(options));
        let above = widest(&mut names(), ABOVE);
        let n = segments.len().max(1) as f64;
        let room = inner(options).map_or(COLUMNS * NUMBERED, |inner| inner - left - GAP);
        // Whole units, so that all cells look alike.
        let cell = (room / n).min(WIDEST).floor().max(NARROWEST.min(room / n));
        Self { segments, scale, left, above, cell }
    }

    /// How wide it is.
    pub(crate) fn width(&self) -> f64 {
        self.x(self.segments.len())
    }

    fn top(&self) -> f64 {
        let parts = if self.segments.columns_of_parts().is_empty() { 0.0 } else { PARTS };
        parts + self.above
    }

    /// Where a column begins.
    fn x(&self, column: usize) -> f64 {
        let beyond = column > 0 && column >= self.segments.n_input();
        self.left + column as f64 * self.cell + if beyond { GAP } else { 0.0 }
    }

    /// Where a row begins; the row of all is behind the others.
    fn y(&self, row: usize) -> f64 {
        let beyond = row >= self.segments.n_output();
        self.top() + row as f64 * HEIGHT + if beyond { GAP } else { 0.0 }
    }

    /// Every row, and that of all where there are several, with its cells.
    fn rows(&self) -> impl Iterator<Item = (usize, Vec<(usize, Value)>)> + '_ {
        let segments = self.segments;
        let n = segments.n_output();
        let all = (n > 1).then_some(n);
        (0..n).chain(all).map(move |row| {
            let value =
                move |column| if row < n { segments.value(row, column) } else { segments.of_all(column) };
            let cells = (0..segments.len()).filter_map(move |column| Some((column, value(column)?)));
            (row, cells.collect())
        })
    }

    fn rect(&self, row: usize, column: usize) -> Rect {
        Rect::new(self.x(column), self.y(row), self.cell - 1.0, HEIGHT - 1.0)
    }

    /// The cells, and frames around what sentences took from themselves.
    pub(crate) fn cells(&self) -> Vec<Item> {
        let mut cells = Cells::default();
        let mut frames = Vec::new();
        for (row, values) in self.rows() {
            for (column, value) in values {
                let rect = self.rect(row, column);
                cells.add(self.scale.paint(value), rect);
                if column == self.segments.n_input() + row {
                    frames.push(Item::Frame { rect, color: self.scale.theme.muted(), width: 1.0 });
                }
            }
        }
        cells.into_items().chain(frames).collect()
    }

    /// The numbers in the cells that have room for theirs.
    pub(crate) fn numbers(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (row, values) in self.rows() {
            for (column, value) in values {
                let Some(x) = value.number().filter(|x| x.is_finite()) else { continue };
                let number = self.number(x);
                if font::width(&number, SIZE) > self.cell - 3.0 {
                    continue;
                }
                let rect = self.rect(row, column);
                let ink = self.scale.backdrop(self.scale.paint(value)).ink();
                let middle = rect.x + rect.width / 2.0;
                let text = Text::new(number, middle, rect.y + 14.0, SIZE, ink).anchored(Anchor::Middle);
                items.push(text.into());
            }
        }
        items
    }

    /// A number without what the caption says of all.
    fn number(&self, x: f64) -> String {
        self.scale.spelled(x).trim_end_matches(['%', '\u{a0}']).to_owned()
    }

    /// The names of rows at the left, of columns above, running upwards, and of the prompt's parts above those.
    pub(crate) fn names(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let segments = self.segments;
        let mut items = Vec::new();
        for (row, _) in self.rows() {
            let is_all = row == segments.n_output();
            let name = if is_all { ALL.to_owned() } else { segments.name(segments.n_input() + row) };
            let name = font::fitted(&name, SIZE, self.left - GAP);
            let text = Text::new(name, self.left - GAP, self.y(row) + 14.0, SIZE, theme.ink());
            let text = text.anchored(Anchor::End);
            items.push(if is_all { text.bold() } else { text }.into());
        }
        for column in 0..segments.len() {
            let name = font::fitted(&segments.name(column), SIZE, self.above - GAP);
            let x = self.x(column) + (self.cell - 1.0) / 2.0 + 3.5;
            items.push(Text::new(name, x, self.top() - 4.0, SIZE, theme.ink()).upward().into());
        }
        for (name, columns) in segments.columns_of_parts() {
            let (from, to) = (self.x(columns.start), self.x(columns.end - 1) + self.cell - 4.0);
            let name = font::fitted(name, SIZE, to - from);
            if name != "…" {
                items.push(Text::new(name, from, 9.0, SIZE, theme.muted()).into());
            }
            items.push(Item::Line { from: (from, 13.0), to: (to, 13.0), color: theme.muted(), width: 1.0 });
        }
        items
    }

    /// Frames around a row and a column.
    pub(crate) fn frames(&self, row: Option<usize>, column: Option<usize>, color: Color) -> Vec<Item> {
        let row = row.map(|row| {
            let end = self.x(self.segments.n_input() + row) + self.cell - 1.0;
            Rect::new(self.left, self.y(row), end - self.left, HEIGHT - 1.0)
        });
        let column = column.map(|column| {
            let (top, rows) = (self.y(0), self.segments.n_output());
            Rect::new(self.x(column), top, self.cell - 1.0, rows.max(1) as f64 * HEIGHT - 1.0)
        });
        row.into_iter().chain(column).map(|rect| Item::Frame { rect, color, width: 1.5 }).collect()
    }

    /// Each row in words: what it took, the most first.
    pub(crate) fn in_words(&self, most: usize) -> String {
        let line = |(row, values): (usize, Vec<(usize, Value)>)| {
            let segments = self.segments;
            let finite = values
                .into_iter()
                .filter_map(|(column, value)| Some((column, value.number().filter(|x| x.is_finite())?)));
            let mut finite: Vec<(usize, f64)> = finite.collect();
            finite.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
            let own = segments.n_input() + row;
            let said = finite.iter().take(most).map(|(column, x)| {
                let of = if *column == own { "itself".to_owned() } else { (column + 1).to_string() };
                format!("{} from {of}", self.scale.spelled(*x))
            });
            let name = if row == segments.n_output() { ALL.to_owned() } else { (own + 1).to_string() };
            format!("{name}: {}", said.collect::<Vec<_>>().join(", "))
        };
        self.rows().map(line).collect::<Vec<_>>().join("\n")
    }
}

/// The row of all rows together.
const ALL: &str = "all outputs";
