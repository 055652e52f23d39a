//! `interesting`: only what stands out, as chips for each output, and how much that hides.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::caption;
use crate::layout::chips::Chips;
use crate::layout::colored_text::{ColoredText, Setting};
use crate::layout::sheet::{Sheet, margin};
use crate::options::rule::Rule;
use crate::options::{Options, row_of};
use crate::paint::scale::Scale;
use crate::redraw::{Part, Redraw};
use crate::scene::{Item, Rect, Scene};
use crate::text::visible;
use crate::values::excerpt;
use crate::values::number::percent;
use crate::values::rows::Rows;
use crate::values::stop_words::is_latin;
use saliency_schema::Record;

const WIDTH: f64 = 720.0;
const SIZE: f64 = 12.0;
const LINE: f64 = 20.0;
/// Between the text and the rows.
const BETWEEN: f64 = 16.0;
/// How many times an even share is kept, where the rule does not say.
const LEAST: f64 = 3.0;

/// Only the attributions that a rule keeps: the text in muted ink with the kept words in full, and for each output a
/// row of chips in the order of the text. A chip is as wide as its share of the row, on one scale for all rows, and
/// painted as everywhere; the dotted stub behind them is what the rule hides, with its share.
///
/// Without [`Options::rule`]: no stop words, no punctuation, and 3 times an even share or more. Where no language is
/// named and the text is not mostly in Latin script, stop words stay, and the caption says so. The text's colours are
/// those of the hovered output; `expand` shows outputs whole, `lock` compares as everywhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Interesting;

impl Chart for Interesting {
    fn name(&self) -> &'static str {
        "interesting"
    }

    fn summary(&self) -> &'static str {
        "only what stands out: each output's strongest words as chips, and how much that hides"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["expand", "language"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let options = &Options { rule: rule(records, options), ..options.clone() };
        let rows = Rows::one(records, options)?;
        let scale = Scale::of(&rows, options)?;
        let outside = |output: &usize| row_of(rows.record, *output, "expanded output");
        let expanded = options.expand.iter().map(outside).collect::<Result<Vec<_>, _>>()?;
        let inner = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        // On a page its state says which rows are whole.
        let expanded = if options.for_page { Vec::new() } else { expanded };
        let chips = Chips::new(&rows, &scale, inner, &expanded, options);
        let mut sheet = Sheet::of_all(&rows, &scale, options, rows.title_of_all());
        let (lines, height) = caption::lay_out(&captions(&rows, &chips, options), inner, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let mut top = height + 8.0;
        // A page shows its text once, above its figures.
        if !options.for_page {
            let text = ColoredText::set(rows.record, Setting::Apart, inner, (SIZE, LINE));
            sheet.group("paragraph", None, text.kept(&rows, &scale, options.token), (0.0, top));
            top += text.height() + BETWEEN;
        }
        if options.for_page {
            let (items, unfolding) = chips.unfolding();
            sheet.group("chips", None, items, (0.0, top));
            // The whole text is as wide as there is room.
            let room = Item::filled(Rect::new(0.0, 0.0, inner, 0.0), options.theme.background());
            let part = || Redraw::of_hovered(Part::Rows(unfolding));
            sheet.redrawn_group("whole", None, [room], (0.0, top), part);
        } else {
            let all: Vec<usize> = (0..rows.n_output()).collect();
            let words = (!all.is_empty()).then(|| rows.in_words(&all));
            sheet.group("chips", words, chips.items(&rows.unhidden(options)?), (0.0, top));
        }
        let description = format!(
            "{}: a row of chips for each of {} outputs, as wide as the shares that are kept.",
            sheet.title(),
            rows.n_output()
        );
        Ok(sheet.scene(description))
    }
}

/// The rule that is asked for, or the default one.
fn rule(records: &[Record], options: &Options) -> Rule {
    if !options.rule.is_empty() {
        return options.rule.clone();
    }
    let chosen = options.record.and_then(|k| records.get(k)).or_else(|| records.first());
    let stop_words = options.rule.language.is_some() || chosen.is_none_or(is_latin);
    Rule { stop_words, punctuation: true, below: Some(LEAST), ..options.rule.clone() }
}

/// What chips and colours are.
fn captions(rows: &Rows<'_>, chips: &Chips<'_>, options: &Options) -> Vec<String> {
    let Some(hover) = rows.hover else { return vec!["The record holds no output.".to_owned()] };
    let mut lines = vec![format!(
        "A chip is as wide as its share of the row: 100 units are {}. Dotted: what is hidden.",
        percent(chips.of_hundred())
    )];
    if !options.for_page {
        let by = if rows.compares() { rows.title() } else { rows.name(hover) };
        lines.push(format!("Bold: kept for any output. Coloured: kept for {}.", visible(&by)));
    }
    if options.rule.language.is_none() && !options.rule.stop_words && !is_latin(rows.record) {
        lines.push("Stop words stay: the text is not mostly Latin, and no language is named.".to_owned());
    }
    if let Some(outside) = excerpt::outside_of_all(rows.record) {
        lines.push(format!("outside, of each output's Σ|value|: {outside}"));
    }
    lines
}
