//! `tall-multiple`: the tall heatmap of several records side by side.

use super::highlight::ends;
use super::tall_heatmap::title;
use crate::heat::{HEADS, Heat};
use crate::legend::differing_provenance;
use crate::panels::{Head, MARGIN, PanelStates, chosen, head, panel_states};
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Item, Scene, Text};
use crate::{Chart, Error, Options, font};
use saliency_schema::Record;
use std::collections::BTreeSet;

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
        let records = chosen(records, options)?;
        let states = panel_states(records, options)?;
        let rows: Vec<_> = (0..records.len()).map(|panel| states.rows(records, panel)).collect();
        let signed = rows.iter().any(Rows::is_signed);
        let scale = Scale::of(rows.iter().flat_map(|rows| rows.all_shown()), signed, options)?;
        let columns = records.iter().map(|r| r.tokens.len().saturating_sub(1)).max().unwrap_or(1).max(1);
        let bar = (BARS / columns as f64).round().clamp(1.0, 12.0);
        let token = states.token;
        let heats: Vec<_> = rows.into_iter().map(|rows| Heat { rows, scale, bar, token }).collect();
        Ok(scene(&heats, records, &states, options))
    }
}

fn scene(heats: &[Heat<'_>], records: &[Record], states: &PanelStates, options: &Options) -> Scene {
    let theme = options.theme;
    let shown = &heats[states.hover.map_or(0, |state| state.panel)];
    let cells: Vec<_> = heats.iter().map(Heat::cells).collect();
    let patterns: BTreeSet<_> = cells.iter().flat_map(crate::cells::Cells::patterns).collect();
    let widths: Vec<f64> = heats.iter().map(|heat| heat.label_width() + heat.width().max(96.0)).collect();
    let width = widths.iter().sum::<f64>() + BETWEEN * (widths.len() - 1) as f64;
    let title = options.title.clone().unwrap_or_else(|| title(&shown.rows));
    let said = (&*title, &ends(&shown.rows));
    let Head { mut items, width, bottom } =
        head(records, &shown.rows, &shown.scale, states, said, options, (width, &patterns));

    let rows_top = bottom + 18.0 + HEADS;
    let mut left = MARGIN;
    for (((panel, heat), cells), width) in heats.iter().enumerate().zip(cells).zip(&widths) {
        let name = font::fitted(&differing_provenance(records, panel, options), 11.0, width + BETWEEN - 8.0);
        items.push(Text::new(name, left, bottom + 12.0, 11.0, theme.ink()).bold().into());
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
        records[0].n_input()
    );
    Scene { width: width + 2.0 * MARGIN, height, title, description, theme, items }
}
