//! Two inputs' columns beside each other as bars from a common middle, with the outputs' names, the values and their
//! differences.

use crate::paint::scale::{Scale, Value};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::bins::{Bins, By};
use crate::values::rows::Rows;

/// The widest and the narrowest that it is drawn.
pub(crate) const WIDEST: f64 = 720.0;
pub(crate) const LEAST: f64 = 480.0;
const SIZE: f64 = 10.0;
const ROW: f64 = 15.0;
const HEADS: f64 = 20.0;
/// Columns of names, of values and of differences.
const NAMES: f64 = 140.0;
const NUMBER: f64 = 70.0;
const DIFFERENCE: f64 = 76.0;
const GAP: f64 = 6.0;

/// The bars of two inputs, A to the left and B to the right.
#[derive(Clone, Copy)]
pub(crate) struct MirroredBars<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) scale: &'a Scale,
    pub(crate) bins: &'a Bins,
    pub(crate) tokens: [usize; 2],
    pub(crate) width: f64,
}

impl MirroredBars<'_> {
    /// A row for each output or bin, the first at the bottom as in the columns.
    pub(crate) fn items(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let bars = (self.width - NAMES - 2.0 * NUMBER - DIFFERENCE - 2.0 * GAP) / 2.0;
        let middle = NAMES + NUMBER + GAP + bars;
        let bottom = HEADS + self.bins.len() as f64 * ROW;
        let text = |text: &str, x: f64, y: f64, anchor: Anchor| {
            Text::new(text, x, y, SIZE, theme.ink()).anchored(anchor)
        };
        let marks = self.scale.marks();
        let head = |token: usize, x: f64, anchor: Anchor, color| {
            let name = font::fitted(&visible(&self.rows.label_of(token)), SIZE, bars + NUMBER - GAP);
            Item::from(Text { color, ..text(&name, x, 11.0, anchor) }.bold())
        };
        let of = match self.bins.by {
            By::Output => "output",
            By::Sentence => "sentence, mean",
            By::Count(_) => "outputs, mean",
        };
        let [a, b] = self.tokens;
        let mut items = vec![
            text(of, 0.0, 11.0, Anchor::Start).into(),
            head(a, middle - GAP, Anchor::End, marks.0),
            head(b, middle + GAP, Anchor::Start, marks.1),
            text("difference", self.width, 11.0, Anchor::End).into(),
        ];
        let longest =
            (0..self.bins.len()).flat_map(|bin| self.pair(bin)).filter_map(size).fold(0.0, f64::max);
        for bin in 0..self.bins.len() {
            let top = bottom - (bin + 1) as f64 * ROW;
            let name = font::fitted(&visible(&self.bins.name(self.rows, bin)), SIZE, NAMES - GAP);
            items.push(text(&name, 0.0, top + 11.0, Anchor::Start).into());
            let pair = self.pair(bin);
            for (side, value) in pair.into_iter().enumerate() {
                let length = match size(value) {
                    Some(size) if longest > 0.0 => (bars * (size / longest)).max(0.5),
                    Some(_) => 0.5,
                    None => bars,
                };
                let left = if side == 0 { middle - length } else { middle };
                let rect = Rect::new(left, top + 3.0, length, ROW - 4.0);
                items.push(Item::Cells { paint: self.scale.paint(value), cells: vec![rect] });
                let sign =
                    if self.bins.hides_sign(self.rows, bin, self.tokens[side]) { " (−)" } else { "" };
                let number = self.rows.spelled(value) + sign;
                let number = font::fitted(&number, SIZE, NUMBER);
                let (x, anchor) = if side == 0 {
                    (middle - bars - GAP, Anchor::End)
                } else {
                    (middle + bars + GAP, Anchor::Start)
                };
                items.push(text(&number, x, top + 11.0, anchor).into());
            }
            let number = font::fitted(&self.difference(bin), SIZE, DIFFERENCE - GAP);
            items.push(text(&number, self.width, top + 11.0, Anchor::End).into());
        }
        let (from, to) = ((middle, HEADS), (middle, bottom));
        items.push(Item::Line { from, to, color: theme.muted(), width: 1.0 });
        items
    }

    fn pair(&self, bin: usize) -> [Value; 2] {
        self.tokens.map(|token| self.bins.value(self.rows, bin, token))
    }

    /// A − B, as a reader sees it.
    fn difference(&self, bin: usize) -> String {
        let [a, b] = self.pair(bin);
        self.rows.unit().spelled(a.minus(b), true)
    }

    /// Where the two differ the most, in a sentence.
    pub(crate) fn in_words(&self) -> String {
        let differs = |bin: &usize| {
            let [a, b] = self.pair(*bin);
            Some((*bin, size(a.minus(b))?))
        };
        let bins: Vec<usize> = (0..self.bins.len()).collect();
        let most = bins.iter().filter_map(differs).reduce(|a, b| if b.1 > a.1 { b } else { a });
        let [a, b] = self.tokens.map(|token| format!("“{}”", self.rows.label_of(token)));
        let [at_a, at_b] = self.tokens.map(|token| self.rows.record.position(token));
        let both = format!(" {a} (token {at_a}) against {b} (token {at_b})");
        match most {
            None => format!("{both}: nothing to compare."),
            Some((bin, _)) => {
                let [own, other] = self.pair(bin).map(|value| self.rows.spelled(value));
                let (name, difference) = (self.bins.name(self.rows, bin), self.difference(bin));
                format!("{both}: they differ the most at “{name}”, {own} against {other}, {difference}.")
            }
        }
    }
}

/// A value's size, where it is a finite number.
fn size(value: Value) -> Option<f64> {
    value.number().filter(|x| x.is_finite()).map(f64::abs)
}
