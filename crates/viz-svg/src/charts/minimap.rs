//! `minimap`: the paragraph, and a small copy of it for every output.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::cells::Cells;
use crate::layout::colored_text;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::grid::AS_RECTANGLES;
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::options::look::Look;
use crate::options::too_narrow;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Item, Rect, Scene, Text};
use crate::text::font;
use crate::text::paragraph::Piece;
use crate::values::excerpt;
use crate::values::rows::Rows;
use saliency_schema::Record;

const TEXT_WIDTH: f64 = 600.0;
/// Room for the paragraph's heading.
const HEADING: f64 = 28.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// A thumbnail is the paragraph at this size, where no width is asked for.
const SHRUNK: f64 = 0.5;
const COLUMNS: usize = 3;
/// On a page, as wide as the page.
const PAGE_COLUMNS: usize = 6;
const PAGE: f64 = 1200.0;
const BETWEEN: f64 = 20.0;
/// The narrowest thumbnail.
const LEAST: f64 = 40.0;
/// Earlier outputs under a thumbnail: so many to a line, so high.
const BLOCKS: usize = 10;
const BLOCK: f64 = 8.0;
const LABEL: f64 = 18.0;
/// The size of what is said under a label.
const SMALL: f64 = 10.0;

/// The paragraph with one row's attributions (`hover`, the resting one by default), and under it a thumbnail of the
/// same paragraph for each output: its tokens as bars, the outputs before it as blocks, its own token below. Labels of
/// outputs before the hovered one are coloured by its attributions to them. `lock` compares every row with one. There
/// are `columns` thumbnails per line.
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
        let n_output = rows.n_output();
        let scale = Scale::of(&rows, options)?;
        let most = if options.for_page { PAGE_COLUMNS } else { COLUMNS };
        let columns = options.columns.unwrap_or(most).clamp(1, n_output.max(1));
        let gaps = (columns - 1) as f64 * BETWEEN;
        let width = options.width.or(options.for_page.then_some(PAGE));
        let inner = width.map(|width| width - 2.0 * margin(options));
        let text = {
            let width = inner.map_or(TEXT_WIDTH, |inner| inner.min(TEXT_WIDTH));
            ColoredText::set(rows.record, Setting::of(options), width, (SIZE, LINE))
        };
        let (text_width, text_height) = text.text_size();
        let width = inner.map_or(text_width * SHRUNK, |inner| (inner - gaps) / columns as f64);
        if let (Some(whole), true) = (options.width, width < LEAST) {
            return Err(too_narrow(whole, LEAST * columns as f64 + gaps + 2.0 * margin(options)));
        }
        let shrunk = width / text_width;
        let height = text_height * shrunk;
        let (pieces, for_page) = (text.pieces_of_inputs(), options.for_page);
        let thumbnails =
            Thumbnails { rows: rows.clone(), scale, columns, width, height, shrunk, pieces, for_page };

        let mut sheet = Sheet::of_all(&rows, &scale, options, rows.title_of_all());
        let all: Vec<usize> = (0..n_output).collect();
        let (maps, labels) = thumbnails.items();
        // A page shows its text once, above its figures.
        let top = if options.look == Look::Notebook { 0.0 } else { HEADING };
        let below = (0.0, if for_page { 0.0 } else { top + text.height() + BETWEEN });
        if !for_page {
            if top > 0.0 {
                sheet.heading(&colored_text::heading(&rows, text_width, options), 0.0, 16.0);
            }
            sheet.group("paragraph", None, text.items(&rows, &scale, options.token), (0.0, top));
        }
        let words = (n_output > 0).then(|| rows.in_words(&all));
        sheet.redrawn_group("thumbnails", words, maps, below, || thumbnails.redraw());
        sheet.redrawn_group("labels", None, labels, below, || thumbnails.redraw_labels());
        sheet.outside(thumbnails.outside(), below);
        let shown = rows
            .hover
            .map_or_else(String::new, |hover| format!(" The paragraph shows {}.", rows.name(hover)));
        let n_input = rows.n_input();
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
    /// Whether it is laid out for a page.
    for_page: bool,
}

impl Thumbnails<'_> {
    /// The thumbnails, and their labels.
    fn items(&self) -> (Vec<Item>, Vec<Item>) {
        let (mut cells, mut labels) = (Cells::default(), Vec::new());
        let boxes = self.boxes();
        for (row, (at, label)) in self.places().into_iter().enumerate() {
            let read = self.rows.length(row);
            for (token, rect) in boxes.iter().filter(|(token, _)| *token < read) {
                let rect = Rect { x: at.0 + rect.x, y: at.1 + rect.y, ..*rect };
                cells.add(self.scale.paint(self.rows.shown(row, *token)), rect);
            }
            labels.extend(self.label(row, label));
        }
        let cells = match labels.iter().filter_map(Item::bounds).reduce(Rect::around) {
            Some(room) if self.for_page || self.cells() > AS_RECTANGLES => {
                let room = Rect::new(0.0, 0.0, room.x + room.width, room.y + room.height);
                cells.into_picture(room, self.scale.theme.background())
            }
            _ => cells.into_items().collect(),
        };
        (cells, labels)
    }

    /// How many cells all thumbnails have.
    fn cells(&self) -> usize {
        let n_output = self.rows.n_output();
        self.pieces.len() * n_output + n_output * n_output.saturating_sub(1) / 2
    }

    /// Where each output's thumbnail is, and its label.
    fn places(&self) -> Vec<((f64, f64), Rect)> {
        let n_output = self.rows.n_output();
        let (mut top, mut next) = (0.0, 0.0);
        let place = |row: usize| {
            let column = row % self.columns;
            if column == 0 {
                top = next;
                // The line's height is that of its last thumbnail, which has the most blocks.
                let last = (row + self.columns - 1).min(n_output - 1);
                next = top + self.height + blocks_height(last) + LABEL + BETWEEN;
            }
            let x = column as f64 * (self.width + BETWEEN);
            ((x, top), Rect::new(x, next - LABEL - BETWEEN, self.width, LABEL - 2.0))
        };
        (0..n_output).map(place).collect()
    }

    /// How a page redraws the thumbnails.
    fn redraw(&self) -> Redraw {
        let room = |((x, y), label): ((f64, f64), Rect)| Rect::new(x, y, self.width, label.y - y - 2.0);
        let places = self.places().into_iter().map(room).collect();
        Redraw::of(0, Part::Thumbnails { boxes: self.boxes(), places })
    }

    /// How a page redraws the labels.
    fn redraw_labels(&self) -> Redraw {
        let mut boxes = Boxes { size: SIZE, ground: true, bold: true, ..Boxes::default() };
        let n_input = self.rows.n_input();
        for (row, (_, rect)) in self.places().into_iter().enumerate() {
            boxes.places.push((n_input + row, rect));
            boxes.texts.push((n_input + row, self.text(row, rect, Color::BLACK)));
        }
        Redraw::of(0, Part::Tokens(boxes))
    }

    /// How much of each row lies on inputs that are not shown, under its label.
    fn outside(&self) -> Vec<Item> {
        let share = |(row, (_, label)): (usize, ((f64, f64), Rect))| {
            let share = excerpt::outside(self.rows.record, row)?;
            let whole = format!("{share} outside");
            let text = if font::width(&whole, SMALL) <= label.width { whole } else { share };
            let (x, y) = (label.x + 4.0, label.y + label.height + 11.0);
            Some(Text::new(text, x, y, SMALL, self.scale.theme.ink()).into())
        };
        self.places().into_iter().enumerate().filter_map(share).collect()
    }

    /// The boxes of a thumbnail's tokens: the shrunk paragraph, and the outputs before its own as blocks.
    fn boxes(&self) -> Vec<(usize, Rect)> {
        let line = LINE * self.shrunk;
        let shrunk = |piece: &Piece| {
            let (left, top) = (piece.rect.x * self.shrunk, piece.rect.y * self.shrunk);
            // White space that hangs at a line's end stays inside.
            let width = (piece.rect.width * self.shrunk).min(self.width - left);
            (piece.token, Rect::new(left, top, width.max(0.1), (line - 1.0).max(0.7 * line)))
        };
        let (below, block) = (self.height + 3.0, self.width / BLOCKS as f64);
        let earlier = |output: usize| {
            let (left, line) = ((output % BLOCKS) as f64 * block, (output / BLOCKS) as f64);
            (self.rows.n_input() + output, Rect::new(left, below + line * BLOCK, block - 1.0, BLOCK - 1.0))
        };
        self.pieces
            .iter()
            .map(shrunk)
            .chain((1..self.rows.n_output()).map(|after| earlier(after - 1)))
            .collect()
    }

    /// An output's own token.
    fn text(&self, row: usize, rect: Rect, color: Color) -> Text {
        let label = font::fitted(&self.rows.label(row), SIZE, rect.width - 8.0);
        Text::new(label, rect.x + 4.0, rect.y + 12.0, SIZE, color)
    }

    /// An output's own token, coloured by what the hovered output took from it.
    fn label(&self, row: usize, rect: Rect) -> Vec<Item> {
        let theme = self.scale.theme;
        let value = self.rows.hover.filter(|hover| row < *hover);
        let value = value.map(|hover| self.scale.paint(self.rows.shown(hover, self.rows.n_input() + row)));
        let paint = value.unwrap_or(Paint::Color(theme.panel()));
        let color = if value.is_some() { self.scale.backdrop(paint).ink() } else { theme.ink() };
        let mut text = self.text(row, rect, color);
        text.bold = self.rows.lock == Some(row);
        let mut items = vec![Item::Cells { paint, cells: vec![rect] }, text.into()];
        if self.rows.hover == Some(row) {
            items.push(Item::Frame { rect, color: self.scale.marks().0, width: 1.5 });
        }
        if self.rows.lock == Some(row) {
            items.push(Item::Frame { rect, color: self.scale.marks().1, width: 2.5 });
        }
        items
    }
}

/// Room for the blocks of all outputs before one.
fn blocks_height(row: usize) -> f64 {
    row.div_ceil(BLOCKS) as f64 * BLOCK + 6.0
}
