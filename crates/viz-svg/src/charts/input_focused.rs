//! `input-focused`: above every word what each output took from it.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::caption;
use crate::layout::color_bar::Ends;
use crate::layout::mirrored_bars;
use crate::layout::mirrored_bars::MirroredBars;
use crate::layout::sheet::{Sheet, margin};
use crate::layout::word_columns::{CELL, WordColumns};
use crate::options::{Options, too_narrow};
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::scene::Scene;
use crate::text::visible;
use crate::values::bins::{Bins, By};
use crate::values::excerpt;
use crate::values::kind::Unit;
use crate::values::rows::Rows;
use saliency_schema::Record;

/// Cells in a line, where no width is asked for.
const COLUMNS: usize = 20;

/// Each input in a cell of one width, wrapped like prose; above it a column of ticks, one for each output, the first at
/// the bottom, all on one scale. More than 60 outputs are put together by sentence, with the mean of their values.
///
/// `token` marks an input; with `against`, a second one, the columns of both are set against each other as bars, with
/// the outputs' names and the difference. `hover` is the output that the words are coloured by (by default the resting
/// one), `lock` the one that every output is compared with.
#[derive(Debug, Clone, Copy, Default)]
pub struct InputFocused;

impl Chart for InputFocused {
    fn name(&self) -> &'static str {
        "input-focused"
    }

    fn summary(&self) -> &'static str {
        "above every word what each output took from it; two words compared"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["against"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let bins = Bins::of(rows.record);
        let inner = options.width.map_or(COLUMNS as f64 * CELL, |width| width - 2.0 * margin(options));
        let pair = pair(&rows, options)?;
        // A page compares the words that its reader holds.
        let (pair, token) = if options.for_page { (None, None) } else { (pair, options.token) };
        if let (Some(whole), Some(_), true) = (options.width, pair, inner < mirrored_bars::LEAST) {
            return Err(too_narrow(whole, mirrored_bars::LEAST + 2.0 * margin(options)));
        }
        let columns = ((inner / CELL).floor() as usize).max(1);
        let words = WordColumns::new((&rows, &scale, &bins), columns, options.for_page);
        let title = rows.title_of_all_or("What each word gave to every output");
        let mut sheet = Sheet::of_all(&rows, &scale, options, title);
        let captions = captions(&rows, &scale, &bins, options);
        let (lines, height) = caption::lay_out(&captions, inner, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let top = height + 6.0;
        let all: Vec<usize> = (0..rows.n_output()).collect();
        // A page holds the values themselves.
        let values = (!all.is_empty() && !options.for_page).then(|| rows.in_words(&all));
        sheet.group("columns", values, words.ticks(), (0.0, top));
        sheet.group("words", None, words.words(), (0.0, top));
        let marks = match (pair, token) {
            (Some([a, b]), _) => {
                vec![words.frame(a, scale.marks().0), words.frame(b, scale.marks().1)]
            }
            (None, Some(token)) => vec![words.frame(token, options.theme.mark())],
            (None, None) => Vec::new(),
        };
        sheet.group("marks", None, marks, (0.0, top));
        sheet.places((0.0, top), || Redraw::places(words.places()));
        let (n_input, n_output) = (rows.n_input(), rows.n_output());
        let mut description = format!(
            "{}: above each of {n_input} input tokens what each of {n_output} output tokens took from it.",
            sheet.title()
        );
        if let Some(tokens) = pair {
            let width = inner.min(mirrored_bars::WIDEST);
            let bars = MirroredBars { rows: &rows, scale: &scale, bins: &bins, tokens, width };
            let said = bars.in_words();
            sheet.group(
                "comparison",
                Some(said.trim().to_owned()),
                bars.items(),
                (0.0, top + words.height() + 24.0),
            );
            description += &said;
        }
        Ok(sheet.scene(description))
    }
}

/// The two inputs that are compared.
fn pair(rows: &Rows<'_>, options: &Options) -> Result<Option<[usize; 2]>, Error> {
    let Some((token, against)) = options.token.zip(options.against) else { return Ok(None) };
    if token == against {
        let range = format!("another input than the token, “{}”", rows.label_of(token));
        let value = rows.record.position(against).to_string();
        return Err(Error::Parameter { name: "against", value, range });
    }
    Ok(Some([token, against]))
}

/// What ticks and colours are.
fn captions(rows: &Rows<'_>, scale: &Scale, bins: &Bins, options: &Options) -> Vec<String> {
    if rows.n_input() == 0 {
        return vec!["The record holds no input.".to_owned()];
    }
    let Some(last) = rows.n_output().checked_sub(1) else {
        return vec!["The record holds no output.".to_owned()];
    };
    let (first, last, count) = (visible(&rows.label(0)), visible(&rows.label(last)), last + 1);
    let ticks = match bins.by {
        By::Output if count == 1 => format!("a tick for the output, “{first}”"),
        By::Output => format!("a tick for each of {count} outputs, from “{first}” (bottom) to “{last}”"),
        By::Sentence => format!("a tick for the mean of each sentence of {count} outputs, from the bottom"),
        By::Count(each) => format!("a tick for the mean of every {each} of {count} outputs, from the bottom"),
    };
    let unit = Ends::of(rows).unit;
    let unit = if unit.is_empty() { unit } else { format!(" {unit}") };
    let more = if scale.clipped.is_some() { " or more" } else { "" };
    let end = scale.spelled(scale.end);
    let sides = match rows.unit() {
        _ if !scale.palette.is_diverging() => "",
        Unit::Relative => ", leftwards below 1×",
        _ => ", leftwards if negative",
    };
    let mut lines = vec![format!("Above each word {ticks}; a whole one: {end}{unit}{more}{sides}.")];
    if let Some(hover) = rows.hover.filter(|_| !options.for_page) {
        let by = if rows.compares() { rows.title() } else { rows.name(hover) };
        lines.push(format!("The words are coloured by {}.", visible(&by)));
    }
    if let Some(outside) = excerpt::outside_of_all(rows.record) {
        lines.push(format!("outside, of each output's Σ|value|: {outside}"));
    }
    lines
}
