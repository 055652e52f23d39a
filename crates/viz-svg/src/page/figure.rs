//! A chart on a page: its records, its picture, and what the script is told of it.

use crate::chart::Chart;
use crate::page::escape::escaped;
use crate::page::redraw::part;
use crate::scene::{Item, Scene};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A chart on the page.
pub(crate) struct PageFigure<'a> {
    pub(crate) chart: &'a dyn Chart,
    /// The records that it shows.
    pub(crate) first: usize,
    pub(crate) count: usize,
    /// Whether the page's switches show it and hide it.
    pub(crate) switched: bool,
    pub(crate) scene: Scene,
}

impl PageFigure<'_> {
    /// Adds the chart's section to the page's body.
    pub(crate) fn section(&self, number: usize, names: &[String], page: &mut String) {
        let name = self.chart.name();
        let of = if self.switched { format!(" ({})", names[self.first]) } else { String::new() };
        let heading = escaped(&format!("{name}: {}{of}", self.chart.summary()));
        let svg = self.scene.to_svg_with_ids(&format!("saliency-{number}"));
        let _ = write!(
            page,
            "<section data-figure=\"{number}\" data-chart=\"{name}\">\n<div class=\"head\"><h2>{heading}</h2>\
             <button type=\"button\" class=\"save\" data-needs-script hidden>Save as SVG</button></div>\n\
             <div class=\"chart\">{svg}</div>\n</section>\n",
        );
    }

    /// Its part of the page's data.
    pub(crate) fn data(&self) -> Value {
        let mut parts = Vec::new();
        for item in &self.scene.items {
            if let Item::Group { redraw: Some(redraw), .. } = item {
                parts.push(part(redraw));
            }
        }
        let records: Vec<_> = (self.first..self.first + self.count).collect();
        json!({"records": records, "switched": self.switched, "theme": self.scene.theme.name(), "parts": parts})
    }
}
