//! Words as dots of a plane, and the arrows of outputs on it.

use crate::layout::dot_names;
use crate::layout::dot_names::SIZE;
use crate::layout::word_places::{Kind, Places, projection, weight};
use crate::layout::{axis, color_bar::counted};
use crate::options::look::Look;
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::paint::scale::{Paint, Scale};
use crate::redraw::Place;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, sentences, visible};
use crate::values::bins::By;
use crate::values::number::{percent, short};
use crate::values::rows::Rows;
use std::fmt::Write as _;

/// Left of the plot, above and right of it, and below.
const LEFT: f64 = 24.0;
const LEFT_OF_AXIS: f64 = 68.0;
const EDGE: f64 = 8.0;
const BELOW: f64 = 24.0;
const BELOW_AXIS: f64 = 46.0;
/// The plot is as high as this part of its width, and at most so high.
const HEIGHT: (f64, f64) = (0.72, 460.0);
/// The radius of the largest dot, and of the smallest.
const RADII: (f64, f64) = (11.0, 2.0);
/// What stays free around the middles of dots.
const RIM: f64 = RADII.0 + 2.0;
/// So many names, over so many dots each.
const NAMES: usize = 24;
const COVERED: usize = 0;
/// So many arrows, the longest of them as long as this part of the way to the plot's edge.
const ARROWS: usize = 3;
const REACH: f64 = 0.8;
/// A swatch of the key.
const SWATCH: (f64, f64) = (22.0, 10.0);

/// A word's dot.
struct Dot {
    token: usize,
    at: (f64, f64),
    /// What it is placed by.
    place: [f64; 2],
    radius: f64,
    color: Color,
    /// How far it stands out.
    weight: f64,
}

/// An output's arrow: its row's name, its end, and which it is.
struct Arrow {
    name: String,
    row: Option<usize>,
    to: (f64, f64),
    length: f64,
}

pub(crate) struct WordMap<'a> {
    rows: &'a Rows<'a>,
    scale: &'a Scale,
    places: &'a Places,
    plot: Rect,
    dots: Vec<Dot>,
    /// Words of which the rule keeps nothing.
    hidden: usize,
    /// The colour of each sentence.
    colors: Vec<Color>,
    /// The largest share of all rows together, and its token.
    largest: Option<(usize, f64)>,
}

impl<'a> WordMap<'a> {
    pub(crate) fn new(rows: &'a Rows<'a>, scale: &'a Scale, places: &'a Places, width: f64) -> Self {
        let left = if matches!(places.kind, Kind::Outputs { .. }) { LEFT_OF_AXIS } else { LEFT };
        let room = width - left - EDGE;
        let plot = Rect::new(left, EDGE, room, (room * HEIGHT.0).min(HEIGHT.1));
        let starts = sentences::borders(rows.record.inputs());
        let colors = ordinal(starts.len() + 1, scale);
        // A word's share of all rows together.
        let total = |token: usize| {
            let shares = (0..rows.n_output()).filter_map(|row| rows.share(row, token));
            shares.sum::<f64>() / rows.n_output().max(1) as f64
        };
        let shares = || places.words.iter().map(|(token, _)| total(*token)).collect();
        let totals: Vec<f64> = places.sizes.clone().unwrap_or_else(shares);
        let largest = totals.iter().copied().fold(0.0, f64::max);
        let of_largest = places.words.iter().zip(&totals).find(|(_, total)| **total >= largest);
        let largest_word = of_largest.filter(|_| largest > 0.0).map(|((token, _), total)| (*token, *total));
        let (to_place, mut dots, mut hidden) = (projection(places, plot, RIM), Vec::new(), 0);
        for ((token, place), total) in places.words.iter().zip(&totals) {
            if places.sizes.is_none()
                && rows.n_output() > 0
                && (0..rows.n_output()).all(|row| rows.hides(row, *token))
            {
                hidden += 1;
                continue;
            }
            let radius = if largest > 0.0 { RADII.0 * (total / largest).sqrt() } else { 4.0 };
            let (x, y) = to_place(*place);
            let radius = radius.max(RADII.1);
            let inside = |at: f64, from: f64, size: f64| at.clamp(from + radius, from + size - radius);
            let at = (inside(x, plot.x, plot.width), inside(y, plot.y, plot.height));
            let color = colors[starts.partition_point(|start| start <= token)];
            let weight = weight(&places.kind, *place);
            dots.push(Dot { token: *token, at, place: *place, radius, color, weight });
        }
        Self { rows, scale, places, plot, dots, hidden, colors, largest: largest_word }
    }

    /// What is drawn, in sentences.
    pub(crate) fn captions(&self) -> Vec<String> {
        let rows = self.rows;
        if rows.n_input() == 0 || rows.n_output() == 0 {
            let what = if rows.n_input() == 0 { "input" } else { "output" };
            return vec![format!("The record holds no {what}.")];
        }
        let mut captions = Vec::new();
        match &self.places.kind {
            _ if self.places.words.is_empty() => captions.push("No word has a finite share in every row.".to_owned()),
            Kind::Components { explained, .. } if explained[0] <= 0.0 => {
                let words = match self.places.words.len() {
                    1 => "There is one word".to_owned(),
                    count => format!("All {} words have the same column", counted(count)),
                };
                captions.push(format!("{words}, and so one point."));
            }
            Kind::Components { explained: [x, y], bins, .. } => {
                let of = match bins.by {
                    By::Output => counted(rows.n_output()) + " outputs",
                    By::Sentence => format!("the sentences of {} outputs", counted(rows.n_output())),
                    By::Count(each) => format!("runs of {each} of {} outputs", counted(rows.n_output())),
                };
                captions.push(format!(
                    "Near each other: words of which the same outputs took much. Principal components of the shares of \
                     {of}; these two keep {} of the variance.",
                    percent(x + y)
                ));
                captions.push("Arrows: outputs that point the farthest.".to_owned());
            }
            Kind::Outputs { .. } => captions.push(
                "Square-root axes. The line is 1 : 1; named are words of which one output took more than twice the \
                 other's share."
                    .to_owned(),
            ),
        }
        if let Some((token, share)) = self.largest {
            let name = visible(&rows.label_of(token));
            captions.push(format!(
                "Area: the share of all rows together; the largest, “{name}”: {}.",
                percent(share)
            ));
        }
        if self.places.left_out > 0 {
            let count = self.places.left_out;
            captions
                .push(format!("{count} of {} words have no finite share and are not drawn", rows.n_input()));
        }
        if self.hidden > 0 {
            captions.push(format!("The rule hides all of {} words.", counted(self.hidden)));
        }
        captions
    }

    pub(crate) fn key_height(&self) -> f64 {
        if self.colors.len() > 1 { SWATCH.1 + 8.0 } else { 0.0 }
    }

    /// The colours of the sentences.
    pub(crate) fn key(&self) -> Vec<Item> {
        if self.colors.len() < 2 {
            return Vec::new();
        }
        let ink = self.scale.theme.ink();
        let text = |text: &str, x: f64| Text::new(text, x, 9.0, SIZE, ink);
        let first = text("first sentence", 0.0);
        let room = (self.plot.x + self.plot.width - first.width * 2.0 - 40.0).max(40.0);
        let swatch = SWATCH.0.min(room / self.colors.len() as f64);
        let left = first.width + 6.0;
        let cell = |(i, color): (usize, &Color)| {
            Item::filled(Rect::new(left + i as f64 * swatch, 0.0, swatch, SWATCH.1), *color)
        };
        let mut items: Vec<Item> = self.colors.iter().enumerate().map(cell).collect();
        let right = left + self.colors.len() as f64 * swatch + 6.0;
        let last = text(&format!("last ({})", self.colors.len()), right);
        items.extend([first.into(), last.into()]);
        items
    }

    /// The panel, its lines and the axes' titles.
    pub(crate) fn frame(&self) -> Vec<Item> {
        if self.places.words.is_empty() {
            return Vec::new();
        }
        let (theme, plot) = (self.scale.theme, self.plot);
        let grid =
            if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
        let line = |from, to, width| Item::Line { from, to, color: grid, width };
        let (bottom, right) = (plot.y + plot.height, plot.x + plot.width);
        let mut items = vec![Item::filled(plot, theme.panel())];
        let titles = match &self.places.kind {
            Kind::Components { explained, .. } => {
                let (x, y) = projection(self.places, plot, RIM)([0.0, 0.0]);
                items.push(line((x, plot.y), (x, bottom), 1.5));
                items.push(line((plot.x, y), (right, y), 1.5));
                let title = |name: &str, k: usize| {
                    format!("{name} component: {} of the variance", percent(explained[k]))
                };
                [title("first", 0), title("second", 1)]
            }
            Kind::Outputs { rows, axis } => {
                for (at, text) in &axis.ticks {
                    let (x, y) = (plot.x + at * plot.width, bottom - at * plot.height);
                    items.push(line((x, plot.y), (x, bottom), 1.0));
                    items.push(line((plot.x, y), (right, y), 1.0));
                    let tick = |x: f64, y: f64, anchor| {
                        Item::from(Text::new(text.clone(), x, y, axis::SIZE, theme.ink()).anchored(anchor))
                    };
                    if x <= right - 8.0 {
                        items.push(tick(x, bottom + 18.0, Anchor::Middle));
                    }
                    items.push(tick(plot.x - 10.0, y + 3.5, Anchor::End));
                }
                items.push(line((plot.x, bottom), (right, plot.y), 2.0));
                rows.map(|row| format!("share of {}", visible(&self.rows.name(row))))
            }
        };
        let below = bottom
            + if matches!(self.places.kind, Kind::Outputs { .. }) { BELOW_AXIS - 8.0 } else { BELOW - 6.0 };
        let title = |text: &str, room: f64, (x, y): (f64, f64)| {
            let text = font::fitted(text, 11.0, room);
            Text::new(text, x, y, 11.0, theme.ink()).bold().anchored(Anchor::Middle)
        };
        items.push(title(&titles[0], plot.width, (plot.x + plot.width / 2.0, below)).into());
        items.push(title(&titles[1], plot.height, (12.0, plot.y + plot.height / 2.0)).upward().into());
        items
    }

    /// A dot for each word, small ones on top; of two outputs also a rug of all shares.
    pub(crate) fn dots(&self) -> Vec<Item> {
        let mut order: Vec<&Dot> = self.dots.iter().collect();
        order.sort_by(|a, b| b.radius.total_cmp(&a.radius));
        let rim = self.scale.theme.background();
        let dot = |dot: &&Dot| Item::Dots {
            paint: Paint::Color(dot.color),
            rim,
            radius: dot.radius,
            places: vec![dot.at],
        };
        let mut items: Vec<Item> = order.iter().map(dot).collect();
        if matches!(self.places.kind, Kind::Outputs { .. }) {
            let bottom = self.plot.y + self.plot.height;
            let rug = |dot: &Dot| {
                let (x, y) = dot.at;
                [
                    Rect::new(x - 0.25, bottom + 1.0, 0.5, 5.0),
                    Rect::new(self.plot.x - 6.0, y - 0.25, 5.0, 0.5),
                ]
            };
            let cells: Vec<Rect> = self.dots.iter().flat_map(rug).collect();
            if !cells.is_empty() {
                items.push(Item::Cells { paint: Paint::Color(self.scale.theme.muted()), cells });
            }
        }
        items
    }

    /// Where words are: small dots are on top.
    pub(crate) fn places(&self) -> Vec<Place> {
        let mut order: Vec<&Dot> = self.dots.iter().collect();
        order.sort_by(|a, b| b.radius.total_cmp(&a.radius));
        let place = |dot: &Dot| {
            let (x, y) = dot.at;
            Place::of(dot.token, Rect::new(x, y, 0.0, 0.0).grown(dot.radius + 1.5))
        };
        order.into_iter().map(place).collect()
    }

    /// The outputs that point the farthest, and those that are marked.
    fn pointing(&self, marked: [Option<usize>; 2]) -> Vec<Arrow> {
        let Kind::Components { bins, used, loadings, explained } = &self.places.kind else {
            return Vec::new();
        };
        let length = |[x, y]: [f64; 2]| (x * x * explained[0] + y * y * explained[1]).sqrt();
        // Without words there are no loadings.
        let mut order: Vec<usize> = (0..loadings.len()).filter(|i| length(loadings[*i]) > 0.0).collect();
        order.sort_by(|a, b| length(loadings[*b]).total_cmp(&length(loadings[*a])));
        let of_row = |i: &usize| (bins.range(used[*i]).len() == 1).then(|| bins.range(used[*i]).start);
        let is_marked = |i: &usize| of_row(i).is_some_and(|row| marked.contains(&Some(row)));
        let further: Vec<usize> = order.iter().skip(ARROWS).copied().filter(is_marked).collect();
        let longest = order.first().map_or(1.0, |i| length(loadings[*i]));
        let (x, y) = projection(self.places, self.plot, RIM)([0.0, 0.0]);
        let plot = self.plot;
        let arrow = |i: usize| {
            let [dx, dy] = loadings[i];
            let (dx, dy) = (dx * explained[0].sqrt(), dy * explained[1].sqrt());
            // To the edge in that direction.
            let reach = |from: f64, by: f64, low: f64, high: f64| {
                if by > 0.0 {
                    (high - from) / by
                } else if by < 0.0 {
                    (low - from) / by
                } else {
                    f64::INFINITY
                }
            };
            let size = (dx * dx + dy * dy).sqrt();
            let (ux, uy) = (dx / size, -dy / size);
            let edge =
                reach(x, ux, plot.x, plot.x + plot.width).min(reach(y, uy, plot.y, plot.y + plot.height));
            let edge = edge.min(plot.height) * REACH;
            let length = edge * size / longest;
            let to = (x + ux * length, y + uy * length);
            Arrow { name: bins.name(self.rows, used[i]), row: of_row(&i), to, length }
        };
        order.into_iter().take(ARROWS).chain(further).map(arrow).filter(|arrow| arrow.length > 4.0).collect()
    }

    fn color_of(&self, arrow: &Arrow, [hover, lock]: [Option<usize>; 2]) -> Color {
        let (shown, locked) = self.scale.marks();
        match arrow.row {
            Some(row) if Some(row) == hover => shown,
            Some(row) if Some(row) == lock => locked,
            _ => self.scale.theme.muted(),
        }
    }

    pub(crate) fn arrows(&self, marked: [Option<usize>; 2]) -> Vec<Item> {
        let (x, y) = projection(self.places, self.plot, RIM)([0.0, 0.0]);
        let mut items = Vec::new();
        for arrow in self.pointing(marked) {
            let color = self.color_of(&arrow, marked);
            let (to, length) = (arrow.to, arrow.length);
            let (ux, uy) = ((to.0 - x) / length, (to.1 - y) / length);
            let wing = |side: f64| (to.0 - 6.0 * ux + side * 3.0 * uy, to.1 - 6.0 * uy - side * 3.0 * ux);
            for (from, width) in [((x, y), 1.2), (wing(1.0), 1.2), (wing(-1.0), 1.2)] {
                items.push(Item::Line { from, to, color, width });
            }
        }
        items
    }

    /// A frame around the dot of the token under the pointer.
    pub(crate) fn marks(&self, token: Option<usize>) -> Vec<Item> {
        let frame = |dot: &Dot| {
            let (x, y) = dot.at;
            let rect = Rect::new(x, y, 0.0, 0.0).grown(dot.radius + 2.0);
            Item::Frame { rect, color: self.scale.theme.mark(), width: 2.0 }
        };
        self.dots.iter().filter(|dot| token == Some(dot.token)).map(frame).collect()
    }

    /// The names of arrows, then of the dots that stand out.
    pub(crate) fn names(&self, marked: [Option<usize>; 2]) -> Vec<Item> {
        let theme = self.scale.theme;
        let places: Vec<_> = self.dots.iter().map(|dot| (dot.at, 0.7 * dot.radius)).collect();
        let fitted = |name: &str| font::fitted(&visible(name), SIZE, 110.0_f64.min(self.plot.width / 3.0));
        let (mut items, mut taken) = (Vec::new(), Vec::new());
        for arrow in self.pointing(marked) {
            let name = [("→ ".to_owned() + &fitted(&arrow.name), arrow.to, 1.0)];
            let color = self.color_of(&arrow, marked);
            let drawn = dot_names::items(name, &places, (self.plot, taken.clone()), (1, usize::MAX), color);
            taken.extend(drawn.iter().filter_map(Item::bounds).map(|rect| rect.grown(1.0)));
            items.extend(drawn);
        }
        let mut order: Vec<&Dot> = self.dots.iter().filter(|dot| dot.weight > 0.0).collect();
        order.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        let named = order.into_iter().take(4 * NAMES);
        let named = named.map(|dot| (fitted(&self.rows.label_of(dot.token)), dot.at, dot.radius));
        items.extend(dot_names::items(named, &places, (self.plot, taken), (NAMES, COVERED), theme.ink()));
        items
    }

    /// Every word's place, for readers who do not see it.
    pub(crate) fn in_words(&self) -> Option<String> {
        let mut text = "Each word's place, to the right and upwards, in % of a row:".to_owned();
        for dot in &self.dots {
            let [x, y] = dot.place.map(|x| short(100.0 * x));
            let _ = write!(text, " {} {x} {y};", self.rows.label_of(dot.token));
        }
        (!self.dots.is_empty()).then_some(text)
    }
}

/// Colours of things in an order, from the first to the last.
fn ordinal(count: usize, scale: &Scale) -> Vec<Color> {
    let place = |i: usize| 0.15 + 0.85 * if count > 1 { i as f64 / (count - 1) as f64 } else { 0.6 };
    (0..count).map(|i| Palette::Viridis.color(place(i), scale.theme, Look::Plain)).collect()
}
