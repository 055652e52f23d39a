//! `minimap`: the paragraph, and a small copy of it for every output.

use super::highlight::ends;
use super::tall_heatmap::title;
use crate::cells::Cells;
use crate::legend::Legend;
use crate::options::{States, one};
use crate::paragraph::Piece;
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Item, Rect, Scene, Text};
use crate::{Chart, Error, Options, Paint, font};
use saliency_schema::Record;

const MARGIN: f64 = 24.0;
const TEXT_WIDTH: f64 = 600.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// A thumbnail is the paragraph at this size.
const SHRUNK: f64 = 0.5;
const COLUMNS: usize = 3;
const BETWEEN: f64 = 20.0;
/// Earlier outputs under a thumbnail: so many to a line, so high.
const BLOCKS: usize = 10;
const BLOCK: f64 = 8.0;
const LABEL: f64 = 18.0;

/// The paragraph with one row's attributions (`hover`, the first by default), and under it a thumbnail of the same
/// paragraph for each output: its tokens as bars, the outputs before it as blocks, its own token below. Labels of outputs
/// before the hovered one are coloured by what that one took from them. `lock` compares every row with one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Minimap;

impl Chart for Minimap {
    fn name(&self) -> &'static str {
        "minimap"
    }

    fn summary(&self) -> &'static str {
        "the paragraph, and a thumbnail of it for each output"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        let rows = Rows::new(record, states);
        let scale = Scale::of(rows.all_shown(), rows.is_signed(), options)?;
        let prose = Prose::set(&rows, TEXT_WIDTH, LINE);
        let map = Map { rows, options, scale, pieces: prose.pieces(), height: prose.text_size().1 };
        Ok(map.scene(&prose, states.token))
    }
}

struct Map<'a> {
    rows: Rows<'a>,
    options: &'a Options,
    scale: Scale,
    pieces: Vec<Piece>,
    height: f64,
}

impl Map<'_> {
    fn scene(&self, prose: &Prose, token: Option<usize>) -> Scene {
        let (record, theme) = (self.rows.record, self.options.theme);
        let title = title(&self.rows);
        let title = self.options.title.clone().unwrap_or(title);
        let thumbnail = prose.text_size().0 * SHRUNK;
        let width = COLUMNS as f64 * thumbnail + (COLUMNS - 1) as f64 * BETWEEN;

        let mut cells = Cells::default();
        let mut labels = Vec::new();
        let mut tops = (0.0, 0.0);
        for row in 0..record.n_output() {
            let column = row % COLUMNS;
            if column == 0 {
                tops.0 = tops.1;
                // The line's height is that of its last thumbnail, which has the most blocks.
                let last = (row + COLUMNS - 1).min(record.n_output() - 1);
                tops.1 = tops.0 + self.height * SHRUNK + blocks_height(last) + LABEL + BETWEEN;
            }
            let (x, y) = (column as f64 * (thumbnail + BETWEEN), tops.0);
            self.thumbnail(row, (x, y), thumbnail, &mut cells);
            let bottom = tops.1 - LABEL - BETWEEN;
            labels.extend(self.label(row, Rect::new(x, bottom, thumbnail, LABEL - 2.0)));
        }
        let height = tops.1;
        let colored = prose.colored(&self.rows, &self.scale, token);
        let patterns = cells.patterns().union(&colored.patterns).copied().collect();
        let ends = ends(&self.rows);
        let room = (MARGIN, MARGIN, width);
        let legend = Legend::new(room, &title, record, self.options, &self.scale, &ends, &patterns);
        let top = MARGIN + legend.height + 12.0;
        let maps_top = top + prose.height() + BETWEEN;

        let mut items = legend.items;
        items.push(Item::group("paragraph", None, colored.items, (MARGIN, top)));
        let words =
            (record.n_output() > 0).then(|| self.rows.in_words(&(0..record.n_output()).collect::<Vec<_>>()));
        let maps = (MARGIN, maps_top);
        items.push(Item::group("thumbnails", words, cells.into_items().collect(), maps));
        items.push(Item::group("labels", None, labels, maps));
        let shown = self.rows.hover.map_or_else(String::new, |hover| {
            format!(" The paragraph shows “{}” (output {hover}).", self.rows.label(hover))
        });
        let (n_input, n_output) = (record.n_input(), record.n_output());
        let description = format!(
            "{title}: {n_output} thumbnails of a paragraph of {n_input} input tokens, one for each output.{shown}"
        );
        let (width, height) = (width + 2.0 * MARGIN, maps_top + height + MARGIN);
        Scene { width, height, title, description, theme, items }
    }

    /// One output's row over the shrunk paragraph, and the outputs before it as blocks.
    fn thumbnail(&self, row: usize, (x, y): (f64, f64), width: f64, cells: &mut Cells) {
        for piece in &self.pieces {
            let r = piece.rect;
            let rect = Rect::new(x + r.x * SHRUNK, y + r.y * SHRUNK, r.width * SHRUNK, LINE * SHRUNK - 1.0);
            cells.add(self.scale.paint(self.rows.shown(row, piece.token)), rect);
        }
        let (below, block) = (y + self.height * SHRUNK + 3.0, width / BLOCKS as f64);
        for earlier in 0..row {
            let (left, line) = ((earlier % BLOCKS) as f64 * block, (earlier / BLOCKS) as f64);
            let rect = Rect::new(x + left, below + line * BLOCK, block - 1.0, BLOCK - 1.0);
            cells.add(self.scale.paint(self.rows.shown(row, self.rows.record.n_input() + earlier)), rect);
        }
    }

    /// An output's own token, coloured by what the hovered output took from it.
    fn label(&self, row: usize, rect: Rect) -> Vec<Item> {
        let theme = self.options.theme;
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
