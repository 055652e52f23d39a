//! The pairs of one output, and which tokens take part in them.

use crate::options::Options;
use crate::options::look::Look;
use crate::paint::scale::Value;
use crate::text::{font, visible};
use crate::values::kind::{Unit, unit_of};
use crate::values::number::short;
use crate::values::rows::Rows;
use saliency_schema::{Interaction, Record};
use std::collections::{BTreeMap, BTreeSet};

/// The most tokens that are drawn.
pub(crate) const MOST: usize = 128;
/// The longest name in a sentence, in a text of size 11.
const LONGEST: f64 = 160.0;

/// What the pairs of the hovered output are in, or how they differ from those of the locked one. Tokens are numbered as
/// they are drawn, in the text's order.
pub(crate) struct Pairs<'a> {
    record: &'a Record,
    /// The position of each token that is drawn.
    tokens: Vec<usize>,
    /// How many tokens take part.
    pub(crate) of: usize,
    values: BTreeMap<(usize, usize), Value>,
    errors: BTreeMap<(usize, usize), f64>,
    pub(crate) unit: Unit,
    /// What stands behind a number, such as `nats`; empty where nothing does.
    pub(crate) after_number: &'a str,
}

impl<'a> Pairs<'a> {
    pub(crate) fn of(rows: &Rows<'a>, options: &Options) -> Self {
        let record = rows.record();
        let list =
            |row: Option<usize>| row.and_then(|row| record.interactions.get(row)).map_or(&[][..], |x| x);
        let own = by_place(list(rows.hover()));
        let locked = rows.lock().map(|row| by_place(list(Some(row))));
        let value = |(place, pair): (&(usize, usize), &&Interaction)| {
            let value = Value::from(pair.value);
            let shown = match &locked {
                None => value,
                Some(locked) => {
                    let other = locked.get(place).map_or(Value::NotComparable, |pair| pair.value.into());
                    value.minus(other)
                }
            };
            (*place, shown)
        };
        let values: BTreeMap<_, _> = own.iter().map(value).collect();
        // The error of a difference is not known.
        let known = own.iter().filter(|_| locked.is_none());
        let errors = known.filter_map(|(place, pair)| Some((*place, pair.standard_error?))).collect();
        let all: BTreeSet<usize> = values.keys().flat_map(|(i, j)| [*i, *j]).collect();
        let (unit, after_number) = unit(record, options);
        let tokens = strongest(&all, &values);
        Self { record, tokens, of: all.len(), values, errors, unit, after_number }
    }

    /// How many tokens are drawn.
    pub(crate) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// A drawn token's position in the record.
    pub(crate) fn position(&self, token: usize) -> usize {
        self.tokens[token]
    }

    /// Which of the drawn tokens stands at a position.
    pub(crate) fn at(&self, position: usize) -> Option<usize> {
        self.tokens.binary_search(&position).ok()
    }

    /// How many of the drawn tokens come before a position.
    pub(crate) fn before(&self, position: usize) -> usize {
        self.tokens.partition_point(|token| *token < position)
    }

    /// What two drawn tokens do beyond their sum, or one alone; `None` where that was not looked at.
    pub(crate) fn value(&self, i: usize, j: usize) -> Option<Value> {
        self.values.get(&(self.tokens[i], self.tokens[j])).copied()
    }

    /// The sizes of what is drawn and finite: of pairs, and of main effects.
    pub(crate) fn sizes(&self) -> (Vec<f64>, Vec<f64>) {
        let size = |value: Option<Value>| value?.number().filter(|x| x.is_finite()).map(f64::abs);
        let pairs = places(self.len()).filter_map(|(i, j)| size(self.value(i, j)));
        (pairs.collect(), (0..self.len()).filter_map(|i| size(self.value(i, i))).collect())
    }

    /// A token's name; with its position where several tokens have the same.
    pub(crate) fn name(&self, rows: &Rows<'_>, token: usize) -> String {
        let label = visible(&rows.label_of(self.tokens[token]));
        let same = |other: &usize| visible(&rows.label_of(*other)) == label;
        if self.tokens.iter().filter(|other| same(other)).count() > 1 {
            return format!("{label} ({})", self.record.position(self.tokens[token]));
        }
        label
    }

    /// The largest pairs by size, each in a sentence: `Boeing + SpaceX: −0.08 nats beyond their sum`, or by how much it
    /// is more or less than the locked output's: `Boeing + SpaceX: 0.08 nats less than for “is” (output 0)`.
    pub(crate) fn largest(&self, rows: &Rows<'_>, count: usize) -> Vec<String> {
        let size = |(i, j): (usize, usize)| {
            let x = self.value(i, j)?.number().filter(|x| x.is_finite() && *x != 0.0)?;
            Some((i, j, x))
        };
        let mut pairs: Vec<_> = places(self.len()).filter_map(size).collect();
        // Stable, so that the first of equals comes first.
        pairs.sort_by(|a, b| b.2.abs().total_cmp(&a.2.abs()));
        let locked = rows.locked_name().map(|name| visible(&name));
        let said = |&(i, j, x): &(usize, usize, f64)| {
            let error = self.errors.get(&(self.tokens[i], self.tokens[j]));
            let error = error.map_or_else(String::new, |error| format!(" (± {})", short(*error)));
            let [one, other] = [i, j].map(|token| font::fitted(&self.name(rows, token), 11.0, LONGEST));
            let names = format!("{one} + {other}");
            match &locked {
                None => format!("{names}: {} beyond their sum{error}", self.spelled(Value::Number(x), false)),
                Some(locked) => {
                    let by = self.spelled(Value::Number(x.abs()), false);
                    let more = if x > 0.0 { "more" } else { "less" };
                    format!("{names}: {} {more} than for {locked}", by.trim_start_matches('+'))
                }
            }
        };
        pairs.iter().take(count).map(said).collect()
    }

    /// A value with its unit.
    pub(crate) fn spelled(&self, value: Value, compared: bool) -> String {
        let number = self.unit.spelled(value, compared);
        if self.after_number.is_empty() { number } else { format!("{number} {}", self.after_number) }
    }
}

/// Every place below the diagonal, of `n` tokens.
pub(crate) fn places(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(|j| (0..j).map(move |i| (i, j)))
}

fn by_place(pairs: &[Interaction]) -> BTreeMap<(usize, usize), &Interaction> {
    pairs.iter().map(|pair| ((pair.i, pair.j), pair)).collect()
}

/// What the numbers are: those of the row that they belong to.
pub(crate) fn unit<'a>(record: &'a Record, options: &Options) -> (Unit, &'a str) {
    match (options.look, record.normalize.as_deref()) {
        (Look::Notebook, _) => (Unit::Recorded, ""),
        (_, Some("sum" | "sum-abs")) => (Unit::SignedShare, "of the row"),
        (_, Some("none")) => {
            (Unit::Signed, record.target.as_ref().map_or("", |target| unit_of(&target.name)))
        }
        _ => (Unit::Signed, ""),
    }
}

/// The tokens with the largest numbers, as many as are drawn, in the text's order.
fn strongest(all: &BTreeSet<usize>, values: &BTreeMap<(usize, usize), Value>) -> Vec<usize> {
    if all.len() <= MOST {
        return all.iter().copied().collect();
    }
    let mut largest: BTreeMap<usize, f64> = all.iter().map(|token| (*token, 0.0)).collect();
    for ((i, j), value) in values {
        let size = value.number().filter(|x| x.is_finite()).map_or(0.0, f64::abs);
        for token in [i, j] {
            largest.entry(*token).and_modify(|before| *before = before.max(size));
        }
    }
    let mut order: Vec<usize> = all.iter().copied().collect();
    order.sort_by(|a, b| largest[b].total_cmp(&largest[a]));
    order.truncate(MOST);
    order.sort_unstable();
    order
}
