//! `minimap`: the paragraph, and a small copy of it for every output.

use crate::cells::Cells;
use crate::options::too_narrow;
use crate::paragraph::Piece;
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Item, Rect, Scene, Text};
use crate::sheet::{MARGIN, Sheet};
use crate::{Chart, Error, Options, Paint, font};
use saliency_schema::Record;

const TEXT_WIDTH: f64 = 600.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// A thumbnail is the paragraph at this size, where no width is asked for.
const SHRUNK: f64 = 0.5;
const COLUMNS: usize = 3;
const BETWEEN: f64 = 20.0;
/// The narrowest thumbnail.
const LEAST: f64 = 40.0;
/// Earlier outputs under a thumbnail: so many to a line, so high.
const BLOCKS: usize = 10;
const BLOCK: f64 = 8.0;
const LABEL: f64 = 18.0;

/// The paragraph with one row's attributions (`hover`, the first by default), and under it a thumbnail of the same
/// paragraph for each output: its tokens as bars, the outputs before it as blocks, its own token below. Labels of outputs
/// before the hovered one are coloured by what that one took from them. `lock` compares every row with one. `columns`
/// thumbnails stand in a line.
#[derive(Debug, Clone, Copy, Default)]
pub struct Minimap;

impl Chart for Minimap {
    fn name(&self) -> &'static str {
        "minimap"
    }

    fn summary(&self) -> &'static str {
        "the paragraph, and a thumbnail of it for each output"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["columns"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        let n_output = rows.record.n_output();
        let scale = Scale::of(rows.all_shown(), rows.is_signed(), options)?;
        let columns = options.columns.unwrap_or(COLUMNS).clamp(1, n_output.max(1));
        let gaps = (columns - 1) as f64 * BETWEEN;
        let inner = options.width.map(|width| width - 2.0 * MARGIN);
        let prose = Prose::set(&rows, inner.map_or(TEXT_WIDTH, |inner| inner.min(TEXT_WIDTH)), LINE);
        let (text_width, text_height) = prose.text_size();
        let width = inner.map_or(text_width * SHRUNK, |inner| (inner - gaps) / columns as f64);
        if let (Some(whole), true) = (options.width, width < LEAST) {
            return Err(too_narrow(whole, LEAST * columns as f64 + gaps + 2.0 * MARGIN));
        }
        let shrunk = width / text_width;
        let height = text_height * shrunk;
        let thumbnails = Thumbnails { rows, scale, columns, width, height, shrunk, pieces: prose.pieces() };

        let mut sheet = Sheet::new(&rows, &scale, options, rows.title_of_all());
        let all: Vec<usize> = (0..n_output).collect();
        let (maps, labels) = thumbnails.items();
        let below = (0.0, prose.height() + BETWEEN);
        sheet.group("paragraph", None, prose.colored(&rows, &scale, options.token), (0.0, 0.0));
        sheet.group("thumbnails", (n_output > 0).then(|| rows.in_words(&all)), maps, below);
        sheet.group("labels", None, labels, below);
        let shown = rows.hover.map_or_else(String::new, |hover| {
            format!(" The paragraph shows “{}” (output {hover}).", rows.label(hover))
        });
        let n_input = rows.record.n_input();
        let description = format!(
            "{}: {n_output} thumbnails of a paragraph of {n_input} input tokens, one for each output.{shown}",
            sheet.title()
        );
        Ok(sheet.scene(description))
    }
}

/// The small copies of the paragraph.
struct Thumbnails<'a> {
    rows: Rows<'a>,
    scale: Scale,
    columns: usize,
    /// One thumbnail's size, without the blocks and the label under it.
    width: f64,
    height: f64,
    shrunk: f64,
    pieces: Vec<Piece>,
}

impl Thumbnails<'_> {
    /// The thumbnails, and their labels.
    fn items(&self) -> (Vec<Item>, Vec<Item>) {
        let n_output = self.rows.record.n_output();
        let (mut cells, mut labels) = (Cells::default(), Vec::new());
        let (mut top, mut next) = (0.0, 0.0);
        for row in 0..n_output {
            let column = row % self.columns;
            if column == 0 {
                top = next;
                // The line's height is that of its last thumbnail, which has the most blocks.
                let last = (row + self.columns - 1).min(n_output - 1);
                next = top + self.height + blocks_height(last) + LABEL + BETWEEN;
            }
            let x = column as f64 * (self.width + BETWEEN);
            self.thumbnail(row, (x, top), &mut cells);
            let bottom = next - LABEL - BETWEEN;
            labels.extend(self.label(row, Rect::new(x, bottom, self.width, LABEL - 2.0)));
        }
        (cells.into_items().collect(), labels)
    }

    /// One output's row over the shrunk paragraph, and the outputs before it as blocks.
    fn thumbnail(&self, row: usize, (x, y): (f64, f64), cells: &mut Cells) {
        let line = LINE * self.shrunk;
        for piece in &self.pieces {
            let r = piece.rect;
            let (left, top) = (r.x * self.shrunk, y + r.y * self.shrunk);
            // White space that hangs at a line's end stays inside.
            let width = (r.width * self.shrunk).min(self.width - left);
            let rect = Rect::new(x + left, top, width.max(0.1), (line - 1.0).max(0.7 * line));
            cells.add(self.scale.paint(self.rows.shown(row, piece.token)), rect);
        }
        let (below, block) = (y + self.height + 3.0, self.width / BLOCKS as f64);
        for earlier in 0..row {
            let (left, line) = ((earlier % BLOCKS) as f64 * block, (earlier / BLOCKS) as f64);
            let rect = Rect::new(x + left, below + line * BLOCK, block - 1.0, BLOCK - 1.0);
            cells.add(self.scale.paint(self.rows.shown(row, self.rows.record.n_input() + earlier)), rect);
        }
    }

    /// An output's own token, coloured by what the hovered output took from it.
    fn label(&self, row: usize, rect: Rect) -> Vec<Item> {
        let theme = self.scale.theme;
        let value = self.rows.hover.filter(|hover| row < *hover);
        let value =
            value.map(|hover| self.scale.paint(self.rows.shown(hover, self.rows.record.n_input() + row)));
        let paint = value.unwrap_or(Paint::Color(theme.panel()));
        let color = if value.is_some() { self.scale.backdrop(paint).ink() } else { theme.ink() };
        let label = font::fitted(&self.rows.label(row), SIZE, rect.width - 8.0);
        let mut text = Text::new(label, rect.x + 4.0, rect.y + 12.0, SIZE, color);
        text.bold = self.rows.lock == Some(row);
        let mut items = vec![Item::Cells { paint, cells: vec![rect] }, text.into()];
        if self.rows.hover == Some(row) {
            items.push(Item::Frame { rect, color: theme.mark(), width: 1.5 });
        }
        if self.rows.lock == Some(row) {
            items.push(Item::Frame { rect, color: theme.ink(), width: 2.5 });
        }
        items
    }
}

/// Room for the blocks of all outputs before one.
fn blocks_height(row: usize) -> f64 {
    row.div_ceil(BLOCKS) as f64 * BLOCK + 6.0
}
