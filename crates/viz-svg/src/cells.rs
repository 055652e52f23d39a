//! Cells gathered by what they are painted with, so that each colour is written once.

use crate::Paint;
use crate::scene::{Item, Rect};
use std::collections::BTreeMap;

/// Rectangles by paint.
#[derive(Debug, Default)]
pub struct Cells(BTreeMap<Paint, Vec<Rect>>);

impl Cells {
    /// Adds a rectangle.
    pub fn add(&mut self, paint: Paint, rect: Rect) {
        self.0.entry(paint).or_default().push(rect);
    }

    /// One item for each paint, in a fixed order.
    pub fn into_items(self) -> impl Iterator<Item = Item> {
        self.0.into_iter().map(|(paint, cells)| Item::Cells { paint, cells })
    }
}
