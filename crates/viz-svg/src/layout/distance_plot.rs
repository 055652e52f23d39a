//! Attributions against the distance to their outputs: dots, the median and the band of a profile, outliers by name.

use crate::layout::cells::Cells;
use crate::layout::color_bar::{counted, counted_rows};
use crate::layout::dot_names;
use crate::layout::grid::AS_RECTANGLES;
use crate::options::{Options, State};
use crate::paint::scale::{Paint, Scale};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::number::short;
use crate::values::rows::Rows;
use saliency_schema::DistanceProfile;
use std::collections::BTreeMap;

/// Left of the plot, above and right of it, and its height.
const LEFT: f64 = 48.0;
const EDGE: f64 = 6.0;
const RIGHT: f64 = 16.0;
const HEIGHT: f64 = 360.0;
const SIZE: f64 = 10.0;
/// More dots than these are squares of this side.
const MANY: (usize, f64) = (2_000, 2.0);
/// The sides of the hovered output's squares among few and among many.
const HOVERED: (f64, f64) = (8.0, 5.0);
/// So many outliers have a name, and stand out from a median of at least so many shares.
const NAMES: usize = 10;
pub(crate) const ENOUGH: usize = 5;
/// A name may stand over so many dots.
const COVERED: usize = 12;
/// The values reach over at most so many times the lowest.
const REACH: f64 = 1e4;

/// The plot of some records' rows.
pub(crate) struct DistancePlot<'a> {
    rows: &'a [Rows<'a>],
    scales: &'a [&'a Scale],
    profile: &'a DistanceProfile,
    hover: Option<State>,
    token: Option<usize>,
    width: f64,
    for_page: bool,
    dots: Vec<Dot>,
    /// Cells without a place.
    hidden: usize,
    /// The largest distance.
    longest: f64,
    /// The lowest and the highest multiple of an even share.
    range: (f64, f64),
}

/// An attribution's place.
#[derive(Debug, Clone, Copy)]
struct Dot {
    panel: usize,
    row: usize,
    token: usize,
    distance: f64,
    even: f64,
    /// How many times the median at its distance, where that is of enough shares.
    ratio: Option<f64>,
    /// Where it lies.
    at: (f64, f64),
}

impl<'a> DistancePlot<'a> {
    pub(crate) fn new(
        rows: &'a [Rows<'a>],
        scales: &'a [&'a Scale],
        profile: &'a DistanceProfile,
        options: &Options,
        hover: Option<State>,
        width: f64,
    ) -> Self {
        let (token, for_page) = (options.token, options.for_page);
        let (mut dots, mut all) = (Vec::new(), 0);
        for (panel, of_panel) in rows.iter().enumerate() {
            let record = of_panel.record;
            let relative = record.relative(profile);
            let shown =
                |row: usize| (0..of_panel.length(row)).filter(move |token| !of_panel.hides(row, *token));
            all += (0..of_panel.n_output()).map(|row| shown(row).count()).sum::<usize>();
            let cells = record.by_distance().filter(|cell| !of_panel.hides(cell.row, cell.token));
            dots.extend(cells.map(|cell| {
                let against = relative.rows[cell.row][cell.token];
                let ratio = against.ratio.filter(|_| against.n >= ENOUGH);
                let (row, token) = (cell.row, cell.token);
                Dot { panel, row, token, distance: cell.distance, even: cell.even, ratio, at: (0.0, 0.0) }
            }));
        }
        let hidden = all - dots.len();
        let longest = dots.iter().map(|dot| dot.distance).fold(profile.longest() as f64, f64::max);
        let positive = || dots.iter().map(|dot| dot.even).filter(|x| *x > 0.0);
        let high = positive().fold(0.0, f64::max);
        let low = positive().fold(f64::INFINITY, f64::min).max(high / REACH);
        let range = if high > 0.0 { (low.min(0.5) / 1.2, high.max(2.0) * 1.2) } else { (0.1, 10.0) };
        let mut plot =
            Self { rows, scales, profile, hover, token, width, for_page, dots, hidden, longest, range };
        let places: Vec<_> = plot.dots.iter().map(|dot| (plot.x(dot.distance), plot.y(dot.even))).collect();
        for (dot, at) in plot.dots.iter_mut().zip(places) {
            dot.at = at;
        }
        plot
    }

    fn plot(&self) -> Rect {
        Rect::new(LEFT, EDGE, self.width - LEFT - RIGHT, HEIGHT)
    }

    fn x(&self, distance: f64) -> f64 {
        let plot = self.plot();
        // Some room before the first distance, and half a step behind the last.
        let (from, to) = (0.75_f64.ln(), (self.longest.max(1.0) + 0.5).ln());
        plot.x + plot.width * ((distance.ln() - from) / (to - from)).clamp(0.0, 1.0)
    }

    fn y(&self, even: f64) -> f64 {
        let (plot, (low, high)) = (self.plot(), self.range);
        let place = if even > 0.0 { (even.ln() - low.ln()) / (high.ln() - low.ln()) } else { 0.0 };
        plot.y + plot.height * (1.0 - place.clamp(0.0, 1.0))
    }

    /// What is drawn, in sentences.
    pub(crate) fn captions(&self) -> Vec<String> {
        if self.dots.is_empty() {
            let mut captions = vec!["There is no attribution that has a place.".to_owned()];
            captions.extend(self.not_drawn());
            return captions;
        }
        let of = match self.rows {
            [_] => String::new(),
            several => format!(" of {} records", several.len()),
        };
        let mut captions = vec![
            format!(
                "Right: distance from the output in tokens (log). Up: times an even share of the row (log). A dot for \
                 each of {} attributions{of}.",
                counted(self.dots.len())
            ),
            format!(
                "Thick: the median of {} at each distance. Thin: 10 and 90 %. Named: the most times that median.",
                counted_rows(self.profile.rows())
            ),
        ];
        if let Some(State { panel, output, .. }) = self.hover {
            captions
                .push(format!("The larger dots are those of {}.", visible(&self.rows[panel].name(output))));
        }
        if self.dots.iter().any(|dot| dot.even < self.range.0) {
            captions.push(format!("What is below {}× lies on the lower edge.", short(self.range.0)));
        }
        captions.extend(self.not_drawn());
        captions
    }

    fn not_drawn(&self) -> Option<String> {
        let all = self.hidden + self.dots.len();
        (self.hidden > 0)
            .then(|| format!("{} of {all} attributions have no finite share and are not drawn", self.hidden))
    }

    /// The panel, the grid and its numbers, and a square for each attribution, the hovered output's larger and above
    /// the others.
    pub(crate) fn items(&self) -> Vec<Item> {
        if self.dots.is_empty() {
            return Vec::new();
        }
        let theme = self.scales[0].theme;
        let mut items = vec![Item::filled(self.plot(), theme.panel())];
        let hovered = |dot: &Dot| self.hover == Some(State::new(dot.panel, dot.row));
        let (above, others): (Vec<&Dot>, Vec<&Dot>) = self.dots.iter().partition(|dot| hovered(dot));
        if self.for_page || others.len() > AS_RECTANGLES {
            items.extend(self.squares(&others, MANY.1).into_picture(self.plot(), theme.panel()));
            items.extend(self.grid());
        } else if self.dots.len() > MANY.0 {
            items.extend(self.grid());
            items.extend(self.squares(&others, MANY.1).into_items());
        } else {
            // Few need a rim, so that none is lost on the panel.
            items.extend(self.grid());
            let mut painted: BTreeMap<Paint, Vec<(f64, f64)>> = BTreeMap::new();
            for dot in others {
                painted.entry(self.paint(dot)).or_default().push(dot.at);
            }
            let dots_of = |(paint, places)| Item::Dots { paint, rim: theme.muted(), radius: 2.5, places };
            items.extend(painted.into_iter().map(dots_of));
        }
        let side = self.hovered_side();
        items.extend(self.squares(&above, side).into_items());
        if self.dots.len() <= MANY.0 {
            let frame =
                |dot: &&Dot| Item::Frame { rect: self.square(dot, side), color: theme.muted(), width: 1.0 };
            items.extend(above.iter().map(frame));
        }
        items
    }

    /// Lines at round numbers, and the numbers.
    fn grid(&self) -> Vec<Item> {
        let (theme, plot) = (self.scales[0].theme, self.plot());
        let color =
            if theme.background() == theme.panel() { theme.not_comparable() } else { theme.background() };
        let line = |from, to, width| Item::Line { from, to, color, width };
        let bottom = plot.y + plot.height;
        let (mut items, mut taken): (Vec<Item>, Vec<f64>) = (Vec::new(), Vec::new());
        let free = |taken: &mut Vec<f64>, at: f64, apart: f64| {
            let free = taken.iter().all(|other| (other - at).abs() >= apart);
            if free {
                taken.push(at);
            }
            free
        };
        for even in round_numbers().filter(|even| (self.range.0..=self.range.1).contains(even)) {
            let y = self.y(even);
            if free(&mut taken, y, 18.0) {
                let width = if (even - 1.0).abs() < 1e-9 { 2.5 } else { 1.0 };
                items.push(line((plot.x, y), (plot.x + plot.width, y), width));
                let text = Text::new(format!("{}×", short(even)), LEFT - 6.0, y + 3.5, SIZE, theme.ink());
                items.push(text.anchored(Anchor::End).into());
            }
        }
        taken.clear();
        for distance in round_numbers().filter(|distance| (1.0..=self.longest).contains(distance)) {
            let x = self.x(distance);
            if free(&mut taken, x, 44.0) {
                items.push(line((x, plot.y), (x, bottom), 1.0));
                let text = Text::new(short(distance), x, bottom + 14.0, SIZE, theme.ink());
                items.push(text.anchored(Anchor::Middle).into());
            }
        }
        items
    }

    /// The side of the hovered output's squares.
    fn hovered_side(&self) -> f64 {
        if self.dots.len() > MANY.0 { HOVERED.1 } else { HOVERED.0 }
    }

    fn paint(&self, dot: &Dot) -> Paint {
        self.scales[dot.panel].paint(self.rows[dot.panel].shown(dot.row, dot.token))
    }

    fn squares(&self, dots: &[&Dot], side: f64) -> Cells {
        let mut cells = Cells::default();
        for dot in dots {
            cells.add(self.paint(dot), self.square(dot, side));
        }
        cells
    }

    /// A dot's square, inside the plot.
    fn square(&self, dot: &Dot, side: f64) -> Rect {
        let plot = self.plot();
        let inside = |at: f64, from: f64, room: f64| (at - side / 2.0).clamp(from, from + room - side);
        let (x, y) = dot.at;
        Rect::new(inside(x, plot.x, plot.width), inside(y, plot.y, plot.height), side, side)
    }

    /// A step of a line at a distance.
    pub(crate) fn step(&self, distance: usize, even: f64, height: f64) -> Rect {
        let (from, to) = (self.x(distance as f64 - 0.5), self.x(distance as f64 + 0.5));
        let y = (self.y(even) - height / 2.0).clamp(EDGE, EDGE + HEIGHT - height);
        Rect::new(from, y, to - from, height)
    }

    /// The median and the band, a step for each distance; of few shares, muted and without a band.
    pub(crate) fn profile(&self) -> Vec<Item> {
        if self.dots.is_empty() {
            return Vec::new();
        }
        let theme = self.scales[0].theme;
        let (mut medians, mut few, mut band) = (Vec::new(), Vec::new(), Vec::new());
        for distance in 1..=self.profile.longest() {
            let Some([low, median, high]) = self.profile.even(distance) else { continue };
            let step = |even, height| self.step(distance, even, height);
            if self.profile.count(distance) < ENOUGH {
                few.push(step(median, 2.0));
                continue;
            }
            medians.push(step(median, 2.5));
            band.extend([step(low, 1.0), step(high, 1.0)]);
        }
        let painted = |color, cells: Vec<Rect>| {
            (!cells.is_empty()).then_some(Item::Cells { paint: Paint::Color(color), cells })
        };
        let items =
            [painted(theme.mark(), band), painted(theme.muted(), few), painted(theme.mark(), medians)];
        items.into_iter().flatten().collect()
    }

    /// A frame around the hovered output's dot of the token under the pointer.
    pub(crate) fn marks(&self) -> Vec<Item> {
        let hovered =
            |dot: &&Dot| self.hover == Some(State::new(dot.panel, dot.row)) && self.token == Some(dot.token);
        let frame = |dot: &Dot| Item::Frame {
            rect: self.square(dot, self.hovered_side()).grown(2.0),
            color: self.scales[0].theme.mark(),
            width: 2.0,
        };
        self.dots.iter().filter(hovered).map(frame).collect()
    }

    /// What stands out the most from the median at its distance, the most first.
    fn outliers(&self) -> Vec<&Dot> {
        let mut found: Vec<&Dot> =
            self.dots.iter().filter(|dot| dot.ratio.is_some_and(|ratio| ratio > 1.0)).collect();
        found.sort_by(|a, b| b.ratio.unwrap_or(0.0).total_cmp(&a.ratio.unwrap_or(0.0)));
        found
    }

    /// `Boeing → SpaceX 10.2×`.
    fn name(&self, dot: &Dot) -> String {
        let rows = &self.rows[dot.panel];
        let (from, to) = (visible(&rows.label_of(dot.token)), visible(&rows.label(dot.row)));
        let short_name = |name: &str| font::fitted(name, SIZE, 96.0);
        format!("{} → {} {}×", short_name(&from), short_name(&to), short(dot.ratio.unwrap_or(0.0)))
    }

    /// Their names, as far as there is room.
    pub(crate) fn names(&self) -> Vec<Item> {
        if self.dots.is_empty() {
            return Vec::new();
        }
        let names = self.outliers().into_iter().take(4 * NAMES).map(|dot| (self.name(dot), dot.at, 3.0));
        let dots: Vec<_> = self.dots.iter().map(|dot| (dot.at, 0.0)).collect();
        dot_names::items(
            names,
            &dots,
            (self.plot(), Vec::new()),
            (NAMES, COVERED),
            self.scales[0].theme.ink(),
        )
    }

    /// What it shows, in sentences.
    pub(crate) fn in_words(&self) -> String {
        let outliers: Vec<String> =
            self.outliers().into_iter().take(NAMES).map(|dot| self.name(dot)).collect();
        let named = match &outliers[..] {
            [] => String::new(),
            names => format!(" The most times the median at their distance: {}.", names.join("; ")),
        };
        let hidden = self.not_drawn().map_or_else(String::new, |said| format!(" {said}."));
        let longest = self.profile.longest();
        let median = |distance: usize| {
            let [_, median, _] = self.profile.even(distance)?;
            Some(format!(" At distance {distance} the median is {}× an even share.", short(median)))
        };
        let ends = [1, 10, 100].map(|distance| median(distance).unwrap_or_default()).concat();
        format!(
            "{} attributions against their distance from the output, 1 to {longest} tokens.{ends}{named}{hidden}",
            counted(self.dots.len())
        )
    }
}

/// 1, the powers of ten around it, then twos and fives.
fn round_numbers() -> impl Iterator<Item = f64> {
    let power = |digit: f64| (-4..=6).map(move |power| digit * 10_f64.powi(power));
    std::iter::once(1.0).chain(power(1.0)).chain(power(2.0)).chain(power(5.0))
}
