//! A text with a ribbon above each of its lines: a number for each token, with how far it varies.

use crate::layout::cells::Cells;
use crate::paint::color::Color;
use crate::paint::scale::Paint;
use crate::paint::theme::Theme;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::paragraph::{Paragraph, Piece};
use crate::values::spread::{Spread, Spreads};
use saliency_schema::Record;

const SIZE: f64 = 12.0;
/// A line: the ribbon, and the text under it.
const LINE: f64 = 76.0;
const RIBBON: f64 = 48.0;
const TOP: f64 = 6.0;
/// Room for the numbers of the axis.
const LEFT: f64 = 52.0;
const SMALL: f64 = 9.0;

/// The text of the first record under its ribbon.
pub(crate) struct RibbonText<'a> {
    spreads: &'a Spreads,
    paragraph: Paragraph,
    width: f64,
    theme: Theme,
}

impl<'a> RibbonText<'a> {
    pub(crate) fn new(record: &Record, spreads: &'a Spreads, width: f64, theme: Theme) -> Self {
        let given = record.source().unwrap_or(record.n_input()).min(record.tokens.len());
        let paragraph = Paragraph::set(&record.tokens[..given], width - LEFT, SIZE, LINE);
        Self { spreads, paragraph, width, theme }
    }

    /// Where a number is in a line.
    fn y(&self, x: f64) -> f64 {
        let (low, high) = self.spreads.range();
        let size = high - low;
        let share = if size > 0.0 { ((x - low) / size).clamp(0.0, 1.0) } else { 0.0 };
        TOP + RIBBON * (1.0 - share)
    }

    fn pieces(&self) -> Vec<(Piece, Spread)> {
        let pieces = self.paragraph.pieces(LEFT, 0.0).into_iter();
        pieces.filter_map(|piece| Some((piece, (*self.spreads.tokens.get(piece.token)?)?))).collect()
    }

    /// The panels, zero, and the two ends of the axis of each line.
    pub(crate) fn frame(&self, spelled: impl Fn(f64) -> String) -> Vec<Item> {
        let (low, high) = self.spreads.range();
        let lines = (self.paragraph.height() / LINE).round() as usize;
        let mut items = Vec::new();
        for line in 0..lines {
            let top = line as f64 * LINE;
            let rect = Rect::new(LEFT, top + TOP, self.width - LEFT, RIBBON);
            items.push(Item::filled(rect, self.theme.panel()));
            let zero = top + self.y(0.0);
            let (from, to) = ((LEFT, zero), (self.width, zero));
            items.push(Item::Line { from, to, color: self.theme.muted(), width: 0.75 });
            let mut before: Option<f64> = None;
            for x in [high, 0.0, low] {
                let y = top + self.y(x) + 3.0;
                if before.is_some_and(|before| y - before < SMALL + 2.0) {
                    continue;
                }
                before = Some(y);
                let text = Text::new(spelled(x), LEFT - 4.0, y, SMALL, self.theme.muted());
                items.push(text.anchored(Anchor::End).into());
            }
        }
        items
    }

    /// From the least to the most of all records, and within a standard deviation of the mean, for each token; the
    /// narrower one over the wider.
    pub(crate) fn bands(&self) -> Vec<Item> {
        let (mut under, mut over) = (Cells::default(), Cells::default());
        for (Piece { rect, .. }, spread) in self.pieces() {
            let band = |low: f64, high: f64| {
                let (top, bottom) = (rect.y + self.y(high), rect.y + self.y(low));
                Rect::new(rect.x, top, rect.width, (bottom - top).max(0.75))
            };
            let (low, high) = spread.within_deviation();
            let records = (Paint::Color(self.theme.not_comparable()), band(spread.low, spread.high));
            let deviation = (Paint::Color(self.deviation()), band(low, high));
            let is_wider = high - low > spread.high - spread.low;
            let (wide, narrow) = if is_wider { (deviation, records) } else { (records, deviation) };
            under.add(wide.0, wide.1);
            over.add(narrow.0, narrow.1);
        }
        under.into_items().chain(over.into_items()).collect()
    }

    /// The colour of a standard deviation.
    pub(crate) fn deviation(&self) -> Color {
        if self.theme == Theme::Dark { Color::hex(0x6f_7884) } else { Color::hex(0xa9_b0b8) }
    }

    /// The mean of each token.
    pub(crate) fn means(&self) -> Vec<Item> {
        let mut cells = Cells::default();
        for (Piece { rect, .. }, spread) in self.pieces() {
            let y = rect.y + self.y(spread.mean);
            cells.add(Paint::Color(self.theme.mark()), Rect::new(rect.x, y - 1.25, rect.width, 2.5));
        }
        cells.into_items().collect()
    }

    /// The text; tokens whose sign changes are bold and underlined.
    pub(crate) fn text(&self, torn: &[usize], marked: Option<usize>) -> Vec<Item> {
        let below = (TOP + RIBBON + LINE) / 2.0 - LINE / 2.0 + 1.0;
        let ink = self.theme.ink();
        let runs = self.paragraph.runs_of_tokens(LEFT, below);
        let run = |(token, run): (usize, Text)| {
            let run = Text { color: ink, ..run };
            Item::from(if torn.contains(&token) { run.bold().underlined() } else { run })
        };
        let mut items: Vec<Item> = runs.into_iter().map(run).collect();
        let pieces = self.paragraph.pieces(LEFT, 0.0).into_iter().filter(|piece| Some(piece.token) == marked);
        items.extend(pieces.map(|Piece { rect, .. }| {
            let rect = Rect::new(rect.x - 1.0, rect.y + TOP, rect.width + 2.0, RIBBON + 18.0);
            Item::Frame { rect, color: self.theme.mark(), width: 1.5 }
        }));
        items
    }
}
