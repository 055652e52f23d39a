//! What a record's numbers are: their unit, and whether they have a sign. Only numbers of one kind share a scale.

use crate::options::Options;
use crate::options::look::Look;
use crate::paint::scale::Value;
use crate::text::visible;
use crate::values::number::{percent, short, signed, signed_percent, times};
use saliency_schema::Record;

/// A unit and a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Shares of the row: what values without a sign are shown as.
    Share,
    /// Shares relative to those at the same distance.
    Relative,
    /// The values as they are recorded.
    Recorded { quantity: Quantity, signed: Option<bool>, look: Look },
}

/// What values are, by what the record says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Quantity {
    /// Shares of the row's sum.
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

/// What the numbers that are shown are, and so how they are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Shares of the row, from 0 to 1.
    Share,
    /// Log₂ of how many times the median share at that distance.
    Relative,
    /// Recorded shares with a sign, from −1 to 1.
    SignedShare,
    /// Values with a sign, as recorded.
    Signed,
    /// As recorded and as the notebook spells them.
    Recorded,
}

impl Kind {
    /// The kind of the numbers that a record is shown with.
    pub(crate) fn of(record: &Record, options: &Options) -> Self {
        if options.relative.is_some() {
            return Self::Relative;
        }
        if options.look != Look::Notebook && is_unsigned(record) {
            return Self::Share;
        }
        Self::Recorded { quantity: Quantity::of(record), signed: record.signed, look: options.look }
    }

    /// What the numbers are.
    pub(crate) fn unit(&self) -> Unit {
        match self {
            Self::Share => Unit::Share,
            Self::Relative => Unit::Relative,
            Self::Recorded { look: Look::Notebook, .. } => Unit::Recorded,
            Self::Recorded { quantity: Quantity::Share, .. } => Unit::SignedShare,
            Self::Recorded { .. } => Unit::Signed,
        }
    }

    /// Whether the numbers have a sign, as far as the record says.
    pub(crate) fn is_signed(&self) -> bool {
        match self {
            Self::Share => false,
            Self::Relative => true,
            Self::Recorded { signed, look, .. } => *look != Look::Notebook || *signed == Some(true),
        }
    }

    /// What stands behind a number of this kind, such as `nats`; empty where nothing does.
    pub(crate) fn after_number(&self) -> &str {
        match self {
            Self::Recorded { quantity: Quantity::Target(target), look: Look::Plain, .. } => unit_of(target),
            _ => "",
        }
    }

    /// Unit and sign in words.
    pub(crate) fn words(&self) -> String {
        let (quantity, signed) = match self {
            Self::Share => return "% of the row".to_owned(),
            Self::Relative => return "share ÷ median share at that distance".to_owned(),
            Self::Recorded { quantity, signed, .. } => (quantity, signed),
        };
        let unit = match quantity {
            Quantity::Share => "shares of the row".to_owned(),
            Quantity::ShareOfLargest => "shares of the row’s largest".to_owned(),
            Quantity::Target(target) => format!("change of the {}", visible(target)),
            Quantity::Own { method: Some(method), .. } => format!("the unit of {}", visible(method)),
            Quantity::Own { .. } => "unit not recorded".to_owned(),
        };
        match signed {
            Some(true) => format!("{unit}, with a sign"),
            Some(false) => format!("{unit}, without a sign"),
            None => unit,
        }
    }
}

impl Quantity {
    fn of(record: &Record) -> Self {
        let target = record.target.as_ref().map(|target| target.name.clone());
        let aggregate = record.aggregate.as_deref();
        let adds_up =
            matches!(aggregate, Some("sum")) && record.outputs.iter().any(|output| output.delta.is_some());
        match (record.normalize.as_deref(), &target) {
            (Some("sum" | "sum-abs"), _) => Self::Share,
            (Some("max-abs"), _) => Self::ShareOfLargest,
            (Some("none"), Some(target)) if adds_up => Self::Target(target.clone()),
            (normalize, _) => Self::Own {
                method: record.method.as_ref().map(|method| method.name.clone()),
                target,
                aggregate: aggregate.map(str::to_owned),
                normalize: normalize.map(str::to_owned),
            },
        }
    }
}

impl Unit {
    /// A value as a reader sees it; `compared` where it is a difference of two rows.
    pub(crate) fn spelled(self, value: Value, compared: bool) -> String {
        let x = match value {
            Value::Missing => return "missing".to_owned(),
            Value::NotComparable => return "not comparable".to_owned(),
            Value::Hidden => return "hidden".to_owned(),
            Value::Relative { log2, .. } => return times(log2.exp2()),
            Value::Number(x) => x,
        };
        match self {
            Self::Share if !compared => percent(x),
            Self::Share | Self::SignedShare => signed_percent(x),
            Self::Relative => times(x.exp2()),
            Self::Signed => signed(x),
            Self::Recorded => short(x),
        }
    }
}

/// Whether a record's values have no sign: it does not say that they have one, and none is below 0.
pub(crate) fn is_unsigned(record: &Record) -> bool {
    record.signed != Some(true) && !record.attributions.iter().flatten().flatten().any(|x| *x < 0.0)
}

/// What a record's target is measured in; empty where that is not known.
pub(crate) fn target_unit(record: &Record) -> &str {
    record.target.as_ref().map_or("", |target| unit_of(&target.name))
}

/// What a target is measured in.
pub(crate) fn unit_of(target: &str) -> &str {
    match target {
        "probability" | "contrast-probability" => "probability",
        "logit" | "contrast-logit" => "logits",
        "log-probability" | "contrast-log-probability" | "cross-entropy" | "entropy" | "kl-divergence" => {
            "nats"
        }
        _ => "",
    }
}
