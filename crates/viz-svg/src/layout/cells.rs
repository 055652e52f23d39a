//! Rectangles gathered by paint, so that each colour is written once.

use crate::paint::color::Color;
use crate::paint::scale::{Paint, Pattern};
use crate::scene::{Item, Rect};
use std::collections::BTreeMap;

/// Rectangles by paint.
#[derive(Debug, Clone, Default)]
pub struct Cells(BTreeMap<Paint, Vec<Rect>>);

impl Cells {
    /// Adds a rectangle.
    pub fn add(&mut self, paint: Paint, rect: Rect) {
        let cells = self.0.entry(paint).or_default();
        // There may be much that is hidden: what goes on to the right or below is one rectangle.
        if let (Paint::Pattern(Pattern::Hidden), Some(last)) = (paint, cells.last_mut())
            && let Some(both) = joined(*last, rect)
        {
            *last = both;
            return;
        }
        cells.push(rect);
    }

    /// Adds all of others.
    pub(crate) fn extend(&mut self, others: Self) {
        for (paint, mut cells) in others.0 {
            self.0.entry(paint).or_default().append(&mut cells);
        }
    }

    /// The same as a picture with a pixel for each unit of `rect`, on a ground: smaller than many rectangles, and as
    /// exact as its pixels. Patterns stay rectangles, over it.
    pub(crate) fn into_picture(self, rect: Rect, ground: Color) -> Vec<Item> {
        let (columns, lines) = (rect.width.ceil() as usize, rect.height.ceil() as usize);
        let mut pixels = vec![0; columns * lines];
        let (mut colors, mut patterns) = (vec![ground], Vec::new());
        for (paint, cells) in self.0 {
            let Paint::Color(color) = paint else {
                patterns.push(Item::Cells { paint, cells });
                continue;
            };
            colors.push(color);
            for cell in cells {
                let span = |from: f64, size: f64, end: usize| {
                    let from = from.round().max(0.0) as usize;
                    from.min(end)..((from as f64 + size.round().max(1.0)) as usize).min(end)
                };
                for line in span(cell.y - rect.y, cell.height, lines) {
                    let across = span(cell.x - rect.x, cell.width, columns);
                    pixels[line * columns..][across].fill((colors.len() - 1) as u8);
                }
            }
        }
        let rect = Rect { width: columns as f64, height: lines as f64, ..rect };
        let picture = Item::Raster { rect, columns, cells: pixels, colors, has_not_comparable: false };
        std::iter::once(picture).chain(patterns).collect()
    }

    /// One item for each paint, in a fixed order.
    pub fn into_items(self) -> impl Iterator<Item = Item> {
        self.0.into_iter().map(|(paint, cells)| Item::Cells { paint, cells })
    }
}

/// Two rectangles as one, where the second goes on from the first to the right or below.
fn joined(first: Rect, second: Rect) -> Option<Rect> {
    let same = |a: f64, b: f64| (a - b).abs() < 1e-6;
    let right =
        same(first.y, second.y) && same(first.height, second.height) && same(first.x + first.width, second.x);
    let below =
        same(first.x, second.x) && same(first.width, second.width) && same(first.y + first.height, second.y);
    (right || below).then(|| first.around(second))
}
