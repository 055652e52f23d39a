//! `scatter`: two outputs' attributions of the same tokens against each other.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::color_bar::Ends;
use crate::layout::scatter_plot;
use crate::layout::scatter_plot::ScatterPlot;
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::options::{States, one};
use crate::paint::scale::Scale;
use crate::scene::{Scene, Text};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// The scatter plot of two rows: x is the locked output (the first by default), y the hovered one (the last). Dots are
/// coloured by hovered − locked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scatter;

impl Chart for Scatter {
    fn name(&self) -> &'static str {
        "scatter"
    }

    fn summary(&self) -> &'static str {
        "two outputs' attributions of the same tokens against each other"
    }

    fn opening_state(&self, record: &Record) -> States {
        let last = record.n_output().checked_sub(1);
        States::new(last, last.map(|_| 0))
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        let opening = self.opening_state(record);
        let (x, y) = (states.lock.or(opening.lock), states.hover.or(opening.hover));
        let rows = Rows::of(record, States::new(y, x));
        let scale = Scale::of(rows.hovered().map(|(_, value)| value), true, options)?;
        let Some((x, y)) = x.zip(y) else {
            let none = || "–".to_owned();
            let sheet = Sheet::of_row(&rows, &scale, options, rows.title());
            let mut sheet = sheet.ends(Ends { low: none(), high: none() });
            sheet.add(Text::new("No output.", 0.0, 16.0, 12.0, options.theme.muted()));
            let description = format!("{}.", sheet.title());
            return Ok(sheet.scene(description));
        };
        let side = options
            .width
            .map_or(scatter_plot::SIDE, |width| width - 2.0 * margin(options) - scatter_plot::BESIDE);
        let title = format!("“{}” (output {y}) against “{}” (output {x})", rows.label(y), rows.label(x));
        let more = |row: usize| format!("more to “{}”", rows.label(row));
        let mut sheet =
            Sheet::of_row(&rows, &scale, options, title).ends(Ends { low: more(x), high: more(y) });
        let scatter_plot =
            ScatterPlot { rows: &rows, scale: &scale, x: Some(x), y, token: options.token, side };
        sheet.redrawn_group("pair", Some(rows.in_words(&[y])), scatter_plot.items(), (0.0, 0.0), || {
            scatter_plot.redraw()
        });
        let description = format!(
            "{}: a dot for each token, to the right by what output {x} took from it, upwards by what output {y} did.",
            sheet.title(),
        );
        Ok(sheet.scene(description))
    }
}
