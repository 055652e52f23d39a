//! Errors of rows against the steps that they took, or of one number of steps by output.

use crate::layout::cells::Cells;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::theme::Theme;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::convergence::{Column, Dot, Errors, Series};
use crate::values::number::short;

const SIZE: f64 = 10.0;
const HEIGHT: f64 = 260.0;
/// Left of the plot and below it.
const LEFT: f64 = 60.0;
const RIGHT: f64 = 12.0;
const BELOW: f64 = 20.0;
/// A dot's side, and what the dots of a column spread over.
const DOT: f64 = 4.0;
const SPREAD: f64 = 36.0;
/// Errors reach over at most so many powers of ten below the largest.
const REACH: f64 = 9.0;
/// Names at the lower axis stand at least so far apart.
const APART: f64 = 10.0;

/// The plot.
pub(crate) struct StepPlot<'a> {
    pub(crate) found: &'a Errors,
    /// Of each series.
    pub(crate) colors: &'a [Color],
    /// Outputs by number, each with its colour, whose dots are joined.
    pub(crate) marked: Vec<(usize, Color)>,
    pub(crate) width: f64,
    pub(crate) theme: Theme,
}

impl StepPlot<'_> {
    fn plot(&self) -> Rect {
        Rect::new(LEFT, 6.0, self.width - LEFT - RIGHT, HEIGHT)
    }

    /// The lowest and the highest error, as powers of ten.
    fn range(&self) -> (f64, f64) {
        let positive = || self.found.dots().map(|dot| dot.error).filter(|error| *error > 0.0);
        let high = positive().fold(self.found.limit, f64::max).log10();
        let low = positive().fold(self.found.limit, f64::min).log10().max(high - REACH);
        (low - 0.2, high + 0.2)
    }

    /// Errors below this lie on the lower edge.
    pub(crate) fn lowest(&self) -> f64 {
        10_f64.powf(self.range().0)
    }

    fn y(&self, error: f64) -> f64 {
        let ((low, high), plot) = (self.range(), self.plot());
        let power = if error > 0.0 { error.log10() } else { low };
        plot.y + plot.height * (1.0 - ((power - low) / (high - low)).clamp(0.0, 1.0))
    }

    /// Where a number of steps is, on a log scale.
    fn x(&self, steps: u32) -> f64 {
        let all = || self.found.columns().flat_map(|column| &column.dots).filter_map(|dot| dot.steps);
        let (low, high) = (all().min().unwrap_or(1), all().max().unwrap_or(1));
        let log = |steps: u32| f64::from(steps.max(1)).ln();
        let plot = self.plot();
        let (from, room) = (plot.x + SPREAD, plot.width - 2.0 * SPREAD);
        from + room * (log(steps) - log(low)) / (log(high) - log(low)).max(f64::MIN_POSITIVE)
    }

    /// Where a dot of a column is: at its steps, dots of the same number in the order of their outputs; or by output.
    fn place(&self, column: &Column, index: usize) -> (f64, f64) {
        let dot = column.dots[index];
        let y = self.y(dot.error);
        if !self.found.has_steps() {
            return (self.x_of_output(dot.row), y);
        }
        let steps = dot.steps.unwrap_or(1);
        let alike = column.dots.iter().all(|other| other.steps == dot.steps);
        let last = column.dots.len().saturating_sub(1).max(1) as f64;
        let beside = if alike { (index as f64 / last - 0.5) * self.spread() } else { 0.0 };
        (self.x(steps) + if column.dots.len() > 1 { beside } else { 0.0 }, y)
    }

    /// What the dots of a column spread over: less than there is to the next.
    fn spread(&self) -> f64 {
        let mut at: Vec<f64> =
            self.found.columns().filter_map(|column| Some(self.x(column.steps?))).collect();
        at.sort_by(f64::total_cmp);
        let apart = at.windows(2).map(|two| two[1] - two[0]).filter(|apart| *apart > 0.01);
        apart.fold(SPREAD / 0.6, f64::min) * 0.6
    }

    fn x_of_output(&self, row: usize) -> f64 {
        let outputs = self.found.dots().map(|dot| dot.row + 1).max().unwrap_or(1) as f64;
        let plot = self.plot();
        plot.x + plot.width * (row as f64 + 0.5) / outputs
    }

    /// The panel, its axes and the line of the limit.
    pub(crate) fn frame(&self) -> Vec<Item> {
        let (plot, theme) = (self.plot(), self.theme);
        let (low, high) = self.range();
        let mut items = vec![Item::filled(plot, theme.panel())];
        let right = plot.x + plot.width;
        let every = ((high - low) / 8.0).ceil().max(1.0) as i32;
        let limit = self.y(self.found.limit);
        for power in (low.ceil() as i32..=high.floor() as i32).filter(|power| power % every == 0) {
            let y = self.y(10_f64.powi(power));
            items.push(Item::Line {
                from: (plot.x, y),
                to: (right, y),
                color: theme.background(),
                width: 1.0,
            });
            if (y - limit).abs() < 12.0 {
                continue;
            }
            let text = format!("{}\u{a0}%", short(10_f64.powi(power + 2)));
            let text = Text::new(text, plot.x - 5.0, y + 3.5, SIZE, theme.ink());
            items.push(text.anchored(Anchor::End).into());
        }
        items.push(Item::Line { from: (plot.x, limit), to: (right, limit), color: theme.ink(), width: 1.0 });
        let text = format!("{}\u{a0}%", short(100.0 * self.found.limit));
        let text = Text::new(text, plot.x - 5.0, limit + 3.5, SIZE, theme.ink()).bold();
        items.push(text.anchored(Anchor::End).into());
        items.extend(self.axis());
        items
    }

    /// The names under the plot, as far as there is room.
    fn axis(&self) -> Vec<Item> {
        let (plot, theme) = (self.plot(), self.theme);
        let names: Vec<(f64, String)> = if self.found.has_steps() {
            let mut steps: Vec<u32> = self.found.columns().filter_map(|column| column.steps).collect();
            steps.sort_unstable();
            steps.dedup();
            steps.into_iter().map(|steps| (self.x(steps), steps.to_string())).collect()
        } else {
            let outputs = self.found.dots().map(|dot| dot.row + 1).max().unwrap_or(0);
            (0..outputs).map(|row| (self.x_of_output(row), row.to_string())).collect()
        };
        let (mut items, mut taken) = (Vec::new(), f64::MIN);
        for (x, name) in names {
            let half = font::width(&name, SIZE) / 2.0;
            if x - half < taken + APART {
                continue;
            }
            taken = x + half;
            let text = Text::new(name, x, plot.y + plot.height + 14.0, SIZE, theme.ink());
            items.push(text.anchored(Anchor::Middle).into());
        }
        items
    }

    /// A square for each output.
    pub(crate) fn dots(&self) -> Vec<Item> {
        let mut cells = Cells::default();
        for (series, color) in self.found.series.iter().zip(self.colors) {
            for column in &series.columns {
                for index in 0..column.dots.len() {
                    cells.add(Paint::Color(*color), self.square(self.place(column, index)));
                }
            }
        }
        cells.into_items().collect()
    }

    fn square(&self, (x, y): (f64, f64)) -> Rect {
        let plot = self.plot();
        let inside = |at: f64, from: f64, room: f64| (at - DOT / 2.0).clamp(from, from + room - DOT);
        Rect::new(inside(x, plot.x, plot.width), inside(y, plot.y, plot.height), DOT, DOT)
    }

    /// Each column's median and band, and the line through the medians.
    pub(crate) fn medians(&self) -> Vec<Item> {
        let mut items = Vec::new();
        let plot = self.plot();
        for (series, color) in self.found.series.iter().zip(self.colors) {
            let half = self.spread() / 2.0 + 3.0;
            let mut before: Option<(f64, f64)> = None;
            for column in &series.columns {
                let [low, median, high] = column.quantiles.map(|error| self.y(error));
                let (from, to) = match column.steps.filter(|_| self.found.has_steps()) {
                    Some(steps) => (self.x(steps) - half, self.x(steps) + half),
                    None => (plot.x, plot.x + plot.width),
                };
                let line = |y, width| Item::Line { from: (from, y), to: (to, y), color: *color, width };
                items.extend([line(low, 0.7), line(median, 2.0), line(high, 0.7)]);
                if self.found.has_steps() {
                    let here = (f64::midpoint(from, to), median);
                    if let Some(from) = before.replace(here) {
                        items.push(Item::Line { from, to: here, color: *color, width: 1.0 });
                    }
                }
            }
        }
        items
    }

    /// The dots of the outputs in hand, larger and joined.
    pub(crate) fn marks(&self) -> Vec<Item> {
        let mut items = Vec::new();
        for (row, color) in &self.marked {
            for series in &self.found.series {
                let mut before: Option<(f64, f64)> = None;
                for column in &series.columns {
                    let Some(index) = column.dots.iter().position(|dot| dot.row == *row) else { continue };
                    let here = self.place(column, index);
                    let rect = self.square(here).grown(2.0);
                    items.push(Item::Frame { rect, color: *color, width: 2.0 });
                    if let Some(from) = before.replace(here) {
                        items.push(Item::Line { from, to: here, color: *color, width: 1.0 });
                    }
                }
            }
        }
        items
    }

    /// How high it is with its axis.
    pub(crate) fn height(&self) -> f64 {
        let plot = self.plot();
        plot.y + plot.height + BELOW
    }
}

/// Each column's numbers, for who does not see them: `16 steps: 10 % of outputs 0.1 % or less, median …`.
pub(crate) fn in_words(series: &Series, name: impl Fn(&Dot) -> String) -> String {
    let percent = |x: f64| format!("{}\u{a0}%", short(100.0 * x));
    let line = |column: &Column| {
        let steps = column.steps.map_or_else(String::new, |steps| format!("{steps} steps: "));
        let [low, median, high] = column.quantiles.map(percent);
        let worst = column.dots.iter().reduce(|a, b| if b.error > a.error { b } else { a });
        let worst = worst
            .map_or_else(String::new, |dot| format!(", the largest {} at {}", percent(dot.error), name(dot)));
        format!("{steps}median {median}, 10 to 90\u{a0}%: {low} to {high}{worst}")
    };
    series.columns.iter().map(line).collect::<Vec<_>>().join("\n")
}
