//! `tokens`: a ranked table of what one output took from each token; also as plain text, for a terminal.

use super::highlight::{ends, heading};
use crate::legend::{Legend, provenance};
use crate::number::short;
use crate::options::{States, one};
use crate::rows::Rows;
use crate::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Scene, Text};
use crate::text::{label, visible};
use crate::{Chart, Error, Options, Paint, font};
use saliency_schema::{Kind, Record};
use std::fmt::Write as _;

const MARGIN: f64 = 24.0;
const WIDTH: f64 = 560.0;
const ROW: f64 = 18.0;
const SIZE: f64 = 12.0;
/// Rows of the table at the most.
const MOST: usize = 40;
/// Where the columns are: rank, position and value end, the token and the bar begin.
const RANK: f64 = 32.0;
const POSITION: f64 = 88.0;
const TOKEN: f64 = 104.0;
const VALUE: f64 = 360.0;
const BAR: f64 = 376.0;

/// The tokens that one output took most from, by absolute value; ties in the order of the text. `hover` is the output
/// (the first by default), `lock` one to compare with.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tokens;

impl Chart for Tokens {
    fn name(&self) -> &'static str {
        "tokens"
    }

    fn summary(&self) -> &'static str {
        "a ranked table of what one output took from each token; without -o it prints"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let table = Table::of(record, options)?;
        let rows = &table.rows;
        let (theme, scale) = (options.theme, Scale::of(rows.all_shown(), rows.is_signed(), options)?);
        let title = options.title.clone().unwrap_or_else(|| heading(rows));
        let mut patterns = std::collections::BTreeSet::new();
        for entry in &table.entries {
            if let Paint::Pattern(pattern) = scale.paint(entry.value) {
                patterns.insert(pattern);
            }
        }
        let room = (MARGIN, MARGIN, WIDTH);
        let legend = Legend::new(room, &title, record, options, &scale, &ends(rows), &patterns);
        let top = MARGIN + legend.height + 8.0;
        let mut items = legend.items;
        let head = |text: &str, x: f64, anchor: Anchor| {
            Item::from(Text::new(text, MARGIN + x, top + 12.0, 11.0, theme.muted()).anchored(anchor))
        };
        items.push(head("rank", RANK, Anchor::End));
        items.push(head("position", POSITION, Anchor::End));
        items.push(head("token", TOKEN, Anchor::Start));
        items.push(head("value", VALUE, Anchor::End));
        let (from, to) = ((MARGIN, top + 18.0), (MARGIN + WIDTH, top + 18.0));
        items.push(Item::Line { from, to, color: theme.muted(), width: 1.0 });
        let body = top + 22.0;
        for (rank, entry) in table.entries.iter().enumerate() {
            items.extend(entry.row(rank, body + rank as f64 * ROW, &scale));
        }
        let bottom = body + table.entries.len() as f64 * ROW;
        items.push(Text::new(table.rest(), MARGIN, bottom + 16.0, 11.0, theme.muted()).into());
        let description = format!("{title}. {}.", table.rest());
        Ok(Scene {
            width: WIDTH + 2.0 * MARGIN,
            height: bottom + 24.0 + MARGIN,
            title,
            description,
            theme,
            items,
        })
    }

    fn text(&self, records: &[Record], options: &Options) -> Result<Option<String>, Error> {
        let record = one(records, options)?;
        let table = Table::of(record, options)?;
        let mut text = format!("{}\n{}\n\n", heading(&table.rows), provenance(record, options).join(" · "));
        let _ = writeln!(text, "rank  position       value  token");
        for (rank, entry) in table.entries.iter().enumerate() {
            let (position, value) = (entry.position, entry.spelled());
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
}

impl<'a> Table<'a> {
    fn of(record: &'a Record, options: &Options) -> Result<Self, Error> {
        let rows = Rows::new(record, States::of(record, options)?);
        let entry = |position: usize, row: usize| {
            let token = &record.tokens[position];
            let value = rows.shown(row, position);
            Entry { position, label: label(token), is_output: token.kind == Kind::Output, value }
        };
        let mut entries: Vec<_> = rows
            .hover
            .into_iter()
            .flat_map(|row| (0..rows.length(row)).map(move |i| entry(i, row)))
            .collect();
        let size =
            |entry: &Entry| entry.value.number().map_or(-1.0, |x| if x.is_nan() { -0.5 } else { x.abs() });
        entries.sort_by(|a, b| size(b).total_cmp(&size(a)));
        let finite = |entries: &[Entry]| -> f64 {
            // Halved and halved again by the count, so that huge values do not overflow.
            entries.iter().map(size).filter(|x| *x > 0.0 && x.is_finite()).map(|x| x / 1e6).sum()
        };
        let (all, whole) = (entries.len(), finite(&entries));
        entries.truncate(MOST);
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
    fn spelled(&self) -> String {
        match self.value {
            Value::Number(x) => short(x),
            Value::Missing => "missing".to_owned(),
            Value::NotComparable => "not comp.".to_owned(),
        }
    }

    fn row(&self, rank: usize, top: f64, scale: &Scale) -> Vec<Item> {
        let theme = scale.theme;
        let text = |text: String, x: f64, anchor: Anchor| {
            Item::from(Text::new(text, MARGIN + x, top + 12.0, SIZE, theme.ink()).anchored(anchor))
        };
        let name = if self.is_output { format!("{} (output)", self.label) } else { self.label.clone() };
        let name = font::fitted(&visible(&name), SIZE, VALUE - TOKEN - 80.0);
        let paint = scale.paint(self.value);
        let share = match self.value {
            Value::Number(x) if x.is_finite() => (x.abs() / scale.end).min(1.0),
            _ => 1.0,
        };
        let bar = Rect::new(MARGIN + BAR, top + 3.0, ((WIDTH - BAR) * share).max(0.5), ROW - 6.0);
        vec![
            text((rank + 1).to_string(), RANK, Anchor::End),
            text(self.position.to_string(), POSITION, Anchor::End),
            text(name, TOKEN, Anchor::Start),
            text(self.spelled(), VALUE, Anchor::End),
            Item::Cells { paint, cells: vec![bar] },
        ]
    }
}
