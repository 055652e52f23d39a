//! What the page shows without its script: the output in hand when it opens, in words, colours and a table.

use crate::error::Error;
use crate::options::{Options, State};
use crate::page::escape::marked_up;
use crate::page::sentence::Sentence;
use crate::page::tabs::grain;
use crate::paint::scale::{Paint, Pattern, Scale, Value};
use crate::paint::theme::Theme;
use crate::values::explained;
use crate::values::number::{percent, times};
use crate::values::rows::Rows;
use crate::values::view::View;
use crate::values::words;
use saliency_schema::Record;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Lines of the table.
const LINES: usize = 12;

/// The page as it opens.
pub(crate) struct Resting {
    /// The output, as the record counts it.
    pub(crate) state: State,
    pub(crate) sentence: Sentence,
    /// What each token shows.
    values: Vec<Option<Value>>,
    /// In the light and in the dark theme.
    scales: (Scale, Scale),
    table: String,
}

impl Resting {
    /// The output that the options name, or the one whose largest input is the most against an even share.
    pub(crate) fn of(records: &[Record], options: &Options) -> Result<Self, Error> {
        let some = || records.iter().position(|record| record.n_output() > 0);
        let panel = options.hover.map(|state| state.panel).or_else(some).unwrap_or(0);
        // The words of one record; a lock in another one is compared by the script.
        let own = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| State::output(s.output));
        let lock = own(options.lock).filter(|_| options.relative.is_none());
        let options =
            Options { hover: own(options.hover), lock, token: None, record: None, ..options.clone() };
        let one = &records[panel..=panel];
        let view = View::of(one, &options)?;
        let rows = Rows::one(&view.records, &view.options)?;
        let scale = |theme| Scale::of(&rows, &Options { theme, ..(*view.options).clone() });
        let scales = (scale(Theme::Light)?, scale(Theme::Dark)?);
        // Each token has the colour of its word.
        let members = view.records[0]
            .regrouped
            .as_ref()
            .filter(|_| one[0].regrouped.is_none())
            .map(|groups| &groups.members);
        let mut values = Vec::new();
        for column in 0..view.records[0].tokens.len() {
            let value =
                rows.hover().filter(|row| column < rows.length(*row)).map(|row| rows.shown(row, column));
            values.extend(std::iter::repeat_n(value, members.map_or(1, |members| members[column])));
        }
        let output = rows.hover().map_or(0, |row| words::outputs(&view.records[0], row).start);
        let (sentence, table) = (Sentence::of(&rows, grain(&options).trim_end_matches('s')), table(&rows));
        Ok(Self { state: State::new(panel, output), sentence, values, scales, table })
    }

    /// The class of a token's colour.
    pub(crate) fn class(&self, token: usize) -> Option<String> {
        let value = self.values[token]?;
        match self.scales.0.paint(value) {
            Paint::Color(color) if color == Theme::Light.panel() => None,
            Paint::Color(_) => self.scales.0.level(value).map(|level| format!("l{level}")),
            Paint::Pattern(Pattern::NotComparable) => Some("apart".to_owned()),
            Paint::Pattern(Pattern::Hidden) => Some("hid".to_owned()),
            Paint::Pattern(_) => Some("odd".to_owned()),
        }
    }

    /// The style of those classes, in both themes.
    pub(crate) fn colors(&self) -> String {
        let levels: BTreeSet<usize> =
            self.values.iter().flatten().filter_map(|value| self.scales.0.level(*value)).collect();
        let (mut style, mut night) = (String::new(), String::new());
        for level in levels {
            let (light, dark) = (self.scales.0.colors()[level], self.scales.1.colors()[level]);
            let _ = write!(style, ".l{level}{{background:{light};color:{}}}", light.ink());
            let _ = write!(night, ".l{level}{{background:{dark};color:{}}}", dark.ink());
        }
        if self.values.contains(&Some(Value::NotComparable)) {
            for (style, theme) in [(&mut style, Theme::Light), (&mut night, Theme::Dark)] {
                let color = theme.not_comparable();
                let _ = write!(style, ".apart{{background:{color};color:{}}}", color.ink());
            }
        }
        format!("{style}@media (prefers-color-scheme:dark){{{night}}}")
    }

    /// The largest of its row, as HTML.
    pub(crate) fn table(&self) -> &str {
        &self.table
    }
}

/// The largest of the row in hand.
fn table(rows: &Rows<'_>) -> String {
    let Some(row) = rows.hover() else { return String::new() };
    let size = |column: &usize| rows.shown(row, *column).number().map_or(-1.0, f64::abs);
    let mut columns: Vec<usize> = (0..rows.length(row)).collect();
    columns.sort_by(|a, b| size(b).total_cmp(&size(a)).then(a.cmp(b)));
    columns.truncate(LINES);
    let held: f64 = columns.iter().filter_map(|column| rows.share(row, *column)).sum();
    let named = rows.compares() || explained::is_special(rows.record());
    let title = if named { rows.title() } else { rows.name(row) };
    let caption = format!("{title}: these {} of {} hold {}", columns.len(), rows.length(row), percent(held));
    let head = ["#", "word", "value", "share", "× even"]
        .map(|name| format!("<th scope=\"col\">{name}</th>"))
        .concat();
    let mut table =
        format!("<caption>{}</caption><thead><tr>{head}</tr></thead><tbody>", marked_up(&caption));
    for column in columns {
        let share = rows.share(row, column).map(percent).unwrap_or_default();
        let even = rows.even(row, column).map(times).unwrap_or_default();
        let hidden = if rows.hides(row, column) { " · hidden" } else { "" };
        let _ = write!(
            table,
            "<tr><td>{}</td><td>{}{hidden}</td><td>{}</td><td>{share}</td><td>{even}</td></tr>",
            rows.record().position(column),
            marked_up(&rows.label_of(column)),
            rows.spelled(rows.whole(row, column)),
        );
    }
    table + "</tbody>"
}
