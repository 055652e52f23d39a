//! `faithfulness`: what the target does while tokens go in each method's order.

use crate::chart::{Chart, scores_of};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::curve_plot;
use crate::layout::curve_plot::CurvePlot;
use crate::layout::sheet::{Sheet, margin};
use crate::options::{Options, too_narrow};
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::scene::{Item, Scene, Text};
use crate::text::{font, visible};
use crate::values::curves::{Curves, ORDERS, operators, share};
use crate::values::kind::unit_of;
use saliency_schema::{Record, Scores};

const WIDTH: f64 = 720.0;
const NARROWEST: f64 = 320.0;
const PANEL: f64 = 170.0;
/// A panel's heading, and each further line of it.
const HEAD: f64 = 22.0;
const LINE: f64 = 14.0;
const GAP: f64 = 14.0;
const SIZE: f64 = 11.0;

/// A row for each way of removing tokens, a panel for each direction: the target less that of the whole text, mean over
/// outputs, while the most relevant tokens go first, where a steep fall is good, and while the least relevant ones do,
/// where none is. A line for each method, numbered; the grey line is the mean of random orders, the band reaches from
/// the lowest to the highest of them.
///
/// It draws the measurements of [`Options::scores`], whatever the records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faithfulness;

impl Chart for Faithfulness {
    fn name(&self) -> &'static str {
        "faithfulness"
    }

    fn summary(&self) -> &'static str {
        "what the target loses while tokens go in each method's order, beside random orders"
    }

    fn needs_scores(&self) -> bool {
        true
    }

    fn lay_out(&self, _: &[Record], options: &Options) -> Result<Scene, Error> {
        let scores = scores_of(self, options)?;
        let inner = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, inner < NARROWEST) {
            return Err(too_narrow(whole, NARROWEST + 2.0 * margin(options)));
        }
        let rows: Vec<(Option<String>, [Curves; 2])> = operators(scores)
            .into_iter()
            .map(|operator| {
                let curves = ORDERS.map(|(order, _)| Curves::of(scores, operator.as_deref(), order));
                (operator, curves)
            })
            .collect();
        let range = range(rows.iter().flat_map(|(_, curves)| curves).flat_map(Curves::numbers));
        let colors = Palette::told_apart(scores.methods.len(), options.theme);
        let mut sheet =
            Sheet::of_scores(scores, options, "What the model answers without what a method points to");
        let (lines, height) = caption::lay_out(&captions(scores, &rows), inner, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let (key, key_height) = key(scores, &rows, &colors, inner, options);
        sheet.group("key", None, key, (0.0, height + 6.0));
        let mut top = height + key_height + 14.0;
        let width = (inner - GAP) / 2.0;
        for (operator, curves) in &rows {
            let heads = headings(operator.as_deref(), width);
            let head_height = HEAD + LINE * (heads[0].len() - 1) as f64;
            for (column, (curves, head)) in curves.iter().zip(heads).enumerate() {
                let at = column as f64 * (width + GAP);
                let line = |(line, text): (usize, String)| {
                    Item::from(Text::new(text, 0.0, 12.0 + LINE * line as f64, SIZE, options.theme.ink()))
                };
                sheet.group("head", None, head.into_iter().enumerate().map(line), (at, top));
                let plot = CurvePlot { curves, colors: &colors, range, theme: options.theme };
                let words = (!options.for_page).then(|| in_words(scores, curves));
                sheet.group("curves", words, plot.items(width, PANEL), (at, top + head_height));
            }
            top += head_height + PANEL + GAP;
        }
        let description = match scores.verdict.as_deref() {
            Some(verdict) => format!("{}. {}", sheet.title(), visible(verdict)),
            None => format!("{}: {} methods.", sheet.title(), scores.methods.len()),
        };
        Ok(sheet.scene(description))
    }
}

/// What the two panels of a row show, each in one line where both fit, or else with the order in a line of its own.
fn headings(operator: Option<&str>, room: f64) -> [Vec<String>; 2] {
    let Some(operator) = operator.map(visible) else {
        return ORDERS.map(|(_, order)| vec![font::fitted(order, SIZE, room)]);
    };
    let whole = ORDERS.map(|(_, order)| format!("{operator}: {order}"));
    if whole.iter().all(|whole| font::width(whole, SIZE) <= room) {
        return whole.map(|whole| vec![whole]);
    }
    ORDERS.map(|(_, order)| {
        [&format!("{operator}:"), order].map(|line| font::fitted(line, SIZE, room)).to_vec()
    })
}

/// From the lowest to the highest, 0 among them.
fn range(numbers: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = numbers.fold((0.0_f64, 0.0_f64), |(low, high), x| (low.min(x), high.max(x)));
    let size = high - low;
    if size > 0.0 && size.is_finite() { (low - 0.03 * size, high + 0.03 * size) } else { (-1.0, 1.0) }
}

fn captions(scores: &Scores, rows: &[(Option<String>, [Curves; 2])]) -> Vec<String> {
    if rows.is_empty() {
        return vec![
            "The scores hold no curves; `saliency compare` with a text and --methods measures them."
                .to_owned(),
        ];
    }
    // What is measured while tokens go may be another target than that of the attributions.
    let target = scores.settings.get("judged_target").and_then(|target| target.as_str());
    let target = match target.map(|target| (visible(target), unit_of(target))) {
        None => "target".to_owned(),
        Some((target, unit)) if unit.is_empty() || unit == target => target,
        Some((target, unit)) => format!("{target} ({unit})"),
    };
    vec![format!(
        "The {target} less that of the whole text, mean over outputs, against the share of tokens that are removed. Left: \
         a steep fall means that the model needs what the method points to. Right: no fall means that it needs nothing \
         else. Grey: random orders, their mean and the lowest and highest of them."
    )]
}

/// The methods' numbers, names and colours.
fn key(
    scores: &Scores,
    rows: &[(Option<String>, [Curves; 2])],
    colors: &[Color],
    room: f64,
    options: &Options,
) -> (Vec<Item>, f64) {
    let drawn = |method: &usize| {
        rows.iter()
            .flat_map(|(_, curves)| curves)
            .any(|curves| curves.methods.iter().any(|(m, _)| m == method))
    };
    let name = |method: usize| {
        let color = colors.get(method).copied().unwrap_or(options.theme.ink());
        (method, (visible(&scores.methods[method].name), color))
    };
    curve_plot::key((0..scores.methods.len()).filter(drawn).map(name), room, options.theme)
}

/// What each method has lost at a half, for readers who do not see the picture.
fn in_words(scores: &Scores, curves: &Curves) -> String {
    let half = crate::values::curves::POINTS / 2;
    let lost = |curve: &[Option<f64>]| {
        curve[half].map_or_else(|| "undefined".to_owned(), |x| format!("{x:.2}").replace('-', "−"))
    };
    let mut said: Vec<String> = curves
        .methods
        .iter()
        .map(|(method, curve)| format!("{}: {}", visible(&scores.methods[*method].name), lost(curve)))
        .collect();
    if let Some([low, mean, high]) = &curves.random {
        said.push(format!("random orders: {} ({} to {})", lost(mean), lost(low), lost(high)));
    }
    format!("With {} % removed: {}.", 100.0 * share(half), said.join(", "))
}
