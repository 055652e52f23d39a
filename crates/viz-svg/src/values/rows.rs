//! A record's rows as a chart shows them: as they are, or compared with the locked one.

use crate::error::Error;
use crate::options::Options;
use crate::options::{States, one};
use crate::paint::scale::Value;
use crate::text::label::label_at;
use crate::values::explained;
use crate::values::number::short;
use saliency_schema::Record;
use std::fmt::Write as _;

/// The rows of a record in one state of a chart.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    pub(crate) record: &'a Record,
    /// How many of the tokens are inputs: the record counts them on each call.
    pub(crate) n_input: usize,
    /// The row that the paragraph shows; `None` where there is no output.
    pub(crate) hover: Option<usize>,
    pub(crate) lock: Option<usize>,
    /// A locked row of another record, where the lock is not in this one.
    pub(crate) foreign: Option<Foreign<'a>>,
}

/// A row of another record that rows are compared with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Foreign<'a> {
    pub(crate) record: &'a Record,
    pub(crate) row: usize,
    /// The counterpart in that record of each token of this one.
    pub(crate) partners: &'a [Option<usize>],
    /// What sets that record apart from this one, and this one from that.
    pub(crate) names: (&'a str, &'a str),
    /// Where both are of different unit or sign, each row's Σ |value|, in which they are then compared: this record's
    /// rows', and the foreign row's.
    pub(crate) totals: Option<(&'a [f64], f64)>,
}

impl<'a> Rows<'a> {
    /// The rows of the record that a chart of one record draws, in the state of the options. Without a hovered output
    /// the first is hovered, or the last where the first is locked.
    ///
    /// # Errors
    /// No record, several without `options.record`, or a state outside the record.
    pub fn one(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        let record = one(records, options)?;
        let states = States::of(record, options)?;
        let count = record.n_output();
        let default = match states.lock {
            Some(0) if count > 1 => Some(count - 1),
            _ if count > 0 => Some(0),
            _ => None,
        };
        Ok(Self::of(record, States::new(states.hover.or(default), states.lock)))
    }

    /// A record's rows in one state.
    pub(crate) fn of(record: &'a Record, states: States) -> Self {
        let States { hover, lock } = states;
        Self { record, n_input: record.n_input(), hover, lock, foreign: None }
    }

    /// The record.
    pub fn record(&self) -> &'a Record {
        self.record
    }

    /// How many of the tokens are inputs.
    pub fn n_input(&self) -> usize {
        self.n_input
    }

    /// How many rows there are: one for each output.
    pub fn n_output(&self) -> usize {
        self.record.tokens.len() - self.n_input
    }

    /// The hovered row: the one that a paragraph shows. `None` where the record holds no output.
    pub fn hover(&self) -> Option<usize> {
        self.hover
    }

    /// The locked row, if it is one of this record.
    pub fn lock(&self) -> Option<usize> {
        self.lock
    }

    /// The values of the hovered row, by token.
    pub fn hovered(&self) -> impl Iterator<Item = (usize, Value)> + '_ {
        let rows = *self;
        rows.hover
            .into_iter()
            .flat_map(move |row| (0..rows.length(row)).map(move |i| (i, rows.shown(row, i))))
    }

    /// The value of a row at a token, as recorded.
    pub fn plain(&self, row: usize, token: usize) -> Value {
        self.record.attributions[row].get(token).map_or(Value::NotComparable, |x| Value::from(*x))
    }

    /// The value of a row at a token as it is compared: as it is, or where the locked row is of another unit or sign,
    /// its size as a share of the row.
    pub(crate) fn own(&self, row: usize, token: usize) -> Value {
        let own = self.plain(row, token);
        match self.foreign.and_then(|foreign| foreign.totals) {
            Some((totals, _)) => own.share_of(totals[row]),
            None => own,
        }
    }

    /// The locked row's value at a token, as it is compared. Another record's row compares where both have the same
    /// piece of text.
    pub(crate) fn locked(&self, token: usize) -> Option<Value> {
        match (self.lock, self.foreign) {
            (Some(lock), _) => Some(self.plain(lock, token)),
            (None, Some(foreign)) => {
                let partner = foreign.partners.get(token).copied().flatten();
                Some(partner.map_or(Value::NotComparable, |token| foreign.value(token)))
            }
            (None, None) => None,
        }
    }

    /// The value that a row shows at a token: the row's own, or its difference from the locked row's.
    pub fn shown(&self, row: usize, token: usize) -> Value {
        match self.locked(token) {
            Some(locked) => self.own(row, token).minus(locked),
            None => self.plain(row, token),
        }
    }

    /// Whether rows are compared by their shares, because the locked one is of another unit or sign.
    pub(crate) fn compares_shares(&self) -> bool {
        self.foreign.is_some_and(|foreign| foreign.totals.is_some())
    }

    /// Whether a row is locked, here or in another panel.
    pub(crate) fn compares(&self) -> bool {
        self.lock.is_some() || self.foreign.is_some()
    }

    /// The locked row's name, with its output's number.
    pub(crate) fn locked_name(&self) -> Option<String> {
        match (self.lock, self.foreign) {
            (Some(row), _) => Some(format!("“{}” (output {row})", self.label(row))),
            (None, Some(Foreign { record, row, .. })) => {
                Some(format!("“{}” (output {row})", explained::row(record, row)))
            }
            (None, None) => None,
        }
    }

    /// A title for a chart of the hovered row.
    pub fn title(&self) -> String {
        match (self.hover, self.lock) {
            (None, _) => "The record holds no output".to_owned(),
            (Some(row), None) => explained::title(self.record, row),
            (Some(row), Some(lock)) => {
                format!("“{}” (output {row}) minus “{}” (output {lock})", self.label(row), self.label(lock))
            }
        }
    }

    /// A title for a chart of all rows.
    pub fn title_of_all(&self) -> String {
        match self.locked_name() {
            Some(locked) => format!("Every output compared with {locked}"),
            None => explained::title_of_all(self.record),
        }
    }

    /// How many tokens a row covers.
    pub fn length(&self, row: usize) -> usize {
        self.record.attributions[row].len()
    }

    /// A row's Σ |value|, over what is finite; of an excerpt, what lies outside it included.
    pub(crate) fn total(record: &Record, row: usize) -> f64 {
        let sizes = record.attributions[row].iter().flatten().filter(|x| x.is_finite()).map(|x| x.abs());
        let outside = record.excerpt.as_ref().and_then(|excerpt| *excerpt.outside.get(row)?);
        sizes.sum::<f64>() / (1.0 - outside.filter(|share| *share < 1.0).unwrap_or(0.0))
    }

    /// Every value that is shown.
    pub fn all_shown(self) -> impl Iterator<Item = Value> + 'a {
        (0..self.n_output()).flat_map(move |row| (0..self.length(row)).map(move |i| self.shown(row, i)))
    }

    /// Whether the shown values have a sign.
    pub fn is_signed(&self) -> bool {
        self.compares() || self.record.signed == Some(true)
    }

    /// A row's name: its output's token, or what was explained in its place.
    pub fn label(&self, row: usize) -> String {
        explained::row(self.record, row)
    }

    /// A token's label, by its position in the record.
    pub fn label_of(&self, token: usize) -> String {
        label_at(&self.record.tokens, token)
    }

    /// The values of some rows in words, for readers who do not see the colours: every value if there are at most
    /// 8,000, else each row's largest.
    pub fn in_words(&self, rows: &[usize]) -> String {
        let cells: usize = rows.iter().map(|&row| self.length(row)).sum();
        if cells > 8_000 {
            return rows.iter().fold("Largest value of each row:".to_owned(), |mut text, &row| {
                let shown = (0..self.length(row)).filter_map(|i| Some((i, self.shown(row, i).number()?)));
                let largest =
                    shown.filter(|(_, x)| x.is_finite()).max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
                if let Some((i, x)) = largest {
                    let _ = write!(text, " {} {} from {};", self.label(row), short(x), self.label_of(i));
                }
                text
            });
        }
        let numbers = |row: usize| (0..self.length(row)).map(move |i| self.shown(row, i));
        let largest =
            rows.iter().flat_map(|&row| numbers(row)).filter_map(Value::number).filter(|x| x.is_finite());
        let largest = largest.fold(0.0, |m: f64, x| m.max(x.abs()));
        // Whole numbers of a unit of which the largest has 316 to 3,162: short, and all there.
        let exponent = if largest > 0.0 { largest.log10().round() as i32 - 3 } else { 0 };
        let mut text = format!("Values of each row in token order, in units of 1e{exponent}.");
        for &row in rows {
            let _ = write!(text, "\n{}:", self.label(row));
            for value in numbers(row) {
                text.push(' ');
                match value {
                    Value::Number(x) if x.is_finite() => {
                        // In two steps: 10^−exponent alone can leave the range.
                        let scaled = x / largest * (largest / 10_f64.powi(exponent));
                        let _ =
                            write!(text, "{}", if scaled.is_finite() { scaled.round() as i64 } else { 0 });
                    }
                    Value::Number(x) => text.push_str(&short(x)),
                    Value::Missing => text.push_str("missing"),
                    Value::NotComparable => text.push('-'),
                }
            }
        }
        text
    }
}

impl Foreign<'_> {
    /// The row's values, by token of its own record.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.record.attributions[self.row].len()).map(|token| self.value(token))
    }

    /// The row's value at a token of its own record, as it is compared.
    pub(crate) fn value(&self, token: usize) -> Value {
        let value = self.record.attributions[self.row].get(token);
        let value = value.map_or(Value::NotComparable, |x| Value::from(*x));
        match self.totals {
            Some((_, total)) => value.share_of(total),
            None => value,
        }
    }
}
