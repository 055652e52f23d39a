//! What the parts of a model add to the hovered output, or what a method finds from each of its layers; or how much
//! more than for the locked one.

use crate::options::Options;
use crate::options::look::Look;
use crate::paint::scale::Value;
use crate::values::kind::{Unit, target_unit};
use crate::values::rows::Rows;
use saliency_schema::{Ledger, Record};

/// What is not accounted for is a line of its own from this share of the largest part on: less may be rounding.
const ACCOUNTED: f64 = 1e-3;

/// What the parts of a model add to one output, or what a method finds from each of its layers.
pub(crate) struct Parts<'a> {
    /// Of layers alone, without parts.
    ledger: Ledger,
    /// What a method finds from each layer; `None` where there are parts.
    alternatives: Option<Vec<Option<f64>>>,
    /// What the parts should add up to, where it is recorded.
    pub(crate) value: Option<f64>,
    pub(crate) unit: Unit,
    /// What stands behind a number; empty where nothing does.
    pub(crate) after_number: &'a str,
    compares: bool,
}

impl<'a> Parts<'a> {
    /// Those of the hovered output; `None` where it has neither a ledger nor sums by layer, or none that can be
    /// compared.
    pub(crate) fn of(rows: &Rows<'a>, options: &Options) -> Option<Self> {
        let record = rows.record();
        let hover = rows.hover()?;
        let value = |row: usize| record.outputs.get(row)?.value;
        let (ledger, alternatives, value) = match (ledger(record, hover), rows.lock()) {
            (Some(own), None) => (own.clone(), None, value(hover)),
            (Some(own), Some(lock)) => {
                let value = value(hover).zip(value(lock)).map(|(own, other)| own - other);
                (own.plus(ledger(record, lock)?, -1.0)?, None, value)
            }
            (None, lock) => {
                let sums = by_layer(record, hover, lock)?;
                (Ledger::new(vec![Vec::new(); sums.len()]), Some(sums), None)
            }
        };
        let (unit, after_number) = match options.look {
            Look::Notebook => (Unit::Recorded, ""),
            Look::Plain => (Unit::Signed, target_unit(record)),
        };
        Some(Self { ledger, alternatives, value, unit, after_number, compares: rows.compares() })
    }

    pub(crate) fn layers(&self) -> usize {
        self.ledger.layers()
    }

    /// Heads in a layer.
    pub(crate) fn heads(&self) -> usize {
        self.ledger.heads.first().map_or(0, Vec::len)
    }

    pub(crate) fn head(&self, layer: usize, head: usize) -> Value {
        self.ledger.heads[layer][head].into()
    }

    /// What the bias of a layer's attention adds; `None` where no layer's adds anything.
    pub(crate) fn attention_bias(&self, layer: usize) -> Option<Value> {
        let biases = &self.ledger.attention_bias;
        let any = biases.iter().any(|bias| bias.is_none_or(|x| x != 0.0));
        any.then(|| biases.get(layer).copied().flatten().into())
    }

    /// What a layer's feed-forward part adds; `None` where that is of no layer known.
    pub(crate) fn feed_forward(&self, layer: usize) -> Option<Value> {
        let parts = &self.ledger.feed_forward;
        (!parts.is_empty()).then(|| parts.get(layer).copied().flatten().into())
    }

    /// Whether they are numbers of which each stands for itself: nothing adds up.
    pub(crate) fn are_alternatives(&self) -> bool {
        self.alternatives.is_some()
    }

    /// All parts of a layer together; missing ones count nothing. Of alternatives, the layer's own number.
    pub(crate) fn of_layer(&self, layer: usize) -> f64 {
        if let Some(sums) = &self.alternatives {
            return sums[layer].unwrap_or(f64::NAN);
        }
        let list = |list: &[Option<f64>]| list.get(layer).copied().flatten();
        let others = [list(&self.ledger.attention_bias), list(&self.ledger.feed_forward)];
        self.ledger.heads[layer].iter().copied().chain(others).flatten().sum()
    }

    /// Parts that stand before the layers, by name; those that add nothing are left out.
    pub(crate) fn before(&self) -> Vec<(&'static str, f64)> {
        named([("token", self.ledger.token), ("position", self.ledger.position)])
    }

    /// Parts that stand after them, with what is not accounted for.
    pub(crate) fn after(&self) -> Vec<(&'static str, f64)> {
        let gap = self.remainder().filter(|gap| gap.abs() > ACCOUNTED * self.largest());
        named([("last biases", self.ledger.bias), ("the rest", gap)])
    }

    /// All parts together.
    pub(crate) fn total(&self) -> f64 {
        self.ledger.total()
    }

    /// What the parts leave of the value.
    pub(crate) fn remainder(&self) -> Option<f64> {
        self.value.map(|value| value - self.total()).filter(|gap| gap.is_finite())
    }

    /// The size of the largest part that is finite.
    fn largest(&self) -> f64 {
        self.sizes().into_iter().fold(0.0, f64::max)
    }

    /// The sizes of the parts that have a cell and are finite.
    pub(crate) fn sizes(&self) -> Vec<f64> {
        let ledger = &self.ledger;
        let cells = ledger.heads.iter().flatten().chain(&ledger.feed_forward).chain(&ledger.attention_bias);
        let cells = cells.chain(self.alternatives.iter().flatten());
        cells.copied().flatten().filter(|x| x.is_finite()).map(f64::abs).collect()
    }

    /// The largest parts by size: `head 3 of layer 9: +1.2 logits`.
    pub(crate) fn in_words(&self, count: usize) -> Vec<String> {
        let mut all: Vec<(String, f64)> = Vec::new();
        for (layer, heads) in self.ledger.heads.iter().enumerate() {
            let named = heads.iter().enumerate();
            all.extend(named.filter_map(|(head, x)| Some((format!("head {head} of layer {layer}"), (*x)?))));
        }
        let sums = self.alternatives.iter().flatten().enumerate();
        all.extend(sums.filter_map(|(layer, x)| Some((format!("layer {layer}"), (*x)?))));
        for (name, list) in [
            ("the feed-forward part of layer", &self.ledger.feed_forward),
            ("the attention's bias of layer", &self.ledger.attention_bias),
        ] {
            let named = list.iter().enumerate();
            all.extend(named.filter_map(|(layer, x)| Some((format!("{name} {layer}"), (*x)?))));
        }
        let others = [
            ("the token's embedding", self.ledger.token),
            ("its position", self.ledger.position),
            ("the biases after the last layer", self.ledger.bias),
        ];
        all.extend(others.into_iter().filter_map(|(name, x)| Some((name.to_owned(), x?))));
        all.retain(|(_, x)| x.is_finite() && *x != 0.0);
        // Stable, so that the first of equals comes first.
        all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        all.iter().take(count).map(|(name, x)| format!("{name}: {}", self.with_unit(*x))).collect()
    }

    /// A number as a reader sees it.
    pub(crate) fn spelled(&self, x: f64) -> String {
        self.unit.spelled(Value::Number(x), self.compares)
    }

    /// The same with its unit.
    pub(crate) fn with_unit(&self, x: f64) -> String {
        let number = self.spelled(x);
        if self.after_number.is_empty() { number } else { format!("{number} {}", self.after_number) }
    }
}

/// Parts that add something, by name.
fn named<const N: usize>(parts: [(&'static str, Option<f64>); N]) -> Vec<(&'static str, f64)> {
    parts.into_iter().filter_map(|(name, x)| Some((name, x?))).filter(|(_, x)| *x != 0.0).collect()
}

/// What a method finds for a row from each layer, or how much more than for another row.
fn by_layer(record: &Record, row: usize, lock: Option<usize>) -> Option<Vec<Option<f64>>> {
    let sums = |row: usize| Some(&record.outputs.get(row)?.by_layer).filter(|sums| !sums.is_empty());
    let own = sums(row)?;
    let Some(lock) = lock else { return Some(own.clone()) };
    let other = sums(lock).filter(|other| other.len() == own.len())?;
    Some(own.iter().zip(other).map(|(own, other)| Some((*own)? - (*other)?)).collect())
}

/// What is known of a row's parts.
fn ledger(record: &Record, row: usize) -> Option<&Ledger> {
    record.outputs.get(row)?.ledger.as_ref()
}

/// The layer and the head that the record's rows are of, where they are of one.
pub(crate) fn head_of_rows(record: &Record) -> (Option<usize>, Option<usize>) {
    let method = record.method.as_ref();
    let number = |name: &str| usize::try_from(method?.parameters.get(name)?.as_u64()?).ok();
    (number("layer"), number("head"))
}
