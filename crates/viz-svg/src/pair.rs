//! The pair scatter: two outputs' attributions of the same tokens against each other.

use crate::font;
use crate::number::ticks;
use crate::rows::Rows;
use crate::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::label;
use crate::{Color, Paint};
use saliency_schema::Token;

const SIDE: f64 = 400.0;
const LEFT: f64 = 64.0;
const BELOW: f64 = 56.0;
/// Room above and to the right of the plot, for dots and labels at its edge.
const EDGE: f64 = 16.0;
const LABELS: usize = 14;
const SMALL: f64 = 11.0;

/// Width and height of the whole panel.
pub(crate) const SIZE: (f64, f64) = (LEFT + SIDE + EDGE, EDGE + SIDE + BELOW);

/// A token's place in the plot.
struct Dot<'a> {
    token: &'a Token,
    /// The token's position, for one that the shown record holds.
    position: Option<usize>,
    at: (f64, f64),
    /// How far it stands out: what labels are given by.
    weight: f64,
    fill: Color,
}

/// Draws two rows against each other, from `(left, top)`: `x`, or where it is `None` the locked row of another record,
/// to the right; `y` upwards. Tokens that only one of them has read stand on a strip beside the plot, left of it or
/// under it: they have no place on the other's axis.
pub(crate) fn pair(
    rows: &Rows<'_>,
    x: Option<usize>,
    y: usize,
    scale: &Scale,
    (left, top): (f64, f64),
    token: Option<usize>,
) -> Vec<Item> {
    let theme = scale.theme;
    let (low, high) = range(rows, x, y);
    let plot = Rect::new(left + LEFT, top + EDGE, SIDE, SIDE);
    let share = |v: f64| ((v - low) / (high - low)).clamp(0.0, 1.0);
    let place = |a: f64, b: f64| (plot.x + share(a) * SIDE, plot.y + (1.0 - share(b)) * SIDE);
    let mut items = vec![Item::Cells { paint: Paint::Color(theme.panel()), cells: vec![plot] }];
    items.extend(axes(rows, (x, y), (low, high), plot, scale));

    let (mut dots, mut hidden) = (Vec::new(), 0);
    let apart = theme.not_comparable();
    let finite = |value: Value| value.number().filter(|v| v.is_finite());
    for position in 0..rows.length(y).max(x.map_or(0, |x| rows.length(x))) {
        let (a, b) = (x_value(rows, x, position), rows.plain(y, position));
        let (at, weight, fill) = match (finite(a), finite(b)) {
            (Some(a), Some(b)) => {
                let fill = match scale.paint(rows.shown(y, position)) {
                    Paint::Color(color) => color,
                    Paint::Pattern(_) => apart,
                };
                let weight = if rows.compares() { (b - a).abs().max(b.abs() * 0.5) } else { b.abs() };
                (place(a, b), weight, fill)
            }
            (None, Some(b)) if a == Value::NotComparable => {
                ((plot.x - 10.0, place(low, b).1), b.abs(), apart)
            }
            (Some(a), None) if b == Value::NotComparable => {
                ((place(a, low).0, plot.y + SIDE + 10.0), a.abs(), apart)
            }
            _ => {
                hidden += 1;
                continue;
            }
        };
        dots.push(Dot { token: &rows.record.tokens[position], position: Some(position), at, weight, fill });
    }
    // The other record's own outputs, which only its locked row has read.
    if let (None, Some((record, row))) = (x, rows.foreign) {
        for position in record.n_input()..record.n_input() + row {
            if let Some(a) = record.attributions[row][position].filter(|a| a.is_finite()) {
                let at = (place(a, low).0, plot.y + SIDE + 10.0);
                dots.push(Dot {
                    token: &record.tokens[position],
                    position: None,
                    at,
                    weight: a.abs(),
                    fill: apart,
                });
            }
        }
    }
    let tokens = dots.len() + hidden;
    if hidden > 0 {
        let note = format!("{hidden} of {tokens} tokens have no finite pair of values and are not drawn");
        items.push(Text::new(note, plot.x, plot.y - 4.0, 10.0, theme.muted()).into());
    }
    // The most telling on top.
    dots.sort_by(|a, b| a.weight.total_cmp(&b.weight).then(b.position.cmp(&a.position)));
    let mut painted: Vec<(Color, Vec<(f64, f64)>)> = Vec::new();
    for dot in dots.iter().rev() {
        match painted.iter_mut().find(|(fill, _)| *fill == dot.fill) {
            Some((_, places)) => places.push(dot.at),
            None => painted.push((dot.fill, vec![dot.at])),
        }
    }
    let dots_of = |(fill, places)| Item::Dots { fill, rim: theme.ink(), places };
    items.extend(painted.into_iter().rev().map(dots_of));
    if let Some(dot) = dots.iter().find(|d| token.is_some() && d.position == token) {
        let rect = Rect::new(dot.at.0 - 6.0, dot.at.1 - 6.0, 12.0, 12.0);
        items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
    }
    items.extend(labels(&dots, plot, (left, theme.ink())));
    vec![Item::Group { name: "pair", description: None, items }]
}

/// The horizontal row's value at a token of the shown record.
fn x_value(rows: &Rows<'_>, x: Option<usize>, token: usize) -> Value {
    match x {
        Some(x) => rows.plain(x, token),
        None => rows.locked(token).unwrap_or(Value::NotComparable),
    }
}

/// The values that the axes run over: the same on both, with zero, out to the largest.
fn range(rows: &Rows<'_>, x: Option<usize>, y: usize) -> (f64, f64) {
    let horizontal: &[Option<f64>] = match (x, rows.foreign) {
        (Some(x), _) => &rows.record.attributions[x],
        (None, Some((record, row))) => &record.attributions[row],
        (None, None) => &[],
    };
    let values =
        horizontal.iter().chain(&rows.record.attributions[y]).flatten().copied().filter(|v| v.is_finite());
    let (low, high) = values.fold((0.0_f64, 0.0_f64), |(l, h), v| (l.min(v), h.max(v)));
    // Halved, so that the difference of two huge values stays finite.
    let span = high / 2.0 - low / 2.0;
    if span > 0.0 && span.is_finite() && (high - low).is_finite() { (low, high) } else { (-1.0, 1.0) }
}

fn axes(
    rows: &Rows<'_>,
    (x, y): (Option<usize>, usize),
    (low, high): (f64, f64),
    plot: Rect,
    scale: &Scale,
) -> Vec<Item> {
    let theme = scale.theme;
    let (values, decimals) = ticks(low, high, 5);
    let mut items = Vec::new();
    let grid = if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
    let spelled = |v: f64| {
        let text =
            if decimals > 6 || v.abs() >= 1e6 { crate::number::short(v) } else { format!("{v:.decimals$}") };
        text.replace('-', "−")
    };
    for v in values {
        let share = (v - low) / (high - low);
        let (right, down) = (plot.x + share * SIDE, plot.y + (1.0 - share) * SIDE);
        let bottom = plot.y + SIDE;
        items.push(Item::Line { from: (right, plot.y), to: (right, bottom), color: grid, width: 1.0 });
        items.push(Item::Line { from: (plot.x, down), to: (plot.x + SIDE, down), color: grid, width: 1.0 });
        let tick = Text::new(spelled(v), right, bottom + 26.0, 10.0, theme.ink()).anchored(Anchor::Middle);
        items.push(tick.into());
        let tick = Text::new(spelled(v), plot.x - 18.0, down + 3.5, 10.0, theme.ink()).anchored(Anchor::End);
        items.push(tick.into());
    }
    let corner = (plot.x, plot.y + SIDE);
    items.push(Item::Line { from: corner, to: (plot.x + SIDE, plot.y), color: grid, width: 1.5 });
    let fitted = |name: String| font::fitted(&name, 12.0, SIDE);
    let role = |row: usize| if rows.lock == Some(row) { "locked" } else { "shown" };
    let name = |row: usize| fitted(format!("{} ({}, output {row})", rows.label(row), role(row)));
    let foreign = || match rows.foreign {
        Some((record, row)) => {
            let token = &record.tokens[record.n_input() + row];
            fitted(format!("{} (locked, output {row}, another panel)", label(token)))
        }
        None => String::new(),
    };
    let middle = (plot.x + SIDE / 2.0, plot.y + SIDE / 2.0);
    let below = Text::new(x.map_or_else(foreign, name), middle.0, corner.1 + 46.0, 12.0, theme.ink()).bold();
    items.push(below.anchored(Anchor::Middle).into());
    let mut beside = Text::new(name(y), plot.x - LEFT + 12.0, middle.1, 12.0, theme.ink()).bold();
    beside.upward = true;
    items.push(beside.anchored(Anchor::Middle).into());
    items
}

/// Labels of the dots that stand out most, where there is room for them.
fn labels(dots: &[Dot<'_>], plot: Rect, (left, ink): (f64, Color)) -> Vec<Item> {
    let mut taken: Vec<Rect> = Vec::new();
    let mut items = Vec::new();
    for dot in dots.iter().rev().filter(|d| d.weight > 0.0).take(LABELS * 3) {
        let text = font::fitted(&label(dot.token), SMALL, 120.0);
        let width = font::width(&text, SMALL);
        let right = dot.at.0 + 6.0 + width <= plot.x + SIDE + EDGE;
        let x = if right { dot.at.0 + 6.0 } else { dot.at.0 - 6.0 - width };
        let room = Rect::new(x, dot.at.1 - 6.0, width, 12.0);
        let apart = |o: &Rect| {
            room.x + room.width < o.x
                || o.x + o.width < room.x
                || room.y + room.height < o.y
                || o.y + o.height < room.y
        };
        if x < left || !taken.iter().all(apart) {
            continue;
        }
        taken.push(room);
        items.push(Text::new(text, x, dot.at.1 + 4.0, SMALL, ink).into());
        if items.len() == LABELS {
            break;
        }
    }
    items
}
