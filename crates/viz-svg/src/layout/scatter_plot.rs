//! The scatter plot of two rows: two outputs' attributions of the same tokens against each other.

use crate::layout::axis;
use crate::layout::axis::{Axis, Form};
use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::paint::scale::{Scale, Value};
use crate::redraw::Part;
use crate::redraw::Redraw;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::text::label::label_at;
use crate::values::kind::Unit;
use crate::values::number::percent;
use crate::values::rows::{Foreign, Rows};
use crate::values::{explained, words};
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
/// The titles of the axis to the right and of the one upwards.
const TITLES: [&str; 2] = ["{name} (locked, output {output})", "{name} (shown, output {output})"];

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

impl<'a> ScatterPlot<'a> {
    /// The plot and its axes, from the panel's own corner.
    pub(crate) fn items(&self) -> Vec<Item> {
        let (rows, theme) = (self.rows, self.scale.theme);
        let axis = self.axis();
        let plot = self.plot(&axis);
        let mut items = vec![Item::filled(plot, theme.panel())];
        items.extend(self.frame(&axis));
        let (mut dots, hidden) = self.dots(&axis);
        let mut taken = Vec::new();
        if hidden > 0 {
            let note = format!(
                "{hidden} of {} tokens have no finite pair of values and are not drawn",
                dots.len() + hidden
            );
            items.push(Text::new(note, plot.x, plot.y - 4.0, 10.0, theme.muted()).into());
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
        let dots_of = |(paint, places)| Item::Dots { paint, rim: theme.muted(), radius: 2.5, places };
        items.extend(painted.into_iter().rev().map(dots_of));
        let marked = self.token.filter(|&token| token < rows.record.tokens.len());
        if let Some(dot) = dots.iter().find(|d| marked.is_some() && d.position == marked) {
            let rect = Rect::new(dot.at.0 - 6.0, dot.at.1 - 6.0, 12.0, 12.0);
            items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
        }
        items.extend(labels(&dots, plot, taken, theme.ink()));
        items
    }

    /// How a page redraws them.
    pub(crate) fn redraw(&self) -> Redraw {
        let axis = self.axis();
        Redraw::of_hovered(Part::ScatterPlot { plot: self.plot(&axis), axis, titles: TITLES })
    }

    /// Both axes.
    fn axis(&self) -> Axis {
        axis(self.rows, self.side)
    }

    /// Where the plot lies.
    fn plot(&self, axis: &Axis) -> Rect {
        Rect::new(TITLE + axis.widest().max(24.0) + STRIP, EDGE, self.side, self.side)
    }

    /// Where a pair of values lies.
    fn place(&self, axis: &Axis, a: f64, b: f64) -> (f64, f64) {
        let plot = self.plot(axis);
        (plot.x + axis.place(a) * plot.width, plot.y + (1.0 - axis.place(b)) * plot.height)
    }

    /// The row to the right, at a token of the shown record.
    fn x_value(&self, token: usize) -> Value {
        match self.x {
            Some(x) => self.rows.plain(x, token),
            None => self.rows.locked(token).unwrap_or(Value::NotComparable),
        }
    }

    /// Every token that has a place, and how many have none.
    fn dots(&self, axis: &Axis) -> (Vec<Dot<'a>>, usize) {
        let (rows, plot) = (self.rows, self.plot(axis));
        let place = |a: f64, b: f64| self.place(axis, a, b);
        let (mut dots, mut hidden) = (Vec::new(), 0);
        let apart = Paint::Pattern(Pattern::NotComparable);
        let finite = |value: Value| value.number().filter(|v| v.is_finite());
        for position in 0..rows.length(self.y).max(self.x.map_or(0, |x| rows.length(x))) {
            if rows.hides(self.y, position) {
                continue;
            }
            let (a, b) = (self.x_value(position), rows.own(self.y, position));
            let (at, weight, paint) = match (finite(a), finite(b)) {
                (Some(a), Some(b)) => {
                    let paint = self.scale.paint(rows.shown(self.y, position));
                    let weight = if rows.compares() { (b - a).abs().max(b.abs() * 0.5) } else { b.abs() };
                    (place(a, b), weight, paint)
                }
                (None, Some(b)) if a == Value::NotComparable => {
                    ((plot.x - 10.0, place(0.0, b).1), b.abs(), apart)
                }
                (Some(a), None) if b == Value::NotComparable => {
                    ((place(a, 0.0).0, plot.y + self.side + 10.0), a.abs(), apart)
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
                    let at = (place(a, 0.0).0, plot.y + self.side + 10.0);
                    let (tokens, token) = (&foreign.record.tokens[..], position);
                    dots.push(Dot { tokens, token, position: None, at, weight: a.abs(), paint: apart });
                }
            }
        }
        (dots, hidden)
    }

    /// Grid, ticks, diagonal, and the axes' titles.
    fn frame(&self, axis: &Axis) -> Vec<Item> {
        let (rows, theme, plot, side) = (self.rows, self.scale.theme, self.plot(axis), self.side);
        let mut items = Vec::new();
        let grid =
            if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
        let bottom = plot.y + side;
        let line = |from, to, width| Item::Line { from, to, color: grid, width };
        for (at, text) in &axis.ticks {
            let (right, down) = (plot.x + at * side, bottom - at * side);
            // Of values with a sign, 0 lies between two others.
            let width = if *at > 0.0 && (*at - axis.place(0.0)).abs() < 1e-9 { 2.0 } else { 1.0 };
            items.push(line((right, plot.y), (right, bottom), width));
            items.push(line((plot.x, down), (plot.x + side, down), width));
            let tick = |x: f64, y: f64, anchor| {
                Item::from(Text::new(text.clone(), x, y, axis::SIZE, theme.ink()).anchored(anchor))
            };
            items.push(tick(right, bottom + 28.0, Anchor::Middle));
            items.push(tick(plot.x - STRIP, down + 3.5, Anchor::End));
        }
        items.push(line((plot.x, bottom), (plot.x + side, plot.y), 1.5));
        let (theirs, ours) = rows.foreign.map_or(("", ""), |foreign| foreign.names);
        let [right, upward] = TITLES;
        let said = |template: &str, name: String, number: String, of: &str| {
            let of = if of.is_empty() { String::new() } else { format!(" · {of}") };
            let title = template.replace("{output}", &number).replace("{name}", &name);
            font::fitted(&(title + &of), 12.0, side)
        };
        let of_x = match (self.x, rows.foreign) {
            (Some(row), _) => said(right, rows.label(row), rows.number(row), ours),
            (None, Some(Foreign { record, row, .. })) => {
                said(right, explained::row(record, row), words::number(record, row), theirs)
            }
            (None, None) => String::new(),
        };
        let middle = (plot.x + side / 2.0, plot.y + side / 2.0);
        let title = |text: String, x: f64, y: f64| {
            Text::new(text, x, y, 12.0, theme.ink()).bold().anchored(Anchor::Middle)
        };
        items.push(title(of_x, middle.0, bottom + 48.0).into());
        let of_y = said(upward, rows.label(self.y), rows.number(self.y), ours);
        items.push(Text { upward: true, ..title(of_y, 12.0, middle.1) }.into());
        items
    }
}

/// In the notebook's look, values without a sign run out to this quantile of all, as its colours do; those beyond lie
/// at the edge.
const NOTEBOOK_REACH: f64 = 0.99;

/// The axes of every pair of a record's rows, on a plot of some side; of rows that are set against another record's
/// row, that one included.
pub(crate) fn axis(rows: &Rows<'_>, side: f64) -> Axis {
    let own =
        (0..rows.n_output()).flat_map(|row| (0..rows.length(row)).map(move |token| rows.own(row, token)));
    let foreign = rows.foreign.into_iter().flat_map(|foreign| foreign.values().collect::<Vec<_>>());
    let values = own.chain(foreign).filter_map(Value::number).filter(|x| x.is_finite());
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.first().map_or(0.0, |x| x.min(0.0)), values.last().map_or(0.0, |x| x.max(0.0)));
    let (form, high) = match rows.unit() {
        Unit::Relative => (Form::Linear, high),
        _ if low < 0.0 => (Form::SignedRoot, high),
        Unit::Recorded => {
            let last = (values.len() as f64 * NOTEBOOK_REACH).ceil().max(1.0) as usize - 1;
            (Form::FromZero, values.get(last).copied().filter(|x| *x > 0.0).unwrap_or(high))
        }
        _ => (Form::Root, high),
    };
    // A tick is a round number.
    let spelled = |x: f64| match rows.unit().spelled(Value::Number(x), false) {
        _ if x == 0.0 && rows.unit() != Unit::Relative => "0".to_owned(),
        text => without_zeros(text),
    };
    Axis::new(form, high.max(-low), side, spelled)
}

/// A share at a tick, which is a round number.
pub(crate) fn round_percent(share: f64) -> String {
    if share == 0.0 { "0".to_owned() } else { without_zeros(percent(share)) }
}

/// Percent without zeros at the end of its digits.
fn without_zeros(text: String) -> String {
    match text.split_once('\u{a0}') {
        Some((number, percent)) if number.contains('.') => {
            format!("{}\u{a0}{percent}", number.trim_end_matches('0').trim_end_matches('.'))
        }
        _ => text,
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
