//! Cells gathered by what they are painted with, so that each colour is written once.

use crate::scene::{Item, Rect};
use crate::{Paint, Pattern};
use std::collections::{BTreeMap, BTreeSet};

/// Rectangles by paint.
#[derive(Debug, Default)]
pub(crate) struct Cells(BTreeMap<Paint, Vec<Rect>>);

impl Cells {
    pub(crate) fn add(&mut self, paint: Paint, rect: Rect) {
        self.0.entry(paint).or_default().push(rect);
    }

    /// The patterns among the paints.
    pub(crate) fn patterns(&self) -> BTreeSet<Pattern> {
        let pattern = |paint: &Paint| match paint {
            Paint::Pattern(pattern) => Some(*pattern),
            Paint::Color(_) => None,
        };
        self.0.keys().filter_map(pattern).collect()
    }

    pub(crate) fn into_items(self) -> impl Iterator<Item = Item> {
        self.0.into_iter().map(|(paint, cells)| Item::Cells { paint, cells })
    }
}
