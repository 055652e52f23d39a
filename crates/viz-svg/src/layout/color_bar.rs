//! A legend's colour bar: its levels, with the numbers at its ends and what they mean beside it.

use crate::layout::legend::SMALL;
use crate::options::Options;
use crate::paint::scale::{Paint, Scale};
use crate::paint::theme::Theme;
use crate::scene::{Item, Rect, Text};
use crate::text::font;
use crate::values::number::short;
use crate::values::rows::Rows;

/// The levels' least and most width.
pub(crate) const LEVELS: (f64, f64) = (96.0, 192.0);
/// Between the levels and the texts beside them.
const GAP: f64 = 7.0;

/// A colour bar.
#[derive(Debug, Clone)]
pub(crate) struct ColorBar<'a> {
    pub(crate) scale: &'a Scale,
    pub(crate) ends: Ends,
    /// Where there are several bars: which panels it is for, and what their numbers are.
    pub(crate) of: Option<String>,
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

/// The texts of a bar, in one of their lengths.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Form {
    pub(crate) of: Option<String>,
    pub(crate) left: String,
    pub(crate) right: String,
}

impl Ends {
    /// The meaning of the left and of the right end; empty where the number says all.
    pub fn new(low: impl Into<String>, high: impl Into<String>) -> Self {
        Self { low: low.into(), high: high.into() }
    }

    /// What the colours of a record's rows mean.
    pub fn of(rows: &Rows<'_>) -> Self {
        match (rows.locked_name(), rows.record.signed) {
            (Some(locked), _) => Self::new(format!("more to {locked}"), "more to the row itself"),
            (None, Some(true)) => Self::new("lowers the target", "raises the target"),
            (None, _) => Self::new("", ""),
        }
    }
}

impl Form {
    /// What it takes with levels of some width.
    pub(crate) fn width(&self, levels: f64) -> f64 {
        let of = self.of.as_ref().map_or(0.0, |of| font::width(of, SMALL) + GAP);
        of + font::width(&self.left, SMALL) + font::width(&self.right, SMALL) + 2.0 * GAP + levels
    }

    /// The same in less room than its shortest texts take.
    pub(crate) fn fitted(self, room: f64) -> Self {
        let room = room - 2.0 * GAP;
        let of = self.of.map(|of| font::fitted(&of, SMALL, room / 3.0));
        let rest = room - of.as_ref().map_or(0.0, |of| font::width(of, SMALL) + GAP);
        let left = font::fitted(&self.left, SMALL, rest / 2.0);
        let right = font::fitted(&self.right, SMALL, rest - font::width(&left, SMALL));
        Self { of, left, right }
    }
}

impl ColorBar<'_> {
    /// What stands beside the levels, from the longest form to the shortest.
    pub(crate) fn forms(&self, options: &Options) -> Vec<Form> {
        let scale = self.scale;
        let form = |left: &str, right: String| Form { of: self.of.clone(), left: left.to_owned(), right };
        let low = if scale.palette.is_diverging() { -scale.end } else { 0.0 };
        let (more, less) = if scale.clipped.is_some() { ("≥ ", "≤ ") } else { ("", "") };
        let low = if low < 0.0 { format!("{less}{}", short(low)) } else { short(low) };
        let high = format!("{more}{}", short(scale.end));
        let joined = |parts: [&str; 2]| {
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
        };
        let (left, right) = (joined([&self.ends.low, &low]), joined([&high, &self.ends.high]));
        let mut forms = Vec::new();
        if let Some(largest) = scale.clipped {
            let ends = match options.scale_max {
                Some(_) => "ends where the caller says".to_owned(),
                None => format!("ends at the {} quantile of |value|", options.clip),
            };
            forms.push(form(&left, format!("{right} · {ends}, largest: {}", short(largest))));
            forms.push(form(&left, format!("{right} · largest: {}", short(largest))));
        }
        forms.push(form(&left, right));
        forms.push(form(&low, high));
        forms
    }

    /// The bar from `(x, y)` with levels of some width.
    pub(crate) fn lay_out(&self, form: &Form, (x, y): (f64, f64), levels: f64, theme: Theme) -> Vec<Item> {
        let mut left = x;
        let mut items = Vec::new();
        if let Some(of) = &form.of {
            let of = Text::new(of.clone(), left, y + 10.0, SMALL, theme.ink()).bold();
            left += of.width + GAP;
            items.push(of.into());
        }
        let mut text = |text: &str, left: f64| {
            let text = Text::new(text, left, y + 10.0, SMALL, theme.ink());
            let right = left + text.width + GAP;
            if !text.text.is_empty() {
                items.push(text.into());
            }
            right
        };
        let bar = text(&form.left, left);
        text(&form.right, bar + levels + GAP);
        items.extend(self.levels((bar, y), levels));
        // An edge, where the scale begins with the ground's own colour.
        let rect = Rect::new(bar, y + 1.0, levels, 10.0);
        items.push(Item::Frame { rect, color: theme.muted(), width: 0.5 });
        items
    }

    /// One cell for each level.
    fn levels(&self, (x, y): (f64, f64), width: f64) -> impl Iterator<Item = Item> + '_ {
        let diverging = self.scale.palette.is_diverging();
        let cells = if diverging { 64 } else { 32 };
        let width = width / f64::from(cells);
        (0..cells).map(move |i| {
            let share = f64::from(i) / f64::from(cells - 1);
            let value = if diverging { 2.0 * share - 1.0 } else { share } * self.scale.end;
            let rect = Rect::new(x + f64::from(i) * width, y + 1.0, width, 10.0);
            Item::Cells { paint: Paint::Color(self.scale.color(value)), cells: vec![rect] }
        })
    }
}
