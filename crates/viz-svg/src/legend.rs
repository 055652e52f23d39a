//! What every chart says about itself: title, method, target, aggregate, normalisation, model, and the colour scale
//! with its ends in the data's units.

use crate::live::{Part, Places};
use crate::number::short;
use crate::rows::Rows;
use crate::scale::{Pattern, Scale};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::visible;
use crate::{Live, Options, Paint, font};
use saliency_schema::Record;
use std::collections::BTreeSet;

const BAR: f64 = 192.0;
const SMALL: f64 = 11.0;
/// The lines beside the bar take at least this.
const LINES: f64 = 160.0;

/// What a legend says.
pub(crate) struct Legend<'a> {
    pub(crate) title: &'a str,
    pub(crate) provenance: &'a [String],
    pub(crate) options: &'a Options,
    pub(crate) scale: &'a Scale,
    pub(crate) ends: &'a Ends,
    /// How much of a chart's one or two rows lies outside what is shown.
    pub(crate) outside: &'a [String],
    pub(crate) patterns: &'a BTreeSet<Pattern>,
    /// Whether a page redraws it, and then whether its title is that of the hovered row.
    pub(crate) live: Option<bool>,
}

/// A legend's drawing, and the room it takes.
pub(crate) struct Drawn {
    pub(crate) items: Vec<Item>,
    pub(crate) height: f64,
}

/// What the ends of the colour bar mean, besides their numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ends {
    /// The left end.
    pub low: String,
    /// The right end.
    pub high: String,
}

impl Ends {
    /// What the colours of a record's rows mean.
    pub fn of(rows: &Rows<'_>) -> Self {
        let said = |low: String, high: &str| Self { low, high: high.to_owned() };
        match (rows.locked_name(), rows.record.signed) {
            (Some(locked), _) => said(format!("more to the locked {locked}"), "more to the row itself"),
            (None, Some(true)) => said("lowers the target".into(), "raises the target"),
            (None, Some(false)) => said("no attribution".into(), "most (no sign)"),
            (None, None) => said("least".into(), "most"),
        }
    }
}

/// Parameters without which two methods of one name would look alike.
const NAMED: [&str; 6] = ["layer", "head", "segments", "samples", "tolerance", "noise"];

/// How the record was made, in words; what it does not hold is "not recorded".
pub(crate) fn provenance(record: &Record, options: &Options) -> Vec<String> {
    let recorded = |value: Option<&str>| visible(value.unwrap_or("not recorded"));
    let method = record.method.as_ref().map(|m| m.name.as_str()).or(options.method.as_deref());
    let mut method = recorded(method);
    if let Some(known) = &record.method {
        let steps = known.steps.map(|n| format!("{n} steps"));
        let baseline = known.baseline.as_deref().map(|b| format!("{b} baseline"));
        let mut parameters: Vec<_> = [steps, baseline].into_iter().flatten().collect();
        parameters.extend(NAMED.iter().filter_map(|name| {
            let value = known.parameters.get(*name)?;
            match value.as_str() {
                // What everybody expects needs no word.
                Some("tokens") => None,
                Some("all") => Some(format!("all {name}s")),
                Some(word) if *name == "segments" => Some(visible(word)),
                Some(word) => Some(format!("{name} {}", visible(word))),
                None => Some(format!("{name} {value}")),
            }
        }));
        if !parameters.is_empty() {
            method = format!("{method} ({})", parameters.join(", "));
        }
    }
    let model = record.model.as_ref().map(|m| m.name.as_str()).or(options.model.as_deref());
    let target = record.target.as_ref().map(|t| match t.parameters.get("span") {
        Some(_) => format!("{} of a span", t.name),
        None => t.name.clone(),
    });
    vec![
        format!("method: {method}"),
        format!("target: {}", recorded(target.as_deref())),
        format!("aggregate: {}", recorded(record.aggregate.as_deref())),
        format!("normalize: {}", recorded(record.normalize.as_deref())),
        format!("model: {}", recorded(model)),
    ]
}

/// What several records have in common; what differs is said by each panel.
pub(crate) fn common_provenance(records: &[Record], options: &Options) -> Vec<String> {
    let all: Vec<_> = records.iter().map(|record| provenance(record, options)).collect();
    let Some(first) = all.first() else { return Vec::new() };
    let common = |(i, part): (usize, &String)| {
        let same = all.iter().all(|other| other[i] == *part);
        let name = part.split_once(':').map_or(&**part, |(name, _)| name);
        if same { part.clone() } else { format!("{name}: by panel") }
    };
    first.iter().enumerate().map(common).collect()
}

/// What sets one of several records apart: what was made differently, or else its number and first outputs.
pub(crate) fn differing_provenance(records: &[Record], panel: usize, options: &Options) -> String {
    let all: Vec<_> = records.iter().map(|record| provenance(record, options)).collect();
    let own = all[panel].iter().enumerate().filter(|(i, part)| all.iter().any(|other| other[*i] != **part));
    let differing: Vec<_> = own.map(|(_, part)| part.clone()).collect();
    if differing.is_empty() { format!("continuation {panel}") } else { differing.join(" · ") }
}

impl Legend<'_> {
    /// The legend from `(x, y)`, at most `width` wide.
    pub(crate) fn drawn(&self, (x, y, width): (f64, f64, f64)) -> Drawn {
        let Self { options, scale, ends, .. } = *self;
        let theme = options.theme;
        let (mut items, mut said) = (Vec::new(), Vec::new());
        let title = font::fitted(&visible(self.title), 15.0, width);
        items.push(Text::new(title, x, y + 14.0, 15.0, theme.ink()).bold().into());
        let mut top = y + 22.0;
        for line in filled(self.provenance, width) {
            said.push(Text::new(line, x, top + 11.0, SMALL, theme.muted()).into());
            top += 16.0;
        }
        // What a page redraws is a group of its own.
        if self.live.is_none() {
            items.append(&mut said);
        }
        top += 6.0;
        let bar_top = top;
        items.extend(bar(x, top, scale));
        let low = if scale.palette.is_diverging() { -scale.end } else { 0.0 };
        let more = if scale.clipped.is_some() { "≥ " } else { "" };
        let less = if scale.clipped.is_some() && low < 0.0 { "≤ " } else { "" };
        let number = |text: String, at: f64, anchor| {
            Item::from(Text::new(text, at, top + 23.0, SMALL, theme.ink()).anchored(anchor))
        };
        items.push(number(format!("{less}{}", short(low)), x, Anchor::Start));
        items.push(number(format!("{more}{}", short(scale.end)), x + BAR, Anchor::End));
        if low < 0.0 {
            items.push(number("0".to_owned(), x + BAR / 2.0, Anchor::Middle));
        }
        let mut lines = vec![format!("left: {}", ends.low), format!("right: {}", ends.high)];
        if let Some(largest) = scale.clipped {
            lines.push(match options.scale_max {
                Some(_) => "ends where the caller says".to_owned(),
                None => format!("ends at the {} quantile of |value|", options.clip),
            });
            lines.push(format!("largest: {}", short(largest)));
        }
        lines.extend_from_slice(self.outside);
        // Beside the bar, or under it where the picture is narrow.
        let room = width - BAR - 16.0;
        let (beside, room, mut line_top) =
            if room >= LINES { (x + BAR + 16.0, room, top - 2.0) } else { (x, width, top + 28.0) };
        // A page's state may need four lines and the patterns.
        let most = if self.outside.is_empty() { 60.0 } else { 90.0 };
        let reserved = line_top + if self.live.is_some() { most } else { 0.0 };
        let first_line = line_top + 11.0;
        for line in lines {
            let line = font::fitted(&line, SMALL, room);
            items.push(Text::new(line, beside, line_top + 11.0, SMALL, theme.muted()).into());
            line_top += 15.0;
        }
        top = line_top.max(top + 28.0).max(reserved);
        let patterns_top = top + 3.0;
        let mut left = x;
        for &pattern in self.patterns {
            let paint = Paint::Pattern(pattern);
            let label = Text::new(pattern.label(), left + 20.0, top + 12.0, SMALL, theme.ink());
            let room = 20.0 + label.width + 16.0;
            items.push(Item::Cells { paint, cells: vec![Rect::new(left, top + 3.0, 14.0, 12.0)] });
            items.push(label.into());
            left += room;
        }
        if !self.patterns.is_empty() || self.live.is_some() {
            top += 20.0;
        }
        let mut group = Item::group("legend", None, items, (0.0, 0.0));
        if let Some(of_row) = self.live {
            let places = Places {
                titled: options.title.as_deref().map(visible),
                of_row,
                title: (x, y + 14.0, width),
                bar: (x, bar_top, BAR),
                lines: (beside, first_line, room),
                patterns: (x, patterns_top),
            };
            group = group.redrawn(Live::of_hovered(Part::Legend(places)), (0.0, 0.0));
        }
        let mut items = vec![group];
        if !said.is_empty() {
            items.push(Item::group("provenance", None, said, (0.0, 0.0)));
        }
        Drawn { items, height: top - y }
    }
}

/// The colour bar: one cell for each level.
fn bar(x: f64, y: f64, scale: &Scale) -> Vec<Item> {
    let diverging = scale.palette.is_diverging();
    let cells = if diverging { 64 } else { 32 };
    let width = BAR / f64::from(cells);
    (0..cells)
        .map(|i| {
            let share = f64::from(i) / f64::from(cells - 1);
            let value = if diverging { 2.0 * share - 1.0 } else { share } * scale.end;
            let rect = Rect::new(x + f64::from(i) * width, y, width, 10.0);
            Item::Cells { paint: Paint::Color(scale.color(value)), cells: vec![rect] }
        })
        .collect()
}

/// Parts put into lines of at most `width`, separated by dots.
fn filled(parts: &[String], width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = font::fitted(part, SMALL, width);
        match lines.last_mut() {
            Some(line)
                if font::width(line, SMALL) + font::width(&part, SMALL) + font::width(" · ", SMALL)
                    <= width =>
            {
                *line += " · ";
                *line += &part;
            }
            _ => lines.push(part),
        }
    }
    lines
}
