//! `profile`: how much outputs take from what lies how far before them.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::border_medians::BorderMedians;
use crate::layout::caption;
use crate::layout::distance_plot::DistancePlot;
use crate::layout::sheet::margin;
use crate::options::Options;
use crate::scene::Scene;
use crate::text::visible;
use crate::values::excerpt;
use crate::values::panels::{Panels, scale_of};
use crate::values::rows::Rows;
use crate::values::view::View;
use saliency_schema::{DistanceProfile, Record};

/// The picture's width without its margins, where none is asked for.
const WIDTH: f64 = 720.0;

/// A dot for each attribution: to the right how many tokens it lies before its output, upwards how many times an even
/// share of its row it is, both on log scales; over them the median at each distance and the band in which four of five
/// lie. What stands out most from the median at its distance has a name. Thin lines are the medians of the pairs within
/// a sentence, across a sentence's end and across a line break, where there are five or more, and the caption compares
/// them.
///
/// Several records are pooled. The profile is [`Options::relative`], or that of the records. `hover` is the output
/// whose dots are larger (by default the resting one), with `lock` the dots' colours are differences from that output;
/// `token` frames one dot of the hovered output.
#[derive(Debug, Clone, Copy, Default)]
pub struct Profile;

impl Chart for Profile {
    fn name(&self) -> &'static str {
        "profile"
    }

    fn summary(&self) -> &'static str {
        "what outputs took against the distance to it: dots, median, band, outliers by name"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let profile = options.relative.clone().unwrap_or_else(|| DistanceProfile::of(records));
        scene(records, options, &profile, &BorderMedians::of(records))
    }

    /// The profile is of the tokens themselves, also where words are drawn.
    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        options.check(self.name(), self.own_options())?;
        let view = View::of(records, options)?;
        let tokens = Options { tokens: true, ..options.clone() };
        let plain = View::of(records, &tokens)?.records;
        let plain = options.record.and_then(|k| plain.get(k)).map_or(&*plain, std::slice::from_ref);
        let profile = options.relative.clone().unwrap_or_else(|| DistanceProfile::of(plain));
        scene(&view.records, &view.options, &profile, &BorderMedians::of(plain))
    }
}

fn scene(
    records: &[Record],
    options: &Options,
    profile: &DistanceProfile,
    borders: &BorderMedians,
) -> Result<Scene, Error> {
    let panels = Panels::of(records, options)?;
    let groups = panels.groups(options)?;
    let inner = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
    let rows: Vec<_> = panels.rows().collect();
    let scales: Vec<_> = (0..rows.len()).map(|panel| scale_of(&groups, panel)).collect();
    let hover = panels.hover.filter(|_| !options.for_page);
    let plot = DistancePlot::new(&rows, &scales, profile, options, hover, inner);
    let title = rows[panels.hover.map_or(0, |state| state.panel)]
        .title_of_all_or("What lies how far back, and how much it got");
    let mut sheet = above_panels::framed(&panels, &groups, options).titled(title);
    let mut captions = plot.captions();
    if let Some(locked) = rows.iter().find_map(Rows::locked_name) {
        captions.push(format!("The colours are differences from {}.", visible(&locked)));
    }
    captions.extend(borders.captions());
    if let [record] = panels.records {
        let outside = excerpt::outside_of_all(record);
        captions.extend(outside.map(|share| format!("outside, of each output's Σ|value|: {share}")));
    }
    let (lines, height) = caption::lay_out(&captions, inner, options.theme);
    sheet.group("caption", None, lines, (0.0, 0.0));
    let (key, key_height) = borders.key(inner, options.theme);
    sheet.group("key", None, key, (0.0, height + 4.0));
    let top = height + key_height + 8.0;
    for (panel, of_panel) in rows.iter().enumerate() {
        let all: Vec<usize> = (0..of_panel.n_output()).collect();
        // A page holds the values themselves.
        let words = (!all.is_empty() && !options.for_page).then(|| of_panel.in_words(&all));
        let items = if panel == 0 { plot.items() } else { Vec::new() };
        sheet.group("dots", words, items, (0.0, top));
    }
    sheet.group("profile", None, plot.profile(), (0.0, top));
    sheet.group("borders", None, borders.lines(&plot, options.theme), (0.0, top));
    sheet.group("marks", None, plot.marks(), (0.0, top));
    sheet.group("names", None, plot.names(), (0.0, top));
    let said = [plot.in_words()].into_iter().chain(borders.captions()).collect::<Vec<_>>().join(" ");
    let description = format!("{}: {said}", sheet.title());
    Ok(sheet.scene(description))
}
