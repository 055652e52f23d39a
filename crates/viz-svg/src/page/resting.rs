//! What the page shows without its script: the output in hand when it opens, in words, colours and a table.

use crate::error::Error;
use crate::options::{Options, State};
use crate::page::escape::escaped;
use crate::page::sentence::Sentence;
use crate::paint::scale::{Paint, Scale};
use crate::paint::theme::Theme;
use crate::values::number::{percent, times};
use crate::values::rows::Rows;
use crate::values::view::View;
use saliency_schema::Record;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Lines of the table.
const LINES: usize = 12;

/// The page as it opens.
pub(crate) struct Resting {
    /// The output, as the record counts it.
    pub(crate) state: State,
    pub(crate) sentence: Sentence,
    /// Each token's paint in the light and in the dark theme.
    paints: Vec<Option<(Paint, Paint)>>,
    scales: (Scale, Scale),
    table: String,
}

impl Resting {
    /// The output that the options name, or the one whose largest input is the most.
    pub(crate) fn of(records: &[Record], options: &Options) -> Result<Self, Error> {
        let some = || records.iter().position(|record| record.n_output() > 0);
        let panel = options.hover.map(|state| state.panel).or_else(some).unwrap_or(0);
        let own = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| State::output(s.output));
        let options = Options { hover: own(options.hover), lock: own(options.lock), record: None, ..options.clone() };
        let view = View::of(&records[panel..=panel], &options)?;
        let rows = Rows::one(&view.records, &view.options)?;
        let scale = |theme| Scale::of(rows.all_shown(), rows.is_signed(), &Options { theme, ..(*view.options).clone() });
        let scales = (scale(Theme::Light)?, scale(Theme::Dark)?);
        let paint = |token: usize| {
            let row = rows.hover()?;
            let column = token;
            let value = (column < rows.length(row)).then(|| rows.shown(row, column))?;
            Some((scales.0.paint(value), scales.1.paint(value)))
        };
        let paints = (0..records[panel].tokens.len()).map(paint).collect();
        let output = rows.hover().unwrap_or(0);
        let (sentence, table) = (Sentence::of(&rows), table(&rows));
        Ok(Self { state: State::new(panel, output), sentence, paints, scales, table })
    }

    /// The class of a token's colour.
    pub(crate) fn class(&self, token: usize) -> Option<String> {
        let (light, _) = self.paints[token].filter(|_| self.colored(token))?;
        self.level(light).map(|level| format!("l{level}"))
    }

    /// Whether a token has another colour than the panel.
    fn colored(&self, token: usize) -> bool {
        self.paints[token].is_some_and(|(light, _)| light != Paint::Color(Theme::Light.panel()))
    }

    /// The place of a colour in its scale.
    fn level(&self, paint: Paint) -> Option<usize> {
        match paint {
            Paint::Color(color) => self.scales.0.colors().iter().position(|other| *other == color),
            Paint::Pattern(_) => None,
        }
    }

    /// The style of those classes, in both themes.
    pub(crate) fn colors(&self) -> String {
        let mut levels = BTreeMap::new();
        for (light, dark) in self.paints.iter().flatten() {
            if let (Some(level), Paint::Color(light), Paint::Color(dark)) = (self.level(*light), light, dark) {
                levels.insert(level, (*light, *dark));
            }
        }
        let (mut style, mut night) = (String::new(), String::new());
        for (level, (light, dark)) in levels {
            let _ = write!(style, ".l{level}{{background:{light};color:{}}}", light.ink());
            let _ = write!(night, ".l{level}{{background:{dark};color:{}}}", dark.ink());
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
    let mut columns: Vec<(usize, f64)> = (0..rows.length(row)).filter_map(|i| Some((i, rows.shown(row, i).number()?))).collect();
    columns.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    columns.truncate(LINES);
    let mut table = format!(
        "<caption>{}</caption><thead><tr><th scope=\"col\">#</th><th scope=\"col\">word</th><th scope=\"col\">share</th><th scope=\"col\">× even</th></tr></thead><tbody>",
        escaped(&rows.title())
    );
    for (column, share) in columns {
        let even = times(share * rows.length(row) as f64);
        let _ = write!(table, "<tr><td>{column}</td><td>{}</td><td>{}</td><td>{even}</td></tr>", escaped(&rows.label_of(column)), percent(share));
    }
    table + "</tbody>"
}
