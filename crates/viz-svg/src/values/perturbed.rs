//! The words of the input that were replaced, with what each replacement did to one output.

use crate::text::label::label;
use crate::values::number::{percent, signed};
use crate::values::rows::Rows;
use saliency_schema::{Kind, Replacement, Token};

/// A word, and what was put in its place.
pub(crate) struct Perturbed<'a> {
    /// The first of its tokens, among those that are drawn.
    pub(crate) at: usize,
    pub(crate) name: String,
    /// By the change, the lowest first; those without one are left out.
    pub(crate) replacements: Vec<&'a Replacement>,
    /// Replacements after which nothing could be predicted.
    pub(crate) without: usize,
}

impl<'a> Perturbed<'a> {
    /// The words of the hovered row, those with the widest spread of changes first; ties in the order of the text.
    pub(crate) fn of(rows: &Rows<'a>) -> Vec<Self> {
        let record = rows.record;
        let all = rows.hover.and_then(|row| record.replacements.get(row)).map_or(&[][..], Vec::as_slice);
        let mut words: Vec<Self> = Vec::new();
        for one in all {
            let known = words.iter().position(|word| word.at == one.at);
            let at = known.unwrap_or_else(|| {
                let name = label(&Token::joined(record.tokens.get(one.tokens()).unwrap_or_default()));
                words.push(Self { at: one.at, name, replacements: Vec::new(), without: 0 });
                words.len() - 1
            });
            if one.change.is_some_and(f64::is_finite) {
                words[at].replacements.push(one);
            } else {
                words[at].without += 1;
            }
        }
        for word in &mut words {
            word.replacements.sort_by(|a, b| change(a).total_cmp(&change(b)));
        }
        words.sort_by(|a, b| b.spread().total_cmp(&a.spread()).then(a.at.cmp(&b.at)));
        words
    }

    /// From the lowest change to the highest, with the word itself at 0.
    fn spread(&self) -> f64 {
        let ends = || self.replacements.iter().map(|one| change(one)).chain([0.0]);
        ends().fold(0.0, f64::max) - ends().fold(0.0, f64::min)
    }
}

/// A replacement's change; 0 where it has none.
pub(crate) fn change(one: &Replacement) -> f64 {
    one.change.filter(|x| x.is_finite()).unwrap_or(0.0)
}

/// What stands in a word's place, as a reader sees it: `Gates`, or `deleted`.
pub(crate) fn name(one: &Replacement) -> String {
    if one.text.is_empty() { "(deleted)".to_owned() } else { label(&Token::new(0, &*one.text, Kind::Input)) }
}

/// A replacement in a sentence: `“Musk” → “Gates” (12 %): −3.2 nats, goes on “ Microsoft”`.
pub(crate) fn in_words(word: &str, one: &Replacement, unit: &str) -> String {
    let by = if one.text.is_empty() { "nothing".to_owned() } else { format!("“{}”", name(one)) };
    let likely = one.probability.map(|p| format!(" ({})", percent(p))).unwrap_or_default();
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    let on = one
        .continuation
        .as_ref()
        .map(|text| format!("; goes on “{}”", label(&Token::new(0, &**text, Kind::Output))));
    format!("“{word}” → {by}{likely}: {}{unit}{}", signed(change(one)), on.unwrap_or_default())
}
