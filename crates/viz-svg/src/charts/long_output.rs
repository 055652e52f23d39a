//! `long-output`: long continuations, one small cell for each (token, output), the text above.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::cells::Cells;
use crate::layout::colored_text::Setting;
use crate::layout::column_names;
use crate::layout::grid::Grid;
use crate::layout::sheet::margin;
use crate::options::Options;
use crate::options::look::Look;
use crate::options::too_narrow;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::redraw::{Boxes, Part};
use crate::scene::{Item, Rect, Scene, Text};
use crate::text::paragraph::{Paragraph, Piece};
use crate::text::{font, sentences};
use crate::values::excerpt;
use crate::values::panels::{Group, Panels, scale_of};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// A cell's width and height, where no width is asked for.
const CELL: f64 = 2.0;
/// The smallest cell, and the largest.
const CELLS: (f64, f64) = (0.25, 12.0);
/// Between the cells of inputs and those of earlier outputs.
const GAP: f64 = 4.0;
const TEXT_WIDTH: f64 = 330.0;
/// The narrowest text above a panel.
const LEAST: f64 = 160.0;
const BETWEEN: f64 = 28.0;
/// On a page, panels that do not fit beside each other go on below.
const PAGE: f64 = 1200.0;
const SIZE: f64 = 11.0;
const LINE: f64 = 17.0;
/// The least room for names right of the cells.
const NAMES: f64 = 60.0;
/// The height of a bar of all that a row holds.
const OUTSIDE: f64 = 24.0;

/// Long continuations, transposed: a column for each output, a row for each token before it, inputs above and earlier
/// outputs below; cells of outputs that did not exist yet have the panel's grey. The continuation is above as
/// text. States as in `tall-multiple`.
#[derive(Debug, Clone, Copy, Default)]
pub struct LongOutput;

impl Chart for LongOutput {
    fn name(&self) -> &'static str {
        "long-output"
    }

    fn summary(&self) -> &'static str {
        "long continuations: a small cell for each token and output, the text above"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        let groups = panels.groups(options)?;
        let (mut cell, mut text_width) = (CELL, TEXT_WIDTH);
        if let Some(width) = options.width {
            let count = records.len() as f64;
            let gaps = BETWEEN * (count - 1.0) + 2.0 * margin(options);
            let outputs = panels.records.iter().map(Record::n_output).max().unwrap_or(1).max(1) as f64;
            let least = (LEAST.max(outputs * CELLS.0) * count + gaps)
                .max(above_panels::LEAST + 2.0 * margin(options));
            if width < least {
                return Err(too_narrow(width, least));
            }
            text_width = (width - gaps) / count;
            cell = (text_width / outputs).clamp(CELLS.0, CELLS.1);
        }
        Ok(scene(&panels, &groups, cell, text_width, options))
    }
}

fn scene(panels: &Panels<'_>, groups: &[Group], cell: f64, text_width: f64, options: &Options) -> Scene {
    let theme = options.theme;
    let set = |record: &Record| Paragraph::continuing(record.output_tokens(), text_width, SIZE, LINE);
    let texts: Vec<_> = panels.records.iter().map(set).collect();
    // The outputs stand above their grids.
    let setting = if options.look == Look::Notebook { Setting::Boxed } else { Setting::Inputs };
    let (mut sheet, top) = above_panels::sheet(panels, groups, setting, options);
    let text_height = texts.iter().map(Paragraph::height).fold(0.0, f64::max);
    let tokens = panels.records.iter().map(|record| record.tokens.len()).max().unwrap_or(0) as f64;
    let (mut top, mut left) = (top, 0.0);
    for ((panel, rows), text) in panels.rows().enumerate().zip(&texts) {
        let n_output = rows.n_output();
        let width = (n_output as f64 * cell).max(text_width);
        if options.for_page && left > 0.0 && left + width > PAGE {
            (left, top) = (0.0, top + 36.0 + text_height + tokens * cell + GAP + BETWEEN);
        }
        let text_top = top + 20.0;
        let grid_top = text_top + text_height + 16.0;
        let scale = scale_of(groups, panel);
        let name = font::fitted(panels.name(panel), SIZE, width + BETWEEN - 8.0);
        sheet.add(Text::new(name, left, top + 12.0, SIZE, theme.ink()).bold());
        let (above, at) = (continuation(&rows, text, scale), (left, text_top));
        sheet.redrawn_group("continuation", None, above, at, || redraw_continuation(&rows, text, panel));
        let words = (n_output > 0).then(|| rows.in_words(&(0..n_output).collect::<Vec<_>>()));
        let (cell, ground) = ((cell, cell), theme.panel());
        let (free, transposed, for_page) = (0.0, true, options.for_page);
        let outputs = (0, n_output);
        let grid = Grid { rows: &rows, scale, cell, gap: GAP, free, transposed, ground, for_page, outputs };
        let area = Rect::new(0.0, 0.0, n_output as f64 * cell.0, grid.extent());
        let mut cells = vec![Item::filled(area, ground)];
        cells.extend(grid.items());
        sheet.redrawn_group("cells", words, cells, (left, grid_top), || grid.redraw(panel));
        sheet.outside(outside(&grid), (left, grid_top + grid.extent() + 8.0));
        let room = text_width - n_output as f64 * cell.0;
        if options.look == Look::Plain && room >= NAMES && n_output > 0 {
            sheet.group("heads", None, heads(&grid, options.token, room), (left, grid_top));
        }
        let marks = marks(&grid, options.token);
        sheet.redrawn_group("marks", None, marks, (left, grid_top), || Redraw::of(panel, Part::Marks));
        left += width + BETWEEN;
    }
    let outputs: Vec<_> = panels.records.iter().map(|record| record.n_output().to_string()).collect();
    let description = format!(
        "{}: {} panels with {} outputs in columns, and the tokens before each in rows.",
        sheet.title(),
        texts.len(),
        outputs.join(", ")
    );
    sheet.scene(description)
}

/// How much of each output's row lies on inputs that are not shown: a bar under its column, full where all does.
fn outside(grid: &Grid<'_>) -> Vec<Item> {
    let (rows, theme, (_, size)) = (grid.rows, grid.scale.theme, grid.cell);
    let Some(range) = excerpt::outside_of_all(rows.record) else { return Vec::new() };
    let n_output = rows.n_output();
    let shares = rows.record.excerpt.iter().flat_map(|excerpt| &excerpt.outside);
    let bar = |(output, share): (usize, &Option<f64>)| {
        let height = share.unwrap_or(0.0) * OUTSIDE;
        Rect::new(output as f64 * size, OUTSIDE - height, size, height)
    };
    let cells: Vec<Rect> = shares.enumerate().map(bar).filter(|bar| bar.height > 0.0).collect();
    let ground = Rect::new(0.0, 0.0, n_output as f64 * size, OUTSIDE);
    let said = format!("outside, of each output's Σ|value|: {range}");
    vec![
        Item::filled(ground, theme.panel()),
        Item::Cells { paint: Paint::Color(theme.muted()), cells },
        Text::new(said, 0.0, OUTSIDE + 14.0, 10.0, theme.ink()).into(),
    ]
}

/// The continuation as text; outputs before the hovered one in the colours of what it took from them.
fn continuation(rows: &Rows<'_>, text: &Paragraph, scale: &Scale) -> Vec<Item> {
    let theme = scale.theme;
    let n_input = rows.n_input();
    let paint = |output: usize| {
        let hover = rows.hover.filter(|hover| output < *hover)?;
        Some(scale.paint(rows.shown(hover, n_input + output)))
    };
    let pieces = text.pieces(0.0, 0.0);
    let mut cells = Cells::default();
    for piece in &pieces {
        let paint = paint(piece.token).unwrap_or(Paint::Color(theme.panel()));
        cells.add(paint, Rect { y: piece.rect.y + 1.0, height: LINE - 2.0, ..piece.rect });
    }
    let mut items: Vec<Item> = cells.into_items().collect();
    let ink = |output: usize| paint(output).map_or(theme.ink(), |paint| scale.backdrop(paint).ink());
    items.extend(text.runs(0.0, 0.0, ink).into_iter().map(Item::from));
    for (row, color, width) in [(rows.hover, scale.marks().0, 1.5), (rows.lock, scale.marks().1, 2.5)] {
        for piece in pieces.iter().filter(|p| Some(p.token) == row) {
            let rect = Rect { y: piece.rect.y + 0.5, height: LINE - 1.0, ..piece.rect };
            items.push(Item::Frame { rect, color, width });
        }
    }
    items
}

/// How a page redraws the continuation.
fn redraw_continuation(rows: &Rows<'_>, text: &Paragraph, panel: usize) -> Redraw {
    let n_input = rows.n_input();
    let boxed = |piece: Piece| {
        let rect = Rect { y: piece.rect.y + 1.0, height: LINE - 2.0, ..piece.rect };
        (n_input + piece.token, rect)
    };
    let of_record = |(output, run): (usize, Text)| (n_input + output, run);
    Redraw::of(
        panel,
        Part::Tokens(Boxes {
            size: SIZE,
            ground: true,
            places: text.pieces(0.0, 0.0).into_iter().map(boxed).collect(),
            texts: text.runs_of_tokens(0.0, 0.0).into_iter().map(of_record).collect(),
            ..Boxes::default()
        }),
    )
}

/// The names of the strongest inputs right of their rows, as far as there is room, and ticks where sentences begin.
fn heads(grid: &Grid<'_>, token: Option<usize>, room: f64) -> Vec<Item> {
    let (rows, theme, (size, _)) = (grid.rows, grid.scale.theme, grid.cell);
    let right = rows.n_output() as f64 * size;
    let line = |y: f64, length: f64, width: f64, color: Color| Item::Line {
        from: (right + 1.0, y),
        to: (right + 1.0 + length, y),
        color,
        width,
    };
    let sentences = sentences::borders(rows.record.inputs()).into_iter();
    let mut items: Vec<Item> =
        sentences.map(|token| line(grid.token_start(token), 4.0, 1.0, theme.muted())).collect();
    let strongest = column_names::strongest(rows, grid.scale, rows.n_input());
    let mut taken: Vec<f64> = Vec::new();
    for named in token.into_iter().chain(strongest) {
        let y = grid.token_start(named) + size / 2.0;
        if taken.iter().any(|other| (other - y).abs() < column_names::SIZE + 1.0) {
            continue;
        }
        taken.push(y);
        let marked = token == Some(named);
        let color = if marked { theme.mark() } else { theme.ink() };
        let text = font::fitted(&rows.label_of(named), column_names::SIZE, room - 12.0);
        let text = Text::new(text, right + 12.0, y + 3.5, column_names::SIZE, color);
        items.push(line(y, 9.0, 0.6, theme.muted()));
        items.push(if marked { text.bold() } else { text }.into());
    }
    items
}

/// Pointers at the columns of the hovered and the locked output, and one at the row of the token under the pointer.
fn marks(grid: &Grid<'_>, token: Option<usize>) -> Vec<Item> {
    let (rows, theme, (size, _)) = (grid.rows, grid.scale.theme, grid.cell);
    let mut items = Vec::new();
    let (shown, locked) = grid.scale.marks();
    for (row, color) in [(rows.hover, shown), (rows.lock, locked)] {
        if let Some(row) = row {
            let x = (row as f64 + 0.5) * size;
            items.push(Item::Pointer { tip: (x.max(5.0), -2.0), color });
        }
    }
    if let Some(token) = token {
        let (y, right) = (grid.token_start(token) + size / 2.0, rows.n_output() as f64 * size);
        let (from, to) = ((right + 1.0, y), (right + 9.0, y));
        items.push(Item::Line { from, to, color: theme.mark(), width: size.max(3.0) });
    }
    items
}
