//! Names above columns that are too narrow for them: each at a thin leader, none over another; and which columns are to
//! have one.

use crate::paint::color::Color;
use crate::paint::scale::Scale;
use crate::scene::{Item, Text};
use crate::text::font;
use crate::values::rows::Rows;

pub(crate) const SIZE: f64 = 10.0;
/// A line of names.
const TIER: f64 = 12.0;
/// Names stand in so many lines at the most.
const TIERS: usize = 2;
/// What all lines take.
pub(crate) const HEIGHT: f64 = TIER * TIERS as f64 + 2.0;
/// The widest name.
const WIDEST: f64 = 90.0;
/// Between two names of a line, and between a name and the leader of one above it.
const BETWEEN: (f64, f64) = (7.0, 3.0);

/// A column's name.
pub(crate) struct Name {
    pub(crate) text: String,
    /// The column's middle.
    pub(crate) x: f64,
    pub(crate) color: Color,
    pub(crate) bold: bool,
}

/// A name at its place.
struct Placed {
    tier: usize,
    left: f64,
    right: f64,
    x: f64,
}

/// The inputs with the most colour over all rows, the strongest first: at most `count` words and numbers, of those that
/// have any.
pub(crate) fn strongest(rows: &Rows<'_>, scale: &Scale, count: usize) -> Vec<usize> {
    let mut sizes = vec![0.0_f64; rows.n_input()];
    for row in 0..rows.n_output() {
        for (token, size) in sizes.iter_mut().enumerate() {
            let value = rows.shown(row, token).number().filter(|x| x.is_finite());
            *size += value.map_or(0.0, |x| scale.share(x).abs());
        }
    }
    let is_word = |token: usize| rows.record.tokens[token].text.chars().any(char::is_alphanumeric);
    let mut order: Vec<usize> = (0..sizes.len()).filter(|&i| sizes[i] > 0.0 && is_word(i)).collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]).then(a.cmp(&b)));
    order.truncate(count);
    order
}

/// The names, the most important first, as far as there is room over `0..=width`; their leaders end at `y = 0`, above
/// which they stand.
pub(crate) fn items(names: &[Name], width: f64, leader: Color) -> Vec<Item> {
    let (mut placed, mut items): (Vec<Placed>, Vec<Item>) = (Vec::new(), Vec::new());
    for name in names {
        let text = font::fitted(&name.text, SIZE, WIDEST);
        let wide = font::width(&text, SIZE);
        let Some(place) = place(&placed, name.x, wide, width) else { continue };
        let bottom = -2.0 - TIER * place.tier as f64;
        let (from, to) = ((name.x, bottom), (name.x, 0.0));
        items.push(Item::Line { from, to, color: leader, width: 0.6 });
        let text = Text::new(text, place.left, bottom - font::DESCENT * SIZE, SIZE, name.color);
        items.push(if name.bold { text.bold() } else { text }.into());
        placed.push(place);
    }
    items
}

/// A free place for a name over `x`: in the lowest line that has one, centred, or else to one side.
fn place(placed: &[Placed], x: f64, wide: f64, width: f64) -> Option<Placed> {
    let free = |tier: usize, left: f64| {
        let right = left + wide;
        placed.iter().all(|other| {
            let beside = right + BETWEEN.0 <= other.left || other.right + BETWEEN.0 <= left;
            let clear = |x: f64, left: f64, right: f64| x < left - BETWEEN.1 || x > right + BETWEEN.1;
            match other.tier.cmp(&tier) {
                std::cmp::Ordering::Equal => beside && (other.x - x).abs() > 0.0,
                // The leader of the upper one passes the lower one.
                std::cmp::Ordering::Less => clear(x, other.left, other.right),
                std::cmp::Ordering::Greater => clear(other.x, left, right),
            }
        })
    };
    let last = width - wide;
    if last < 0.0 {
        return None;
    }
    let places = [x - wide / 2.0, x - 3.0, x - wide + 3.0].map(|left| left.clamp(0.0, last));
    let each = (0..TIERS).flat_map(|tier| places.map(|left| (tier, left)));
    let found = each.into_iter().find(|&(tier, left)| free(tier, left));
    found.map(|(tier, left)| Placed { tier, left, right: left + wide, x })
}
