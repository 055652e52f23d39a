//! The rows of one record as a heatmap: a row for each output, a bar for each token before it, labels beside them.

use crate::layout::cells::Cells;
use crate::layout::grid::Grid;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::excerpt;
use crate::values::rows::Rows;

const SIZE: f64 = 12.0;
/// A row's height, of which the last unit stays free.
pub(crate) const ROW: f64 = 19.0;
/// Room for the column heads above the bars.
pub(crate) const HEADS: f64 = 24.0;
const LABEL_ROOM: f64 = 180.0;
/// Between the bars of inputs and those of earlier outputs.
pub(crate) const GAP: f64 = 4.0;
/// All bars take at least this, so that what they are can be read.
pub(crate) const LEAST: f64 = 110.0;
/// Room for how much lies outside, right of the bars.
const OUTSIDE: f64 = 60.0;
/// The thinnest bar that may be asked for.
pub(crate) const THINNEST: f64 = 0.2;

/// One record's heatmap; the bars begin at its corner, and the labels stand left of them.
pub(crate) struct Heatmap<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) scale: Scale,
    pub(crate) bar: f64,
    pub(crate) token: Option<usize>,
    /// Whether it is laid out for a page.
    pub(crate) for_page: bool,
}

impl Heatmap<'_> {
    /// Room for the labels, left of the bars.
    pub(crate) fn label_width(&self) -> f64 {
        let labels = (0..self.rows.n_output()).map(|row| font::width(&self.rows.label(row), SIZE));
        labels.fold(40.0, f64::max).min(LABEL_ROOM) + 8.0
    }

    /// The bars' places.
    fn grid(&self) -> Grid<'_> {
        let ground = self.scale.theme.background();
        let (cell, transposed, for_page) = ((self.bar, ROW), false, self.for_page);
        Grid { rows: &self.rows, scale: &self.scale, cell, gap: GAP, free: 1.0, transposed, ground, for_page }
    }

    /// Width of all bars.
    pub(crate) fn width(&self) -> f64 {
        self.grid().extent()
    }

    /// What stands above the inputs' bars.
    fn head(&self) -> Text {
        let n_input = self.rows.n_input();
        let count = || format!("{n_input} input token{}", if n_input == 1 { "" } else { "s" });
        let text = excerpt::inputs(self.rows.record).unwrap_or_else(count);
        Text::new(text, 0.0, -12.0, 10.0, self.scale.theme.muted())
    }

    /// Where the shares that lie outside end, right of the bars; `None` where all inputs are shown.
    fn outside_end(&self) -> Option<f64> {
        excerpt::inputs(self.rows.record).map(|_| self.width().max(self.head().width) + OUTSIDE)
    }

    /// Width of the bars, and of what stands right of them.
    pub(crate) fn full_width(&self) -> f64 {
        self.outside_end().unwrap_or_else(|| self.width())
    }

    /// What the bars need at least, and what stands right of them besides.
    pub(crate) fn least(&self) -> (f64, f64) {
        match self.outside_end() {
            Some(_) => (LEAST.max(self.head().width), OUTSIDE),
            None => (LEAST, 0.0),
        }
    }

    /// How much of each row lies on inputs that are not shown, right of the bars.
    pub(crate) fn outside(&self) -> Vec<Item> {
        let Some(end) = self.outside_end().filter(|_| self.rows.n_output() > 0) else {
            return Vec::new();
        };
        let (muted, ink) = (self.scale.theme.muted(), self.scale.theme.ink());
        let text = |text: String, y, size, color| {
            Item::from(Text::new(text, end, y, size, color).anchored(Anchor::End))
        };
        let rows = 0..self.rows.n_output();
        let share = |row: usize| {
            let share = excerpt::outside(self.rows.record, row)?;
            Some(text(share, row as f64 * ROW + 13.0, 11.0, ink))
        };
        std::iter::once(text("outside".to_owned(), -12.0, 10.0, muted))
            .chain(rows.filter_map(share))
            .collect()
    }

    /// The bars.
    pub(crate) fn cells(&self) -> Vec<Item> {
        self.grid().items()
    }

    /// How a page redraws the bars.
    pub(crate) fn redraw_cells(&self, panel: usize) -> Redraw {
        self.grid().redraw(panel)
    }

    /// How a page redraws the labels.
    pub(crate) fn redraw_labels(&self, panel: usize) -> Redraw {
        let (n_input, width) = (self.rows.n_input(), self.label_width());
        let mut boxes = Boxes { size: SIZE, ground: true, bold: true, ..Boxes::default() };
        for row in 0..self.rows.n_output() {
            let top = row as f64 * ROW;
            boxes.places.push((n_input + row, Rect::new(0.0, top, width - 1.0, ROW - 1.0)));
            boxes.texts.push((n_input + row, self.label(row, width, self.scale.theme.ink())));
        }
        Redraw::of(panel, Part::Tokens(boxes))
    }

    /// An output's label, in the labels' width.
    fn label(&self, row: usize, width: f64, color: Color) -> Text {
        let label = font::fitted(&self.rows.label(row), SIZE, width - 6.0);
        Text::new(label, width - 4.0, row as f64 * ROW + 13.0, SIZE, color).anchored(Anchor::End)
    }

    /// What the columns are, and the mark of the token under the pointer.
    pub(crate) fn heads(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let (n_input, n_output) = (self.rows.n_input(), self.rows.n_output());
        if n_output == 0 {
            return vec![Text::new("no output", 0.0, 12.0, SIZE, theme.muted()).into()];
        }
        let inputs = self.bar * n_input as f64;
        let text = |text: String, x: f64| Text::new(text, x, -12.0, 10.0, theme.muted());
        let head = self.head();
        let mut items = Vec::new();
        let right = self.width();
        let outputs = text("earlier outputs".to_owned(), right).anchored(Anchor::End);
        if n_output > 1 && head.width + outputs.width + 8.0 < right {
            items.push(outputs.into());
        }
        items.push(head.into());
        let rule = |from: f64, to: f64| Item::Line {
            from: (from, -7.0),
            to: (to, -7.0),
            color: theme.muted(),
            width: 1.0,
        };
        items.push(rule(0.0, inputs));
        if n_output > 1 {
            items.push(rule(inputs + GAP, right));
        }
        if let Some(token) = self.token {
            let x = self.grid().token_start(token) + self.bar / 2.0;
            items.push(Item::Pointer { tip: (x, -1.0), color: theme.mark() });
            let bottom = ROW * n_output as f64;
            for x in [x - self.bar / 2.0 - 0.5, x + self.bar / 2.0 + 0.5] {
                items.push(Item::Line { from: (x, 0.0), to: (x, bottom), color: theme.mark(), width: 1.0 });
            }
        }
        items
    }

    /// Every output's label, from the labels' own corner.
    pub(crate) fn labels(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let label_width = self.label_width();
        let mut backs = Cells::default();
        let mut texts: Vec<Item> = Vec::new();
        for row in 0..self.rows.n_output() {
            let top = row as f64 * ROW;
            // An output before the hovered one is coloured by what that one took from it.
            let value = self.rows.hover.filter(|hover| row < *hover);
            let value =
                value.map(|hover| self.scale.paint(self.rows.shown(hover, self.rows.n_input() + row)));
            let paint = value.unwrap_or(Paint::Color(theme.panel()));
            let rect = Rect::new(0.0, top, label_width - 1.0, ROW - 1.0);
            backs.add(paint, rect);
            let color = if value.is_some() { self.scale.backdrop(paint).ink() } else { theme.ink() };
            let mut text = self.label(row, label_width, color);
            text.underlined = self.rows.hover == Some(row);
            text.bold = self.rows.lock == Some(row);
            texts.push(text.into());
            if self.rows.lock == Some(row) {
                let rect = Rect::new(1.0, top, label_width - 2.0, ROW - 1.0);
                texts.push(Item::Frame { rect, color: theme.ink(), width: 2.0 });
            }
        }
        backs.into_items().chain(texts).collect()
    }
}
