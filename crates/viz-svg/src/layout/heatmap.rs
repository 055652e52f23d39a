//! The rows of one record as a heatmap: a row for each output, a bar for each token before it, labels beside them.

use crate::layout::cells::Cells;
use crate::layout::column_names;
use crate::layout::column_names::Name;
use crate::layout::grid::Grid;
use crate::options::Options;
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, sentences};
use crate::values::excerpt;
use crate::values::kind::Unit;
use crate::values::rows::Rows;

/// A row's height, of which the last unit stays free.
pub(crate) const ROW: f64 = 19.0;
/// Room above the bars for what the columns are.
const HEADS: f64 = 24.0;
const LABEL_ROOM: f64 = 180.0;
/// Between the bars of inputs and those of earlier outputs.
pub(crate) const GAP: f64 = 4.0;
/// All bars take at least this, so that what they are can be read.
pub(crate) const LEAST: f64 = 110.0;
/// Room for how much lies outside, right of the bars.
const OUTSIDE: f64 = 60.0;
/// The thinnest bar that may be asked for.
pub(crate) const THINNEST: f64 = 0.2;
/// The rule above the bars.
const RULE: f64 = -6.0;
/// So many rows are all shown; of more, those that stand out.
const ALL: usize = 60;
/// A row stands out where an input has so many times an even share.
const STANDS_OUT: f64 = 5.0;
/// So many columns may have a name.
const NAMED: usize = 40;

/// One record's heatmap; the bars begin at its corner, and the labels stand left of them.
pub(crate) struct Heatmap<'a> {
    pub(crate) rows: Rows<'a>,
    pub(crate) scale: Scale,
    /// A bar's width, and a row's height.
    pub(crate) bar: f64,
    pub(crate) row: f64,
    /// The widest labels.
    pub(crate) label_room: f64,
    token: Option<usize>,
    look: Look,
    /// Whether it is laid out for a page.
    for_page: bool,
    lines: Vec<Line>,
}

/// What a line of the heatmap is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Row(usize),
    /// So many rows in which nothing stands out.
    More(usize),
}

impl<'a> Heatmap<'a> {
    /// The heatmap of some rows, with bars of one unit. Of more than 60 rows, those without an input of five times an
    /// even share are counted instead of drawn, except on a page and in the notebook's look.
    pub(crate) fn of(rows: Rows<'a>, scale: &Scale, options: &Options) -> Self {
        let n_output = rows.n_output();
        let all = n_output <= ALL || options.for_page || options.look == Look::Notebook;
        let shown = |row: &usize| {
            all || rows.hover == Some(*row) || rows.lock == Some(*row) || stands_out(&rows, *row)
        };
        let mut lines = Vec::new();
        let mut next = 0;
        while next < n_output {
            let more = (next..n_output).take_while(|row| !shown(row)).count();
            // The line that counts one row has room for it.
            if more > 1 {
                lines.push(Line::More(more));
                next += more;
            } else {
                lines.push(Line::Row(next));
                next += 1;
            }
        }
        Self {
            rows,
            scale: *scale,
            bar: 1.0,
            row: ROW,
            label_room: LABEL_ROOM,
            token: options.token,
            look: options.look,
            for_page: options.for_page,
            lines,
        }
    }

    /// The same with bars of another width.
    pub(crate) fn with_bar(self, bar: f64) -> Self {
        Self { bar, ..self }
    }

    /// The labels' size.
    fn size(&self) -> f64 {
        (self.row - 3.0).clamp(8.0, 12.0)
    }

    /// A label's baseline in its row.
    fn baseline(&self) -> f64 {
        (self.row - 1.0) / 2.0 + 0.33 * self.size()
    }

    /// Every row that is shown, with its top.
    fn shown(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.lines.iter().enumerate().filter_map(|(line, what)| match what {
            Line::Row(row) => Some((*row, line as f64 * self.row)),
            Line::More(_) => None,
        })
    }

    /// The height of all rows.
    pub(crate) fn height(&self) -> f64 {
        self.lines.len() as f64 * self.row
    }

    /// Room for the labels, left of the bars: whole units, so that the bars have sharp edges.
    pub(crate) fn label_width(&self) -> f64 {
        let labels = (0..self.rows.n_output()).map(|row| font::width(&self.rows.label(row), self.size()));
        (labels.fold(40.0, f64::max).min(self.label_room) + 8.0).ceil()
    }

    /// Room for what stands above the bars.
    pub(crate) fn heads_height(&self) -> f64 {
        if self.has_names() { HEADS + column_names::HEIGHT } else { HEADS }
    }

    fn has_names(&self) -> bool {
        self.look == Look::Plain && self.rows.n_output() > 0
    }

    /// The bars' places, of some rows.
    fn grid(&self, outputs: (usize, usize)) -> Grid<'_> {
        let ground = self.scale.theme.background();
        let (cell, transposed, for_page) = ((self.bar, self.row), false, self.for_page);
        let (rows, scale) = (&self.rows, &self.scale);
        Grid { rows, scale, cell, gap: GAP, free: 1.0, transposed, ground, for_page, outputs }
    }

    /// The bars' places, of all rows.
    fn whole_grid(&self) -> Grid<'_> {
        self.grid((0, self.rows.n_output()))
    }

    /// Width of all bars.
    pub(crate) fn width(&self) -> f64 {
        self.whole_grid().extent()
    }

    /// What stands above the inputs' bars.
    fn head(&self) -> Text {
        let n_input = self.rows.n_input();
        let count = || format!("{n_input} input{}", if n_input == 1 { "" } else { "s" });
        let text = excerpt::inputs(self.rows.record).unwrap_or_else(count);
        Text::new(text, 0.0, self.head_y(), 10.0, self.scale.theme.muted())
    }

    fn head_y(&self) -> f64 {
        12.0 - self.heads_height()
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
        let share = |(row, top): (usize, f64)| {
            let share = excerpt::outside(self.rows.record, row)?;
            Some(text(share, top + self.baseline(), 11.0, ink))
        };
        std::iter::once(text("outside".to_owned(), self.head_y(), 10.0, muted))
            .chain(self.shown().filter_map(share))
            .collect()
    }

    /// The bars.
    pub(crate) fn cells(&self) -> Vec<Item> {
        // Each run of rows that follow each other is a grid of its own.
        let mut runs: Vec<(usize, usize, f64)> = Vec::new();
        for (row, top) in self.shown() {
            match runs.last_mut() {
                Some((_, end, _)) if *end == row => *end += 1,
                _ => runs.push((row, row + 1, top)),
            }
        }
        let items = |(first, end, top): (usize, usize, f64)| {
            self.grid((first, end)).items().into_iter().map(move |item| item.moved(0.0, top))
        };
        runs.into_iter().flat_map(items).collect()
    }

    /// How a page redraws the bars.
    pub(crate) fn redraw_cells(&self, panel: usize) -> Redraw {
        self.whole_grid().redraw(panel)
    }

    /// How a page redraws the labels.
    pub(crate) fn redraw_labels(&self, panel: usize) -> Redraw {
        let (n_input, width) = (self.rows.n_input(), self.label_width());
        let mut boxes = Boxes { size: self.size(), ground: true, bold: true, ..Boxes::default() };
        for (row, top) in self.shown() {
            boxes.places.push((n_input + row, Rect::new(0.0, top, width - 1.0, self.row - 1.0)));
            boxes.texts.push((n_input + row, self.label(row, top, width, self.scale.theme.ink())));
        }
        Redraw::of(panel, Part::Tokens(boxes))
    }

    /// An output's label, in the labels' width.
    fn label(&self, row: usize, top: f64, width: f64, color: Color) -> Text {
        let label = font::fitted(&self.rows.label(row), self.size(), width - 6.0);
        Text::new(label, width - 4.0, top + self.baseline(), self.size(), color).anchored(Anchor::End)
    }

    /// What the columns are: how many, the names of the strongest, and where sentences begin.
    pub(crate) fn heads(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let (n_input, n_output) = (self.rows.n_input(), self.rows.n_output());
        if n_output == 0 {
            return vec![Text::new("no output", 0.0, 12.0, self.size(), theme.muted()).into()];
        }
        let inputs = self.bar * n_input as f64;
        let head = self.head();
        let mut items = Vec::new();
        let right = self.width();
        let outputs = Text::new("earlier outputs", right, self.head_y(), 10.0, theme.muted());
        let outputs = outputs.anchored(Anchor::End);
        if n_output > 1 && head.width + outputs.width + 8.0 < right {
            items.push(outputs.into());
        }
        items.push(head.into());
        let line =
            |from: (f64, f64), to: (f64, f64)| Item::Line { from, to, color: theme.muted(), width: 1.0 };
        items.push(line((0.0, RULE), (inputs, RULE)));
        if n_output > 1 {
            items.push(line((inputs + GAP, RULE), (right, RULE)));
        }
        if self.has_names() {
            let names = column_names::items(&self.names(), right.max(LEAST), theme.muted());
            items.extend(names.into_iter().map(|item| item.moved(0.0, RULE)));
            let sentences = sentences::borders(self.rows.record.inputs()).into_iter();
            items.extend(sentences.map(|token| {
                let x = self.whole_grid().token_start(token);
                line((x, RULE), (x, RULE + 4.0))
            }));
        }
        items
    }

    /// The names of columns, the most important first: the token under the pointer, then those that got most.
    fn names(&self) -> Vec<Name> {
        let theme = self.scale.theme;
        let name = |token: usize, color: Color, bold: bool| Name {
            text: self.rows.label_of(token),
            x: self.whole_grid().token_start(token) + self.bar / 2.0,
            color,
            bold,
        };
        let order = column_names::strongest(&self.rows, &self.scale, NAMED);
        let marked = self.token.map(|token| name(token, theme.mark(), true));
        let rest = order.into_iter().filter(|token| Some(*token) != self.token);
        marked.into_iter().chain(rest.map(|token| name(token, theme.ink(), false))).collect()
    }

    /// The mark of the token under the pointer, above its column.
    pub(crate) fn marks(&self) -> Vec<Item> {
        let Some(token) = self.token.filter(|_| self.rows.n_output() > 0) else { return Vec::new() };
        let x = self.whole_grid().token_start(token) + self.bar / 2.0;
        vec![Item::Pointer { tip: (x, -0.5), color: self.scale.theme.mark() }]
    }

    /// Every output's label, from the labels' own corner.
    pub(crate) fn labels(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let label_width = self.label_width();
        let mut backs = Cells::default();
        let mut texts: Vec<Item> = Vec::new();
        for (row, top) in self.shown() {
            // An output before the hovered one is coloured by what that one took from it.
            let value = self.rows.hover.filter(|hover| row < *hover);
            let value =
                value.map(|hover| self.scale.paint(self.rows.shown(hover, self.rows.n_input() + row)));
            let paint = value.unwrap_or(Paint::Color(theme.panel()));
            let rect = Rect::new(0.0, top, label_width - 1.0, self.row - 1.0);
            backs.add(paint, rect);
            let color = if value.is_some() { self.scale.backdrop(paint).ink() } else { theme.ink() };
            let mut text = self.label(row, top, label_width, color);
            text.underlined = self.rows.hover == Some(row);
            text.bold = self.rows.lock == Some(row);
            texts.push(text.into());
            let rect = Rect::new(1.0, top, label_width - 2.0, self.row - 1.0);
            let (shown, locked) = self.scale.marks();
            if self.rows.lock == Some(row) {
                texts.push(Item::Frame { rect, color: locked, width: 2.0 });
            } else if self.rows.hover == Some(row) && self.rows.unit() != Unit::Recorded {
                texts.push(Item::Frame { rect, color: shown, width: 1.5 });
            }
        }
        for (line, what) in self.lines.iter().enumerate() {
            if let Line::More(count) = what {
                let y = line as f64 * self.row + self.baseline();
                let text = Text::new(format!("⋯ {count} more"), label_width - 4.0, y, 10.0, theme.muted());
                texts.push(text.anchored(Anchor::End).into());
            }
        }
        backs.into_items().chain(texts).collect()
    }
}

/// Whether an input has several times an even share of a row.
fn stands_out(rows: &Rows<'_>, row: usize) -> bool {
    (0..rows.n_input()).any(|token| rows.even(row, token).is_some_and(|times| times >= STANDS_OUT))
}
