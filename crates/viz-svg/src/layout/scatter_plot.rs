//! The scatter plot of two rows: two outputs' attributions of the same tokens against each other.

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::paint::scale::{Scale, Value};
use crate::redraw::Part;
use crate::redraw::Redraw;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::text::label::label_at;
use crate::values::explained;
use crate::values::number::{short, ticks};
use crate::values::rows::{Foreign, Rows};
use saliency_schema::Token;
use std::collections::BTreeSet;

/// The plot's side, where no width is asked for.
pub(crate) const SIDE: f64 = 400.0;
/// Left of the plot: the vertical axis' title, its numbers and the strip.
const TITLE: f64 = 22.0;
const STRIP: f64 = 18.0;
/// What stands beside the plot takes at most this: title, numbers of nine characters, strip, and the edge.
pub(crate) const BESIDE: f64 = 114.0;
/// Room above and to the right of the plot, for dots and labels at its edge.
const EDGE: f64 = 16.0;
const LABELS: usize = 14;
/// Where a dot's label may stand, best first: beside it, above, below.
const PLACES: [(f64, f64, Anchor); 6] = [
    (6.0, 4.0, Anchor::Start),
    (-6.0, 4.0, Anchor::End),
    (3.0, -5.0, Anchor::Start),
    (3.0, 13.0, Anchor::Start),
    (-3.0, -5.0, Anchor::End),
    (-3.0, 13.0, Anchor::End),
];
const SMALL: f64 = 11.0;

/// Two rows against each other. Tokens that only one of them has read stand on a strip beside the plot, left of it or
/// under it: they have no place on the other's axis.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScatterPlot<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) scale: &'a Scale,
    /// The row to the right; `None` for the locked row of another record.
    pub(crate) x: Option<usize>,
    /// The row upwards.
    pub(crate) y: usize,
    /// The token under the pointer.
    pub(crate) token: Option<usize>,
    /// The plot's side.
    pub(crate) side: f64,
}

/// A token's place in the plot.
struct Dot<'a> {
    /// The token, among its record's.
    tokens: &'a [Token],
    token: usize,
    /// The token's position, for one that the shown record holds.
    position: Option<usize>,
    at: (f64, f64),
    /// How far it stands out: what labels are given by.
    weight: f64,
    paint: Paint,
}

/// Both axes: where the plot lies, the values that it runs over, and its ticks.
struct Axes {
    plot: Rect,
    low: f64,
    high: f64,
    ticks: Vec<(f64, String)>,
}

impl<'a> ScatterPlot<'a> {
    /// The plot and its axes, from the panel's own corner.
    pub(crate) fn items(&self) -> Vec<Item> {
        let (rows, theme) = (self.rows, self.scale.theme);
        let axes = self.axes();
        let mut items = vec![Item::filled(axes.plot, theme.panel())];
        items.extend(self.frame(&axes));
        let (mut dots, hidden) = self.dots(&axes);
        let mut taken = Vec::new();
        if hidden > 0 {
            let note = format!(
                "{hidden} of {} tokens have no finite pair of values and are not drawn",
                dots.len() + hidden
            );
            items.push(Text::new(note, axes.plot.x, axes.plot.y - 4.0, 10.0, theme.muted()).into());
            taken.extend(items.last().and_then(Item::bounds));
        }
        // The most telling on top.
        dots.sort_by(|a, b| a.weight.total_cmp(&b.weight).then(b.position.cmp(&a.position)));
        let mut painted: Vec<(Paint, Vec<(f64, f64)>)> = Vec::new();
        for dot in dots.iter().rev() {
            match painted.iter_mut().find(|(paint, _)| *paint == dot.paint) {
                Some((_, places)) => places.push(dot.at),
                None => painted.push((dot.paint, vec![dot.at])),
            }
        }
        let dots_of = |(paint, places)| Item::Dots { paint, rim: theme.ink(), places };
        items.extend(painted.into_iter().rev().map(dots_of));
        let marked = self.token.filter(|&token| token < rows.record.tokens.len());
        if let Some(dot) = dots.iter().find(|d| marked.is_some() && d.position == marked) {
            let rect = Rect::new(dot.at.0 - 6.0, dot.at.1 - 6.0, 12.0, 12.0);
            items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
        }
        items.extend(labels(&dots, axes.plot, taken, theme.ink()));
        items
    }

    /// How a page redraws them.
    pub(crate) fn redraw(&self) -> Redraw {
        Redraw::of_hovered(Part::ScatterPlot { side: self.side })
    }

    /// The axes run over the same values, with zero, out to the largest of both rows.
    fn axes(&self) -> Axes {
        let rows = self.rows;
        let horizontal: Vec<Value> = match (self.x, rows.foreign) {
            (Some(x), _) => (0..rows.length(x)).map(|token| rows.plain(x, token)).collect(),
            (None, Some(foreign)) => foreign.values().collect(),
            (None, None) => Vec::new(),
        };
        let vertical = (0..rows.length(self.y)).map(|token| rows.own(self.y, token));
        let values = horizontal.into_iter().chain(vertical);
        let values = values.filter_map(Value::number).filter(|v| v.is_finite());
        let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
        let span = high - low;
        let (low, high) = if span > 0.0 && span.is_finite() { (low, high) } else { (-1.0, 1.0) };
        let (values, decimals) = ticks(low, high, ((self.side / 80.0) as usize).max(1));
        let spelled = |v: f64| {
            if decimals > 6 || v.abs() >= 1e6 {
                short(v)
            } else {
                format!("{v:.decimals$}").replace('-', "−")
            }
        };
        let ticks: Vec<_> = values.into_iter().map(|v| (v, spelled(v))).collect();
        let widest = ticks.iter().map(|(_, text)| font::width(text, 10.0)).fold(24.0, f64::max);
        Axes { plot: Rect::new(TITLE + widest + STRIP, EDGE, self.side, self.side), low, high, ticks }
    }

    /// The row to the right, at a token of the shown record.
    fn x_value(&self, token: usize) -> Value {
        match self.x {
            Some(x) => self.rows.plain(x, token),
            None => self.rows.locked(token).unwrap_or(Value::NotComparable),
        }
    }

    /// Every token that has a place, and how many have none.
    fn dots(&self, axes: &Axes) -> (Vec<Dot<'a>>, usize) {
        let (rows, plot) = (self.rows, axes.plot);
        let place = |a: f64, b: f64| axes.place(a, b);
        let (mut dots, mut hidden) = (Vec::new(), 0);
        let apart = Paint::Pattern(Pattern::NotComparable);
        let finite = |value: Value| value.number().filter(|v| v.is_finite());
        for position in 0..rows.length(self.y).max(self.x.map_or(0, |x| rows.length(x))) {
            let (a, b) = (self.x_value(position), rows.own(self.y, position));
            let (at, weight, paint) = match (finite(a), finite(b)) {
                (Some(a), Some(b)) => {
                    let paint = self.scale.paint(rows.shown(self.y, position));
                    let weight = if rows.compares() { (b - a).abs().max(b.abs() * 0.5) } else { b.abs() };
                    (place(a, b), weight, paint)
                }
                (None, Some(b)) if a == Value::NotComparable => {
                    ((plot.x - 10.0, place(axes.low, b).1), b.abs(), apart)
                }
                (Some(a), None) if b == Value::NotComparable => {
                    ((place(a, axes.low).0, plot.y + self.side + 10.0), a.abs(), apart)
                }
                _ => {
                    hidden += 1;
                    continue;
                }
            };
            dots.push(Dot {
                tokens: &rows.record.tokens,
                token: position,
                position: Some(position),
                at,
                weight,
                paint,
            });
        }
        // What only the other record's locked row has read.
        if let (None, Some(foreign)) = (self.x, rows.foreign) {
            let shown: BTreeSet<usize> =
                foreign.partners[..rows.length(self.y)].iter().flatten().copied().collect();
            for (position, value) in foreign.values().enumerate().filter(|(at, _)| !shown.contains(at)) {
                if let Some(a) = finite(value) {
                    let at = (place(a, axes.low).0, plot.y + self.side + 10.0);
                    let (tokens, token) = (&foreign.record.tokens[..], position);
                    dots.push(Dot { tokens, token, position: None, at, weight: a.abs(), paint: apart });
                }
            }
        }
        (dots, hidden)
    }

    /// Grid, ticks, diagonal, and the axes' titles.
    fn frame(&self, axes: &Axes) -> Vec<Item> {
        let (rows, theme, plot, side) = (self.rows, self.scale.theme, axes.plot, self.side);
        let mut items = Vec::new();
        let grid =
            if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
        let bottom = plot.y + side;
        let line = |from, to, width| Item::Line { from, to, color: grid, width };
        for (v, text) in &axes.ticks {
            let (right, down) = axes.place(*v, *v);
            items.push(line((right, plot.y), (right, bottom), 1.0));
            items.push(line((plot.x, down), (plot.x + side, down), 1.0));
            let tick = |x: f64, y: f64, anchor| {
                Item::from(Text::new(text.clone(), x, y, 10.0, theme.ink()).anchored(anchor))
            };
            items.push(tick(right, bottom + 28.0, Anchor::Middle));
            items.push(tick(plot.x - STRIP, down + 3.5, Anchor::End));
        }
        items.push(line((plot.x, bottom), (plot.x + side, plot.y), 1.5));
        let fitted = |name: String| font::fitted(&name, 12.0, side);
        let role = |row: usize| if rows.lock == Some(row) { "locked" } else { "shown" };
        let (theirs, ours) = rows.foreign.map_or(("", ""), |foreign| foreign.names);
        let shares = if rows.compares_shares() { " · shares" } else { "" };
        let said = |name: String, role: &str, row: usize, of: &str| {
            let of = if of.is_empty() { String::new() } else { format!(" · {of}") };
            fitted(format!("{name} ({role}, output {row}){of}{shares}"))
        };
        let name = |row: usize| said(rows.label(row), role(row), row, ours);
        let foreign = || match rows.foreign {
            Some(Foreign { record, row, .. }) => said(explained::row(record, row), "locked", row, theirs),
            None => String::new(),
        };
        let middle = (plot.x + side / 2.0, plot.y + side / 2.0);
        let title = |text: String, x: f64, y: f64| {
            Text::new(text, x, y, 12.0, theme.ink()).bold().anchored(Anchor::Middle)
        };
        items.push(title(self.x.map_or_else(foreign, name), middle.0, bottom + 48.0).into());
        items.push(Text { upward: true, ..title(name(self.y), 12.0, middle.1) }.into());
        items
    }
}

impl Axes {
    /// Where a pair of values lies.
    fn place(&self, a: f64, b: f64) -> (f64, f64) {
        let share = |v: f64| ((v - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        (self.plot.x + share(a) * self.plot.width, self.plot.y + (1.0 - share(b)) * self.plot.height)
    }
}

/// Labels of the dots that stand out most, where there is room for them.
fn labels(dots: &[Dot<'_>], plot: Rect, mut taken: Vec<Rect>, ink: Color) -> Vec<Item> {
    let mut items = Vec::new();
    for dot in dots.iter().rev().filter(|d| d.weight > 0.0).take(LABELS * 3) {
        let text = font::fitted(&label_at(dot.tokens, dot.token), SMALL, 120.0_f64.min(plot.width / 3.0));
        let text = Text::new(text, dot.at.0, dot.at.1, SMALL, ink);
        let free = |&(dx, dy, anchor): &(f64, f64, Anchor)| {
            let text = Text { x: text.x + dx, y: text.y + dy, anchor, ..text.clone() };
            let room = text.bounds();
            let inside = room.x >= plot.x - STRIP + 2.0
                && room.x + room.width <= plot.x + plot.width + EDGE
                && room.y + room.height <= plot.y + plot.height + STRIP;
            (inside && !taken.iter().any(|other| room.overlaps(other))).then_some((text, room))
        };
        let covers_none = |(_, room): &(Text, Rect)| {
            !dots.iter().any(|d| Rect::new(d.at.0 - 2.0, d.at.1 - 2.0, 4.0, 4.0).overlaps(room))
        };
        let places = || PLACES.iter().filter_map(free);
        // The first labels may stand on other dots where there is no better place.
        let on_dots = || places().next().filter(|_| items.len() < LABELS / 2);
        let Some((text, room)) = places().find(covers_none).or_else(on_dots) else { continue };
        taken.push(room);
        items.push(text.into());
        if items.len() == LABELS {
            break;
        }
    }
    items
}
