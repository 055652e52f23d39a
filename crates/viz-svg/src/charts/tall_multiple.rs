//! `tall-multiple`: the tall heatmap of several records side by side.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::colored_text::Setting;
use crate::layout::heatmap;
use crate::layout::heatmap::Heatmap;
use crate::layout::sheet::margin;
use crate::options::Options;
use crate::options::too_narrow;
use crate::redraw::{Part, Redraw};
use crate::scene::{Scene, Text};
use crate::text::font;
use crate::values::panels::{Group, Panels, scale_of};
use saliency_schema::Record;

/// Room that one panel's bars take where no width is asked for, as long as they are not thinner than one unit or
/// thicker than twelve.
const BARS: f64 = 260.0;
const BETWEEN: f64 = 32.0;
/// On a page, panels that do not fit beside each other go on below.
const PAGE: f64 = 1200.0;

/// Several records as panels: continuations of one text, methods, or models. Panels of one unit and sign share a scale;
/// others have their own. `hover` is the row that the paragraph shows, in any panel; `lock` in one panel compares with
/// rows in all others, where both hold the same piece of text (`Record::align`); if unit or sign differ, absolute
/// values are compared as shares of the row. Tokens that only one of the two holds are not comparable.
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

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        let groups = panels.groups(options)?;
        let columns = |record: &Record| record.tokens.len().saturating_sub(1).max(1) as f64;
        let most = panels.records.iter().map(columns).fold(1.0, f64::max);
        let bar = (BARS / most).round().clamp(1.0, 12.0);
        let heatmap = |(panel, rows)| Heatmap::of(rows, scale_of(&groups, panel), options).with_bar(bar);
        let mut heatmaps: Vec<_> = panels.rows().enumerate().map(heatmap).collect();
        if let Some(width) = options.width {
            let labels: f64 =
                heatmaps.iter().map(|heatmap| heatmap.label_width() + heatmap::GAP + heatmap.least().1).sum();
            let bars = heatmaps.iter().map(|heatmap| heatmap.least().0).fold(0.0, f64::max);
            let taken = labels + BETWEEN * (heatmaps.len() - 1) as f64 + 2.0 * margin(options);
            let all: f64 = panels.records.iter().map(columns).sum();
            let bar = (width - taken) / all;
            let least = (taken + all * heatmap::THINNEST.max(bars / most))
                .max(above_panels::LEAST + 2.0 * margin(options));
            if width < least {
                return Err(too_narrow(width, least));
            }
            for heatmap in &mut heatmaps {
                heatmap.bar = bar;
            }
        }
        Ok(scene(&panels, &heatmaps, &groups, options))
    }
}

fn scene(panels: &Panels<'_>, heatmaps: &[Heatmap<'_>], groups: &[Group], options: &Options) -> Scene {
    let (mut sheet, top) = above_panels::sheet(panels, groups, Setting::of(options), options);
    let heads = heatmaps.iter().map(Heatmap::heads_height).fold(0.0, f64::max);
    let (mut top, mut left) = (top, 0.0);
    let height = heads + heatmaps.iter().map(Heatmap::height).fold(0.0, f64::max);
    for (panel, heatmap) in heatmaps.iter().enumerate() {
        let width = heatmap.label_width() + heatmap.full_width().max(heatmap::LEAST);
        if options.for_page && left > 0.0 && left + width > PAGE {
            (left, top) = (0.0, top + 18.0 + height + BETWEEN);
        }
        let rows_top = top + 18.0 + heads;
        let name = font::fitted(panels.name(panel), 11.0, width + BETWEEN - 8.0);
        sheet.add(Text::new(name, left, top + 12.0, 11.0, options.theme.ink()).bold());
        let words = || heatmap.rows.in_words(&(0..heatmap.rows.n_output()).collect::<Vec<_>>());
        let (words, at) =
            ((heatmap.rows.n_output() > 0).then(words), (left + heatmap.label_width(), rows_top));
        sheet.redrawn_group("rows", words, heatmap.cells(), at, || heatmap.redraw_cells(panel));
        sheet.group("heads", None, heatmap.heads(), at);
        sheet.redrawn_group("marks", None, heatmap.marks(), at, || Redraw::of(panel, Part::Marks));
        sheet.outside(heatmap.outside(), at);
        sheet.redrawn_group("labels", None, heatmap.labels(), (left, rows_top), || {
            heatmap.redraw_labels(panel)
        });
        left += width + BETWEEN;
    }
    let description = format!(
        "{}: {} panels side by side, each with a row for every output and a bar for every token before it; {} \
         input tokens in the first.",
        sheet.title(),
        heatmaps.len(),
        panels.records[0].n_input()
    );
    sheet.scene(description)
}
