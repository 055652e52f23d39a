//! `tall-heatmap`: one row for each output, one bar for each token before it, beside the paragraph.

use super::highlight::ends;
use crate::cells::Cells;
use crate::legend::Legend;
use crate::options::{States, one};
use crate::paragraph::Paragraph;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Anchor, Item, Rect, Scene, Text};
use crate::{Chart, Error, Options, Paint, font, pair};
use saliency_schema::Record;

const MARGIN: f64 = 24.0;
const TEXT_WIDTH: f64 = 500.0;
const PADDING: f64 = 10.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 21.0;
/// A row's height, of which the last unit stays free.
const ROW: f64 = 19.0;
const HEADING: f64 = 28.0;
/// Room for the column heads above the bars.
const HEADS: f64 = 24.0;
const BARS: f64 = 640.0;
const LABEL_ROOM: f64 = 180.0;
/// Between the bars of inputs and those of earlier outputs.
const GAP: f64 = 4.0;

/// The whole record at once. `hover` is the row that the paragraph and the labels show (the first by default), `lock`
/// the row that every other is compared with, `token` the input whose column is marked.
#[derive(Debug, Clone, Copy, Default)]
pub struct TallHeatmap;

/// Where everything goes.
struct Layout<'a> {
    rows: Rows<'a>,
    states: States,
    options: &'a Options,
    scale: Scale,
    label_width: f64,
    bar: f64,
}

impl Chart for TallHeatmap {
    fn name(&self) -> &'static str {
        "tall-heatmap"
    }

    fn summary(&self) -> &'static str {
        "a row for each output, a bar for each token before it, beside the paragraph; locked rows compare"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        let rows = Rows::new(record, states);
        let scale = Scale::of(rows.all_shown(), rows.is_signed(), options)?;
        let labels = (0..record.n_output()).map(|row| font::width(&rows.label(row), SIZE));
        let columns = record.tokens.len().saturating_sub(1).max(1) as f64;
        let layout = Layout {
            rows,
            states,
            options,
            scale,
            label_width: labels.fold(40.0, f64::max).min(LABEL_ROOM) + 8.0,
            bar: (BARS / columns).round().clamp(1.0, 12.0),
        };
        Ok(layout.scene())
    }
}

impl Layout<'_> {
    fn scene(&self) -> Scene {
        let (record, theme) = (self.rows.record, self.options.theme);
        let mut cells = self.cells();
        let (paragraph_items, paragraph_height) = self.paragraph(&mut cells);
        let patterns = cells.patterns();
        let title = self.options.title.clone().unwrap_or_else(|| self.title());
        let heat_left = MARGIN + TEXT_WIDTH + 24.0;
        let bars_left = heat_left + self.label_width;
        let right = bars_left + self.column(record.tokens.len().saturating_sub(1)) + MARGIN;
        let width = right.max(bars_left + 120.0 + MARGIN).max(heat_left + 240.0 + MARGIN);
        let room = (MARGIN, MARGIN, width - 2.0 * MARGIN);
        let ends = ends(&self.rows);
        let legend = Legend::new(room, &title, record, self.options, &self.scale, &ends, &patterns);
        let top = MARGIN + legend.height + 12.0;
        let body = top + HEADING;

        let mut items = legend.items;
        let heading =
            |text: &str, x: f64| Item::from(Text::new(text, x, top + 16.0, 14.0, theme.ink()).bold());
        items.push(heading("Input", MARGIN));
        items.push(heading("Output", heat_left));
        items.push(group("paragraph", None, paragraph_items, (MARGIN, body)));
        let words = self.rows.in_words(&(0..record.n_output()).collect::<Vec<_>>());
        let words = (record.n_output() > 0).then_some(words);
        let rows_top = body + HEADS;
        let mut heat: Vec<Item> = cells.into_items().collect();
        heat.extend(self.heads());
        items.push(group("rows", words, heat, (bars_left, rows_top)));
        items.push(group("labels", None, self.labels(), (heat_left, rows_top)));
        let mut height = (body + paragraph_height).max(rows_top + ROW * record.n_output() as f64);
        if let Some(hover) = self.rows.hover {
            let pair_top = body + paragraph_height + 28.0;
            let heading = Text::new("Attribution", MARGIN, pair_top + 8.0, 14.0, theme.ink()).bold();
            items.push(heading.into());
            let x = self.rows.lock.unwrap_or(hover);
            let (left, top) = (MARGIN, pair_top + 12.0);
            items.extend(pair::pair(&self.rows, (x, hover), &self.scale, left, top, self.states.token));
            height = height.max(top + pair::SIZE.1);
        } else {
            let empty = Text::new("The record holds no output.", heat_left, body + 16.0, SIZE, theme.muted());
            items.push(empty.into());
        }
        Scene { width, height: height + MARGIN, description: self.sentence(), title, theme, items }
    }

    fn title(&self) -> String {
        match self.rows.lock {
            Some(lock) => format!("Every output compared with “{}” (output {lock})", self.rows.label(lock)),
            None => "What every output looked at".to_owned(),
        }
    }

    fn sentence(&self) -> String {
        let record = self.rows.record;
        let counts = format!(
            "{}: {} output tokens in rows, {} input tokens and the outputs before each in columns.",
            self.title(),
            record.n_output(),
            record.n_input()
        );
        match self.rows.hover {
            Some(hover) => {
                format!("{counts} The paragraph shows “{}” (output {hover}).", self.rows.label(hover))
            }
            None => counts,
        }
    }

    /// Where a token's bars begin, from the first one's left.
    fn column(&self, token: usize) -> f64 {
        let gap = if token > self.rows.record.n_input() { GAP } else { 0.0 };
        token as f64 * self.bar + gap
    }

    /// The left edge of a token's own bar.
    fn bar_left(&self, token: usize) -> f64 {
        let gap = if token >= self.rows.record.n_input() { GAP } else { 0.0 };
        token as f64 * self.bar + gap
    }

    fn cells(&self) -> Cells {
        let mut cells = Cells::default();
        for row in 0..self.rows.record.n_output() {
            let top = row as f64 * ROW;
            for token in 0..self.rows.length(row) {
                let paint = self.scale.paint(self.rows.shown(row, token));
                cells.add(paint, Rect::new(self.bar_left(token), top, self.bar, ROW - 1.0));
            }
        }
        cells
    }

    /// What the columns are, and the mark of the token under the pointer.
    fn heads(&self) -> Vec<Item> {
        let (record, theme) = (self.rows.record, self.options.theme);
        let n_input = record.n_input();
        let inputs = self.bar * n_input as f64;
        let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
        let text = |text: String, x: f64| Text::new(text, x, -12.0, 10.0, theme.muted());
        let head = text(count(n_input, "input token"), 0.0);
        let mut items = Vec::new();
        let outputs =
            text("earlier outputs".to_owned(), self.column(record.tokens.len() - 1)).anchored(Anchor::End);
        if record.n_output() > 1 && head.width + outputs.width + 8.0 < self.column(record.tokens.len() - 1) {
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
        if record.n_output() > 1 {
            items.push(rule(inputs + GAP, self.column(record.tokens.len() - 1)));
        }
        if let Some(token) = self.states.token {
            let x = self.bar_left(token) + self.bar / 2.0;
            items.push(Item::Pointer { tip: (x, -1.0), color: theme.mark() });
            let bottom = ROW * record.n_output() as f64;
            for x in [x - self.bar / 2.0 - 0.5, x + self.bar / 2.0 + 0.5] {
                items.push(Item::Line { from: (x, 0.0), to: (x, bottom), color: theme.mark(), width: 1.0 });
            }
        }
        items
    }

    fn labels(&self) -> Vec<Item> {
        let (record, theme) = (self.rows.record, self.options.theme);
        let mut backs = Cells::default();
        let mut texts: Vec<Item> = Vec::new();
        for row in 0..record.n_output() {
            let top = row as f64 * ROW;
            // An output before the hovered one is coloured by what that one took from it.
            let value = self.rows.hover.filter(|hover| row < *hover);
            let value = value.map(|hover| self.scale.paint(self.rows.shown(hover, record.n_input() + row)));
            let paint = value.unwrap_or(Paint::Color(theme.panel()));
            let rect = Rect::new(0.0, top, self.label_width - 1.0, ROW - 1.0);
            backs.add(paint, rect);
            let label = font::fitted(&self.rows.label(row), SIZE, self.label_width - 6.0);
            let color = if value.is_some() { self.scale.backdrop(paint).ink() } else { theme.ink() };
            let mut text =
                Text::new(label, self.label_width - 4.0, top + 13.0, SIZE, color).anchored(Anchor::End);
            text.underlined = self.rows.hover == Some(row);
            text.bold = self.rows.lock == Some(row);
            texts.push(text.into());
            if self.rows.lock == Some(row) {
                let rect = Rect::new(1.0, top, self.label_width - 2.0, ROW - 1.0);
                texts.push(Item::Frame { rect, color: theme.ink(), width: 2.0 });
            }
        }
        backs.into_items().chain(texts).collect()
    }

    /// The input text, coloured by the hovered row.
    fn paragraph(&self, all: &mut Cells) -> (Vec<Item>, f64) {
        let (record, theme) = (self.rows.record, self.options.theme);
        let paragraph = Paragraph::set(record.inputs(), TEXT_WIDTH - 2.0 * PADDING, SIZE, LINE);
        let height = paragraph.height() + 2.0 * PADDING;
        let panel = Rect::new(0.0, 0.0, TEXT_WIDTH, height);
        let mut items = vec![Item::Cells { paint: Paint::Color(theme.panel()), cells: vec![panel] }];
        let paint =
            |token: usize| self.rows.hover.map(|hover| self.scale.paint(self.rows.shown(hover, token)));
        let pieces = paragraph.pieces(PADDING, PADDING);
        let mut cells = Cells::default();
        for piece in &pieces {
            if let Some(paint) = paint(piece.token) {
                cells.add(paint, Rect { y: piece.rect.y + 2.0, height: LINE - 4.0, ..piece.rect });
            }
        }
        // The paragraph's patterns belong in the legend, too.
        for pattern in cells.patterns() {
            all.note(Paint::Pattern(pattern));
        }
        items.extend(cells.into_items());
        let ink = |token: usize| paint(token).map_or(theme.ink(), |paint| self.scale.backdrop(paint).ink());
        items.extend(paragraph.runs(PADDING, PADDING, ink).into_iter().map(Item::from));
        for piece in pieces.iter().filter(|p| Some(p.token) == self.states.token) {
            let rect = Rect { y: piece.rect.y + 1.0, height: LINE - 2.0, ..piece.rect };
            items.push(Item::Frame { rect, color: theme.mark(), width: 2.5 });
        }
        (items, height)
    }
}

/// A group whose items were laid out from its own corner.
fn group(name: &'static str, description: Option<String>, items: Vec<Item>, (x, y): (f64, f64)) -> Item {
    let items = items.into_iter().map(|item| item.moved(x, y)).collect();
    Item::Group { name, description, items }
}
