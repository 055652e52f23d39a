//! What a record's numbers are: their unit, and whether they have a sign. Only numbers of one kind share a scale.

use crate::text::visible;
use saliency_schema::Record;

/// A unit and a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Kind {
    unit: Unit,
    signed: Option<bool>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Unit {
    /// Shares of the row's sum of sizes.
    Share,
    /// Shares of the row's largest size.
    ShareOfLargest,
    /// The target's: rows add up to its change.
    Target(String),
    /// The method's own for this target, or nothing that is recorded.
    Own {
        method: Option<String>,
        target: Option<String>,
        aggregate: Option<String>,
        normalize: Option<String>,
    },
}

impl Kind {
    /// The kind of a record's numbers, by what it says of itself.
    pub(crate) fn of(record: &Record) -> Self {
        let target = record.target.as_ref().map(|target| target.name.clone());
        let aggregate = record.aggregate.as_deref();
        let adds_up =
            matches!(aggregate, Some("sum")) && record.outputs.iter().any(|output| output.delta.is_some());
        let unit = match (record.normalize.as_deref(), &target) {
            (Some("sum" | "sum-abs"), _) => Unit::Share,
            (Some("max-abs"), _) => Unit::ShareOfLargest,
            (Some("none"), Some(target)) if adds_up => Unit::Target(target.clone()),
            (normalize, _) => Unit::Own {
                method: record.method.as_ref().map(|method| method.name.clone()),
                target,
                aggregate: aggregate.map(str::to_owned),
                normalize: normalize.map(str::to_owned),
            },
        };
        Self { unit, signed: record.signed }
    }

    /// Unit and sign in words.
    pub(crate) fn words(&self) -> String {
        let unit = match &self.unit {
            Unit::Share => "shares of the row".to_owned(),
            Unit::ShareOfLargest => "shares of the row’s largest".to_owned(),
            Unit::Target(target) => format!("change of the {}", visible(target)),
            Unit::Own { method: Some(method), .. } => format!("the unit of {}", visible(method)),
            Unit::Own { .. } => "unit not recorded".to_owned(),
        };
        match self.signed {
            Some(true) => format!("{unit}, with a sign"),
            Some(false) => format!("{unit}, without a sign"),
            None => unit,
        }
    }
}
