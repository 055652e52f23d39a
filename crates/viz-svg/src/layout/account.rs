//! An account: a line for each layer with a cell for each of its parts, and bars whose numbers add up.

use crate::error::Error;
use crate::layout::cells::Cells;
use crate::layout::sheet::margin;
use crate::options::{Options, too_narrow};
use crate::paint::scale::{Paint, Scale};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::parts::Parts;

const SIZE: f64 = 10.0;
/// The highest and the lowest line, and what all layers take where there is room.
const LINES: (f64, f64) = (5.0, 18.0);
const HEIGHT: f64 = 620.0;
/// The least height of a line that has a name and a number.
const NAMED: f64 = 12.0;
/// The widest and the narrowest cell.
const CELLS: (f64, f64) = (2.0, 22.0);
/// What all of it takes where no width is asked for.
const WIDTH: f64 = 640.0;
/// The names of lines, the columns beside the heads, the bars, and their numbers.
const NAMES: f64 = 78.0;
const COLUMN: f64 = 28.0;
const BARS: (f64, f64) = (60.0, 180.0);
const NUMBERS: f64 = 52.0;
const GAP: f64 = 6.0;
/// The line of names above the cells.
const HEAD: f64 = 16.0;

/// Where the account's parts are.
pub(crate) struct Account<'a, 'r> {
    parts: &'a Parts<'r>,
    scale: &'a Scale,
    cell: f64,
    line: f64,
    bars: f64,
    /// The head whose row is shown elsewhere, which has a frame.
    framed: (Option<usize>, Option<usize>),
}

/// A line's name and number, and the layer that it is of.
struct Line {
    name: String,
    number: f64,
    layer: Option<usize>,
}

impl<'a, 'r> Account<'a, 'r> {
    /// The account, at most as wide as the options say.
    pub(crate) fn new(
        (parts, scale): (&'a Parts<'r>, &'a Scale),
        framed: (Option<usize>, Option<usize>),
        options: &Options,
    ) -> Result<Self, Error> {
        let mut account = Self { parts, scale, cell: CELLS.0, line: LINES.1, bars: BARS.0, framed };
        let (heads, layers) = (parts.heads().max(1) as f64, parts.layers().max(1) as f64);
        let mut room = WIDTH.max(account.width());
        if let Some(whole) = options.width {
            room = whole - 2.0 * margin(options);
            if room < account.width() {
                return Err(too_narrow(whole, account.width().ceil() + 2.0 * margin(options)));
            }
        }
        let left = room - (account.width() - heads * CELLS.0);
        account.cell = (left / heads).floor().clamp(CELLS.0, CELLS.1);
        account.bars = (room - (account.width() - BARS.0)).clamp(BARS.0, BARS.1);
        account.line = (HEIGHT / layers).floor().clamp(LINES.0, LINES.1);
        Ok(account)
    }

    /// The columns beside the heads, with their names.
    fn columns(&self) -> Vec<&'static str> {
        let bias = self.parts.layers() > 0 && self.parts.attention_bias(0).is_some();
        let feed_forward = self.parts.layers() > 0 && self.parts.feed_forward(0).is_some();
        [("bias", bias), ("FF", feed_forward)]
            .into_iter()
            .filter(|(_, there)| *there)
            .map(|(name, _)| name)
            .collect()
    }

    /// Where the bars begin.
    fn left_of_bars(&self) -> f64 {
        let heads = self.parts.heads() as f64 * self.cell;
        NAMES + heads + self.columns().len() as f64 * (COLUMN + GAP) + 2.0 * GAP
    }

    fn width(&self) -> f64 {
        self.left_of_bars() + self.bars + GAP + NUMBERS
    }

    /// Every line, from the top.
    fn lines(&self) -> Vec<Line> {
        let named = |(name, number): (&'static str, f64)| Line { name: name.to_owned(), number, layer: None };
        let layer = |layer: usize| Line {
            name: format!("layer {layer}"),
            number: self.parts.of_layer(layer),
            layer: Some(layer),
        };
        let before = self.parts.before().into_iter().map(named);
        let after = self.parts.after().into_iter().map(named);
        before.chain((0..self.parts.layers()).map(layer)).chain(after).collect()
    }

    /// Where each line begins and how high it is: those of layers may be lower than others.
    fn places(&self, lines: &[Line]) -> Vec<(f64, f64)> {
        let mut top = HEAD;
        let place = |line: &Line| {
            let height = if line.layer.is_some() { self.line } else { LINES.1 };
            let place = (top, height);
            top += height;
            place
        };
        lines.iter().map(place).collect()
    }

    /// The account's height.
    pub(crate) fn height(&self) -> f64 {
        let lines = self.lines();
        let bottom = self.places(&lines).last().map_or(HEAD, |(top, height)| top + height);
        if self.parts.are_alternatives() { bottom } else { bottom + GAP + LINES.1 }
    }

    /// The cells of heads, biases and feed-forward parts.
    pub(crate) fn cells(&self) -> Vec<Item> {
        let (lines, mut cells) = (self.lines(), Cells::default());
        let space = if self.line >= 10.0 { 1.0 } else { 0.0 };
        for (line, (top, height)) in lines.iter().zip(self.places(&lines)) {
            let Some(layer) = line.layer else { continue };
            for head in 0..self.parts.heads() {
                let left = NAMES + head as f64 * self.cell;
                let width = if self.cell >= 6.0 { self.cell - 1.0 } else { self.cell };
                let paint = self.scale.paint(self.parts.head(layer, head));
                cells.add(paint, Rect::new(left, top, width, height - space));
            }
            let others = [self.parts.attention_bias(layer), self.parts.feed_forward(layer)];
            for (column, value) in others.into_iter().flatten().enumerate() {
                let rect = Rect::new(self.left_of(column), top, COLUMN - 2.0, height - space);
                cells.add(self.scale.paint(value), rect);
            }
        }
        let mut items: Vec<Item> = cells.into_items().collect();
        items.extend(self.frame(&lines));
        items
    }

    /// Where a column beside the heads begins.
    fn left_of(&self, column: usize) -> f64 {
        NAMES + self.parts.heads() as f64 * self.cell + GAP + column as f64 * (COLUMN + GAP)
    }

    /// A frame around the cells whose row is shown elsewhere, where it is not of all.
    fn frame(&self, lines: &[Line]) -> Option<Item> {
        let (of_layer, of_head) = self.framed;
        if (of_layer, of_head) == (None, None) || of_head.is_some_and(|head| head >= self.parts.heads()) {
            return None;
        }
        let meant = |line: &Line| line.layer.is_some_and(|layer| of_layer.is_none_or(|only| only == layer));
        let places = self.places(lines);
        let places = lines.iter().zip(places).filter(|(line, _)| meant(line)).map(|(_, place)| place);
        let (top, bottom) = places
            .fold((f64::MAX, 0.0_f64), |(from, to), (top, height)| (from.min(top), to.max(top + height)));
        let (first, count) = of_head.map_or((0, self.parts.heads()), |head| (head, 1));
        let left = NAMES + first as f64 * self.cell;
        let rect = Rect::new(left - 1.0, top - 1.0, count as f64 * self.cell + 1.0, bottom - top + 1.0);
        (bottom > top).then(|| Item::Frame { rect, color: self.scale.theme.mark(), width: 2.0 })
    }

    /// A bar for each line, from the middle.
    pub(crate) fn bars(&self) -> Vec<Item> {
        let lines = self.lines();
        let finite = lines.iter().map(|line| line.number).filter(|x| x.is_finite());
        let longest = finite.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max);
        let (left, theme) = (self.left_of_bars(), self.scale.theme);
        let zero = left + self.bars / 2.0;
        let mut cells = Cells::default();
        let places = self.places(&lines);
        for (line, (top, height)) in lines.iter().zip(&places) {
            if line.number.is_finite() {
                let length = (self.bars / 2.0 * (line.number.abs() / longest)).max(0.5);
                let from = if line.number < 0.0 { zero - length } else { zero };
                let (higher, lower) = (self.scale.color(self.scale.end), self.scale.color(-self.scale.end));
                let color = if line.number < 0.0 { lower } else { higher };
                let inset = if *height >= 10.0 { 3.0 } else { 0.5 };
                cells.add(Paint::Color(color), Rect::new(from, top + inset, length, height - 2.0 * inset));
            }
        }
        let bottom = places.last().map_or(HEAD, |(top, height)| top + height);
        let mut items: Vec<Item> = cells.into_items().collect();
        items.push(Item::Line { from: (zero, HEAD), to: (zero, bottom), color: theme.muted(), width: 1.0 });
        if self.parts.are_alternatives() {
            return items;
        }
        let (from, to) = ((left, bottom + GAP / 2.0), (self.width(), bottom + GAP / 2.0));
        items.push(Item::Line { from, to, color: theme.ink(), width: 1.0 });
        items
    }

    /// Names and numbers of the lines, as far as there is room, and the sum.
    pub(crate) fn texts(&self) -> Vec<Item> {
        let muted = self.scale.theme.muted();
        let mut items = Vec::new();
        let heads = self.parts.heads();
        let room = heads as f64 * self.cell;
        if heads > 0 && self.parts.layers() > 0 {
            let name = if heads == 1 { "head 0".to_owned() } else { format!("heads 0–{}", heads - 1) };
            items.push(
                Text::new(font::fitted(&name, SIZE, room.max(COLUMN)), NAMES, 10.0, SIZE, muted).into(),
            );
        }
        // A name above few heads reaches over the column beside them.
        let named = font::width("heads 0–9", SIZE) < room;
        for (column, name) in self.columns().into_iter().enumerate().filter(|_| named) {
            let x = self.left_of(column) + COLUMN / 2.0 - 1.0;
            items.push(Text::new(name, x, 10.0, SIZE, muted).anchored(Anchor::Middle).into());
        }
        let lines = self.lines();
        let mut reached = f64::NEG_INFINITY;
        for (line, (top, height)) in lines.iter().zip(self.places(&lines)) {
            let middle = top + height / 2.0;
            if middle - reached < NAMED {
                continue;
            }
            reached = middle;
            let own = self.parts.are_alternatives() && line.layer == self.framed.0;
            let [name, number] = self.line_of(&line.name, line.number, middle + 3.0);
            items.extend(if own { [name.bold(), number.bold()] } else { [name, number] }.map(Item::from));
        }
        if self.parts.are_alternatives() {
            return items;
        }
        let y = self.height() - LINES.1 / 2.0 + 3.0;
        let total = self.parts.value.unwrap_or(self.parts.total());
        let [name, number] = self.line_of("together", total, y);
        items.push(Text { x: self.left_of_bars(), anchor: Anchor::Start, ..name }.bold().into());
        items.push(number.bold().into());
        items
    }

    /// A line's name on the left and its number on the right.
    fn line_of(&self, name: &str, number: f64, y: f64) -> [Text; 2] {
        let ink = self.scale.theme.ink();
        let number = font::fitted(&self.parts.spelled(number), SIZE, NUMBERS);
        let number = Text::new(number, self.width(), y, SIZE, ink).anchored(Anchor::End);
        let name = Text::new(font::fitted(name, SIZE, NAMES - GAP), NAMES - GAP, y, SIZE, ink);
        [name.anchored(Anchor::End), number]
    }
}
