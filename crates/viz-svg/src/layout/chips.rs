//! What a rule keeps of each row, as chips: a chip for each attribution, in the order of the text, as wide as its share
//! of the row, and behind them what is hidden.

use crate::layout::cells::Cells;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::options::Options;
use crate::paint::scale::{Paint, Pattern, Scale};
use crate::redraw::Unfolding;
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::{font, visible};
use crate::values::kept::Count;
use crate::values::rows::Rows;

const SIZE: f64 = 10.0;
/// A chip's height, a line's, and what stays free between two chips.
const CHIP: f64 = 15.0;
const LINE: f64 = 17.0;
const BETWEEN: f64 = 2.0;
/// Between two rows.
const ROWS: f64 = 3.0;
/// The widest label, and the least.
const LABELS: (f64, f64) = (120.0, 48.0);
/// What is hidden: a stub, and its share.
const STUB: f64 = 12.0;
const HIDDEN: f64 = 64.0;
/// The narrowest chip, and how wide one of the middle share is: most names fit.
const NARROWEST: f64 = 3.0;
const MIDDLE: f64 = 52.0;
/// So many rows are all shown; of more, those without a chip are counted.
const ALL: usize = 60;

/// Every output's chips.
pub(crate) struct Chips<'a> {
    rows: &'a Rows<'a>,
    scale: &'a Scale,
    width: f64,
    /// The input under the pointer.
    token: Option<usize>,
    /// Rows that are shown whole.
    expanded: &'a [usize],
    for_page: bool,
    /// Units for a share of 1.
    unit: f64,
}

/// A row, or what stands for those that are left out.
struct Line {
    row: Option<usize>,
    top: f64,
    bottom: f64,
    label: Vec<Item>,
    items: Vec<Item>,
}

impl<'a> Chips<'a> {
    pub(crate) fn new(
        rows: &'a Rows<'a>,
        scale: &'a Scale,
        width: f64,
        expanded: &'a [usize],
        options: &Options,
    ) -> Self {
        let for_page = options.for_page;
        let token = options.token.filter(|_| !for_page);
        let mut chips = Self { rows, scale, width, token, expanded, for_page, unit: 0.0 };
        let kept = (0..rows.n_output()).flat_map(|row| chips.kept(row).map(move |token| (row, token)));
        let mut shares: Vec<f64> = kept.filter_map(|(row, token)| rows.share(row, token)).collect();
        shares.sort_by(f64::total_cmp);
        let middle = shares.get(shares.len() / 2).copied().filter(|share| *share > 0.0);
        let largest = shares.last().copied().filter(|share| *share > 0.0).unwrap_or(1.0);
        let unit = middle.map_or(MIDDLE, |middle| MIDDLE / middle).min(chips.room() / largest);
        // Of shares near nothing it would have no number.
        chips.unit = unit.min(f64::MAX);
        chips
    }

    /// Where chips begin.
    fn left(&self) -> f64 {
        (self.width / 5.0).clamp(LABELS.1, LABELS.0)
    }

    /// What a line of chips may take.
    fn room(&self) -> f64 {
        (self.width - self.left() - HIDDEN).max(NARROWEST)
    }

    fn kept(&self, row: usize) -> impl Iterator<Item = usize> + '_ {
        (0..self.rows.length(row)).filter(move |token| !self.rows.hides(row, *token))
    }

    /// The share that a chip of 100 units stands for.
    pub(crate) fn of_hundred(&self) -> f64 {
        100.0 / self.unit
    }

    /// Every line, from the chips' own corner; `whole` are the same rows with nothing hidden.
    fn lines(&self, whole: &Rows<'_>) -> Vec<Line> {
        let (mut lines, mut top, mut skipped) = (Vec::new(), 0.0, 0);
        let fold = self.rows.n_output() > ALL;
        for row in 0..self.rows.n_output() {
            let is_whole = self.expanded.contains(&row);
            if fold && !is_whole && self.kept(row).next().is_none() {
                skipped += 1;
                continue;
            }
            top = self.skipped(&mut lines, top, std::mem::take(&mut skipped));
            let mut items = Vec::new();
            let bottom = if is_whole {
                self.whole(whole, row, top, &mut items)
            } else {
                self.row(row, top, &mut items)
            };
            lines.push(Line { row: Some(row), top, bottom, label: self.label(row, top), items });
            top = bottom + ROWS;
        }
        self.skipped(&mut lines, top, skipped);
        lines
    }

    /// Every row, from the chips' own corner; `whole` are the same rows with nothing hidden.
    pub(crate) fn items(&self, whole: &Rows<'_>) -> Vec<Item> {
        self.lines(whole).into_iter().flat_map(|line| line.items.into_iter().chain(line.label)).collect()
    }

    /// The same for a page, on which each row can show its whole text: a group for each row, with its label and its
    /// chips apart, and what the page is told of them.
    pub(crate) fn unfolding(&self) -> (Vec<Item>, Unfolding) {
        let lines = self.lines(self.rows);
        let rows = lines.iter().map(|line| (line.row, line.top, line.bottom + ROWS - line.top)).collect();
        let group = |line: Line| {
            let group = |name, items| Item::group(name, None, items, (0.0, 0.0));
            group("row", vec![group("label", line.label), group("chips", line.items)])
        };
        let items = lines.into_iter().map(group).collect();
        let text = self.text();
        let (left, width) = (self.left(), self.width - self.left());
        let label = (left - 6.0, CHIP);
        let unfolding =
            Unfolding { rows, label, text: (left, width, text.height() + ROWS), boxes: text.boxes() };
        (items, unfolding)
    }

    /// How many rows are left out; where the next one begins.
    fn skipped(&self, lines: &mut Vec<Line>, top: f64, count: usize) -> f64 {
        if count == 0 {
            return top;
        }
        let text = format!("⋯ {count} more without any");
        let text = font::fitted(&text, SIZE, self.width - self.left());
        let text = Text::new(text, self.left(), top + 11.0, SIZE, self.scale.theme.muted());
        let line = Line { row: None, top, bottom: top + LINE, label: Vec::new(), items: vec![text.into()] };
        let next = line.bottom + ROWS;
        lines.push(line);
        next
    }

    fn label(&self, row: usize, top: f64) -> Vec<Item> {
        let theme = self.scale.theme;
        let rect = Rect::new(0.0, top, self.left() - 6.0, CHIP);
        let label = font::fitted(&visible(&self.rows.label(row)), SIZE, rect.width - 8.0);
        let text = Text::new(label, rect.width - 4.0, top + 11.0, SIZE, theme.ink()).anchored(Anchor::End);
        let text = if self.rows.lock == Some(row) { text.bold() } else { text };
        let mut items = vec![Item::filled(rect, theme.panel()), text.into()];
        // A page frames what is in hand.
        if self.for_page {
            return items;
        }
        let (hovered, locked) = self.scale.marks();
        let frame = |color, width| Item::Frame { rect, color, width };
        items.extend((self.rows.hover == Some(row)).then(|| frame(hovered, 1.5)));
        items.extend((self.rows.lock == Some(row)).then(|| frame(locked, 2.5)));
        items
    }

    /// A row's chips and its stub; where they end.
    fn row(&self, row: usize, top: f64, items: &mut Vec<Item>) -> f64 {
        let theme = self.scale.theme;
        let (left, room) = (self.left(), self.room());
        let (mut x, mut y) = (0.0, top);
        let (mut cells, mut rims, mut ticks) = (Cells::default(), Vec::new(), Vec::new());
        let mut texts: Vec<Item> = Vec::new();
        for token in self.kept(row) {
            let share = self.rows.share(row, token).unwrap_or(0.0);
            let width = (share * self.unit).clamp(NARROWEST, room);
            if x > 0.0 && x + width > room + 1e-6 {
                (x, y) = (0.0, y + LINE);
            }
            let rect = Rect::new(left + x, y, width, CHIP);
            let paint = self.scale.paint(self.rows.shown(row, token));
            // A chip of little colour is as pale as the panel.
            rims.push(rect);
            cells.add(paint, rect.grown(-0.5));
            if self.rows.hides_sign(row, token) {
                ticks.push(rect.tick());
            }
            let name = font::fitted(&visible(&self.rows.label_of(token)), SIZE, width - 4.0);
            if width > 20.0 && name != "…" {
                let ink = self.scale.backdrop(paint).ink();
                texts.push(Text::new(name, rect.x + 2.0, y + 11.0, SIZE, ink).into());
            }
            if self.token == Some(token) {
                texts.push(Item::Frame { rect: rect.grown(-1.0), color: theme.mark(), width: 2.0 });
            }
            x += width + BETWEEN;
        }
        if !rims.is_empty() {
            items.push(Item::Cells { paint: Paint::Color(theme.muted()), cells: rims });
        }
        items.extend(cells.into_items());
        items.extend(texts);
        if !ticks.is_empty() {
            items.push(Item::Cells { paint: Paint::Color(theme.ink()), cells: ticks });
        }
        let stub = Rect::new(left + x.min(room), y, STUB, CHIP);
        if self.kept(row).count() < self.rows.length(row) {
            items.push(Item::Cells { paint: Paint::Pattern(Pattern::Hidden), cells: vec![stub] });
            items.push(Item::Frame { rect: stub.grown(-0.25), color: theme.muted(), width: 0.5 });
            let share = Count::of([(self.rows, row)]).hidden_share();
            let share = font::fitted(&share, SIZE, HIDDEN - STUB - 4.0);
            items.push(Text::new(share, stub.x + STUB + 4.0, y + 11.0, SIZE, theme.muted()).into());
        }
        y + CHIP
    }

    /// All of the text.
    fn text(&self) -> ColoredText {
        ColoredText::set(self.rows.record, Setting::Running, self.width - self.left(), (11.0, 18.0))
    }

    /// All of the text, coloured by one row; where it ends.
    fn whole(&self, whole: &Rows<'_>, row: usize, top: f64, items: &mut Vec<Item>) -> f64 {
        let rows = Rows { hover: Some(row), ..whole.clone() };
        let text = self.text();
        let drawn = text.items(&rows, self.scale, self.token).into_iter();
        items.extend(drawn.map(|item| item.moved(self.left(), top)));
        top + text.height()
    }
}
