//! `segments`: what each sentence that was generated took from each sentence before it.

use crate::chart::{Chart, at_rest_on_a_page, draw_without_attributions};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::color_bar::Ends;
use crate::layout::segment_matrix::{SegmentMatrix, columns};
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::options::rule::Rule;
use crate::paint::scale::Scale;
use crate::scene::Scene;
use crate::values::excerpt;
use crate::values::kind::Unit;
use crate::values::rows::Rows;
use crate::values::segments::{Grain, SegmentSums};
use saliency_schema::Record;

/// The least that the caption takes, where no width is asked for, and what the title quotes.
const WIDTH: f64 = 560.0;
const QUOTED: f64 = 260.0;
const SIZE: f64 = 11.0;

/// A row for each sentence that was generated, a column for each sentence of the text so far: the sum of attributions,
/// as a number and as a colour.
///
/// Of values without a sign it is the share of the row's Σ |value|; of values with a sign the mean over the sentence's
/// outputs of their sums, in the unit of the record. Framed is what a sentence took from its own earlier words; what
/// follows a row has no cell. The last row is that of all outputs together. Sentences end where parts of the prompt do
/// (system, user, context, …), which have names above the columns. Of more sentences than fit, paragraphs are drawn,
/// and of more paragraphs, runs of them. Missing values count nothing, and are counted in the caption.
///
/// With `lock`, rows less that of the locked output's sentence; `hover` frames a row, `token` a column.
#[derive(Debug, Clone, Copy, Default)]
pub struct Segments;

impl Chart for Segments {
    fn name(&self) -> &'static str {
        "segments"
    }

    fn summary(&self) -> &'static str {
        "what each generated sentence took from each sentence before it, as numbers"
    }

    fn draws_attributions(&self) -> bool {
        false
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let drawn = Options { rule: Rule::new(), ..at_rest_on_a_page(options) };
        draw_without_attributions(
            self,
            records,
            (options, drawn),
            ("a sentence has no one distance", "these are sums of all"),
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        let segments = SegmentSums::of(&rows, columns(options))?;
        let scale = Scale::of_sums(&segments, options)?;
        let matrix = SegmentMatrix::new(&segments, &scale, options);
        let title = title(&rows, &segments, &scale);
        let record = std::slice::from_ref(rows.record());
        let mut sheet = Sheet::of_several(record, ends(&rows, &segments), &scale, options, title);
        let width = match options.width {
            Some(width) => width - 2.0 * margin(options),
            None => matrix.width().max(WIDTH),
        };
        let captions = captions(&rows, &segments, &scale);
        let (lines, height) = caption::lay_out(&captions, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let top = height + 10.0;
        if segments.n_output() > 0 {
            sheet.group("sums", Some(matrix.in_words(10)), matrix.cells(), (0.0, top));
            sheet.group("numbers", None, matrix.numbers(), (0.0, top));
            sheet.group("names", None, matrix.names(), (0.0, top));
            if !options.for_page {
                let row = options.hover.and(rows.hover()).and_then(|row| segments.row_of(row));
                let column = options.token.and_then(|token| segments.column_of(token));
                let frames = matrix.frames(row, column, options.theme.mark());
                sheet.group("marks", None, frames, (0.0, top));
            }
        }
        let description = format!("{}. {}", sheet.title(), captions.join(" "));
        Ok(sheet.scene(description))
    }
}

/// The sentence that all outputs together took the most from.
fn title(rows: &Rows<'_>, segments: &SegmentSums, scale: &Scale) -> String {
    if rows.hover().is_none() {
        return rows.title();
    }
    if let Some(row) = segments.lock() {
        let text = segments.quoted(segments.n_input() + row, SIZE, QUOTED);
        return format!("Every row minus row {}, “{text}”", segments.n_input() + row + 1);
    }
    let plain = match segments.strongest(SIZE, QUOTED) {
        Some((column, text, x)) => {
            let value = [scale.spelled(x), after_number(rows, segments)].join(" ").replace('\u{a0}', " ");
            let run = run(segments, column);
            let of = match excerpt::inputs(rows.record()) {
                Some(_) => "inputs shown",
                None => "input",
            };
            format!("Of the {of}, {run} gave the most, {}: “{text}”", value.trim_end())
        }
        None => "What each sentence took from those before it".to_owned(),
    };
    rows.title_of_all_or(&plain)
}

/// What a segment is called.
fn run(segments: &SegmentSums, column: usize) -> String {
    let (Grain { of, each }, number) = (segments.grain, column + 1);
    if each == 1 { format!("{of} {number}") } else { format!("{number}, a run of {each} {of}s,") }
}

/// What stands behind a number.
fn after_number(rows: &Rows<'_>, segments: &SegmentSums) -> String {
    match segments.unit {
        Unit::Share => String::new(),
        _ => format!("{} per output", rows.after_number()).trim_start().to_owned(),
    }
}

fn ends(rows: &Rows<'_>, segments: &SegmentSums) -> Ends {
    let ends = match segments.lock() {
        Some(row) => {
            let low = format!("more to row {}", segments.n_input() + row + 1);
            Ends { unit: Ends::of(rows).unit, ..Ends::new(low, "more to the row itself") }
        }
        None => Ends::of(rows),
    };
    match segments.unit {
        Unit::Share => ends,
        _ => Ends { unit: after_number(rows, segments), ..ends },
    }
}

fn captions(rows: &Rows<'_>, segments: &SegmentSums, scale: &Scale) -> Vec<String> {
    if segments.n_output() == 0 {
        return Vec::new();
    }
    let record = rows.record();
    let grain = segments.grain;
    let of = match grain.each {
        1 => format!("{}s", grain.of),
        each => format!("runs of {each} {}s", grain.of),
    };
    let normalized = record.normalize.as_deref().filter(|name| *name != "none");
    let what = match (segments.unit, normalized) {
        (Unit::Share, Some(name)) => {
            format!("the share of its Σ|value|, in %, of rows that were normalised ({name})")
        }
        (Unit::Share, None) => {
            "the share of its Σ|value|, in %, so that outputs with larger values count more".to_owned()
        }
        (_, name) => {
            let percent = if segments.unit == Unit::SignedShare { ", in %" } else { "" };
            let name = name.map(|name| format!(" of rows that were normalised ({name})"));
            let unit = if rows.after_number().is_empty() {
                String::new()
            } else {
                format!(", in {}", rows.after_number())
            };
            format!(
                "the mean over its outputs of the sum of values{percent}{unit}{}",
                name.unwrap_or_default()
            )
        }
    };
    let less = segments
        .lock()
        .map_or_else(String::new, |row| format!(", less that of row {}", segments.n_input() + row + 1));
    let mut captions = vec![format!(
        "Rows: the {of} that were generated. Columns: those of the text before. A cell: {what}{less}. Framed: what a \
         row took from its own earlier words."
    )];
    if grain.of != "sentence" || grain.each > 1 {
        captions.push(format!("The text has more sentences than fit, so rows and columns are {of}."));
    }
    if segments.lock().is_none() {
        let said: Vec<String> = segments
            .by_parts(record)
            .into_iter()
            .map(|(name, x)| format!("{name} {}", scale.spelled(x)))
            .collect();
        if !said.is_empty() {
            let after = after_number(rows, segments);
            let after = if after.is_empty() { after } else { format!(" ({after})") };
            captions.push(format!("All outputs together: {}{after}.", said.join(", ")));
        }
    }
    let [missing, other, all] = segments.counted;
    if missing > 0 {
        captions.push(format!("{missing} of {all} values are missing, and count nothing in sums."));
    }
    if other > 0 {
        captions.push(format!("{other} of {all} values are no finite numbers, and neither are their sums."));
    }
    let outside = excerpt::outside_of_all(record);
    captions.extend(outside.map(|share| format!("outside, of each output's Σ|value|: {share}")));
    if !segments.of_shown.is_empty() {
        let number = |row: &usize| (segments.n_input() + row + 1).to_string();
        let numbers: Vec<String> = segments.of_shown.iter().map(number).collect();
        let rows = if numbers.len() == 1 { "row" } else { "rows" };
        captions.push(format!(
            "How much lies outside is not known of {rows} {}: its shares are of what is shown.",
            numbers.join(", ")
        ));
    }
    captions
}
