//! A table of tokens with the sums of their vectors' negative and positive entries as bars from a common middle.

use crate::paint::scale::{Scale, Value};
use crate::redraw::Place;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::entries::Entries;
use crate::values::rows::Rows;
use saliency_schema::Kind;

/// The narrowest that it is drawn.
pub(crate) const LEAST: f64 = 480.0;
const SIZE: f64 = 11.0;
const ROW: f64 = 18.0;
const HEADS: f64 = 20.0;
/// The columns of words and of each number.
const WORDS: f64 = 130.0;
const NUMBER: f64 = 62.0;
const GAP: f64 = 8.0;
/// Left of words, for a frame around one.
const LEFT: f64 = 5.0;

/// A row for each of some tokens: its name, its bars with their numbers, their sum, and the norm.
pub(crate) struct EntryTable<'a> {
    pub(crate) rows: &'a Rows<'a>,
    pub(crate) scale: &'a Scale,
    pub(crate) entries: &'a Entries<'a>,
    /// The tokens, in the order of the rows.
    pub(crate) tokens: &'a [usize],
    pub(crate) width: f64,
}

impl EntryTable<'_> {
    pub(crate) fn height(&self) -> f64 {
        HEADS + self.tokens.len() as f64 * ROW
    }

    /// Where the bars' middle is, and how long they can be.
    fn middle(&self) -> (f64, f64) {
        let side = (self.width - WORDS - 4.0 * NUMBER - 2.0 * GAP) / 2.0;
        (WORDS + NUMBER + GAP + side, side)
    }

    pub(crate) fn items(&self) -> Vec<Item> {
        let theme = self.scale.theme;
        let (middle, side) = self.middle();
        let text = |text: &str, x: f64, y: f64, room: f64, anchor: Anchor| {
            Text::new(font::fitted(text, SIZE, room), x, y, SIZE, theme.ink()).anchored(anchor)
        };
        let head = |name: &str, x: f64, anchor: Anchor| {
            Item::from(Text::new(name, x, 11.0, SIZE, theme.muted()).anchored(anchor))
        };
        let mut items = vec![
            head("word", LEFT, Anchor::Start),
            head("negative", middle - GAP, Anchor::End),
            head("positive", middle + GAP, Anchor::Start),
            head("sum", self.width - NUMBER, Anchor::End),
            head("norm", self.width, Anchor::End),
        ];
        let longest = self.longest();
        for (line, &token) in self.tokens.iter().enumerate() {
            let top = HEADS + line as f64 * ROW;
            let base = top + 13.0;
            items.push(text(&self.name(token), LEFT, base, WORDS - GAP - LEFT, Anchor::Start).into());
            let pair = self.entries.pair(token);
            for (at, value) in pair.into_iter().enumerate() {
                let length =
                    value.number().filter(|x| x.is_finite()).map_or(side, |x| side * (x.abs() / longest));
                let left = if at == 0 { middle - length } else { middle };
                let cells = vec![Rect::new(left, top + 3.0, length, ROW - 6.0)];
                if length > 0.0 {
                    items.push(Item::Cells { paint: self.scale.paint(value), cells });
                }
                let number = self.entries.spelled(value);
                let (x, anchor) = if at == 0 {
                    (middle - side - GAP, Anchor::End)
                } else {
                    (middle + side + GAP, Anchor::Start)
                };
                items.push(text(&number, x, base, NUMBER - GAP, anchor).into());
            }
            for (of, x) in self.entries.locked(token).into_iter().flatten().zip([-1.0, 1.0]) {
                let x = middle + x * side * (of.abs() / longest).min(1.0);
                let (from, to) = ((x, top + 1.0), (x, top + ROW - 1.0));
                items.push(Item::Line { from, to, color: theme.ink(), width: 1.5 });
            }
            let sum = self.entries.spelled(self.entries.sum(token));
            items.push(text(&sum, self.width - NUMBER, base, NUMBER - GAP, Anchor::End).into());
            let norm = Entries::size(self.entries.norm(token).into());
            items.push(text(&norm, self.width, base, NUMBER - GAP, Anchor::End).into());
        }
        let (from, to) = ((middle, HEADS), (middle, self.height()));
        items.push(Item::Line { from, to, color: theme.muted(), width: 1.0 });
        items
    }

    /// The longest bar's value, and the longest locked one's.
    fn longest(&self) -> f64 {
        let own = self.tokens.iter().flat_map(|token| self.entries.pair(*token)).filter_map(Value::number);
        let locked = self.tokens.iter().filter_map(|token| self.entries.locked(*token)).flatten();
        let finite = own.chain(locked).map(f64::abs).filter(|x| x.is_finite());
        finite.fold(f64::MIN_POSITIVE, f64::max)
    }

    fn name(&self, token: usize) -> String {
        let label = visible(&self.rows.label_of(token));
        if self.rows.record.tokens[token].kind == Kind::Output { format!("{label} (output)") } else { label }
    }

    /// A frame around a token's name, where it has a row.
    pub(crate) fn frame(&self, token: Option<usize>) -> Vec<Item> {
        let framed = self.places().into_iter().filter(|place| token == Some(place.token));
        let frame = |place: Place| {
            let rect = Rect { x: 1.0, width: WORDS - GAP, ..place.rect };
            Item::Frame { rect, color: self.scale.theme.mark(), width: 2.0 }
        };
        framed.map(frame).collect()
    }

    /// Where each token's row is.
    pub(crate) fn places(&self) -> Vec<Place> {
        let place = |(line, token): (usize, &usize)| {
            Place::of(*token, Rect::new(0.0, HEADS + line as f64 * ROW + 0.5, self.width, ROW - 1.0))
        };
        self.tokens.iter().enumerate().map(place).collect()
    }
}
