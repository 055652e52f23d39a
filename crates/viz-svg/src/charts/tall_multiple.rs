//! `tall-multiple`: the tall heatmap of several records side by side.

use super::highlight::ends;
use super::tall_heatmap::title;
use crate::heat::{HEADS, Heat};
use crate::legend::{Legend, common_provenance, differing_provenance};
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::{Pattern, Scale};
use crate::scene::{Item, Scene, Text};
use crate::{Chart, Error, Options, State, font, pair};
use saliency_schema::Record;
use std::collections::BTreeSet;

const MARGIN: f64 = 24.0;
const TEXT_WIDTH: f64 = 500.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Room that one panel's bars take, as long as they are not thinner than one unit or thicker than twelve.
const BARS: f64 = 260.0;
const BETWEEN: f64 = 32.0;

/// Several records as panels on one scale: continuations of one text, methods, or models. `hover` is the row that the
/// paragraph shows, in any panel; `lock` in one panel compares with rows in all others, where both have read the same
/// input token. Another continuation's own outputs are not comparable.
#[derive(Debug, Clone, Copy, Default)]
pub struct TallMultiple;

impl Chart for TallMultiple {
    fn name(&self) -> &'static str {
        "tall-multiple"
    }

    fn summary(&self) -> &'static str {
        "tall heatmaps of several records side by side; a lock in one panel compares with all"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let chosen = match options.record {
            Some(k) => records.get(k..=k).ok_or(Error::NoSuchRecord { found: k, count: records.len() })?,
            None => records,
        };
        let first = chosen.first().ok_or(Error::NoRecord)?;
        let states = panel_states(chosen, options)?;
        let rows: Vec<_> = (0..chosen.len()).map(|panel| states.rows(chosen, panel)).collect();
        let signed = rows.iter().any(Rows::is_signed);
        let scale = Scale::of(rows.iter().flat_map(|rows| rows.all_shown()), signed, options)?;
        let columns =
            chosen.iter().map(|r| r.tokens.len().saturating_sub(1)).max().unwrap_or(1).max(1) as f64;
        let bar = (BARS / columns).round().clamp(1.0, 12.0);
        let token = states.token;
        let heats: Vec<_> = rows.into_iter().map(|rows| Heat { rows, scale, bar, token }).collect();
        Ok(scene(&heats, chosen, first, &states, options))
    }
}

/// Which row of which panel is hovered and locked.
struct PanelStates {
    hover: Option<State>,
    lock: Option<State>,
    token: Option<usize>,
}

fn panel_states(records: &[Record], options: &Options) -> Result<PanelStates, Error> {
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
    fn rows<'a>(&self, records: &'a [Record], panel: usize) -> Rows<'a> {
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

fn scene(
    heats: &[Heat<'_>],
    records: &[Record],
    first: &Record,
    states: &PanelStates,
    options: &Options,
) -> Scene {
    let theme = options.theme;
    let shown = &heats[states.hover.map_or(0, |state| state.panel)];
    let (rows, scale) = (&shown.rows, &shown.scale);
    let prose = Prose::set(rows, TEXT_WIDTH, LINE);
    let colored = prose.colored(rows, scale, states.token);
    let mut patterns: BTreeSet<Pattern> = colored.patterns.clone();
    let cells: Vec<_> = heats.iter().map(Heat::cells).collect();
    for cells in &cells {
        patterns.extend(cells.patterns());
    }

    let widths: Vec<f64> = heats.iter().map(|heat| heat.label_width() + heat.width().max(96.0)).collect();
    let panels = widths.iter().sum::<f64>() + BETWEEN * (widths.len() - 1) as f64;
    let width = panels.max(TEXT_WIDTH + 24.0 + pair::SIZE.0);
    let title = options.title.clone().unwrap_or_else(|| title(rows));
    let provenance = common_provenance(records, options);
    let room = (MARGIN, MARGIN, width);
    let legend = Legend::with_provenance(room, &title, &provenance, options, scale, &ends(rows), &patterns);
    let top = MARGIN + legend.height + 12.0;
    let body = top + HEADING;

    let mut items = legend.items;
    let heading = |text: &str, x: f64, y: f64| Item::from(Text::new(text, x, y, 14.0, theme.ink()).bold());
    items.push(heading("Input", MARGIN, top + 16.0));
    items.push(Item::group("paragraph", None, colored.items, (MARGIN, body)));
    let mut panels_top = body + prose.height();
    if let Some(hover) = states.hover {
        let left = MARGIN + TEXT_WIDTH + 24.0;
        items.push(heading("Attribution", left, top + 16.0));
        let x = match rows.foreign {
            Some(_) => None,
            None => Some(rows.lock.unwrap_or(hover.output)),
        };
        items.extend(pair::pair(rows, x, hover.output, scale, (left, body - 12.0), states.token));
        panels_top = panels_top.max(body - 12.0 + pair::SIZE.1);
    }
    panels_top += 24.0;
    items.push(heading("Outputs", MARGIN, panels_top + 16.0));
    let names_top = panels_top + HEADING;
    let rows_top = names_top + 18.0 + HEADS;
    let mut left = MARGIN;
    for (((panel, heat), cells), width) in heats.iter().enumerate().zip(cells).zip(&widths) {
        let name = font::fitted(&differing_provenance(records, panel, options), 11.0, width + BETWEEN - 8.0);
        items.push(Text::new(name, left, names_top + 12.0, 11.0, theme.ink()).bold().into());
        let record = &records[panel];
        let words = heat.rows.in_words(&(0..record.n_output()).collect::<Vec<_>>());
        let words = (record.n_output() > 0).then_some(words);
        let bars = cells.into_items().chain(heat.heads()).collect();
        items.push(Item::group("rows", words, bars, (left + heat.label_width(), rows_top)));
        items.push(Item::group("labels", None, heat.labels(), (left, rows_top)));
        left += width + BETWEEN;
    }
    let height = rows_top + heats.iter().map(Heat::height).fold(0.0, f64::max) + MARGIN;
    let description = format!(
        "{title}: {} panels side by side, each with a row for every output and a bar for every token before it; {} \
         input tokens in the first.",
        records.len(),
        first.n_input()
    );
    Scene { width: width + 2.0 * MARGIN, height, title, description, theme, items }
}
