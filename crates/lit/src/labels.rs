//! What each record is called on LIT's buttons: by its method, and by what tells it from others of that method.

use crate::name::plain;
use saliency_schema::Record;
use saliency_schema::serde_json::Value;

/// Of a record that does not say its method.
const UNNAMED: &str = "attribution";
/// The longest value of a parameter that is part of a label.
const LONGEST: usize = 24;

/// A label for each record; records made in the same way have the same one.
pub(crate) fn labels(records: &[Record]) -> Vec<String> {
    let facets: Vec<_> = records.iter().map(facets).collect();
    let label = |own: &Facets| {
        // What the method's records don't all agree on.
        let others = || facets.iter().filter(|other| other.method == own.method);
        let differs = |name: &str| others().any(|other| other.value(name) != own.value(name));
        let told: Vec<_> = own.rest.iter().filter(|(name, _)| differs(name)).map(Facets::told).collect();
        if told.is_empty() { own.method.clone() } else { format!("{} ({})", own.method, told.join(", ")) }
    };
    facets.iter().map(label).collect()
}

/// Whether positive and negative values mean different things; where a record does not say, whether it has both.
pub(crate) fn is_signed(record: &Record) -> bool {
    let has_negative = || record.attributions.iter().flatten().flatten().any(|value| *value < 0.0);
    record.signed.unwrap_or_else(has_negative)
}

/// How a record was made.
struct Facets {
    method: String,
    rest: Vec<(String, String)>,
}

impl Facets {
    fn value(&self, name: &str) -> Option<&str> {
        self.rest.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A name's value, with the name where the value alone says too little.
    fn told((name, value): &(String, String)) -> String {
        let speaks = ["aggregate", "normalize", "target", "groups", "sign"].contains(&name.as_str());
        if speaks { value.clone() } else { format!("{name} {value}") }
    }
}

fn facets(record: &Record) -> Facets {
    let method = record.method.as_ref().map(|method| plain(&method.name)).filter(|name| !name.is_empty());
    let mut rest = Vec::new();
    let mut add = |name: &str, value: Option<&str>| {
        rest.extend(value.map(|value| (plain(name), plain(value))).filter(|(_, value)| !value.is_empty()));
    };
    add("target", record.target.as_ref().map(|target| target.name.as_str()));
    add("aggregate", record.aggregate.as_deref());
    // What is not scaled needs no word.
    add("normalize", record.normalize.as_deref().filter(|name| *name != "none"));
    add("sign", Some(if is_signed(record) { "signed" } else { "without sign" }));
    add("groups", record.regrouped.as_ref().and_then(|regrouped| regrouped.by.as_deref()));
    if let Some(method) = &record.method {
        add("steps", method.steps.map(|steps| steps.to_string()).as_deref());
        add("baseline", method.baseline.as_deref());
        let mut parameters: Vec<_> = method.parameters.iter().collect();
        parameters.sort_by_key(|(name, _)| *name);
        for (name, value) in parameters {
            let value = match value {
                Value::String(text) => text.clone(),
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => continue,
            };
            add(name, Some(&value).filter(|value| value.len() <= LONGEST).map(String::as_str));
        }
    }
    // `sign` only where nothing else tells them apart.
    let sign = rest.iter().position(|(name, _)| name == "sign").map(|at| rest.remove(at));
    let told = rest.iter().any(|(name, _)| name == "aggregate");
    rest.extend(sign.filter(|_| !told));
    Facets { method: method.unwrap_or_else(|| UNNAMED.to_owned()), rest }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{is_signed, labels};
    use saliency_schema::{Kind, Method, Record, Token};

    fn record(value: f64) -> Record {
        let tokens = vec![Token::new(0, "a", Kind::Input), Token::new(1, "b", Kind::Output)];
        Record::new(tokens, vec![vec![Some(value)]]).unwrap()
    }

    #[test]
    fn a_method_alone_is_its_name() {
        let made = |name: &str| record(1.0).with_method(Method::new(name)).with_aggregate("l2");
        assert_eq!(
            labels(&[made("gradient"), made("alti"), made("gradient")]),
            ["gradient", "alti", "gradient"]
        );
        assert_eq!(labels(&[record(1.0)]), ["attribution"]);
    }

    #[test]
    fn what_differs_is_told() {
        let gradient = || record(1.0).with_method(Method::new("gradient-x-input")).with_normalize("sum");
        let steps = |n| record(1.0).with_method(Method::new("integrated-gradients").with_steps(n));
        let records = [
            gradient().with_aggregate("l2"),
            gradient().with_aggregate("sum").with_signed(true),
            steps(50),
            steps(8),
        ];
        assert_eq!(
            labels(&records),
            [
                "gradient-x-input (l2)",
                "gradient-x-input (sum)",
                "integrated-gradients (steps 50)",
                "integrated-gradients (steps 8)"
            ]
        );
        assert_eq!(
            labels(&[record(1.0), record(-1.0)]),
            ["attribution (without sign)", "attribution (signed)"]
        );
    }

    #[test]
    fn a_sign_is_as_recorded_or_as_seen() {
        assert!(is_signed(&record(-1.0)) && !is_signed(&record(1.0)));
        assert!(!is_signed(&record(-1.0).with_signed(false)) && is_signed(&record(1.0).with_signed(true)));
    }
}
