//! A record's rows as a chart shows them: as they are, or compared with the locked one.

use crate::error::Error;
use crate::options::look::Look;
use crate::options::rule::Rule;
use crate::options::{Options, States, one};
use crate::paint::scale::Value;
use crate::text::label::label_at;
use crate::values::kept::Kept;
use crate::values::kind::{Kind, Unit};
use crate::values::{explained, resting, words};
use saliency_schema::{Record, Relative};
use std::sync::Arc;

/// The rows of a record in one state of a chart. Values without a sign are shown as shares of their row, relative ones
/// as log₂ of how many times the median share at their distance, and others as they are recorded; in the notebook's
/// look all are as recorded.
#[derive(Debug, Clone)]
pub struct Rows<'a> {
    pub(crate) record: &'a Record,
    /// How many of the tokens are inputs: the record counts them on each call.
    pub(crate) n_input: usize,
    /// The row that the paragraph shows; `None` where there is no output.
    pub(crate) hover: Option<usize>,
    pub(crate) lock: Option<usize>,
    /// A locked row of another record, where the lock is not in this one.
    pub(crate) foreign: Option<Foreign<'a>>,
    pub(crate) numbers: Arc<Numbers>,
}

/// What a record's values are shown as.
#[derive(Debug)]
pub(crate) struct Numbers {
    pub(crate) kind: Kind,
    /// Every row's Σ |value|: what 100 % of it is.
    totals: Vec<f64>,
    relative: Option<Relative>,
    /// What the rule keeps; `None` where it hides nothing.
    pub(crate) kept: Option<Kept>,
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
    pub(crate) numbers: &'a Numbers,
    /// Whether both are of different kinds, and so compared by shares.
    pub(crate) by_shares: bool,
}

impl Numbers {
    /// # Errors
    /// A rule with stop words that there are none of.
    pub(crate) fn of(record: &Record, options: &Options) -> Result<Self, Error> {
        let relative = options.relative.as_ref().map(|profile| record.relative(profile));
        let totals: Vec<f64> = (0..record.n_output()).map(|row| record.row_total(row)).collect();
        let n_input = record.n_input();
        let kept = || Kept::of(record, &options.rule, &totals, |row| cells(record, n_input, row));
        let kept = (!options.rule.is_empty()).then(kept).transpose()?;
        Ok(Self { kind: Kind::of(record, options), totals, relative, kept })
    }

    /// What is shown of a record's value, not compared.
    fn value(&self, record: &Record, row: usize, token: usize) -> Value {
        let Some(value) = record.attributions[row].get(token) else { return Value::NotComparable };
        match (&self.kind, &self.relative, value) {
            (Kind::Share, _, _) => Value::from(*value).share_of(self.totals[row]),
            (_, Some(relative), Some(x)) if x.is_finite() => {
                let cell = relative.rows[row][token];
                match cell.ratio {
                    Some(ratio) => Value::Relative { log2: ratio.log2(), n: cell.n },
                    None => Value::NotComparable,
                }
            }
            _ => Value::from(*value),
        }
    }

    /// A value as its size's share of the row.
    fn share(&self, record: &Record, row: usize, token: usize) -> Value {
        let value = record.attributions[row].get(token);
        value.map_or(Value::NotComparable, |x| Value::from(*x).share_of(self.totals[row]))
    }
}

impl<'a> Rows<'a> {
    /// The rows of the record that a chart of one record draws, in the state of the options. Without a hovered output
    /// that with the largest input cell against an even share is hovered; where that is the locked one, the output most
    /// different from it.
    ///
    /// # Errors
    /// No record, several without `options.record`, a state outside the record, or one that compares a row with itself.
    pub fn one(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        Self::chosen(records, options, resting::states)
    }

    /// The same for a chart that sets two rows against each other: without a locked output, the one most different
    /// from the hovered one is locked.
    ///
    /// # Errors
    /// As [`one`](Self::one).
    pub fn pair(records: &'a [Record], options: &Options) -> Result<Self, Error> {
        Self::chosen(records, options, resting::pair)
    }

    fn chosen(
        records: &'a [Record],
        options: &Options,
        states: impl Fn(&Self, States, Look) -> Result<States, Error>,
    ) -> Result<Self, Error> {
        let record = one(records, options)?;
        let asked = States::of(record, options)?;
        let rows = Self::of(record, Arc::new(Numbers::of(record, options)?));
        let States { hover, lock } = states(&rows, asked, options.look)?;
        Ok(Self { hover, lock, ..rows })
    }

    /// A record's rows, none hovered and none locked.
    pub(crate) fn of(record: &'a Record, numbers: Arc<Numbers>) -> Self {
        Self { record, n_input: record.n_input(), hover: None, lock: None, foreign: None, numbers }
    }

    /// The record that is drawn: of the given one, its words, some inputs, or parts as one.
    pub fn record(&self) -> &'a Record {
        self.record
    }

    /// How many of the tokens are inputs.
    pub fn n_input(&self) -> usize {
        self.n_input
    }

    /// How many rows there are: one for each output, or for each word of outputs.
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
        self.hover
            .into_iter()
            .flat_map(move |row| (0..self.length(row)).map(move |i| (i, self.shown(row, i))))
    }

    /// The value of a row at a token without a comparison: a share of the row from 0 to 1, a relative one, or as
    /// recorded.
    pub fn plain(&self, row: usize, token: usize) -> Value {
        self.numbers.value(self.record, row, token)
    }

    /// The same as it is compared: where the locked row is of another unit or sign, its size as a share of the row.
    pub(crate) fn own(&self, row: usize, token: usize) -> Value {
        if self.compares_shares() {
            self.numbers.share(self.record, row, token)
        } else {
            self.plain(row, token)
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

    /// The value that a row shows at a token: the row's own, or its difference from the locked row's; hidden where the
    /// options' rule keeps neither of them.
    pub fn shown(&self, row: usize, token: usize) -> Value {
        if self.hides(row, token) { Value::Hidden } else { self.whole(row, token) }
    }

    /// The same whatever the rule hides: what scales and means are made of.
    pub(crate) fn whole(&self, row: usize, token: usize) -> Value {
        match self.locked(token) {
            Some(locked) => self.own(row, token).minus(locked),
            None => self.plain(row, token),
        }
    }

    /// Whether the rule hides what a row shows at a token.
    pub(crate) fn hides(&self, row: usize, token: usize) -> bool {
        let Some(kept) = &self.numbers.kept else { return false };
        let by_lock = |lock: usize| kept.keeps(lock, token);
        let by_foreign = |foreign: Foreign<'_>| {
            let partner = foreign.partners.get(token).copied().flatten();
            partner
                .zip(foreign.numbers.kept.as_ref())
                .is_some_and(|(token, kept)| kept.keeps(foreign.row, token))
        };
        let compared = || self.lock.map(by_lock).or_else(|| self.foreign.map(by_foreign));
        !kept.keeps(row, token) && !compared().unwrap_or(false)
    }

    /// The same rows with nothing hidden.
    pub(crate) fn unhidden(&self, options: &Options) -> Result<Self, Error> {
        let options = Options { rule: Rule::default(), ..options.clone() };
        Ok(Self { numbers: Arc::new(Numbers::of(self.record, &options)?), ..self.clone() })
    }

    /// A value that is shown, as a reader sees it: `4.6 %`, `10×`, `+0.12`.
    pub fn spelled(&self, value: Value) -> String {
        self.unit().spelled(value, self.compares())
    }

    /// What the numbers that are shown are.
    pub(crate) fn unit(&self) -> Unit {
        if self.compares_shares() { Unit::Share } else { self.numbers.kind.unit() }
    }

    /// What stands behind a number that is spelled, such as `nats`; empty where nothing does.
    pub fn after_number(&self) -> &str {
        if self.compares_shares() { "" } else { self.numbers.kind.after_number() }
    }

    /// A value's size as a share of its row, from 0 to 1, whatever is shown; `None` where it is not finite.
    pub fn share(&self, row: usize, token: usize) -> Option<f64> {
        let share = self.numbers.share(self.record, row, token).number();
        share.filter(|share| share.is_finite() && self.numbers.totals[row] > 0.0)
    }

    /// The same with the value's sign.
    pub(crate) fn signed_share(&self, row: usize, token: usize) -> Option<f64> {
        let value = self.record.attributions[row].get(token).copied().flatten()?;
        Some(self.share(row, token)?.copysign(value))
    }

    /// How many times an even share of its row a value's size is; `None` where it is not finite.
    pub fn even(&self, row: usize, token: usize) -> Option<f64> {
        Some(self.share(row, token)? * self.cells(row) as f64)
    }

    /// How many cells a whole row has: those that are drawn, and each input that is left out.
    pub(crate) fn cells(&self, row: usize) -> usize {
        cells(self.record, self.n_input, row)
    }

    /// Whether a recorded value is below 0, which its share and its ratio do not say.
    pub fn is_negative(&self, row: usize, token: usize) -> bool {
        self.record.attributions[row].get(token).copied().flatten().is_some_and(|x| x < 0.0)
    }

    /// Whether a value's negative sign does not show in what is shown of it: its size relative to a distance.
    pub(crate) fn hides_sign(&self, row: usize, token: usize) -> bool {
        let shows_size = self.unit() == Unit::Relative && !self.compares();
        shows_size && self.is_negative(row, token) && !self.hides(row, token)
    }

    /// Whether rows are compared by their shares, because the locked one is of another unit or sign.
    pub(crate) fn compares_shares(&self) -> bool {
        self.foreign.is_some_and(|foreign| foreign.by_shares)
    }

    /// Whether a row is locked, here or in another panel.
    pub(crate) fn compares(&self) -> bool {
        self.lock.is_some() || self.foreign.is_some()
    }

    /// A row's number as it is printed: its output's, or where several outputs are one word, `7–10`.
    pub fn number(&self, row: usize) -> String {
        words::number(self.record, row)
    }

    /// A row's name with its output's number: `“SpaceX” (output 0)`.
    pub fn name(&self, row: usize) -> String {
        named(self.record, row)
    }

    /// The locked row's name, with its output's number.
    pub(crate) fn locked_name(&self) -> Option<String> {
        match (self.lock, self.foreign) {
            (Some(row), _) => Some(self.name(row)),
            (None, Some(Foreign { record, row, .. })) => Some(named(record, row)),
            (None, None) => None,
        }
    }

    /// The locked row's name, without a number.
    pub(crate) fn locked_label(&self) -> Option<String> {
        match (self.lock, self.foreign) {
            (Some(row), _) => Some(self.label(row)),
            (None, Some(Foreign { record, row, .. })) => Some(explained::row(record, row)),
            (None, None) => None,
        }
    }

    /// A title for a chart of the hovered row.
    pub fn title(&self) -> String {
        match (self.hover, self.locked_name()) {
            (None, _) => "The record holds no output".to_owned(),
            (Some(row), None) => explained::title(self.record, row),
            (Some(row), Some(locked)) => format!("{} minus {locked}", self.name(row)),
        }
    }

    /// A title for a chart of all rows.
    pub fn title_of_all(&self) -> String {
        match (self.hover, self.locked_name()) {
            (_, None) => explained::title_of_all(self.record),
            (Some(row), Some(locked)) => format!("{}, and every output, minus {locked}", self.name(row)),
            (None, Some(locked)) => format!("Every output minus {locked}"),
        }
    }

    /// The same, but `plain` where outputs themselves are explained and none is locked.
    pub(crate) fn title_of_all_or(&self, plain: &str) -> String {
        if self.compares() {
            return self.title_of_all();
        }
        explained::special_title_of_all(self.record).unwrap_or_else(|| plain.to_owned())
    }

    /// How many tokens a row covers.
    pub fn length(&self, row: usize) -> usize {
        self.record.attributions[row].len()
    }

    /// Every value that is shown.
    pub fn all_shown(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.n_output()).flat_map(move |row| (0..self.length(row)).map(move |i| self.shown(row, i)))
    }

    /// Whether the shown values have a sign.
    pub fn is_signed(&self) -> bool {
        self.compares() || self.numbers.kind.is_signed()
    }

    /// A row's name: its output's token, or what was explained in its place.
    pub fn label(&self, row: usize) -> String {
        explained::row(self.record, row)
    }

    /// A token's label, by its position in the record.
    pub fn label_of(&self, token: usize) -> String {
        label_at(&self.record.tokens, token)
    }
}

impl Foreign<'_> {
    /// The row's values, by token of its own record.
    pub(crate) fn values(&self) -> impl Iterator<Item = Value> + '_ {
        (0..self.record.attributions[self.row].len()).map(|token| self.value(token))
    }

    /// The row's value at a token of its own record, as it is compared.
    pub(crate) fn value(&self, token: usize) -> Value {
        if self.by_shares {
            self.numbers.share(self.record, self.row, token)
        } else {
            self.numbers.value(self.record, self.row, token)
        }
    }
}

/// How many cells a whole row has: those that are there, and each input that an excerpt leaves out.
fn cells(record: &Record, n_input: usize, row: usize) -> usize {
    let length = record.attributions[row].len();
    let Some(excerpt) = &record.excerpt else { return length };
    let [from, to] = excerpt.inputs;
    // What a decoder begins with is always here, and counted where the range reaches it.
    let beside = record.source().filter(|_| to < excerpt.of).map_or(0, |source| n_input - source);
    length + excerpt.of.saturating_sub(to.saturating_sub(from) + beside)
}

/// A row's name with its output's number.
fn named(record: &Record, row: usize) -> String {
    format!("“{}” (output {})", explained::row(record, row), words::number(record, row))
}
