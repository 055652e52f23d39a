//! A legend's colour bar: its levels, with the numbers at its ends and what they mean beside it.

use crate::layout::legend::SMALL;
use crate::options::Options;
use crate::paint::scale::{Paint, Reach, Scale};
use crate::paint::theme::Theme;
use crate::scene::{Item, Rect, Text};
use crate::text::font;
use crate::values::kind::Unit;
use crate::values::number::percent;
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
    /// What stands behind the right end's number, such as `of the row` or `nats`.
    pub unit: String,
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
        Self { low: low.into(), high: high.into(), unit: String::new() }
    }

    /// What the colours of a record's rows mean, and what stands behind a number.
    pub fn of(rows: &Rows<'_>) -> Self {
        let unit = match rows.unit() {
            Unit::Share | Unit::SignedShare => "of the row",
            Unit::Relative => "the median share at that distance",
            Unit::Signed | Unit::Recorded => rows.after_number(),
        };
        let ends = match (rows.locked_name(), rows.unit(), rows.record.signed) {
            (Some(locked), ..) => Self::new(format!("more to {locked}"), "more to the row itself"),
            (None, Unit::Recorded, Some(false)) => Self::new("no attribution", "most (no sign)"),
            (None, Unit::Recorded, None) => Self::new("least", "most"),
            (None, Unit::Share | Unit::Relative, _) => Self::new("", ""),
            (None, ..) => Self::new("lowers the target", "raises the target"),
        };
        Self { unit: unit.to_owned(), ..ends }
    }
}

/// Parts of a text with a space between them; empty ones are left out.
fn joined(parts: &[&str]) -> String {
    parts.iter().copied().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A number of rows.
pub(crate) fn counted_rows(n: usize) -> String {
    format!("{} {}", counted(n), if n == 1 { "row" } else { "rows" })
}

/// A whole number with a comma before every three digits.
pub(crate) fn counted(n: usize) -> String {
    let digits = n.to_string();
    let group = |(i, digit): (usize, char)| {
        let comma = i > 0 && (digits.len() - i).is_multiple_of(3);
        comma.then_some(',').into_iter().chain([digit])
    };
    digits.chars().enumerate().flat_map(group).collect()
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
        let texts = if self.scale.unit == Unit::Recorded {
            self.notebook_texts(options)
        } else {
            self.texts(options)
        };
        // In all but the longest, only which panels the bar is for.
        let panels = self.of.as_ref().map(|of| of.split(':').next().unwrap_or(of).to_owned());
        let form = |(i, (left, right)): (usize, (String, String))| Form {
            of: if i == 0 { self.of.clone() } else { panels.clone() },
            left,
            right,
        };
        texts.into_iter().enumerate().map(form).collect()
    }

    /// What stands left and right of the levels.
    fn texts(&self, options: &Options) -> Vec<(String, String)> {
        let (scale, ends) = (self.scale, &self.ends);
        let diverging = scale.palette.is_diverging();
        let low = if diverging { scale.spelled(-scale.end) } else { "0".to_owned() };
        let high = scale.spelled(scale.end);
        let (less, more) = match (scale.clipped, diverging) {
            (Some(_), true) => ("or less", "or more"),
            (Some(_), false) => ("", "or more"),
            (None, _) => ("", ""),
        };
        let (end, low) = (low.clone(), joined(&[&low, less]));
        let left = if ends.low.is_empty() { low.clone() } else { format!("{}: {low}", ends.low) };
        let named = if ends.high.is_empty() { String::new() } else { format!(": {}", ends.high) };
        let right = joined(&[&high, &ends.unit, more]) + &named;

        // How many cells the end stands for, and how many rows the medians are of.
        let reach = |reach: Reach| format!("{} of {}", counted(reach.cells), counted(reach.of));
        let inputs = scale.clipped.map(|_| format!("{} {}", reach(scale.inputs), scale.counted.0));
        let outputs = inputs.as_ref().filter(|_| scale.outputs.of > 0);
        let outputs = outputs.map(|_| format!("{} {}", reach(scale.outputs), scale.counted.1));
        let medians = options.relative.as_ref().filter(|_| scale.unit == Unit::Relative);
        let medians = medians.map(|profile| format!("medians of {}", counted_rows(profile.rows())));
        let bracketed = |parts: &[&Option<String>]| {
            let parts: Vec<&str> = parts.iter().filter_map(|part| part.as_deref()).collect();
            if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) }
        };
        let below = scale.cut.map(|cut| format!("· fainter below {}", percent(cut))).unwrap_or_default();
        let even = match (scale.cut, scale.even) {
            (Some(cut), Some(even)) if cut >= even => {
                format!("· fainter below an even share, {}", percent(cut))
            }
            _ => below.clone(),
        };
        // A name goes without its number before it goes.
        let name = ends.low.split(" (output").next().unwrap_or_default();
        let named = |low: &str| if name.is_empty() { low.to_owned() } else { format!("{name}: {low}") };
        vec![
            (left.clone(), joined(&[&right, &bracketed(&[&medians, &inputs, &outputs]), &even])),
            (left.clone(), joined(&[&right, &bracketed(&[&medians, &inputs]), &below])),
            (left.clone(), joined(&[&right, &bracketed(&[&medians]), &below])),
            (left, right),
            (named(&low), joined(&[&high, &ends.unit, more])),
            (named(&low), joined(&[&high, more])),
            (named(&end), high.clone()),
            (end, high),
        ]
    }

    /// The same in the notebook's look.
    fn notebook_texts(&self, options: &Options) -> Vec<(String, String)> {
        let scale = self.scale;
        let (more, less) = if scale.clipped.is_some() { ("≥ ", "≤ ") } else { ("", "") };
        let low = if scale.palette.is_diverging() {
            format!("{less}{}", scale.spelled(-scale.end))
        } else {
            scale.spelled(0.0)
        };
        let high = format!("{more}{}", scale.spelled(scale.end));
        let (left, right) = (joined(&[&self.ends.low, &low]), joined(&[&high, &self.ends.high]));
        let mut texts = Vec::new();
        if let Some(largest) = scale.clipped {
            let ends = match options.scale_max {
                Some(_) => "ends where the caller says".to_owned(),
                None => format!("ends at the {} quantile of |value|", options.clip),
            };
            let largest = scale.spelled(largest);
            texts.push((left.clone(), format!("{right} · {ends}, largest: {largest}")));
            texts.push((left.clone(), format!("{right} · largest: {largest}")));
        }
        texts.extend([(left, right), (low, high)]);
        texts
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
