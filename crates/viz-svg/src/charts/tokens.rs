//! `tokens`: a ranked table of what one output took from each token; also as plain text, for a terminal.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::sheet::{Sheet, margin};
use crate::options::Options;
use crate::options::too_narrow;
use crate::paint::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Scene, Text};
use crate::text::font;
use crate::text::visible;
use crate::values::excerpt;
use crate::values::kept::Count;
use crate::values::kind::Unit;
use crate::values::number::{percent, times};
use crate::values::provenance::Provenance;
use crate::values::rows::Rows;
use crate::values::view::View;
use saliency_schema::{Kind, Record};
use std::fmt::Write as _;

const WIDTH: f64 = 600.0;
const ROW: f64 = 18.0;
const SIZE: f64 = 12.0;
/// Rows of the table at the most, where the caller does not say.
const TOP: usize = 40;
/// Where the first columns are: positions end, words begin and end.
const POSITION: f64 = 36.0;
const WORD: f64 = 48.0;
const WORDS_END: f64 = 200.0;
/// A column of numbers.
const NUMBER: f64 = 114.0;
/// Before the bars, and the least that they take.
const BEFORE_BARS: f64 = 14.0;
const BARS: f64 = 60.0;

/// The tokens with the largest attributions for one output, by absolute value; ties in the order of the text. `hover`
/// is the output (by default the one with the largest input against an even share), `lock` one to compare with.
///
/// Columns: the position, the word, its share of the row and how many times an even share that is; of values with a
/// sign, the value and its share; relative to distance, the share and how many times the median it is, the largest
/// first. With a locked output, both outputs' values and their difference.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokens;

impl Chart for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn summary(&self) -> &'static str {
        "a ranked table of what one output took from each token; without -o it prints"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["top"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let table = Table::of(records, options)?;
        let rows = &table.rows;
        let (theme, scale) = (options.theme, Scale::of(rows, options)?);
        let bars_left = WORDS_END + NUMBER * table.heads.len() as f64 + BEFORE_BARS;
        let width = options.width.map_or(WIDTH.max(bars_left + BARS), |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < bars_left + BARS) {
            return Err(too_narrow(whole, bars_left + BARS + 2.0 * margin(options)));
        }
        let mut sheet = Sheet::of_row(rows, &scale, options, rows.title());
        let mut items = Vec::new();
        let head = |text: &str, x: f64, anchor: Anchor| {
            let text = font::fitted(text, 11.0, NUMBER - 8.0);
            Item::from(Text::new(text, x, 12.0, 11.0, theme.muted()).anchored(anchor))
        };
        items.push(head("#", POSITION, Anchor::End));
        items.push(head("word", WORD, Anchor::Start));
        for (column, text) in table.heads.iter().enumerate() {
            items.push(head(text, WORDS_END + NUMBER * (column + 1) as f64, Anchor::End));
        }
        items.push(Item::Line { from: (0.0, 18.0), to: (width, 18.0), color: theme.muted(), width: 1.0 });
        let bars =
            Bars { left: bars_left, width: width - bars_left, longest: table.longest(), scale: &scale };
        for (line, entry) in table.entries.iter().enumerate() {
            let top = 22.0 + line as f64 * ROW;
            items.extend(entry.row(top, &bars));
            if options.token == Some(entry.token) {
                let rect = Rect::new(WORD - 4.0, top + 1.0, WORDS_END - WORD + 4.0, ROW - 2.0);
                items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
            }
        }
        let bottom = 22.0 + table.entries.len() as f64 * ROW;
        items.push(Text::new(table.rest(), 0.0, bottom + 16.0, 11.0, theme.muted()).into());
        // A page has the table already.
        if !options.for_page {
            sheet.group("table", None, items, (0.0, 0.0));
        }
        let description = format!("{}. A table of tokens: {}.", sheet.title(), table.rest());
        Ok(sheet.scene(description))
    }

    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        options.check(self.name(), self.own_options())?;
        let view = View::of(records, options)?;
        let (records, options) = (&*view.records, &*view.options);
        let table = Table::of(records, options)?;
        let title = options.title.clone().unwrap_or_else(|| table.rows.title());
        let mut text = format!("{}\n", visible(&title));
        let made = Provenance::of(table.rows.record, options);
        let known = made.fields().into_iter().filter(|(_, value)| *value != "not recorded");
        let said = known.map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(" · ");
        if !said.is_empty() {
            let _ = writeln!(text, "{said}");
        }
        for note in &table.rows.record.notes {
            let _ = writeln!(text, "note: {}", visible(note));
        }
        if let Some(inputs) = excerpt::inputs(table.rows.record) {
            let outside = excerpt::outside_of_shown(&table.rows).join("; ");
            let _ = writeln!(text, "shown: {inputs}; {outside}");
        }
        if let (Some(row), false) = (table.rows.hover, options.rule.is_empty()) {
            let said = Count::of([(&table.rows, row)]).in_words(&options.rule);
            let _ = writeln!(text, "{said}");
        }
        text.push('\n');
        let heads =
            table.heads.iter().map(|head| font::fitted(&visible(head), 1.0, 12.0 * font::width("x", 1.0)));
        let _ = writeln!(text, "    #{}  word", columns(heads));
        for entry in &table.entries {
            let _ = writeln!(
                text,
                "{:5}{}  {}",
                entry.position,
                columns(entry.numbers.iter().cloned()),
                entry.label
            );
        }
        let _ = writeln!(text, "\n{}", table.rest());
        Ok(Some(text))
    }
}

/// Texts of a terminal's columns, each at its right end.
fn columns(texts: impl Iterator<Item = String>) -> String {
    texts.fold(String::new(), |mut line, text| {
        let before = 16_usize.saturating_sub(font::columns(&text));
        line.extend(std::iter::repeat_n(' ', before));
        line + &text
    })
}

/// The ranked tokens of one output.
struct Table<'a> {
    rows: Rows<'a>,
    /// What the columns of numbers are.
    heads: Vec<String>,
    entries: Vec<Entry>,
    /// How many tokens the output has read.
    all: usize,
    /// The entries' share of the row, or of the sum of differences.
    share: f64,
}

/// A row of the table.
struct Entry {
    /// The token, among those that are drawn.
    token: usize,
    position: usize,
    label: String,
    is_output: bool,
    value: Value,
    numbers: Vec<String>,
}

/// Where the bars are, and how long the longest is, in the values' unit.
struct Bars<'a> {
    left: f64,
    width: f64,
    longest: f64,
    scale: &'a Scale,
}

impl<'a> Table<'a> {
    fn of(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        let rows = Rows::one(records, options)?;
        let all = rows.hover.map_or(0, |row| rows.length(row));
        let mut shown: Vec<(usize, Value)> =
            rows.hovered().filter(|(_, value)| *value != Value::Hidden).collect();
        // Of values relative to a distance, those far above it come first, and not those far below.
        let by_sign = rows.unit() == Unit::Relative && !rows.compares();
        let size = |value: Value| match value.number() {
            None => f64::NEG_INFINITY,
            Some(x) if x.is_nan() => f64::MIN,
            Some(x) if by_sign => x,
            Some(x) => x.abs(),
        };
        shown.sort_by(|a, b| size(b.1).total_cmp(&size(a.1)));
        let finite = |value: Value| value.number().filter(|x| x.is_finite()).map_or(0.0, f64::abs);
        let of_all = rows.hover.into_iter().flat_map(|row| (0..all).map(move |token| (row, token)));
        let whole: f64 = of_all.map(|(row, token)| finite(rows.whole(row, token)) / 1e6).sum();
        shown.truncate(options.top.unwrap_or(TOP));
        let share = match rows.hover {
            Some(row) if !rows.compares() => {
                shown.iter().filter_map(|(token, _)| rows.share(row, *token)).sum()
            }
            // In millionths, so that huge values do not overflow.
            _ if whole > 0.0 => shown.iter().map(|(_, value)| finite(*value) / 1e6).sum::<f64>() / whole,
            _ => 1.0,
        };
        let entries = shown.into_iter().map(|(token, value)| Entry::new(&rows, token, value)).collect();
        Ok(Self { heads: heads(&rows), entries, all, share, rows })
    }

    /// The largest value of a bar.
    fn longest(&self) -> f64 {
        let finite = |entry: &Entry| entry.value.number().filter(|x| x.is_finite()).map(f64::abs);
        let longest = self.entries.iter().filter_map(finite).fold(0.0, f64::max);
        if longest > 0.0 { longest } else { 1.0 }
    }

    /// What the table holds and leaves out: `these 12 of 187 hold 35 %`.
    fn rest(&self) -> String {
        let shown = self.entries.len();
        let of = if self.rows.compares() { "the differences" } else { "the row" };
        let these = if shown == self.all {
            format!("these {shown}")
        } else {
            format!("these {shown} of {}", self.all)
        };
        format!("{these} hold {} of {of}", percent(self.share))
    }
}

/// What the columns of numbers are.
fn heads(rows: &Rows<'_>) -> Vec<String> {
    let unit = |rows: &Rows<'_>| match rows.after_number() {
        "" => "value".to_owned(),
        unit => unit.to_owned(),
    };
    match (rows.hover, rows.locked_label(), rows.unit()) {
        (Some(row), Some(locked), _) => vec![rows.label(row), locked, "difference".to_owned()],
        (.., Unit::Share) => vec!["share".to_owned(), "× even".to_owned()],
        (.., Unit::Relative) => vec!["share".to_owned(), "÷ median".to_owned()],
        (.., Unit::Signed) => vec![unit(rows), "share".to_owned()],
        (.., Unit::SignedShare | Unit::Recorded) => vec!["value".to_owned()],
    }
}

impl Entry {
    fn new(rows: &Rows<'_>, token: usize, value: Value) -> Self {
        let row = rows.hover.unwrap_or_default();
        let share = || rows.share(row, token).map_or_else(|| "–".to_owned(), percent);
        let even = || rows.even(row, token).map_or_else(|| "–".to_owned(), times);
        let spelled = rows.spelled(value);
        let numbers = match (rows.locked(token), rows.unit()) {
            (Some(locked), unit) => {
                let plain = |value: Value| unit.spelled(value, false);
                vec![plain(rows.own(row, token)), plain(locked), spelled]
            }
            (None, Unit::Share) => vec![spelled, even()],
            // What lowers the target is marked: a share and a ratio do not say it.
            (None, Unit::Relative) if rows.hides_sign(row, token) => vec![share(), format!("{spelled} (−)")],
            (None, Unit::Relative) => vec![share(), spelled],
            (None, Unit::Signed) => vec![spelled, share()],
            (None, Unit::SignedShare | Unit::Recorded) => vec![spelled],
        };
        let (label, is_output) = (rows.label_of(token), rows.record.tokens[token].kind == Kind::Output);
        Self { token, position: rows.record.position(token), label, is_output, value, numbers }
    }

    fn row(&self, top: f64, bars: &Bars<'_>) -> Vec<Item> {
        let (scale, theme) = (bars.scale, bars.scale.theme);
        let text = |text: String, x: f64, anchor: Anchor| {
            Item::from(Text::new(text, x, top + 12.0, SIZE, theme.ink()).anchored(anchor))
        };
        let name = if self.is_output { format!("{} (output)", self.label) } else { self.label.clone() };
        let name = font::fitted(&visible(&name), SIZE, WORDS_END - WORD);
        let mut items =
            vec![text(self.position.to_string(), POSITION, Anchor::End), text(name, WORD, Anchor::Start)];
        for (column, number) in self.numbers.iter().enumerate() {
            items.push(text(number.clone(), WORDS_END + NUMBER * (column + 1) as f64, Anchor::End));
        }
        let paint = scale.paint(self.value);
        // Values with a sign have zero in the middle.
        let (zero, side) = if scale.palette.is_diverging() {
            (bars.left + bars.width / 2.0, bars.width / 2.0)
        } else {
            (bars.left, bars.width)
        };
        let rect = match self.value.number() {
            Some(x) if x.is_finite() => {
                let length = (side * (x.abs() / bars.longest)).max(0.5);
                Rect::new(if x < 0.0 { zero - length } else { zero }, top + 3.0, length, ROW - 6.0)
            }
            _ => Rect::new(bars.left, top + 3.0, bars.width, ROW - 6.0),
        };
        items.push(Item::Cells { paint, cells: vec![rect] });
        items
    }
}
