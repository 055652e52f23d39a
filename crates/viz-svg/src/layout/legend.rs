//! A chart's legend: the title, a line of colour bars with their ends in the data's units, and a line that says how the
//! records were made. What finds no room is in the picture's description.

use crate::layout::color_bar;
use crate::layout::color_bar::{ColorBar, Form};
use crate::options::Options;
use crate::paint::scale::{Paint, Pattern};
use crate::scene::{Item, Rect, Text};
use crate::text::font;
use crate::text::visible;
use std::collections::BTreeSet;

const TITLE: f64 = 15.0;
pub(crate) const SMALL: f64 = 11.0;
/// A line's height.
const LINE: f64 = 17.0;
/// Between bars that stand beside each other, and between them and the patterns.
const BETWEEN: f64 = 20.0;
/// The width of a bar's levels, where there is no room for more.
const SHORTEST: f64 = 48.0;

/// What a legend says.
pub(crate) struct Legend<'a> {
    pub(crate) title: &'a str,
    /// How the records were made: `name: value`.
    pub(crate) provenance: &'a [String],
    pub(crate) options: &'a Options,
    pub(crate) bars: &'a [ColorBar<'a>],
    /// How much of a chart's one or two rows lies outside what is shown.
    pub(crate) outside: &'a [String],
    pub(crate) patterns: &'a BTreeSet<Pattern>,
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
        let title = font::fitted(&visible(self.title), TITLE, width);
        let title = Text::new(title, x, y + 14.0, TITLE, theme.ink()).bold();
        let mut top = y + 24.0;

        let mut marks = self.patterns();
        let marks_width = marks.iter().filter_map(Item::bounds).map(|r| r.x + r.width).fold(0.0, f64::max);
        let beside = if marks_width > 0.0 { marks_width + BETWEEN } else { 0.0 };
        let forms: Vec<Vec<Form>> = self.bars.iter().map(|bar| bar.forms(self.options)).collect();
        let chosen = choose(&forms, width - beside);
        let (chosen, marks_fit) = match chosen {
            Some(chosen) => (chosen, true),
            None => (choose(&forms, width).unwrap_or_else(|| shortest(&forms, width)), false),
        };
        let mut groups = Vec::new();
        let (mut left, mut own) = (0.0, vec![title.into()]);
        for (bar, (form, levels)) in self.bars.iter().zip(&chosen) {
            let taken = form.width(*levels);
            if left > 0.0 && left + taken > width + 0.01 {
                (left, top) = (0.0, top + LINE);
            }
            own.extend(bar.lay_out(form, (x + left, top), *levels, theme));
            groups.push(Item::group("legend", None, std::mem::take(&mut own), (0.0, 0.0)));
            left += taken + BETWEEN;
        }
        // Colours of nothing but what the picture itself explains.
        let has_bars = !groups.is_empty();
        if !has_bars {
            groups.push(Item::group("legend", None, own, (0.0, 0.0)));
        }
        // The patterns behind the bars, or before what stands in the next line.
        if !marks_fit {
            (left, top) = (0.0, top + LINE);
        }
        if let Some(Item::Group { items, .. }) = groups.last_mut() {
            items.extend(marks.drain(..).map(|mark| mark.moved(x + left, top)));
        }
        let (room, at) = if marks_fit {
            top += if has_bars || marks_width > 0.0 { LINE } else { 0.0 };
            (width, x)
        } else {
            (width - marks_width - BETWEEN, x + marks_width + BETWEEN)
        };
        let said = fitting(&self.said(), room);
        if said.is_empty() {
            top += if marks_fit { 0.0 } else { LINE };
        } else {
            let said = Text::new(said, at, top + 10.0, SMALL, theme.muted());
            groups.push(Item::group("provenance", None, [said.into()], (0.0, 0.0)));
            top += LINE;
        }
        LaidOut { items: groups, height: top - y }
    }

    /// All that it says, in sentences for a reader who does not see it.
    pub(crate) fn in_words(&self) -> String {
        let bar = |bar: &ColorBar<'_>| {
            let form = bar.forms(self.options).swap_remove(0);
            let of = form.of.map(|of| match of.split_once(": ") {
                Some((panels, unit)) => format!(" of {panels} ({unit})"),
                None => format!(" of {of}"),
            });
            let of = of.unwrap_or_default();
            format!(" The colours{of} run from {} to {}.", form.left, form.right)
        };
        let bars: String = self.bars.iter().map(bar).collect();
        let said = self.outside.iter().chain(self.provenance).map(|said| visible(said)).collect::<Vec<_>>();
        let said = if said.is_empty() { String::new() } else { format!(" {}.", said.join("; ")) };
        bars + &said
    }

    /// What its last line may say, the most important first.
    fn said(&self) -> Vec<String> {
        let known = |name: &str| {
            let value =
                self.provenance.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))?;
            // What is known of a method without a name.
            let known = value.strip_prefix("not recorded (").and_then(|rest| rest.strip_suffix(')'));
            Some(known.unwrap_or(value)).filter(|value| *value != "not recorded")
        };
        // A method's and a model's name say what they are.
        let plain = |name: &str| match known(name)? {
            "by panel" => Some(format!("{name} by panel")),
            value => Some(value.to_owned()),
        };
        let named = |name: &str| known(name).map(|value| format!("{name}: {value}"));
        let fields = ["method", "target", "aggregate", "normalize", "model"];
        let others = self.provenance.iter().filter(|line| {
            !fields.iter().any(|name| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(": ")))
        });
        let (shown, others): (Vec<_>, Vec<_>) = others.partition(|line| line.starts_with("shown: "));
        let made = [plain("method"), named("target"), plain("model"), named("aggregate"), named("normalize")];
        let of_picture = shown.into_iter().chain(self.outside).chain(others).cloned();
        of_picture.chain(made.into_iter().flatten()).collect()
    }

    /// The patterns that occur, with their names, in a line from the corner.
    fn patterns(&self) -> Vec<Item> {
        let mut left = 0.0;
        let mut marks = Vec::new();
        for &pattern in self.patterns {
            let paint = Paint::Pattern(pattern);
            let label = Text::new(pattern.label(), left + 18.0, 10.0, SMALL, self.options.theme.ink());
            let room = 18.0 + label.width + 12.0;
            marks.push(Item::Cells { paint, cells: vec![Rect::new(left, 0.0, 14.0, 11.0)] });
            marks.push(label.into());
            left += room;
        }
        marks
    }
}

/// The longest forms with which all bars fit beside each other, and the width of their levels. The widest bar is
/// shortened first.
fn choose(forms: &[Vec<Form>], room: f64) -> Option<Vec<(Form, f64)>> {
    let room = room - BETWEEN * forms.len().saturating_sub(1) as f64;
    for least in [color_bar::LEVELS.0, SHORTEST] {
        let mut at = vec![0; forms.len()];
        loop {
            let widths = || forms.iter().zip(&at).map(|(forms, &at)| forms[at].width(least));
            let spare = (room - widths().sum::<f64>()) / forms.len() as f64;
            if spare >= 0.0 {
                let levels = (least + spare).min(color_bar::LEVELS.1).floor();
                return Some(forms.iter().zip(&at).map(|(forms, &at)| (forms[at].clone(), levels)).collect());
            }
            let shorter = widths().enumerate().filter(|(bar, _)| at[*bar] + 1 < forms[*bar].len());
            let Some((widest, _)) = shorter.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))) else {
                break;
            };
            at[widest] += 1;
        }
    }
    None
}

/// The shortest forms, where not all bars fit beside each other, cut to a line's width.
fn shortest(forms: &[Vec<Form>], width: f64) -> Vec<(Form, f64)> {
    let last = |forms: &Vec<Form>| forms.last().cloned().unwrap_or_default();
    forms.iter().map(|forms| (last(forms).fitted(width - SHORTEST), SHORTEST)).collect()
}

/// As many parts as fit, with dots between them; the first of them cut with an ellipsis.
fn fitting(parts: &[String], room: f64) -> String {
    let mut line = String::new();
    for part in parts.iter().map(|part| visible(part)) {
        let longer =
            if line.is_empty() { font::fitted(&part, SMALL, room) } else { format!("{line} · {part}") };
        if font::width(&longer, SMALL) > room {
            continue;
        }
        line = longer;
    }
    line
}
