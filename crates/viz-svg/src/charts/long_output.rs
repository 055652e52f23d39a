//! `long-output`: long continuations, one small cell for each (token, output), the text above.

use super::highlight::ends;
use super::tall_heatmap::title;
use crate::cells::Cells;
use crate::legend::differing_provenance;
use crate::panels::{Head, MARGIN, PanelStates, chosen, head, panel_states};
use crate::paragraph::Paragraph;
use crate::rows::Rows;
use crate::scale::{Pattern, Scale};
use crate::scene::{Item, Rect, Scene, Text};
use crate::{Chart, Color, Error, Options, Paint, font};
use saliency_schema::Record;
use std::collections::{BTreeMap, BTreeSet};

/// A cell's width and height.
const CELL: f64 = 2.0;
/// Between the cells of inputs and those of earlier outputs.
const GAP: f64 = 4.0;
const TEXT_WIDTH: f64 = 330.0;
const BETWEEN: f64 = 28.0;
const SIZE: f64 = 11.0;
const LINE: f64 = 17.0;
/// Cells in a panel beyond which they are kept as a picture.
const AS_RECTANGLES: usize = 20_000;

/// Long continuations, transposed: a column for each output, a row for each token before it, inputs above and earlier
/// outputs below; where an output did not exist yet there is the panel's own grey. The continuation stands above as text.
/// States as in `tall-multiple`.
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

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let records = chosen(records, options)?;
        let states = panel_states(records, options)?;
        let rows: Vec<_> = (0..records.len()).map(|panel| states.rows(records, panel)).collect();
        let signed = rows.iter().any(Rows::is_signed);
        let scale = Scale::of(rows.iter().flat_map(|rows| rows.all_shown()), signed, options)?;
        Ok(scene(&rows, records, &scale, &states, options))
    }
}

fn scene(
    rows: &[Rows<'_>],
    records: &[Record],
    scale: &Scale,
    states: &PanelStates,
    options: &Options,
) -> Scene {
    let theme = options.theme;
    let shown = &rows[states.hover.map_or(0, |state| state.panel)];
    let texts: Vec<_> =
        records.iter().map(|record| Paragraph::set(record.output_tokens(), TEXT_WIDTH, SIZE, LINE)).collect();
    let grids: Vec<_> = rows.iter().map(|rows| grid(rows, scale)).collect();
    let patterns: BTreeSet<Pattern> = grids.iter().flat_map(|grid| grid.patterns.clone()).collect();
    let widths: Vec<f64> = grids.iter().map(|grid| grid.width.max(TEXT_WIDTH)).collect();
    let width = widths.iter().sum::<f64>() + BETWEEN * (widths.len() - 1) as f64;
    let title = options.title.clone().unwrap_or_else(|| title(shown));
    let said = (&*title, &ends(shown));
    let Head { mut items, width, bottom } =
        head(records, shown, scale, states, said, options, (width, &patterns));

    let text_top = bottom + 20.0;
    let grid_top = text_top + texts.iter().map(Paragraph::height).fold(0.0, f64::max) + 16.0;
    let (mut left, mut height) = (MARGIN, grid_top);
    for (panel, ((grid, text), width)) in grids.into_iter().zip(&texts).zip(&widths).enumerate() {
        let rows = &rows[panel];
        let name = font::fitted(&differing_provenance(records, panel, options), SIZE, width + BETWEEN - 8.0);
        items.push(Text::new(name, left, bottom + 12.0, SIZE, theme.ink()).bold().into());
        items.push(Item::group("continuation", None, continuation(rows, text, scale), (left, text_top)));
        let words = (rows.record.n_output() > 0)
            .then(|| rows.in_words(&(0..rows.record.n_output()).collect::<Vec<_>>()));
        height = height.max(grid_top + grid.height);
        let mut marked = grid.items;
        marked.extend(marks(rows, states, grid.height, theme.mark(), theme.ink()));
        items.push(Item::group("cells", words, marked, (left, grid_top)));
        left += width + BETWEEN;
    }
    let outputs: Vec<_> = records.iter().map(|record| record.n_output().to_string()).collect();
    let description = format!(
        "{title}: {} panels with {} outputs in columns, and the tokens before each in rows.",
        records.len(),
        outputs.join(", ")
    );
    Scene { width: width + 2.0 * MARGIN, height: height + MARGIN, title, description, theme, items }
}

/// The continuation as text; outputs before the hovered one in the colours of what it took from them.
fn continuation(rows: &Rows<'_>, text: &Paragraph, scale: &Scale) -> Vec<Item> {
    let theme = scale.theme;
    let n_input = rows.record.n_input();
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
    for (row, color, width) in [(rows.hover, theme.mark(), 1.5), (rows.lock, theme.ink(), 2.5)] {
        for piece in pieces.iter().filter(|p| Some(p.token) == row) {
            let rect = Rect { y: piece.rect.y + 0.5, height: LINE - 1.0, ..piece.rect };
            items.push(Item::Frame { rect, color, width });
        }
    }
    items
}

/// The columns of the hovered and the locked output, and the row of the token under the pointer.
fn marks(rows: &Rows<'_>, states: &PanelStates, height: f64, mark: Color, ink: Color) -> Vec<Item> {
    let mut items = Vec::new();
    for (row, color) in [(rows.hover, mark), (rows.lock, ink)] {
        if let Some(row) = row {
            let x = (row as f64 + 0.5) * CELL;
            items.push(Item::Pointer { tip: (x.max(5.0), -2.0), color });
            for x in [x - CELL / 2.0 - 0.5, x + CELL / 2.0 + 0.5] {
                items.push(Item::Line { from: (x, 0.0), to: (x, height), color, width: 1.0 });
            }
        }
    }
    if let Some(token) = states.token {
        let (y, right) = (token as f64 * CELL, rows.record.n_output() as f64 * CELL);
        for y in [y - 0.5, y + CELL + 0.5] {
            items.push(Item::Line { from: (0.0, y), to: (right, y), color: mark, width: 1.0 });
        }
    }
    items
}

/// One panel's cells.
struct Grid {
    items: Vec<Item>,
    patterns: BTreeSet<Pattern>,
    width: f64,
    height: f64,
}

fn grid(rows: &Rows<'_>, scale: &Scale) -> Grid {
    let (n_input, n_output) = (rows.record.n_input(), rows.record.n_output());
    let tokens = n_input + n_output.saturating_sub(1);
    let top = |token: usize| token as f64 * CELL + if token >= n_input { GAP } else { 0.0 };
    let (width, height) = (n_output as f64 * CELL, top(tokens));
    if n_output * tokens <= AS_RECTANGLES {
        let mut cells = Cells::default();
        for output in 0..n_output {
            for token in 0..rows.length(output) {
                let rect = Rect::new(output as f64 * CELL, top(token), CELL, CELL);
                cells.add(scale.paint(rows.shown(output, token)), rect);
            }
        }
        let patterns = cells.patterns();
        let absent = Paint::Color(scale.theme.panel());
        let mut items = vec![Item::Cells { paint: absent, cells: vec![Rect::new(0.0, 0.0, width, height)] }];
        items.extend(cells.into_items());
        return Grid { items, patterns, width, height };
    }
    let mut raster = Raster::new(scale);
    let mut items = Vec::new();
    // Hatched cells, which a picture cannot hold, go over it.
    let mut hatched = Cells::default();
    for (from, to) in [(0, n_input), (n_input, tokens)].into_iter().filter(|(from, to)| from < to) {
        let mut cells = Vec::with_capacity((to - from) * n_output);
        for token in from..to {
            for output in 0..n_output {
                let value = (token < rows.length(output)).then(|| scale.paint(rows.shown(output, token)));
                cells.push(value.map_or(0, |paint| raster.index(paint)));
                if let Some(Paint::Pattern(pattern)) = value
                    && pattern != Pattern::NotComparable
                {
                    hatched.add(
                        Paint::Pattern(pattern),
                        Rect::new(output as f64 * CELL, top(token), CELL, CELL),
                    );
                }
            }
        }
        let rect = Rect::new(0.0, top(from), width, (to - from) as f64 * CELL);
        items.push((rect, cells));
    }
    let colors = raster.colors;
    let mut patterns = hatched.patterns();
    patterns.extend(raster.has_not_comparable.then_some(Pattern::NotComparable));
    let picture = |(rect, cells)| Item::Raster { rect, columns: n_output, cells, colors: colors.clone() };
    let items = items.into_iter().map(picture).chain(hatched.into_items()).collect();
    Grid { items, patterns, width, height }
}

/// The palette of a picture while it is gathered. Index 0 is where there is nothing: an output did not exist yet.
struct Raster {
    colors: Vec<Color>,
    known: BTreeMap<Color, u8>,
    not_comparable: Color,
    has_not_comparable: bool,
}

impl Raster {
    fn new(scale: &Scale) -> Self {
        let not_comparable = scale.theme.not_comparable();
        let colors = vec![scale.theme.panel()];
        Self { colors, known: BTreeMap::new(), not_comparable, has_not_comparable: false }
    }

    fn index(&mut self, paint: Paint) -> u8 {
        let color = match paint {
            Paint::Color(color) => color,
            Paint::Pattern(Pattern::NotComparable) => {
                self.has_not_comparable = true;
                self.not_comparable
            }
            Paint::Pattern(_) => return 0,
        };
        if let Some(index) = self.known.get(&color) {
            return *index;
        }
        // 63 levels, the ground and one more: always under 256.
        let index = self.colors.len() as u8;
        self.colors.push(color);
        self.known.insert(color, index);
        index
    }
}
