//! `tall-heatmap`: one row for each output, one bar for each token before it, beside the paragraph.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::heatmap;
use crate::layout::heatmap::{HEADS, Heatmap};
use crate::layout::input_text::InputText;
use crate::layout::scatter_plot;
use crate::layout::scatter_plot::ScatterPlot;
use crate::layout::sheet::{MARGIN, Sheet};
use crate::options::Options;
use crate::options::too_narrow;
use crate::paint::scale::Scale;
use crate::scene::Scene;
use crate::values::rows::Rows;
use saliency_schema::Record;

const TEXT_WIDTH: f64 = 500.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Between the paragraph and the labels.
const BETWEEN: f64 = 24.0;
/// Room that the bars take where no width is asked for, as long as they are not thinner than one unit or thicker
/// than twelve.
const BARS: f64 = 640.0;

/// The whole record at once. `hover` is the row that the paragraph and the labels show (the first by default), `lock`
/// the row that every other is compared with, `token` the input whose column is marked.
#[derive(Debug, Clone, Copy, Default)]
pub struct TallHeatmap;

impl Chart for TallHeatmap {
    fn name(&self) -> &'static str {
        "tall-heatmap"
    }

    fn summary(&self) -> &'static str {
        "a row for each output, a bar for each token before it, beside the paragraph; locked rows compare"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(rows.all_shown(), rows.is_signed(), options)?;
        let columns = rows.record.tokens.len().saturating_sub(1).max(1) as f64;
        let bar = (BARS / columns).round().clamp(1.0, 12.0);
        let mut heat = Heatmap { rows, scale, bar, token: options.token, live: options.live };
        if let Some(width) = options.width {
            let (bars, beside) = heat.least();
            let taken = TEXT_WIDTH + BETWEEN + heat.label_width() + heatmap::GAP + beside + 2.0 * MARGIN;
            let least = taken + bars.max(columns * heatmap::THINNEST);
            if width < least {
                return Err(too_narrow(width, least));
            }
            heat.bar = (width - taken) / columns;
        }
        Ok(scene(&heat, options))
    }
}

fn scene(heat: &Heatmap<'_>, options: &Options) -> Scene {
    let (rows, scale) = (&heat.rows, &heat.scale);
    let n_output = rows.record.n_output();
    let prose = InputText::set(rows, TEXT_WIDTH, LINE);
    let heat_left = TEXT_WIDTH + BETWEEN;
    let rows_top = HEADING + HEADS;

    let mut sheet = Sheet::new(rows, scale, options, rows.title_of_all());
    sheet.heading("Input", 0.0, 16.0);
    sheet.heading("Output", heat_left, 16.0);
    let paragraph = prose.colored(rows, scale, heat.token);
    sheet.live_group("paragraph", None, paragraph, (0.0, HEADING), || prose.live(Vec::new()));
    let words = (n_output > 0).then(|| rows.in_words(&(0..n_output).collect::<Vec<_>>()));
    let bars_at = (heat_left + heat.label_width(), rows_top);
    sheet.live_group("rows", words, heat.cells(), bars_at, || heat.live_cells(0));
    sheet.group("heads", None, heat.heads(), bars_at);
    sheet.outside(heat.outside(), bars_at);
    sheet.live_group("labels", None, heat.labels(), (heat_left, rows_top), || heat.live_labels(0));
    if let Some(y) = rows.hover {
        let top = HEADING + prose.height() + 40.0;
        sheet.heading("Attribution", 0.0, top - 4.0);
        let x = Some(rows.lock.unwrap_or(y));
        let pair = ScatterPlot { rows, scale, x, y, token: heat.token, side: scatter_plot::SIDE };
        sheet.live_group("pair", None, pair.items(), (0.0, top), || pair.live());
    }
    let description = sentence(rows, sheet.title());
    sheet.scene(description)
}

fn sentence(rows: &Rows<'_>, title: &str) -> String {
    let (n_input, n_output) = (rows.record.n_input(), rows.record.n_output());
    let counts = format!(
        "{title}: {n_output} output tokens in rows, {n_input} input tokens and the outputs before each in columns."
    );
    match rows.hover {
        Some(hover) => format!("{counts} The paragraph shows “{}” (output {hover}).", rows.label(hover)),
        None => counts,
    }
}
