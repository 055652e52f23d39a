//! A legend's colour bar: its levels, the numbers at its ends, and what they mean.

use crate::options::Options;
use crate::paint::scale::{Paint, Scale};
use crate::scene::{Anchor, Item, Rect, Text};
use crate::text::font;
use crate::values::rows::Rows;

/// The levels' width.
const WIDTH: f64 = 192.0;
const SMALL: f64 = 11.0;
/// The lines beside the bar take at least this.
const LINES: f64 = 160.0;
/// A bar with the lines beside it takes at least this.
pub(crate) const LEAST: f64 = WIDTH + 16.0 + LINES;

/// A colour bar.
#[derive(Debug, Clone)]
pub(crate) struct ColorBar<'a> {
    pub(crate) scale: &'a Scale,
    pub(crate) ends: Ends,
    /// Where there are several bars, its name (which panels, and what their numbers are) and the first of its panels.
    pub(crate) of: Option<(String, usize)>,
}

/// A bar's drawing, and where its parts are.
pub(crate) struct LaidOutBar {
    pub(crate) items: Vec<Item>,
    /// Of its name: left end, baseline, and room.
    pub(crate) heading: Option<(f64, f64, f64)>,
    /// Of its levels: left, top, width.
    pub(crate) bar: (f64, f64, f64),
    /// Of the lines beside it: left end, first baseline, and room.
    pub(crate) lines: (f64, f64, f64),
    pub(crate) bottom: f64,
}

/// What the ends of a colour bar mean.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ends {
    /// The left end.
    pub low: String,
    /// The right end.
    pub high: String,
}

impl Ends {
    /// The meaning of the left and of the right end.
    pub fn new(low: impl Into<String>, high: impl Into<String>) -> Self {
        Self { low: low.into(), high: high.into() }
    }

    /// What the colours of a record's rows mean.
    pub fn of(rows: &Rows<'_>) -> Self {
        let said = |low: String, high: &str| Self { low, high: high.to_owned() };
        match (rows.locked_name(), rows.record.signed) {
            (Some(locked), _) if rows.compares_shares() => {
                said(format!("larger share of the locked {locked}"), "larger share of the row itself")
            }
            (Some(locked), _) => said(format!("more to the locked {locked}"), "more to the row itself"),
            (None, Some(true)) => said("lowers the target".into(), "raises the target"),
            (None, Some(false)) => said("no attribution".into(), "most (no sign)"),
            (None, None) => said("least".into(), "most"),
        }
    }
}

impl ColorBar<'_> {
    /// The bar from `(x, y)`, at most `width` wide, with its ends, what they mean, and the lines in `outside`.
    pub(crate) fn lay_out(
        &self,
        options: &Options,
        outside: &[String],
        redrawn: bool,
        (x, y, width): (f64, f64, f64),
    ) -> LaidOutBar {
        let (scale, theme) = (self.scale, options.theme);
        let (mut items, mut top) = (Vec::new(), y);
        let mut heading = None;
        if let Some((name, _)) = &self.of {
            let name = font::fitted(name, SMALL, width);
            items.push(Text::new(name, x, top + 11.0, SMALL, theme.ink()).bold().into());
            heading = Some((x, top + 11.0, width));
            top += 18.0;
        }
        let bar_top = top;
        items.extend(levels(x, top, scale));
        let low = if scale.palette.is_diverging() { -scale.end } else { 0.0 };
        let more = if scale.clipped.is_some() { "≥ " } else { "" };
        let less = if scale.clipped.is_some() && low < 0.0 { "≤ " } else { "" };
        let number = |text: String, at: f64, anchor| {
            Item::from(Text::new(text, at, top + 23.0, SMALL, theme.ink()).anchored(anchor))
        };
        items.push(number(format!("{less}{}", scale.spelled(low)), x, Anchor::Start));
        items.push(number(format!("{more}{}", scale.spelled(scale.end)), x + WIDTH, Anchor::End));
        if low < 0.0 {
            items.push(number(scale.spelled(0.0), x + WIDTH / 2.0, Anchor::Middle));
        }
        let mut lines = vec![format!("left: {}", self.ends.low), format!("right: {}", self.ends.high)];
        if let Some(largest) = scale.clipped {
            lines.push(match options.scale_max {
                Some(_) => "ends where the caller says".to_owned(),
                None => format!("ends at the {} quantile of |value|", options.clip),
            });
            lines.push(format!("largest: {}", scale.spelled(largest)));
        }
        lines.extend_from_slice(outside);
        // Beside the bar, or under it where the picture is narrow.
        let room = width - WIDTH - 16.0;
        let (beside, room, mut line_top) =
            if room >= LINES { (x + WIDTH + 16.0, room, top - 2.0) } else { (x, width, top + 28.0) };
        // A page's state may need four lines and the patterns.
        let most = if outside.is_empty() { 60.0 } else { 90.0 };
        let reserved = line_top + if redrawn { most } else { 0.0 };
        let first_line = line_top + 11.0;
        for line in lines {
            let line = font::fitted(&line, SMALL, room);
            items.push(Text::new(line, beside, line_top + 11.0, SMALL, theme.muted()).into());
            line_top += 15.0;
        }
        LaidOutBar {
            items,
            heading,
            bar: (x, bar_top, WIDTH),
            lines: (beside, first_line, room),
            bottom: line_top.max(top + 28.0).max(reserved),
        }
    }
}

/// The colour bar: one cell for each level.
fn levels(x: f64, y: f64, scale: &Scale) -> Vec<Item> {
    let diverging = scale.palette.is_diverging();
    let cells = if diverging { 64 } else { 32 };
    let width = WIDTH / f64::from(cells);
    (0..cells)
        .map(|i| {
            let share = f64::from(i) / f64::from(cells - 1);
            let value = if diverging { 2.0 * share - 1.0 } else { share } * scale.end;
            let rect = Rect::new(x + f64::from(i) * width, y, width, 10.0);
            Item::Cells { paint: Paint::Color(scale.color(value)), cells: vec![rect] }
        })
        .collect()
}
