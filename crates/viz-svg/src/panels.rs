//! Several records side by side: their states, and what stands above the panels: legend, input text, pair scatter.

use crate::legend::{Ends, Legend, common_provenance};
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::{Pattern, Scale};
use crate::scene::{Item, Text};
use crate::{Error, Options, State, pair};
use saliency_schema::Record;
use std::collections::BTreeSet;

pub(crate) const MARGIN: f64 = 24.0;
const TEXT_WIDTH: f64 = 500.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;

/// The records that a chart of several draws: all, or the one that is chosen.
pub(crate) fn chosen<'a>(records: &'a [Record], options: &Options) -> Result<&'a [Record], Error> {
    match options.record {
        Some(k) => records.get(k..=k).ok_or(Error::NoSuchRecord { found: k, count: records.len() }),
        None if records.is_empty() => Err(Error::NoRecord),
        None => Ok(records),
    }
}

/// Which row of which panel is hovered and locked.
pub(crate) struct PanelStates {
    pub(crate) hover: Option<State>,
    pub(crate) lock: Option<State>,
    pub(crate) token: Option<usize>,
}

/// The states that are asked for, checked against the records.
pub(crate) fn panel_states(records: &[Record], options: &Options) -> Result<PanelStates, Error> {
    let check = |state: Option<State>, what| match state {
        None => Ok(()),
        Some(State { panel, output }) => match records.get(panel) {
            None => {
                let count = format!("{} panels", records.len());
                Err(Error::Outside { what: "panel", found: panel, count })
            }
            Some(record) if output >= record.n_output() => {
                Err(Error::Outside { what, found: output, count: format!("{} outputs", record.n_output()) })
            }
            Some(_) => Ok(()),
        },
    };
    check(options.hover, "hovered output")?;
    check(options.lock, "locked output")?;
    let inputs = records.iter().map(Record::n_input).min().unwrap_or(0);
    if let Some(found) = options.token.filter(|&i| i >= inputs) {
        return Err(Error::Outside { what: "token", found, count: format!("{inputs} input tokens") });
    }
    let some = records.iter().position(|record| record.n_output() > 0);
    let hover = options.hover.or(some.map(|panel| State { panel, output: 0 }));
    Ok(PanelStates { hover, lock: options.lock, token: options.token })
}

impl PanelStates {
    /// One panel's rows.
    pub(crate) fn rows<'a>(&self, records: &'a [Record], panel: usize) -> Rows<'a> {
        let here = |state: Option<State>| state.filter(|s| s.panel == panel).map(|s| s.output);
        let elsewhere = self.lock.filter(|s| s.panel != panel);
        Rows {
            record: &records[panel],
            hover: here(self.hover),
            lock: here(self.lock),
            foreign: elsewhere.map(|s| (&records[s.panel], s.output)),
        }
    }
}

/// What stands above the panels.
pub(crate) struct Head {
    pub(crate) items: Vec<Item>,
    /// The least width of the picture, without its margins.
    pub(crate) width: f64,
    /// Where the panels begin.
    pub(crate) bottom: f64,
}

/// The legend, the input text coloured by the hovered row, and the pair of the hovered and the locked row.
pub(crate) fn head(
    records: &[Record],
    rows: &Rows<'_>,
    scale: &Scale,
    states: &PanelStates,
    (title, ends): (&str, &Ends),
    options: &Options,
    (panels_width, patterns): (f64, &BTreeSet<Pattern>),
) -> Head {
    let theme = options.theme;
    let prose = Prose::set(rows, TEXT_WIDTH, LINE);
    let colored = prose.colored(rows, scale, states.token);
    let patterns = patterns.union(&colored.patterns).copied().collect();
    let width = panels_width.max(TEXT_WIDTH + 24.0 + pair::SIZE.0);
    let provenance = common_provenance(records, options);
    let room = (MARGIN, MARGIN, width);
    let legend = Legend::with_provenance(room, title, &provenance, options, scale, ends, &patterns);
    let top = MARGIN + legend.height + 12.0;
    let body = top + HEADING;
    let mut items = legend.items;
    let heading = |text: &str, x: f64, y: f64| Item::from(Text::new(text, x, y, 14.0, theme.ink()).bold());
    items.push(heading("Input", MARGIN, top + 16.0));
    items.push(Item::group("paragraph", None, colored.items, (MARGIN, body)));
    let mut bottom = body + prose.height();
    if let Some(hover) = states.hover {
        let left = MARGIN + TEXT_WIDTH + 24.0;
        items.push(heading("Attribution", left, top + 16.0));
        let x = match rows.foreign {
            Some(_) => None,
            None => Some(rows.lock.unwrap_or(hover.output)),
        };
        items.extend(pair::pair(rows, x, hover.output, scale, (left, body - 12.0), states.token));
        bottom = bottom.max(body - 12.0 + pair::SIZE.1);
    }
    items.push(heading("Outputs", MARGIN, bottom + 40.0));
    Head { items, width, bottom: bottom + 24.0 + HEADING }
}
