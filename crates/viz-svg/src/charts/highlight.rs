//! `highlight`: the text, with one output's attributions as its background.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::paint::scale::Scale;
use crate::scene::Scene;
use crate::values::rows::Rows;
use saliency_schema::Record;

const WIDTH: f64 = 640.0;
const SIZE: f64 = 13.0;
const LINE: f64 = 22.0;

/// The paragraph and its continuation, coloured by one output's attributions to the tokens before it.
///
/// `hover` chooses the output; with `lock` it shows hovered − locked. Tokens after the output are in muted ink.
#[derive(Debug, Clone, Copy, Default)]
pub struct Highlight;

impl Chart for Highlight {
    fn name(&self) -> &'static str {
        "highlight"
    }

    fn summary(&self) -> &'static str {
        "the text, coloured by what one output took from each token before it"
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        // One scale for every output, so that pictures of two outputs can be compared.
        let scale = Scale::of(&rows, options)?;
        let mut sheet = Sheet::of_row(&rows, &scale, options, rows.title());
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        let text = ColoredText::set(rows.record, Setting::Running, width, (SIZE, LINE));
        // A page is the text already.
        if !options.for_page {
            let words = rows.hover.map(|row| rows.in_words(&[row]));
            sheet.group("paragraph", words, text.items(&rows, &scale, options.token), (0.0, 0.0));
        }
        Ok(sheet.scene(sentence(&rows)))
    }
}

fn sentence(rows: &Rows<'_>) -> String {
    let (n_input, n_output) = (rows.n_input(), rows.n_output());
    let counts = format!("A text of {n_input} input and {n_output} output tokens.");
    if rows.hover.is_none() {
        return counts;
    }
    let shown = rows.hovered().filter_map(|(i, value)| Some((i, value.number()?)));
    let largest = shown.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
    match largest {
        Some((i, x)) => format!(
            "{counts} {}; the largest value, {}, is that of “{}” (token {}).",
            rows.title(),
            crate::values::number::short(x),
            rows.label_of(i),
            rows.record.position(i)
        ),
        None => format!("{counts} {}.", rows.title()),
    }
}
