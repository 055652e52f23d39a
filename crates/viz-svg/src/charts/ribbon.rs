//! `ribbon`: what continuations or seeds give each word: their mean, and how far they differ.

use crate::chart::{Chart, at_rest_on_a_page, draw_without_attributions};
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::caption;
use crate::layout::ribbon_text::RibbonText;
use crate::layout::sheet::margin;
use crate::options::rule::Rule;
use crate::options::{Options, too_narrow};
use crate::paint::scale::Value;
use crate::scene::{Item, Rect, Scene, Text};
use crate::text::{font, visible};
use crate::values::kind::Unit;
use crate::values::number::percent;
use crate::values::panels::Panels;
use crate::values::rows::Rows;
use crate::values::spread::{Spread, Spreads};
use saliency_schema::Record;

const WIDTH: f64 = 720.0;
const LEAST: f64 = 180.0;
const SIZE: f64 = 11.0;
/// The widest quoted word, and how many are named.
const QUOTED: f64 = 120.0;
const NAMED: usize = 8;

/// The input text of the first record, and above each word a ribbon: the mean over the records of what they give it, a
/// band of one standard deviation (over n − 1) to both sides, and one from the lowest to the highest record.
///
/// Made for records of one prompt by one method with several seeds or continuations. A record gives a word the mean
/// over its outputs: of shares where values have no sign, of values where they have one; of records of different units,
/// of sizes as shares. With `hover` it is that output's row in every record that has the output, with `lock` its
/// difference from the locked one's. Words are those of the first record, and their counterparts in others
/// ([`Record::align`]). Words with a positive number in one record and a negative one in another are bold and
/// underlined.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ribbon;

impl Chart for Ribbon {
    fn name(&self) -> &'static str {
        "ribbon"
    }

    fn summary(&self) -> &'static str {
        "mean and spread of what continuations or seeds give each word, above the text"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn needs_several(&self) -> bool {
        true
    }

    fn draws_attributions(&self) -> bool {
        false
    }

    fn draw(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let drawn = Options { rule: Rule::new(), ..at_rest_on_a_page(options) };
        draw_without_attributions(
            self,
            records,
            (options, drawn),
            ("a mean over outputs has no distance", "means are of all"),
        )
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        if panels.records.len() < 2 {
            return Err(Error::Lacks {
                chart: self.name(),
                lacks: "one record has no spread; `saliency attribute --sample --runs 5` makes five of one prompt, and \
                        so does attributing it again with another --seed",
            });
        }
        let groups = panels.groups(options)?;
        let width = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < LEAST) {
            return Err(too_narrow(whole, LEAST + 2.0 * margin(options)));
        }
        let first = panels.rows_of(0);
        let spreads = Spreads::of(&panels, options);
        let title = title(&panels, &spreads);
        let mut sheet = above_panels::framed(&panels, &groups, options).with_bars(Vec::new()).titled(title);
        let text = RibbonText::new(first.record(), &spreads, width, options.theme);
        let captions = captions(&panels, &spreads);
        let (lines, height) = caption::lay_out(&captions, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        let mut top = height + 6.0;
        let (items, height) = key(&text, width, options);
        sheet.group("key", None, items, (0.0, top));
        top += height + 4.0;
        let spelled = |x: f64| spelled(&spreads, x);
        sheet.group("frame", None, text.frame(spelled), (0.0, top));
        sheet.group("bands", Some(in_words(&first, &spreads)), text.bands(), (0.0, top));
        sheet.group("means", None, text.means(), (0.0, top));
        let token = options.token.filter(|_| !options.for_page);
        sheet.group("text", None, text.text(&spreads.torn(), token), (0.0, top));
        let description = format!("{}. {}", sheet.title(), captions.join(" "));
        Ok(sheet.scene(description))
    }
}

fn spelled(spreads: &Spreads, x: f64) -> String {
    let unit = if spreads.shares { Unit::Share } else { spreads.unit };
    unit.spelled(Value::Number(x), spreads.compares)
}

fn quoted(rows: &Rows<'_>, token: usize) -> String {
    font::fitted(&visible(&rows.label_of(token)), SIZE, QUOTED)
}

/// How far records differ, and the word with the largest mean.
fn title(panels: &Panels<'_>, spreads: &Spreads) -> String {
    let n = panels.records.len();
    let (Some(relative), Some((token, spread))) = (spreads.relative(), spreads.largest()) else {
        if spreads.of_one {
            return "No other record has that output".to_owned();
        }
        return format!("{n} records have no word in common");
    };
    let varies = percent(relative);
    let range = format!("{} to {}", spelled(spreads, spread.low), spelled(spreads, spread.high));
    let first = panels.rows_of(0);
    let unit = if spreads.shares { "" } else { first.after_number() };
    let mean = [spelled(spreads, spread.mean).as_str(), unit].join(" ");
    let mean = mean.trim_end();
    let word = quoted(&first, token);
    format!("{n} records vary by ±{varies}; most to “{word}”, {mean} ({range})").replace('\u{a0}', " ")
}

fn captions(panels: &Panels<'_>, spreads: &Spreads) -> Vec<String> {
    let first = panels.rows_of(0);
    let unit = match (spreads.shares, spreads.unit, first.after_number()) {
        (true, ..) | (_, Unit::Share, _) => "shares of rows".to_owned(),
        (_, Unit::SignedShare, _) => "values as recorded, in %".to_owned(),
        (_, _, "") => "values as recorded".to_owned(),
        (_, _, unit) => format!("values in {unit}"),
    };
    let mut what = match panels.hover.filter(|_| spreads.of_one) {
        Some(hover) => {
            let rows = panels.rows_of(hover.panel);
            let less = rows.locked_name().map(|name| format!(", less those of {name}"));
            format!(
                "Above each word: what {} took from it, {unit}{}",
                rows.name(hover.output),
                less.unwrap_or_default()
            )
        }
        None => format!(
            "Above each word: what outputs took from it, {unit}, in the mean over each record’s outputs"
        ),
    };
    let fewer = spreads.known().map(|(_, spread)| spread.records).min();
    let n = panels.records.len();
    what = visible(&what);
    let mut captions = vec![format!("{what}. ±: Σ standard deviation ÷ Σ |mean| over the words.")];
    let unknown = spreads.tokens.iter().filter(|spread| spread.is_none()).count();
    if unknown > 0 {
        captions.push(format!("{unknown} of {} words have no number in two records.", spreads.tokens.len()));
    }
    if let Some(fewer) = fewer.filter(|fewer| *fewer < n) {
        captions.push(format!("Some words are in {fewer} of {n} records only."));
    }
    let torn = spreads.torn();
    let signed = spreads.known().any(|(_, spread)| spread.low < 0.0);
    if signed {
        let names: Vec<String> =
            torn.iter().take(NAMED).map(|token| format!("“{}”", quoted(&first, *token))).collect();
        let more = torn.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        captions.push(if names.is_empty() {
            "No word changes its sign between records.".to_owned()
        } else {
            format!("Signs change at {}{more}.", names.join(", "))
        });
    }
    captions
}

/// What the three marks are.
fn key(text: &RibbonText<'_>, room: f64, options: &Options) -> (Vec<Item>, f64) {
    let theme = options.theme;
    let entries = [
        (theme.mark(), 2.5, "mean"),
        (text.deviation(), 9.0, "± one standard deviation"),
        (theme.not_comparable(), 9.0, "lowest to highest record"),
    ];
    let (mut items, mut left, mut top) = (Vec::new(), 0.0, 0.0);
    for (color, height, name) in entries {
        let width = 20.0 + font::width(name, SIZE);
        if left > 0.0 && left + width > room {
            (left, top) = (0.0, top + 16.0);
        }
        items.push(Item::filled(Rect::new(left, top + 6.0 - height / 2.0, 14.0, height), color));
        items.push(Text::new(name, left + 18.0, top + 10.0, SIZE, theme.ink()).into());
        left += width + 14.0;
    }
    (items, top + 16.0)
}

/// Every word's mean, deviation, lowest and highest number.
fn in_words(rows: &Rows<'_>, spreads: &Spreads) -> String {
    let word = |(token, Spread { mean, deviation, low, high, .. }): (usize, Spread)| {
        let [mean, low, high] = [mean, low, high].map(|x| spelled(spreads, x));
        let deviation = spelled(spreads, deviation).trim_start_matches('+').to_owned();
        format!("{} {mean} ± {deviation} ({low} to {high})", visible(&rows.label_of(token)))
    };
    spreads.known().map(word).collect::<Vec<_>>().join("; ")
}
