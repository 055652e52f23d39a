//! `tall-heatmap`: one row for each output, one bar for each token before it, beside the paragraph.

use super::highlight::ends;
use crate::heat::{HEADS, Heat};
use crate::legend::Legend;
use crate::options::{States, one};
use crate::prose::Prose;
use crate::rows::Rows;
use crate::scale::Scale;
use crate::scene::{Item, Scene, Text};
use crate::{Chart, Error, Options, pair};
use saliency_schema::Record;

const MARGIN: f64 = 24.0;
const TEXT_WIDTH: f64 = 500.0;
const LINE: f64 = 21.0;
const HEADING: f64 = 28.0;
/// Room that the bars take, as long as they are not thinner than one unit or thicker than twelve.
const BARS: f64 = 640.0;

/// The whole record at once. `hover` is the row that the paragraph and the labels show (the first by default), `lock`
/// the row that every other is compared with, `token` the input whose column is marked.
#[derive(Debug, Clone, Copy, Default)]
pub struct TallHeatmap;

impl Chart for TallHeatmap {
    fn name(&self) -> &'static str {
        "tall-heatmap"
    }

    fn summary(&self) -> &'static str {
        "a row for each output, a bar for each token before it, beside the paragraph; locked rows compare"
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let record = one(records, options)?;
        let States { token, .. } = States::of(record, options)?;
        let rows = Rows::new(record, States::of(record, options)?);
        let scale = Scale::of(rows.all_shown(), rows.is_signed(), options)?;
        let columns = record.tokens.len().saturating_sub(1).max(1) as f64;
        let heat = Heat { rows, scale, bar: (BARS / columns).round().clamp(1.0, 12.0), token };
        Ok(scene(&heat, options))
    }
}

fn scene(heat: &Heat<'_>, options: &Options) -> Scene {
    let (rows, scale, theme) = (&heat.rows, &heat.scale, options.theme);
    let record = rows.record;
    let cells = heat.cells();
    let prose = Prose::set(rows, TEXT_WIDTH, LINE);
    let colored = prose.colored(rows, scale, heat.token);
    let patterns = cells.patterns().union(&colored.patterns).copied().collect();
    let title = options.title.clone().unwrap_or_else(|| title(rows));
    let heat_left = MARGIN + TEXT_WIDTH + 24.0;
    let bars_left = heat_left + heat.label_width();
    let right = bars_left + heat.width().max(120.0) + MARGIN;
    let width = right.max(heat_left + 240.0 + MARGIN);
    let room = (MARGIN, MARGIN, width - 2.0 * MARGIN);
    let legend = Legend::new(room, &title, record, options, scale, &ends(rows), &patterns);
    let top = MARGIN + legend.height + 12.0;
    let (body, rows_top) = (top + HEADING, top + HEADING + HEADS);

    let mut items = legend.items;
    let heading = |text: &str, x: f64, y: f64| Item::from(Text::new(text, x, y, 14.0, theme.ink()).bold());
    items.push(heading("Input", MARGIN, top + 16.0));
    items.push(heading("Output", heat_left, top + 16.0));
    items.push(Item::group("paragraph", None, colored.items, (MARGIN, body)));
    let words = rows.in_words(&(0..record.n_output()).collect::<Vec<_>>());
    let words = (record.n_output() > 0).then_some(words);
    let bars = cells.into_items().chain(heat.heads()).collect();
    items.push(Item::group("rows", words, bars, (bars_left, rows_top)));
    items.push(Item::group("labels", None, heat.labels(), (heat_left, rows_top)));
    let mut height = (body + prose.height()).max(rows_top + heat.height());
    if let Some(hover) = rows.hover {
        let pair_top = body + prose.height() + 40.0;
        items.push(heading("Attribution", MARGIN, pair_top - 4.0));
        let x = Some(rows.lock.unwrap_or(hover));
        items.extend(pair::pair(rows, x, hover, scale, (MARGIN, pair_top), heat.token));
        height = height.max(pair_top + pair::SIZE.1);
    } else {
        let empty = Text::new("The record holds no output.", heat_left, body + 16.0, 12.0, theme.muted());
        items.push(empty.into());
    }
    Scene { width, height: height + MARGIN, description: sentence(rows), title, theme, items }
}

pub(super) fn title(rows: &Rows<'_>) -> String {
    match rows.locked_name() {
        Some(locked) => format!("Every output compared with {locked}"),
        None => "What every output looked at".to_owned(),
    }
}

fn sentence(rows: &Rows<'_>) -> String {
    let (n_input, n_output) = (rows.record.n_input(), rows.record.n_output());
    let counts = format!(
        "{}: {n_output} output tokens in rows, {n_input} input tokens and the outputs before each in columns.",
        title(rows)
    );
    match rows.hover {
        Some(hover) => format!("{counts} The paragraph shows “{}” (output {hover}).", rows.label(hover)),
        None => counts,
    }
}
