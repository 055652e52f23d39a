//! Which of a record's attributions a rule keeps, and how much the others hold.

use crate::error::Error;
use crate::layout::color_bar::counted;
use crate::options::rule::Rule;
use crate::values::number::percent;
use crate::values::rows::Rows;
use crate::values::stop_words::{StopWords, is_punctuation};
use saliency_schema::Record;

/// Of each row, whether the attribution to each token is kept.
#[derive(Debug)]
pub(crate) struct Kept(Vec<Vec<bool>>);

/// How many of some attributions a rule keeps, and what the others hold.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Count {
    pub(crate) kept: usize,
    pub(crate) of: usize,
    /// The sum over rows of the share that is hidden.
    hidden: f64,
    rows: usize,
}

impl Kept {
    /// What a rule keeps of a record; `totals` are what 100 % of each row is, `cells` how many there are in it.
    ///
    /// # Errors
    /// A language without a list, and a text that is not mostly Latin where none is named.
    pub(crate) fn of(
        record: &Record,
        rule: &Rule,
        totals: &[f64],
        cells: impl Fn(usize) -> usize,
    ) -> Result<Self, Error> {
        let stop_words = rule.stop_words.then(|| StopWords::of(record, rule)).transpose()?;
        let by_text = |text: &str| {
            !(rule.punctuation && is_punctuation(text) || stop_words.is_some_and(|words| words.hold(text)))
        };
        let by_text: Vec<bool> = record.tokens.iter().map(|token| by_text(&token.text)).collect();
        let row = |(row, values): (usize, &Vec<Option<f64>>)| {
            let share = |value: Option<f64>| {
                value.filter(|x| x.is_finite() && totals[row] > 0.0).map(|x| x.abs() / totals[row])
            };
            let largest = rule.keep_share.map(|part| largest(values.iter().copied().map(share), part));
            let even = cells(row) as f64;
            let kept = |(token, value): (usize, &Option<f64>)| {
                let too_small = |least: f64| share(*value).is_some_and(|share| share * even < least);
                by_text[token]
                    && !rule.below.is_some_and(too_small)
                    && largest.as_ref().is_none_or(|largest| largest[token])
            };
            values.iter().enumerate().map(kept).collect()
        };
        Ok(Self(record.attributions.iter().enumerate().map(row).collect()))
    }

    /// Whether it is kept; what a row has not read is not.
    pub(crate) fn keeps(&self, row: usize, token: usize) -> bool {
        self.0.get(row).and_then(|row| row.get(token)).copied().unwrap_or(false)
    }
}

/// The largest shares that hold a part of the row together, the fewest that do, and all that are none.
fn largest(shares: impl Iterator<Item = Option<f64>>, part: f64) -> Vec<bool> {
    let shares: Vec<Option<f64>> = shares.collect();
    let mut order: Vec<(usize, f64)> =
        shares.iter().enumerate().filter_map(|(token, share)| Some((token, (*share)?))).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut kept: Vec<bool> = shares.iter().map(Option::is_none).collect();
    let mut held = 0.0;
    for (token, share) in order {
        // Sums of shares are rounded in their last digits.
        if held >= part - 1e-12 {
            break;
        }
        held += share;
        kept[token] = true;
    }
    kept
}

impl Count {
    /// Of some rows, as they are shown.
    pub(crate) fn of<'a>(rows: impl IntoIterator<Item = (&'a Rows<'a>, usize)>) -> Self {
        let mut count = Self::default();
        for (rows, row) in rows {
            let hides = |token: &usize| rows.hides(row, *token);
            let length = rows.length(row);
            count.of += length;
            count.kept += length - (0..length).filter(hides).count();
            let share = |token: usize| rows.share(row, token);
            if (0..length).any(|token| share(token).is_some()) {
                count.rows += 1;
                count.hidden += (0..length).filter(hides).filter_map(share).sum::<f64>();
            }
        }
        count
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            kept: self.kept + other.kept,
            of: self.of + other.of,
            hidden: self.hidden + other.hidden,
            rows: self.rows + other.rows,
        }
    }

    /// How much of a row is hidden, in the mean.
    pub(crate) fn hidden_share(self) -> String {
        if self.rows == 0 { "–".to_owned() } else { percent(self.hidden / self.rows as f64) }
    }

    /// The rule and what it costs, in a sentence.
    pub(crate) fn in_words(self, rule: &Rule) -> String {
        let Self { kept, of, rows, .. } = self;
        let (kept, of) = (counted(kept), counted(of));
        let row = match rows {
            0 => return format!("Shown: {}: {kept} of {of} attributions.", words(rule)),
            1 => "of the row’s Σ|value|".to_owned(),
            _ => "of a row’s Σ|value| in the mean".to_owned(),
        };
        let hidden = self.hidden_share();
        format!("Shown: {}: {kept} of {of} attributions. Hidden: {hidden} {row}.", words(rule))
    }
}

/// What a rule shows, in words.
pub(crate) fn words(rule: &Rule) -> String {
    let stop_words = rule.stop_words.then(|| match &rule.language {
        Some(language) => format!("no stop words ({language})"),
        None => "no stop words (English, since no language is named)".to_owned(),
    });
    let parts = [
        stop_words,
        rule.punctuation.then(|| "no punctuation".to_owned()),
        rule.below.map(|least| format!("{least}× an even share or more")),
        rule.keep_share.map(|share| format!("the largest that hold {} of a row", percent(share))),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}
