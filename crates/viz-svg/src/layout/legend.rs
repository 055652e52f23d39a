//! What every chart says about itself: title, method, target, aggregate, normalisation, model, and the colour scale
//! with its ends in the data's units.

use crate::options::Options;
use crate::paint::scale::Paint;
use crate::paint::scale::{Pattern, Scale};
use crate::redraw::Redraw;
use crate::redraw::{Part, Places};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::text::visible;
use crate::values::explained;
use crate::values::number::short;
use crate::values::rows::Rows;
use saliency_schema::{AlignedBy, Record, Token};
use std::collections::BTreeSet;

const BAR: f64 = 192.0;
const SMALL: f64 = 11.0;
/// The lines beside the bar take at least this.
const LINES: f64 = 160.0;
/// Between bars that stand beside each other.
const BETWEEN: f64 = 24.0;

/// What a legend says.
pub(crate) struct Legend<'a> {
    pub(crate) title: &'a str,
    pub(crate) provenance: &'a [String],
    pub(crate) options: &'a Options,
    /// At least one.
    pub(crate) bars: &'a [Bar<'a>],
    /// How much of a chart's one or two rows lies outside what is shown.
    pub(crate) outside: &'a [String],
    pub(crate) patterns: &'a BTreeSet<Pattern>,
    /// Whether a page redraws it, and then whether its title is that of the hovered row.
    pub(crate) live: Option<bool>,
}

/// A colour bar.
#[derive(Debug, Clone)]
pub(crate) struct Bar<'a> {
    pub(crate) scale: &'a Scale,
    pub(crate) ends: Ends,
    /// Whose it is, and what its numbers are, where there are several; and the first of its panels.
    pub(crate) of: Option<(String, usize)>,
}

/// A legend's drawing, and the room it takes.
pub(crate) struct LaidOut {
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
            (Some(locked), _) if rows.compares_shares() => {
                said(format!("larger share of the locked {locked}"), "larger share of the row itself")
            }
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
    let target = record.target.as_ref().map(|t| {
        let span = if t.parameters.contains_key("span") { " of a span" } else { "" };
        format!("{}{span}{}", t.name, explained::of_target(record))
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
    let mut said: Vec<_> = first.iter().enumerate().map(common).collect();
    if differ(records, units) {
        said.push("tokens: by panel, compared where both hold the same text".to_owned());
    }
    if differ(records, input) {
        let by_words = records.iter().any(|record| records[0].align(record).by() == AlignedBy::Words);
        said.push(format!(
            "input: by panel, compared {}",
            if by_words { "word by word" } else { "by place" }
        ));
    }
    said
}

/// What sets each of several records apart: what was made differently, its input, or else its number.
pub(crate) fn panel_names(records: &[Record], options: &Options) -> Vec<String> {
    let by_input = differ(records, input);
    let parts = |record: &Record| {
        let mut parts = provenance(record, options);
        parts.push(format!("tokens: {}", units(record)));
        parts.extend(by_input.then(|| input(record)));
        parts
    };
    let all: Vec<_> = records.iter().map(parts).collect();
    let differs: Vec<bool> =
        (0..all.first().map_or(0, Vec::len)).map(|i| all.iter().any(|other| other[i] != all[0][i])).collect();
    let mut names: Vec<String> = Vec::new();
    for (panel, own) in all.iter().enumerate() {
        let mut name: Vec<&str> =
            own.iter().zip(&differs).filter(|(_, differs)| **differs).map(|(part, _)| &**part).collect();
        let before = all[..panel].iter().filter(|other| *other == own).count();
        let number = format!("continuation {before}");
        if name.is_empty() || before > 0 || all[panel + 1..].contains(own) {
            name.push(&number);
        }
        names.push(name.join(" · "));
    }
    names
}

/// What an axis calls each panel: its method where methods differ, or else its name, of `names`.
pub(crate) fn axis_names(records: &[Record], names: &[String]) -> Vec<String> {
    let method =
        |record: &Record| record.method.as_ref().map(|method| method.name.clone()).unwrap_or_default();
    let by_method = differ(records, method);
    let name = |(record, name): (&Record, &String)| match method(record) {
        method if by_method && !method.is_empty() => visible(&method),
        _ => name.clone(),
    };
    records.iter().zip(names).map(name).collect()
}

fn differ(records: &[Record], what: impl Fn(&Record) -> String) -> bool {
    records.iter().skip(1).any(|record| what(record) != what(&records[0]))
}

/// What a record's tokens are.
fn units(record: &Record) -> String {
    let Some(regrouped) = &record.regrouped else { return "the model’s own".to_owned() };
    match regrouped.by.as_deref().and_then(|by| by.split(':').next()) {
        Some("regex" | "spans") | None => "groups".to_owned(),
        Some(by) => visible(by),
    }
}

/// A record's input, in quotes.
fn input(record: &Record) -> String {
    format!("“{}”", visible(Token::joined(record.inputs()).text.trim()))
}

impl Legend<'_> {
    /// The legend from `(x, y)`, at most `width` wide.
    pub(crate) fn lay_out(&self, (x, y, width): (f64, f64, f64)) -> LaidOut {
        let theme = self.options.theme;
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
        // Bars stand beside each other as far as there is room, then below.
        let columns =
            ((width + BETWEEN) / (BAR + 16.0 + LINES + BETWEEN)).floor().clamp(1.0, self.bars.len() as f64);
        let room = (width - BETWEEN * (columns - 1.0)) / columns;
        let (mut drawn, mut bottom) = (Vec::new(), top);
        for (number, bar) in self.bars.iter().enumerate() {
            let column = number % columns as usize;
            if column == 0 && number > 0 {
                top = bottom + 6.0;
            }
            let block = self.bar(bar, (x + column as f64 * (room + BETWEEN), top, room));
            bottom = bottom.max(block.bottom);
            drawn.push(block);
        }
        top = bottom;
        let patterns_top = top + 3.0;
        let mut left = x;
        let mut marks = Vec::new();
        for &pattern in self.patterns {
            let paint = Paint::Pattern(pattern);
            let label = Text::new(pattern.label(), left + 20.0, top + 12.0, SMALL, theme.ink());
            let room = 20.0 + label.width + 16.0;
            marks.push(Item::Cells { paint, cells: vec![Rect::new(left, top + 3.0, 14.0, 12.0)] });
            marks.push(label.into());
            left += room;
        }
        if !self.patterns.is_empty() || self.live.is_some() {
            top += 20.0;
        }
        let count = drawn.len();
        let mut groups = Vec::new();
        for (number, (block, bar)) in drawn.into_iter().zip(self.bars).enumerate() {
            let mut own = std::mem::take(&mut items);
            own.extend(block.items);
            if number + 1 == count {
                own.append(&mut marks);
            }
            let mut group = Item::group("legend", None, own, (0.0, 0.0));
            if let Some(of_row) = self.live {
                let places = Places {
                    titled: self.options.title.as_deref().map(visible),
                    of_row,
                    title: (number == 0).then_some((x, y + 14.0, width)),
                    heading: block.heading,
                    bar: block.bar,
                    lines: block.lines,
                    patterns: (number + 1 == count).then_some((x, patterns_top)),
                };
                let part = Part::Legend(places);
                let live = match &bar.of {
                    Some((_, panel)) => Redraw::of(*panel, part),
                    None => Redraw::of_hovered(part),
                };
                group = group.redrawn(live, (0.0, 0.0));
            }
            groups.push(group);
        }
        if !said.is_empty() {
            groups.push(Item::group("provenance", None, said, (0.0, 0.0)));
        }
        LaidOut { items: groups, height: top - y }
    }

    /// One bar with its ends and what they mean.
    fn bar(&self, bar: &Bar<'_>, (x, y, width): (f64, f64, f64)) -> Block {
        let (options, scale, theme) = (self.options, bar.scale, self.options.theme);
        let (mut items, mut top) = (Vec::new(), y);
        let mut heading = None;
        if let Some((name, _)) = &bar.of {
            let name = font::fitted(name, SMALL, width);
            items.push(Text::new(name, x, top + 11.0, SMALL, theme.ink()).bold().into());
            heading = Some((x, top + 11.0, width));
            top += 18.0;
        }
        let bar_top = top;
        items.extend(levels(x, top, scale));
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
        let mut lines = vec![format!("left: {}", bar.ends.low), format!("right: {}", bar.ends.high)];
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
        Block {
            items,
            heading,
            bar: (x, bar_top, BAR),
            lines: (beside, first_line, room),
            bottom: line_top.max(top + 28.0).max(reserved),
        }
    }
}

/// A bar's drawing, and where its parts are.
struct Block {
    items: Vec<Item>,
    heading: Option<(f64, f64, f64)>,
    bar: (f64, f64, f64),
    lines: (f64, f64, f64),
    bottom: f64,
}

/// The colour bar: one cell for each level.
fn levels(x: f64, y: f64, scale: &Scale) -> Vec<Item> {
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
