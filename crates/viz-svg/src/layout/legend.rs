//! A chart's legend: the title, how the records were made, and the colour bars with their ends in the data's units.

use crate::layout::color_bar;
use crate::layout::color_bar::ColorBar;
use crate::options::Options;
use crate::paint::scale::{Paint, Pattern};
use crate::redraw::{Part, Places, Redraw};
use crate::scene::{Item, Rect, Text};
use crate::text::font;
use crate::text::visible;
use std::collections::BTreeSet;

const SMALL: f64 = 11.0;
/// Between bars that stand beside each other.
const BETWEEN: f64 = 24.0;

/// What a legend says.
pub(crate) struct Legend<'a> {
    pub(crate) title: &'a str,
    pub(crate) provenance: &'a [String],
    pub(crate) options: &'a Options,
    /// At least one.
    pub(crate) bars: &'a [ColorBar<'a>],
    /// How much of a chart's one or two rows lies outside what is shown.
    pub(crate) outside: &'a [String],
    pub(crate) patterns: &'a BTreeSet<Pattern>,
    /// Whether a page redraws it.
    pub(crate) redrawn: bool,
    /// Whether the picture shows one row.
    pub(crate) of_row: bool,
    /// Whether it sets two rows against each other.
    pub(crate) against: bool,
}

/// A legend's drawing, and the room it takes.
pub(crate) struct LaidOut {
    pub(crate) items: Vec<Item>,
    pub(crate) height: f64,
}

impl Legend<'_> {
    /// The legend from `(x, y)`, at most `width` wide.
    pub(crate) fn lay_out(&self, (x, y, width): (f64, f64, f64)) -> LaidOut {
        let theme = self.options.theme;
        let (mut items, mut said) = (Vec::new(), Vec::new());
        let title = font::fitted(&visible(self.title), 15.0, width);
        items.push(Text::new(title, x, y + 14.0, 15.0, theme.ink()).bold().into());
        let mut top = y + 22.0;
        for line in filled(self.provenance, width) {
            said.push(Text::new(line, x, top + 11.0, SMALL, theme.muted()).into());
            top += 16.0;
        }
        // What a page redraws is a group of its own.
        if !self.redrawn {
            items.append(&mut said);
        }
        top += 6.0;
        // Bars stand beside each other as far as there is room, then below.
        let columns =
            ((width + BETWEEN) / (color_bar::LEAST + BETWEEN)).floor().clamp(1.0, self.bars.len() as f64);
        let room = (width - BETWEEN * (columns - 1.0)) / columns;
        let (mut drawn, mut bottom) = (Vec::new(), top);
        for (number, bar) in self.bars.iter().enumerate() {
            let column = number % columns as usize;
            if column == 0 && number > 0 {
                top = bottom + 6.0;
            }
            let place = (x + column as f64 * (room + BETWEEN), top, room);
            let block = bar.lay_out(self.options, self.outside, self.redrawn, place);
            bottom = bottom.max(block.bottom);
            drawn.push(block);
        }
        top = bottom;
        let patterns_top = top + 3.0;
        let mut marks = self.pattern_marks(x, top);
        if !self.patterns.is_empty() || self.redrawn {
            top += 20.0;
        }
        let count = drawn.len();
        let mut groups = Vec::new();
        for (number, (block, bar)) in drawn.into_iter().zip(self.bars).enumerate() {
            let mut own = std::mem::take(&mut items);
            own.extend(block.items);
            if number + 1 == count {
                own.append(&mut marks);
            }
            let mut group = Item::group("legend", None, own, (0.0, 0.0));
            if self.redrawn {
                let places = Places {
                    titled: self.options.title.as_deref().map(visible),
                    of_row: self.of_row,
                    against: self.against,
                    title: (number == 0).then_some((x, y + 14.0, width)),
                    heading: block.heading,
                    bar: block.bar,
                    lines: block.lines,
                    patterns: (number + 1 == count).then_some((x, patterns_top)),
                };
                let part = Part::Legend(places);
                let redraw = match &bar.of {
                    Some((_, panel)) => Redraw::of(*panel, part),
                    None => Redraw::of_hovered(part),
                };
                group = group.redrawn(redraw, (0.0, 0.0));
            }
            groups.push(group);
        }
        if !said.is_empty() {
            groups.push(Item::group("provenance", None, said, (0.0, 0.0)));
        }
        LaidOut { items: groups, height: top - y }
    }

    /// The patterns that occur, with their names, in a line from `(x, y)`.
    fn pattern_marks(&self, x: f64, y: f64) -> Vec<Item> {
        let mut left = x;
        let mut marks = Vec::new();
        for &pattern in self.patterns {
            let paint = Paint::Pattern(pattern);
            let label = Text::new(pattern.label(), left + 20.0, y + 12.0, SMALL, self.options.theme.ink());
            let room = 20.0 + label.width + 16.0;
            marks.push(Item::Cells { paint, cells: vec![Rect::new(left, y + 3.0, 14.0, 12.0)] });
            marks.push(label.into());
            left += room;
        }
        marks
    }
}

/// Parts put into lines of at most `width`, separated by dots.
fn filled(parts: &[String], width: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        let part = font::fitted(part, SMALL, width);
        match lines.last_mut() {
            Some(line)
                if font::width(line, SMALL) + font::width(&part, SMALL) + font::width(" · ", SMALL)
                    <= width =>
            {
                *line += " · ";
                *line += &part;
            }
            _ => lines.push(part),
        }
    }
    lines
}
