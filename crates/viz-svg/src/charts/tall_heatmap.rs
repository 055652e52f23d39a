//! `tall-heatmap`: one row for each output, one bar for each token before it, beside the paragraph.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::colored_text;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::heatmap;
use crate::layout::heatmap::Heatmap;
use crate::layout::overview::overview;
use crate::layout::scatter_plot;
use crate::layout::scatter_plot::ScatterPlot;
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::options::look::Look;
use crate::options::{one, too_narrow};
use crate::paint::scale::Scale;
use crate::scene::Scene;
use crate::values::rows::Rows;
use saliency_schema::Record;

const SIZE: f64 = 12.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Between the paragraph and the labels.
const BETWEEN: f64 = 24.0;
/// The widest picture, where no width is asked for, and the thickest bars.
const WIDEST: f64 = 1099.0;
const THICKEST: f64 = 12.0;
/// A notebook's bars take about this.
const BARS: f64 = 640.0;

/// The whole record at once. `hover` is the row that the paragraph and the labels show (by default the resting one),
/// `lock` the row that every other is compared with, `token` the input whose column is marked.
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
        if options.for_page {
            // A page has the text beside it.
            return overview(one(records, options)?, options, options.width.unwrap_or(WIDEST));
        }
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let columns = rows.record.tokens.len().saturating_sub(1).max(1) as f64;
        let mut heatmap = Heatmap::of(rows, &scale, options);
        let (bars, beside) = heatmap.least();
        let taken = text_width(options)
            + BETWEEN
            + heatmap.label_width()
            + heatmap::GAP
            + beside
            + 2.0 * margin(options);
        heatmap.bar = match options.width {
            Some(width) => {
                let least = taken + bars.max(columns * heatmap::THINNEST);
                if width < least {
                    return Err(too_narrow(width, least));
                }
                (width - taken) / columns
            }
            None if options.look == Look::Notebook => (BARS / columns).round().clamp(1.0, THICKEST),
            None => {
                let bar = (WIDEST - taken) / columns;
                // Whole units have sharp edges; half units are the next best.
                let step = if bar < 1.0 { bar } else { 0.5 };
                ((bar / step).floor() * step).min(THICKEST)
            }
        };
        Ok(scene(&heatmap, options))
    }
}

/// The paragraph's width.
fn text_width(options: &Options) -> f64 {
    if options.look == Look::Notebook { 500.0 } else { 440.0 }
}

fn scene(heatmap: &Heatmap<'_>, options: &Options) -> Scene {
    let (rows, scale) = (&heatmap.rows, &heatmap.scale);
    let n_output = rows.n_output();
    let text_width = text_width(options);
    let text = ColoredText::set(rows.record, Setting::of(options), text_width, (SIZE, LINE));
    let heatmap_left = text_width + BETWEEN;
    let rows_top = HEADING + heatmap.heads_height();

    let mut sheet = Sheet::of_all(rows, scale, options, rows.title_of_all());
    sheet.heading(&colored_text::heading(rows, text_width, options), 0.0, 16.0);
    sheet.heading("Output", heatmap_left, 16.0);
    let paragraph = text.items(rows, scale, options.token);
    sheet.group("paragraph", None, paragraph, (0.0, HEADING));
    let words = (n_output > 0).then(|| rows.in_words(&(0..n_output).collect::<Vec<_>>()));
    let bars_at = (heatmap_left + heatmap.label_width(), rows_top);
    sheet.group("rows", words, heatmap.cells(), bars_at);
    sheet.group("heads", None, heatmap.heads(), bars_at);
    sheet.group("marks", None, heatmap.marks(), bars_at);
    sheet.outside(heatmap.outside(), bars_at);
    sheet.group("labels", None, heatmap.labels(), (heatmap_left, rows_top));
    if let (Some(y), Some(_)) = (rows.hover, rows.lock) {
        let top = HEADING + text.height() + 40.0;
        sheet.heading("Attribution", 0.0, top - 4.0);
        let side = text_width - scatter_plot::BESIDE;
        let scatter_plot = ScatterPlot { rows, scale, x: rows.lock, y, token: options.token, side };
        sheet.group("pair", None, scatter_plot.items(), (0.0, top));
    }
    let description = sentence(rows, sheet.title());
    sheet.scene(description)
}

fn sentence(rows: &Rows<'_>, title: &str) -> String {
    let (n_input, n_output) = (rows.n_input(), rows.n_output());
    let counts = format!(
        "{title}: {n_output} output tokens in rows, {n_input} input tokens and the outputs before each in columns."
    );
    match rows.hover {
        Some(hover) => format!("{counts} The paragraph shows {}.", rows.name(hover)),
        None => counts,
    }
}
