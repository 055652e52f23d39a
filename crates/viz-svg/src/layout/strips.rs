//! A strip for each word, with a dot for each replacement at the change of the target.

use crate::layout::axis::{self, Axis, Form};
use crate::paint::color::Color;
use crate::paint::scale::{Paint, Scale, Value};
use crate::redraw::Place;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::number::signed;
use crate::values::perturbed::{Perturbed, change, name};
use crate::values::rows::Rows;

const SIZE: f64 = 11.0;
const STRIP: f64 = 30.0;
/// The words' column.
const WORDS: f64 = 130.0;
/// Beside the dots, for the names at their ends.
const NAMES: f64 = 96.0;
/// The least room for the dots.
const LEAST_AXIS: f64 = 160.0;
/// Dots of one strip whose places are nearer than this move apart.
const APART: f64 = 6.5;
const AXIS: f64 = 34.0;

pub(crate) const LEAST: f64 = WORDS + 2.0 * NAMES + LEAST_AXIS;

/// The strips of some words.
pub(crate) struct Strips<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) scale: &'a Scale,
    pub(crate) words: &'a [Perturbed<'a>],
    pub(crate) token: Option<usize>,
    pub(crate) width: f64,
    /// What stands behind a number.
    pub(crate) unit: &'a str,
}

impl Strips<'_> {
    pub(crate) fn items(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let (left, length, axis) = (WORDS + NAMES, self.length(), self.axis());
        let bottom = self.words.len() as f64 * STRIP;
        let mut items = Vec::new();
        for (place, text) in &axis.ticks {
            let at = left + place * length;
            items.push(Item::Line { from: (at, 0.0), to: (at, bottom), color: theme.panel(), width: 1.0 });
            let text = Text::new(text.as_str(), at, bottom + 14.0, axis::SIZE, theme.ink());
            items.push(text.anchored(Anchor::Middle).into());
        }
        let zero = self.x(&axis, 0.0);
        items.push(Item::Line { from: (zero, 0.0), to: (zero, bottom), color: theme.muted(), width: 1.5 });
        let unit = if self.unit.is_empty() { String::new() } else { format!(" in {}", self.unit) };
        let below = format!("change of the target{unit} (square-root axis); the word itself is at 0");
        let below = font::fitted(&below, axis::SIZE, self.width - WORDS);
        let below = Text::new(below, left + length / 2.0, bottom + 30.0, axis::SIZE, theme.muted());
        items.push(below.anchored(Anchor::Middle).into());
        for (line, word) in self.words.iter().enumerate() {
            items.extend(self.strip(word, line as f64 * STRIP, &axis));
        }
        items
    }

    pub(crate) fn height(&self) -> f64 {
        self.words.len() as f64 * STRIP + AXIS
    }

    /// Where words and their replacements are.
    pub(crate) fn places(&self) -> Vec<Place> {
        let axis = self.axis();
        let place = |(line, word): (usize, &Perturbed<'_>)| {
            let top = line as f64 * STRIP;
            let mut places = vec![Place::of(word.at, label(word, top, self.scale.theme.ink()).1)];
            for (one, (x, y)) in word.replacements.iter().zip(self.dots(word, top, &axis)) {
                let rect = Rect::new(x, y, 0.0, 0.0).grown(5.0);
                places.push(Place { token: word.at, rect, replacement: Some(name(one)) });
            }
            places
        };
        self.words.iter().enumerate().flat_map(place).collect()
    }

    /// Where the dots lie, and their axis.
    fn axis(&self) -> Axis {
        let reach = self.words.iter().flat_map(|word| &word.replacements).map(|one| change(one).abs());
        Axis::new(Form::SignedRoot, reach.fold(0.0, f64::max), self.length(), signed)
    }

    fn length(&self) -> f64 {
        self.width - WORDS - 2.0 * NAMES
    }

    fn x(&self, axis: &Axis, value: f64) -> f64 {
        WORDS + NAMES + axis.place(value) * self.length()
    }

    /// The middles of a word's dots, each in the lane nearest to the middle where no dot is near, or in the middle.
    fn dots(&self, word: &Perturbed<'_>, top: f64, axis: &Axis) -> Vec<(f64, f64)> {
        let mut taken: Vec<(f64, f64)> = Vec::new();
        for one in &word.replacements {
            let at = self.x(axis, change(one));
            let lanes = [0.0, APART, -APART, 0.5 * APART, -0.5 * APART];
            let near = |lane: f64| taken.iter().any(|(x, y)| (x - at).hypot(y - lane) < APART);
            let lane = lanes.into_iter().find(|lane| !near(*lane)).unwrap_or(0.0);
            taken.push((at, lane));
        }
        taken.into_iter().map(|(x, lane)| (x, top + STRIP / 2.0 + lane)).collect()
    }

    fn strip(&self, word: &Perturbed<'_>, top: f64, axis: &Axis) -> Vec<Item> {
        let theme = self.scale.theme;
        let middle = top + STRIP / 2.0;
        let value = self.rows.hover.map_or(Value::Missing, |row| self.rows.shown(row, word.at));
        let paint = self.scale.paint(value);
        let (label, rect) = label(word, top, self.scale.backdrop(paint).ink());
        let mut items = vec![Item::Cells { paint, cells: vec![rect] }, label.into()];
        if self.token == Some(word.at) {
            items.push(Item::Frame { rect, color: theme.mark(), width: 2.0 });
        }
        let (lower, higher) = self.scale.marks();
        let mut dots: [Vec<(f64, f64)>; 2] = Default::default();
        for (one, at) in word.replacements.iter().zip(self.dots(word, top, axis)) {
            dots[usize::from(change(one) < 0.0)].push(at);
        }
        for (places, color) in dots.into_iter().zip([lower, higher]) {
            if !places.is_empty() {
                items.push(Item::Dots {
                    paint: Paint::Color(color),
                    rim: theme.background(),
                    places,
                    radius: 3.0,
                });
            }
        }
        let named = |one: &saliency_schema::Replacement, anchor: Anchor, offset: f64| {
            let text = font::fitted(&name(one), SIZE, NAMES - 12.0);
            Item::from(
                Text::new(text, self.x(axis, change(one)) + offset, middle + 4.0, SIZE, theme.ink())
                    .anchored(anchor),
            )
        };
        match &word.replacements[..] {
            [] => {}
            [one] if change(one) < 0.0 => items.push(named(one, Anchor::End, -7.0)),
            [one] => items.push(named(one, Anchor::Start, 7.0)),
            [lowest, .., highest] => {
                items.push(named(lowest, Anchor::End, -7.0));
                items.push(named(highest, Anchor::Start, 7.0));
            }
        }
        items
    }
}

/// A word's name, and the box behind it.
fn label(word: &Perturbed<'_>, top: f64, ink: Color) -> (Text, Rect) {
    let label = font::fitted(&word.name, SIZE, WORDS - 20.0);
    let label = Text::new(label, 6.0, top + STRIP / 2.0 + 4.0, SIZE, ink);
    let rect = Rect::new(0.0, top + 5.0, label.width + 12.0, STRIP - 10.0);
    (label, rect)
}
