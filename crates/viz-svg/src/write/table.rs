//! Every cell of some records as a long table, a row each: what a spreadsheet, pandas or R reads.

use crate::error::Error;
use crate::options::Options;
use crate::options::look::Look;
use crate::options::rule::Rule;
use crate::paint::scale::Value;
use crate::values::panels::Panels;
use crate::values::rows::Rows;
use saliency_schema::{Kind, Output, Record};
use std::fmt::Write as _;
use std::io;

/// The columns, in order. `difference` comes last, and only where a row is locked.
const COLUMNS: [&str; 30] = [
    "record",
    "model",
    "method",
    "baseline",
    "target",
    "aggregate",
    "normalize",
    "signed",
    "output",
    "output_position",
    "output_id",
    "output_token",
    "explained",
    "against",
    "without",
    "probability",
    "logit",
    "target_value",
    "baseline_value",
    "row_sum",
    "delta",
    "position",
    "kind",
    "id",
    "token",
    "start",
    "end",
    "bytes",
    "value",
    "standard_error",
];
const DIFFERENCE: &str = "difference";

/// Every cell of some records as a long table: a row for each output and each token before it.
///
/// | column | is |
/// | --- | --- |
/// | `record` | the record's number, from 0 |
/// | `model`, `method`, `baseline`, `target`, `aggregate`, `normalize` | how the record was made; their names |
/// | `signed` | `true` where a positive value raises the target, `false` where values have no sign |
/// | `output` | the output's number, from 0 |
/// | `output_position`, `output_id`, `output_token` | its token: position among all tokens, number in the vocabulary, text |
/// | `explained` | the token that was explained in its place; empty where that was the output's own |
/// | `against` | the alternatives of a contrast, with line feeds between them |
/// | `without` | the text that the compared run did not have, for a target that compares with one |
/// | `probability`, `logit` | the model's, of the output's token |
/// | `target_value`, `baseline_value` | the target at the input, f(x), and at the baseline, f(baseline) |
/// | `row_sum`, `delta` | the row's sum before it was reduced, and its convergence delta: `row_sum` − (f(x) − f(baseline)) |
/// | `position`, `kind`, `id`, `token` | the token before the output: position, `input` or `output`, number, text |
/// | `start`, `end` | its bytes in the whole text: the first, and one past the last |
/// | `bytes` | its bytes in hexadecimal, where it holds part of a character and `token` is a stand-in |
/// | `value` | the token's attribution for the output, in the unit that `normalize` and `target` state |
/// | `standard_error` | of `value`, where it was sampled |
/// | `difference` | `value` minus the locked row's; of two records of different unit or sign, of their sizes as shares of the row; only with [`Options::lock`], empty where the two can't be compared |
///
/// A field that is not recorded, or missing, is empty. Numbers have the digits that read back to the same `f64`; what
/// is not finite is `NaN`, `inf` or `-inf`. Text is that of the tokens, including white space.
///
/// `pandas.read_csv(path, float_precision="round_trip", converters=dict.fromkeys(["token", "output_token", "bytes"], str))`
/// reads it all back: before version 4 pandas rounds otherwise, and it takes a token `NA` or `null` for a missing
/// value.
#[derive(Debug)]
pub struct LongTable<'a> {
    panels: Panels<'a>,
    options: Options,
}

impl<'a> LongTable<'a> {
    /// The cells of all records, or of [`Options::record`]. The only other options that it uses are `lock`, `model` and
    /// `method`.
    ///
    /// # Errors
    /// No record, or a lock outside the records.
    pub fn new<R: crate::AsRecords + ?Sized>(records: &'a R, options: &Options) -> Result<Self, Error> {
        // The values are the recorded ones.
        let rule = Rule::default();
        let recorded = Options { look: Look::Notebook, relative: None, rule, ..options.clone() };
        let panels = Panels::of(records.as_records(), &recorded)?;
        Ok(Self { panels, options: options.clone() })
    }

    /// The table as CSV with a header: quoting as in RFC 4180, UTF-8, lines ending in `\n`.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn write_csv(&self, out: impl io::Write) -> io::Result<()> {
        self.write(csv::Writer::from_writer(out), str::to_owned)
    }

    /// The table with tabs between the fields and without quotes, in UTF-8, with a header. In a text a tab is `\t`, a
    /// line feed `\n`, a carriage return `\r` and a backslash `\\`.
    ///
    /// # Errors
    /// The errors of `out`.
    pub fn write_tsv(&self, out: impl io::Write) -> io::Result<()> {
        let mut form = csv::WriterBuilder::new();
        form.delimiter(b'\t').quote_style(csv::QuoteStyle::Never);
        self.write(form.from_writer(out), |text| {
            text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        })
    }

    fn write<W: io::Write>(
        &self,
        mut out: csv::Writer<W>,
        escaped: impl Fn(&str) -> String,
    ) -> io::Result<()> {
        let compares = self.options.lock.is_some();
        let difference = compares.then_some(DIFFERENCE);
        out.write_record(COLUMNS.into_iter().chain(difference))?;
        for (number, rows) in self.panels.rows().enumerate() {
            let number = self.options.record.unwrap_or(0) + number;
            for row in 0..rows.n_output() {
                let of_row =
                    [of_record(rows.record, number, &self.options), of_output(rows.record, row)].concat();
                let of_row: Vec<String> = of_row.iter().map(|field| escaped(field)).collect();
                for token in 0..rows.length(row) {
                    let cell = of_cell(&rows, row, token);
                    let difference = compares.then(|| spelled(rows.shown(row, token)));
                    let cell = cell.iter().map(|field| escaped(field)).chain(difference);
                    out.write_record(of_row.iter().cloned().chain(cell))?;
                }
            }
        }
        out.flush()
    }
}

/// The columns that are one record's.
fn of_record(record: &Record, number: usize, options: &Options) -> Vec<String> {
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    vec![
        number.to_string(),
        text(record.model.as_ref().map(|model| model.name.as_str()).or(options.model.as_deref())),
        text(record.method.as_ref().map(|method| method.name.as_str()).or(options.method.as_deref())),
        text(record.method.as_ref().and_then(|method| method.baseline.as_deref())),
        text(record.target.as_ref().map(|target| target.name.as_str())),
        text(record.aggregate.as_deref()),
        text(record.normalize.as_deref()),
        record.signed.map(|signed| signed.to_string()).unwrap_or_default(),
    ]
}

/// The columns that are one output's.
fn of_output(record: &Record, row: usize) -> Vec<String> {
    let position = record.n_input() + row;
    let token = &record.tokens[position];
    let known = record.outputs.get(row);
    let explained = known.and_then(|output| output.explained.as_ref());
    let token_text = explained.and_then(|explained| explained.token.as_ref()).map(|token| token.text.clone());
    let against = explained.map(|explained| explained.alternatives.iter().map(|token| &*token.text));
    let without =
        explained.and_then(|explained| explained.without.as_ref()).map(|left_out| left_out.text.clone());
    let known = |field: fn(&Output) -> Option<f64>| optional(known.and_then(field));
    vec![
        row.to_string(),
        position.to_string(),
        token.id.to_string(),
        token.text.clone(),
        token_text.unwrap_or_default(),
        against.map(|texts| texts.collect::<Vec<_>>().join("\n")).unwrap_or_default(),
        without.unwrap_or_default(),
        known(|output| output.probability),
        known(|output| output.logit),
        known(|output| output.value),
        known(|output| output.baseline_value),
        known(|output| output.sum),
        known(|output| output.delta),
    ]
}

/// The columns of one cell, but for its difference.
fn of_cell(rows: &Rows<'_>, row: usize, position: usize) -> Vec<String> {
    let token = &rows.record.tokens[position];
    let place = |byte: Option<usize>| byte.map(|byte| byte.to_string()).unwrap_or_default();
    let error =
        rows.record.standard_errors.get(row).and_then(|errors| errors.get(position).copied()).flatten();
    let kind = match token.kind {
        Kind::Input => "input",
        Kind::Output => "output",
    };
    let bytes = token.bytes.iter().flatten().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    });
    vec![
        position.to_string(),
        kind.to_owned(),
        token.id.to_string(),
        token.text.clone(),
        place(token.start),
        place(token.end),
        bytes,
        spelled(rows.plain(row, position)),
        optional(error),
    ]
}

fn optional(x: Option<f64>) -> String {
    x.map(number).unwrap_or_default()
}

fn spelled(value: Value) -> String {
    optional(value.number())
}

/// The fewest digits that read back to the same number; `NaN`, `inf`, `-inf`.
fn number(x: f64) -> String {
    format!("{x:?}")
}
