//! `agreement`: how far every two methods agree.

use crate::chart::{Chart, scores_of};
use crate::error::Error;
use crate::layout::caption;
use crate::layout::matrix::{Cell, Matrix};
use crate::layout::sheet::{Sheet, margin};
use crate::options::{Options, too_narrow};
use crate::paint::color::Color;
use crate::paint::palette::Palette;
use crate::scene::Scene;
use crate::text::visible;
use crate::values::agreement::{pooled, two_decimals};
use saliency_schema::scores::Score;
use saliency_schema::{Record, Scores};

/// A row and a column for each method: below the diagonal the rank correlation of sizes with its interval, above it the
/// overlap of the k largest with its chance level; the other measures are in the picture's words.
///
/// It draws [`Options::scores`], whatever the records. Rows and columns of scores without agreement are left out. What
/// is undefined is hatched, not 0.
#[derive(Debug, Clone, Copy, Default)]
pub struct Agreement;

impl Chart for Agreement {
    fn name(&self) -> &'static str {
        "agreement"
    }

    fn summary(&self) -> &'static str {
        "how far every two methods agree: rank correlation and overlap, as a matrix"
    }

    fn needs_scores(&self) -> bool {
        true
    }

    fn lay_out(&self, _: &[Record], options: &Options) -> Result<Scene, Error> {
        let scores = scores_of(self, options)?;
        let palette = palette(options)?;
        let color = |x: f64| palette.color(x, options.theme, options.look);
        let methods = compared(scores);
        let names: Vec<String> =
            methods.iter().map(|method| visible(&scores.methods[*method].name)).collect();
        let cells = |row: usize, column: usize| {
            let (a, b) = (*methods.get(row)?, *methods.get(column)?);
            match row.cmp(&column) {
                std::cmp::Ordering::Equal => None,
                std::cmp::Ordering::Greater => Some(cell(pooled(scores, "spearman", (a, b), false), color)),
                std::cmp::Ordering::Less => Some(cell(pooled(scores, "top-k-overlap", (a, b), false), color)),
            }
        };
        let matrix =
            Matrix { names: &names, cells: &cells, ink: options.theme.ink(), muted: options.theme.muted() };
        let width = options.width.map_or(matrix.width(), |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < matrix.least()) {
            return Err(too_narrow(whole, matrix.least() + 2.0 * margin(options)));
        }
        let mut sheet = Sheet::of_scores(scores, options, "How far methods agree");
        let (lines, height) = caption::lay_out(&captions(scores, &methods), width.max(420.0), options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        sheet.group("key", None, matrix.key(("−1: opposite", "1: the same"), color), (0.0, height + 6.0));
        let words = (!options.for_page).then(|| in_words(scores));
        sheet.group("matrix", words, matrix.items(width), (0.0, height + 28.0));
        let description = match scores.verdict.as_deref() {
            Some(verdict) => format!("{}. {}", sheet.title(), ended(&visible(verdict))),
            None => format!("{}: {} methods.", sheet.title(), methods.len()),
        };
        Ok(sheet.scene(description))
    }
}

/// The palette, which has two sides.
fn palette(options: &Options) -> Result<Palette, Error> {
    let palette = options.palette.unwrap_or_else(|| Palette::default_for(true, options.theme, options.look));
    if palette.is_diverging() {
        return Ok(palette);
    }
    Err(Error::Palette { palette: palette.name(), signed: true, fitting: Palette::names(true) })
}

/// The methods that scores compare.
fn compared(scores: &Scores) -> Vec<usize> {
    let holds = |method: &usize| {
        scores
            .agreement
            .iter()
            .any(|score| score.other.is_some() && (score.method == *method || score.other == Some(*method)))
    };
    (0..scores.methods.len()).filter(holds).collect()
}

fn cell(score: Option<&Score>, color: impl Fn(f64) -> Color) -> Cell {
    let value = score.and_then(|score| score.value).filter(|x| x.is_finite());
    let below = score.map(|score| match (score.interval, score.chance) {
        (Some([low, high]), None) => format!("{} to {}", two_decimals(low), two_decimals(high)),
        (_, Some(chance)) => format!("chance {}", two_decimals(chance)),
        (None, None) => String::new(),
    });
    Cell {
        number: value.map_or_else(String::new, two_decimals),
        below: below.unwrap_or_default(),
        color: value.map(|x| color(x.clamp(-1.0, 1.0))),
    }
}

fn captions(scores: &Scores, methods: &[usize]) -> Vec<String> {
    if methods.is_empty() {
        return vec![
            "The scores hold no agreement of two methods; `saliency compare` with a text and two --methods or more \
             measures it."
                .to_owned(),
        ];
    }
    let k = scores.agreement.iter().find_map(|score| score.k);
    let k = k.map_or_else(|| "k".to_owned(), |k| k.to_string());
    let interval = match &scores.resampling {
        Some(resampling) if scores.agreement.iter().any(|score| score.interval.is_some()) => {
            let over = match resampling.block {
                Some(block) => format!("blocks of {block} outputs"),
                None => "texts".to_owned(),
            };
            format!(", and its {} % interval over {over}", 100.0 * resampling.confidence)
        }
        _ => String::new(),
    };
    vec![format!(
        "Below the diagonal: Spearman’s rank correlation of sizes{interval}. Above it: the share of the {k} largest that \
         are of the same tokens, and its chance level. Means over outputs."
    )]
}

/// Every measure of every two methods, for readers who do not see the picture.
fn in_words(scores: &Scores) -> String {
    let name = |method: usize| visible(&scores.methods[method].name);
    let mut lines: Vec<String> = Vec::new();
    let mut last = None;
    for score in scores.agreement.iter().filter(|score| score.text.is_none()) {
        let Some(other) = score.other else { continue };
        let pair = (score.method, other, score.signed);
        let value = score.value.map_or_else(|| "undefined".to_owned(), two_decimals);
        let said = format!("{} {value}", visible(&score.measure));
        if let Some(line) = lines.last_mut().filter(|_| last == Some(pair)) {
            line.push_str(", ");
            line.push_str(&said);
        } else {
            let values = if score.signed == Some(true) { "values" } else { "sizes" };
            lines.push(format!("{} and {}, {values}: {said}", name(score.method), name(other)));
        }
        last = Some(pair);
    }
    lines.join("\n")
}

/// With a full stop.
fn ended(text: &str) -> String {
    let text = text.trim_end();
    if text.ends_with('.') { text.to_owned() } else { format!("{text}.") }
}
