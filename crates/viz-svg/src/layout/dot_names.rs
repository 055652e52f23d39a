//! Names beside the dots of a plot, where there is room.

use crate::paint::color::Color;
use crate::scene::{Anchor, Item, Rect, Text};

pub(crate) const SIZE: f64 = 10.0;
/// A dot's name: its text, the dot's middle, and its radius.
pub(crate) type Name = (String, (f64, f64), f64);

/// The names, the most important first, at most `most` of them: right of their dots, left, above or below, inside the
/// plot, off what is `taken` and off each other, and over at most `covers` of the dots, each with its radius.
pub(crate) fn items(
    names: impl IntoIterator<Item = Name>,
    dots: &[((f64, f64), f64)],
    (plot, mut taken): (Rect, Vec<Rect>),
    (most, covers): (usize, usize),
    ink: Color,
) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for (name, (x, y), radius) in names {
        if items.len() == most {
            break;
        }
        let text = Text::new(name, x, y, SIZE, ink);
        let places = [
            (radius + 3.0, 3.5, Anchor::Start),
            (-radius - 3.0, 3.5, Anchor::End),
            (0.0, -radius - 3.0, Anchor::Middle),
            (0.0, radius + 10.0, Anchor::Middle),
        ];
        let free = |(dx, dy, anchor): (f64, f64, Anchor)| {
            let text = Text { x: x + dx, y: y + dy, anchor, ..text.clone() };
            let room = text.bounds();
            let inside = room.x >= plot.x
                && room.x + room.width <= plot.x + plot.width
                && room.y >= plot.y
                && room.y + room.height <= plot.y + plot.height;
            let free = inside && !taken.iter().any(|other| room.overlaps(other));
            (free && covered(dots, &room) <= covers).then_some((text, room))
        };
        let Some((text, room)) = places.into_iter().find_map(free) else { continue };
        taken.push(room.grown(1.0));
        items.push(text.into());
    }
    items
}

/// How many dots reach into a rectangle.
fn covered(dots: &[((f64, f64), f64)], room: &Rect) -> usize {
    let reaches = |&&((x, y), radius): &&((f64, f64), f64)| {
        let room = room.grown(0.5 + radius);
        room.x < x && x < room.x + room.width && room.y < y && y < room.y + room.height
    };
    dots.iter().filter(reaches).count()
}
