//! Curves over the share of tokens that are removed, with a band behind them.

use crate::paint::color::Color;
use crate::paint::theme::Theme;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::curves::{Curves, MeanCurve, POINTS, share};

const SIZE: f64 = 10.0;
const NAME: f64 = 11.0;
/// Numbers at the ends of curves stand at least so far apart.
const APART: f64 = 11.0;
/// Room for the numbers at the ends, and under the plot.
const RIGHT: f64 = 22.0;
const UNDER: f64 = 18.0;

/// One panel: curves, from what is removed to what the target loses.
pub(crate) struct CurvePlot<'a> {
    pub(crate) curves: &'a Curves,
    /// Of each method of the scores.
    pub(crate) colors: &'a [Color],
    /// The lowest and the highest value of all panels; 0 is between them.
    pub(crate) range: (f64, f64),
    pub(crate) theme: Theme,
}

impl CurvePlot<'_> {
    /// The room at the left for the numbers of the axis.
    pub(crate) fn left(range: (f64, f64)) -> f64 {
        ticks(range).into_iter().map(|y| font::width(&spelled(y), SIZE)).fold(0.0, f64::max) + 6.0
    }

    /// The panel, `width` wide and `height` high with everything.
    pub(crate) fn items(&self, width: f64, height: f64) -> Vec<Item> {
        let left = Self::left(self.range);
        let plot = Rect::new(left, 0.0, width - left - RIGHT, height - UNDER);
        let (low, high) = self.range;
        let x = |point: usize| plot.x + share(point) * plot.width;
        let y = |value: f64| plot.y + (high - value) / (high - low) * plot.height;
        let mut items = vec![Item::filled(plot, self.theme.panel())];
        if let Some([lowest, _, highest]) = &self.curves.random {
            let step = plot.width / (POINTS - 1) as f64;
            for point in 0..POINTS {
                let (Some(low), Some(high)) = (lowest[point], highest[point]) else { continue };
                let (from, to) =
                    ((x(point) - step / 2.0).max(plot.x), (x(point) + step / 2.0).min(plot.x + plot.width));
                let band = Rect::new(from, y(high), to - from, (y(low) - y(high)).max(0.75));
                items.push(Item::filled(band, self.theme.not_comparable()));
            }
        }
        for value in ticks(self.range) {
            let at = y(value);
            let (from, to) = ((plot.x, at), (plot.x + plot.width, at));
            items.push(Item::Line {
                from,
                to,
                color: self.theme.muted(),
                width: if value == 0.0 { 1.0 } else { 0.5 },
            });
            let text = Text::new(spelled(value), plot.x - 4.0, at + 3.5, SIZE, self.theme.muted());
            items.push(text.anchored(Anchor::End).into());
        }
        let places =
            [(0.0, "0 %", Anchor::Start), (0.5, "50 %", Anchor::Middle), (1.0, "100 %", Anchor::End)];
        for (at, text, anchor) in places {
            let (right, under) = (plot.x + at * plot.width, plot.y + plot.height + 13.0);
            items.push(Text::new(text, right, under, SIZE, self.theme.muted()).anchored(anchor).into());
        }
        let line = |curve: &MeanCurve, color: Color, width: f64, items: &mut Vec<Item>| {
            for point in 1..POINTS {
                let (Some(a), Some(b)) = (curve[point - 1], curve[point]) else { continue };
                items.push(Item::Line { from: (x(point - 1), y(a)), to: (x(point), y(b)), color, width });
            }
        };
        if let Some([_, mean, _]) = &self.curves.random {
            line(mean, self.theme.muted(), 1.5, &mut items);
        }
        let mut ends = Vec::new();
        for (method, curve) in &self.curves.methods {
            let color = self.colors.get(*method).copied().unwrap_or(self.theme.ink());
            line(curve, color, 1.75, &mut items);
            if let Some(last) = curve.iter().rposition(Option::is_some) {
                ends.push((curve[last].map_or(0.0, &y), x(last), *method));
            }
        }
        ends.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = f64::NEG_INFINITY;
        for (at, right, method) in ends {
            lowest = at.max(lowest + APART);
            let number = Text::new(method.to_string(), right + 4.0, lowest + 3.5, SIZE, self.theme.ink());
            items.push(number.into());
        }
        items
    }
}

/// Which colour is whose, each with its number and name, in lines of this width; and their height.
pub(crate) fn key(
    names: impl Iterator<Item = (usize, (String, Color))>,
    room: f64,
    theme: Theme,
) -> (Vec<Item>, f64) {
    let (mut items, mut x, mut y) = (Vec::new(), 0.0, 0.0);
    for (number, (name, color)) in names {
        let text = font::fitted(&format!("{number} {name}"), NAME, room - 18.0);
        let width = 18.0 + font::width(&text, NAME) + 14.0;
        if x > 0.0 && x + width > room {
            (x, y) = (0.0, y + 16.0);
        }
        items.push(Item::Line { from: (x, y + 6.0), to: (x + 14.0, y + 6.0), color, width: 2.0 });
        items.push(Text::new(text, x + 18.0, y + 10.0, NAME, theme.ink()).into());
        x += width;
    }
    let height = if items.is_empty() { 0.0 } else { y + 16.0 };
    (items, height)
}

fn spelled(value: f64) -> String {
    format!("{value}").replace('-', "−")
}

/// Round values within a range.
fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let rough = (high - low) / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].map(|digit| digit * power).into_iter().find(|step| *step >= rough);
    let Some(step) = step.filter(|step| step.is_finite() && *step > 0.0) else { return vec![0.0] };
    let (first, last) = ((low / step).ceil() as i64, (high / step).floor() as i64);
    let decimals = usize::try_from((-step.log10().floor() as i64).max(0)).unwrap_or(0).min(12);
    let round = |i: i64| format!("{:.decimals$}", i as f64 * step).parse().unwrap_or(0.0);
    (first..=last.min(first + 12)).map(round).map(|x: f64| if x == 0.0 { 0.0 } else { x }).collect()
}
