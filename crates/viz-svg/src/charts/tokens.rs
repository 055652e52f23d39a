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
use crate::values::provenance::Provenance;
use crate::values::rows::Rows;
use crate::values::view::View;
use saliency_schema::{Kind, Record};
use std::fmt::Write as _;

const WIDTH: f64 = 560.0;
const ROW: f64 = 18.0;
const SIZE: f64 = 12.0;
/// Rows of the table at the most, where the caller does not say.
const TOP: usize = 40;
/// Where the columns are: rank, position and value end, the token and the bar begin.
const RANK: f64 = 32.0;
const POSITION: f64 = 88.0;
const TOKEN: f64 = 104.0;
const VALUE: f64 = 360.0;
const BAR: f64 = 376.0;

/// The tokens with the largest attributions for one output, by absolute value; ties in the order of the text. `hover`
/// is the output (the first by default), `lock` one to compare with.
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
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < BAR + 60.0) {
            return Err(too_narrow(whole, BAR + 60.0 + 2.0 * margin(options)));
        }
        let mut sheet = Sheet::of_row(rows, &scale, options, rows.title());
        let mut items = Vec::new();
        let head = |text: &str, x: f64, anchor: Anchor| {
            Item::from(Text::new(text, x, 12.0, 11.0, theme.muted()).anchored(anchor))
        };
        items.push(head("rank", RANK, Anchor::End));
        items.push(head("position", POSITION, Anchor::End));
        items.push(head("token", TOKEN, Anchor::Start));
        items.push(head("value", VALUE, Anchor::End));
        items.push(Item::Line { from: (0.0, 18.0), to: (width, 18.0), color: theme.muted(), width: 1.0 });
        for (rank, entry) in table.entries.iter().enumerate() {
            items.extend(entry.row(rank, 22.0 + rank as f64 * ROW, width, &scale));
            if options.token.map(|token| rows.record.position(token)) == Some(entry.position) {
                let rect = Rect::new(TOKEN - 4.0, 23.0 + rank as f64 * ROW, VALUE - TOKEN + 10.0, ROW - 2.0);
                items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
            }
        }
        let bottom = 22.0 + table.entries.len() as f64 * ROW;
        items.push(Text::new(table.rest(), 0.0, bottom + 16.0, 11.0, theme.muted()).into());
        // A page has the table already.
        if !options.for_page {
            sheet.group("table", None, items, (0.0, 0.0));
        }
        let description = format!("{}. {}.", sheet.title(), table.rest());
        Ok(sheet.scene(description))
    }

    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        options.check(self.name(), self.own_options())?;
        let view = View::of(records, options)?;
        let (records, options) = (&*view.records, &*view.options);
        let table = Table::of(records, options)?;
        let title = options.title.clone().unwrap_or_else(|| table.rows.title());
        let said = Provenance::of(table.rows.record, options).lines().join(" · ");
        let mut text = format!("{}\n{said}\n", visible(&title));
        for note in &table.rows.record.notes {
            let _ = writeln!(text, "note: {}", visible(note));
        }
        if let Some(inputs) = excerpt::inputs(table.rows.record) {
            let outside = excerpt::outside_of_shown(&table.rows).join("; ");
            let _ = writeln!(text, "shown: {inputs}; {outside}");
        }
        text.push('\n');
        let _ = writeln!(text, "rank  position       value  token");
        for (rank, entry) in table.entries.iter().enumerate() {
            let (position, value) = (entry.position, &entry.spelled);
            let _ = writeln!(text, "{:4}  {position:8}  {value:>10}  {}", rank + 1, entry.label);
        }
        let _ = writeln!(text, "\n{}", table.rest());
        Ok(Some(text))
    }
}

/// The ranked tokens of one output.
struct Table<'a> {
    rows: Rows<'a>,
    entries: Vec<Entry>,
    /// How many tokens the output has read.
    all: usize,
    /// The entries' share of the sum of absolute values.
    share: f64,
}

struct Entry {
    position: usize,
    label: String,
    is_output: bool,
    value: Value,
    spelled: String,
}

impl<'a> Table<'a> {
    fn of(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        let rows = Rows::one(records, options)?;
        let mut entries: Vec<_> =
            rows.hovered().map(|(position, value)| Entry::new(&rows, position, value)).collect();
        let size =
            |entry: &Entry| entry.value.number().map_or(-1.0, |x| if x.is_nan() { -0.5 } else { x.abs() });
        entries.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let finite = |entries: &[Entry]| -> f64 {
            // Halved and halved again by the count, so that huge values do not overflow.
            entries.iter().map(size).filter(|x| *x > 0.0 && x.is_finite()).map(|x| x / 1e6).sum()
        };
        let (all, whole) = (entries.len(), finite(&entries));
        entries.truncate(options.top.unwrap_or(TOP));
        let share = if whole > 0.0 { finite(&entries) / whole } else { 1.0 };
        Ok(Self { rows, entries, all, share })
    }

    /// What the table leaves out.
    fn rest(&self) -> String {
        let shown = self.entries.len();
        format!("{shown} of {} tokens, with {:.0} % of the sum of |value|", self.all, 100.0 * self.share)
    }
}

impl Entry {
    fn new(rows: &Rows<'_>, position: usize, value: Value) -> Self {
        let is_output = rows.record.tokens[position].kind == Kind::Output;
        let (label, spelled) = (rows.label_of(position), rows.spelled(value));
        Self { position: rows.record.position(position), label, is_output, value, spelled }
    }

    fn row(&self, rank: usize, top: f64, width: f64, scale: &Scale) -> Vec<Item> {
        let theme = scale.theme;
        let text = |text: String, x: f64, anchor: Anchor| {
            Item::from(Text::new(text, x, top + 12.0, SIZE, theme.ink()).anchored(anchor))
        };
        let name = if self.is_output { format!("{} (output)", self.label) } else { self.label.clone() };
        let name = font::fitted(&visible(&name), SIZE, VALUE - TOKEN - 80.0);
        let paint = scale.paint(self.value);
        let share = match self.value {
            Value::Number(x) if x.is_finite() => (x.abs() / scale.end).min(1.0),
            _ => 1.0,
        };
        let bar = Rect::new(BAR, top + 3.0, ((width - BAR) * share).max(0.5), ROW - 6.0);
        vec![
            text((rank + 1).to_string(), RANK, Anchor::End),
            text(self.position.to_string(), POSITION, Anchor::End),
            text(name, TOKEN, Anchor::Start),
            text(self.spelled.clone(), VALUE, Anchor::End),
            Item::Cells { paint, cells: vec![bar] },
        ]
    }
}
