//! What several records give each input token: mean and spread.

use crate::options::Options;
use crate::values::kind::Unit;
use crate::values::panels::Panels;
use crate::values::rows::Rows;
use crate::values::words;

/// One token's numbers, over the records that have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) mean: f64,
    /// The sample standard deviation: over n − 1.
    pub(crate) deviation: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// How many records.
    pub(crate) records: usize,
}

/// Every input token's, in the tokens of the first record.
pub(crate) struct Spreads {
    /// `None` where fewer than two records have a number.
    pub(crate) tokens: Vec<Option<Spread>>,
    /// Whether they are of one output's row, or of all outputs together.
    pub(crate) of_one: bool,
    /// Whether numbers are sizes as shares of rows, which have no sign.
    pub(crate) shares: bool,
    pub(crate) unit: Unit,
    /// Whether they are differences from a locked row.
    pub(crate) compares: bool,
}

impl Spreads {
    /// Of the hovered output where the options name one, or else means over outputs.
    pub(crate) fn of(panels: &Panels<'_>, options: &Options) -> Self {
        let of_one = options.hover.is_some() || options.lock.is_some();
        let rows: Vec<Rows<'_>> = (0..panels.records.len()).map(|panel| panels.of_hovered(panel)).collect();
        let first = &panels.records[0];
        // Records of different units have only shares in common.
        let alike = rows.iter().all(|other| other.numbers.kind == rows[0].numbers.kind);
        let shares = !alike || (rows[0].unit() == Unit::Share && !rows[0].compares());
        let totals: Vec<Vec<Option<f64>>> = rows
            .iter()
            .map(|rows| {
                let aligned = first.align(rows.record());
                let own = (0..rows.n_input()).map(|token| {
                    if of_one { of_row(rows, rows.hover()?, token, alike) } else { mean(rows, token, alike) }
                });
                let own: Vec<Option<f64>> = own.collect();
                (0..first.n_input())
                    .map(|token| own.get(aligned.partner(token)?).copied().flatten())
                    .collect()
            })
            .collect();
        let is_text = |token: usize| first.source() != Some(token);
        let spread = |token: usize| {
            let known: Vec<f64> = totals.iter().filter_map(|totals| totals[token]).collect();
            Spread::of(&known).filter(|_| is_text(token))
        };
        let unit = if alike { rows[0].unit() } else { Unit::Share };
        let compares = alike && rows.iter().any(Rows::compares);
        Self { tokens: (0..first.n_input()).map(spread).collect(), of_one, shares, unit, compares }
    }

    pub(crate) fn known(&self) -> impl Iterator<Item = (usize, Spread)> + '_ {
        self.tokens.iter().enumerate().filter_map(|(token, spread)| Some((token, (*spread)?)))
    }

    /// `Σ deviation / Σ |mean|` over tokens: how far records differ, against what they give.
    pub(crate) fn relative(&self) -> Option<f64> {
        let sum = |of: fn(&Spread) -> f64| self.known().map(|(_, spread)| of(&spread)).sum::<f64>();
        let relative = sum(|spread| spread.deviation) / sum(|spread| spread.mean.abs());
        Some(relative).filter(|x| x.is_finite())
    }

    /// The token with the largest mean.
    pub(crate) fn largest(&self) -> Option<(usize, Spread)> {
        self.known().reduce(|a, b| if b.1.mean.abs() > a.1.mean.abs() { b } else { a })
    }

    /// Tokens that some records give a positive and others a negative number, the widest first.
    pub(crate) fn torn(&self) -> Vec<usize> {
        let mut torn: Vec<(usize, Spread)> =
            self.known().filter(|(_, spread)| spread.low < 0.0 && spread.high > 0.0).collect();
        torn.sort_by(|a, b| (b.1.high - b.1.low).total_cmp(&(a.1.high - a.1.low)));
        torn.into_iter().map(|(token, _)| token).collect()
    }

    /// The lowest and the highest number and end of a deviation, 0 among them.
    pub(crate) fn range(&self) -> (f64, f64) {
        self.known().fold((0.0, 0.0), |(low, high), (_, spread)| {
            let (least, most) = spread.within_deviation();
            (spread.low.min(least).min(low), spread.high.max(most).max(high))
        })
    }
}

impl Spread {
    /// One standard deviation to both sides of the mean.
    pub(crate) fn within_deviation(&self) -> (f64, f64) {
        (self.mean - self.deviation, self.mean + self.deviation)
    }

    /// `None` of fewer than two numbers.
    fn of(values: &[f64]) -> Option<Self> {
        let n = values.len() as f64;
        if values.len() < 2 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
        let deviation = (squares / (n - 1.0)).sqrt();
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let spread = Self { mean, deviation, low, high, records: values.len() };
        (mean.is_finite() && deviation.is_finite()).then_some(spread)
    }
}

/// What one row gives a token.
fn of_row(rows: &Rows<'_>, row: usize, token: usize, alike: bool) -> Option<f64> {
    if token >= rows.length(row) {
        return None;
    }
    let x = if alike { rows.shown(row, token).number() } else { rows.share(row, token) };
    x.filter(|x| x.is_finite())
}

/// The mean over outputs of what they give a token; values that are no number are left out.
fn mean(rows: &Rows<'_>, token: usize, alike: bool) -> Option<f64> {
    let (mut sum, mut outputs) = (0.0, 0.0);
    for row in 0..rows.n_output() {
        let Some(x) = of_row(rows, row, token, alike) else { continue };
        // A row of several outputs is their sum; as a share it is of all of them.
        let count = words::outputs(rows.record(), row).len() as f64;
        let is_share = !alike || rows.unit() == Unit::Share;
        sum += if is_share { count * x } else { x };
        outputs += count;
    }
    (outputs > 0.0).then(|| sum / outputs)
}
