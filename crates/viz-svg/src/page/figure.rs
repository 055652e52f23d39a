//! A figure on a page: its records, its picture, and what the script is told of it.

use crate::page::escape::escaped;
use crate::page::redraw::part;
use crate::redraw::Part;
use crate::scene::{Item, Scene};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A figure on the page.
pub(crate) struct PageFigure {
    /// The chart's name.
    pub(crate) name: &'static str,
    pub(crate) title: String,
    /// The records that it shows, together or one at a time.
    pub(crate) records: Vec<usize>,
    /// The record that it shows as it came.
    pub(crate) first: usize,
    /// Whether it shows them one at a time, with the same drawing: they have the same tokens.
    pub(crate) shared: bool,
    /// What its rows and columns are: `tokens`, `words` or `sentences`.
    pub(crate) grain: &'static str,
    /// Whether it is the heat map of the first screen, which shows the grain in hand.
    pub(crate) map: bool,
    /// Whether it is seen without script, and as it came where the page opens.
    pub(crate) rests: bool,
    pub(crate) scene: Scene,
}

impl PageFigure {
    /// The figure's section, which is hidden where something else is shown in its place.
    pub(crate) fn section(&self, number: usize, heading: bool) -> String {
        let (name, title) = (self.name, escaped(&self.title));
        let scene = if self.rests { self.scene.clone() } else { frame(&self.scene) };
        let svg = scene.to_svg_with_ids(&format!("saliency-{number}"));
        let hidden = if self.rests { "" } else { " hidden" };
        let mut section = format!(
            "<section data-figure=\"{number}\" data-chart=\"{name}\" data-title=\"{title}\"{hidden}>\n"
        );
        if heading {
            let _ = writeln!(section, "<h2>{title}</h2>");
        }
        let _ = write!(section, "<div class=\"chart\">{svg}</div>\n</section>\n");
        section
    }

    /// Whether only the larger of the page's two scripts knows what is in it.
    pub(crate) fn has_more(&self) -> bool {
        let has_more = |item: &Item| {
            let Item::Group { redraw: Some(redraw), .. } = item else { return false };
            matches!(redraw.part, Part::Places { .. } | Part::Rows(_))
        };
        self.scene.items.iter().any(has_more)
    }

    /// Its part of the page's data.
    pub(crate) fn data(&self) -> Value {
        let mut parts = Vec::new();
        for item in &self.scene.items {
            if let Item::Group { redraw: Some(redraw), .. } = item {
                let mut part = part(redraw);
                if let (true, Value::Object(part)) = (self.shared, &mut part) {
                    part.remove("panel");
                }
                parts.push(part);
            }
        }
        let mut data = json!({"records": self.records, "first": self.first, "grain": self.grain, "theme": self.scene.theme.name(), "parts": parts});
        if let Value::Object(data) = &mut data {
            for (name, on) in [("map", self.map), ("rests", self.rests)] {
                if on {
                    data.insert(name.to_owned(), json!(1));
                }
            }
        }
        data
    }
}

/// The scene without what the script draws.
fn frame(scene: &Scene) -> Scene {
    let emptied = |item: &Item| match item {
        Item::Group { name, redraw: Some(redraw), .. } => {
            Item::group(name, None, [], (0.0, 0.0)).redrawn((**redraw).clone(), (0.0, 0.0))
        }
        item => item.clone(),
    };
    Scene { items: scene.items.iter().map(emptied).collect(), ..scene.clone() }
}
