//! `scatter`: two outputs' attributions of the same tokens against each other.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::color_bar::Ends;
use crate::layout::scatter_plot;
use crate::layout::scatter_plot::ScatterPlot;
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::paint::scale::Scale;
use crate::scene::{Scene, Text};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// The scatter plot of two rows: x is the locked output, B, by default the one most different from A; y is the hovered
/// one, A, by default the resting one. Dots are coloured by A − B.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scatter;

impl Chart for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn summary(&self) -> &'static str {
        "two outputs' attributions of the same tokens against each other"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::pair(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let Some((x, y)) = rows.lock.zip(rows.hover) else {
            let mut sheet = Sheet::of_row(&rows, &scale, options, rows.title());
            sheet.add(Text::new("No other output.", 0.0, 16.0, 12.0, options.theme.muted()));
            let description = format!("{}.", sheet.title());
            return Ok(sheet.scene(description));
        };
        let side = options
            .width
            .map_or(scatter_plot::SIDE, |width| width - 2.0 * margin(options) - scatter_plot::BESIDE);
        let title = format!("{} against {}", rows.name(y), rows.name(x));
        let more = |row: usize| format!("more to “{}”", rows.label(row));
        let mut sheet = Sheet::of_row(&rows, &scale, options, title).ends(Ends::new(more(x), more(y)));
        let scatter_plot =
            ScatterPlot { rows: &rows, scale: &scale, x: Some(x), y, token: options.token, side };
        sheet.redrawn_group("pair", Some(rows.in_words(&[y])), scatter_plot.items(), (0.0, 0.0), || {
            scatter_plot.redraw()
        });
        let description = format!(
            "{}: a dot for each token, to the right by what output {} took from it, upwards by what output {} did.",
            sheet.title(),
            rows.number(x),
            rows.number(y),
        );
        Ok(sheet.scene(description))
    }
}
