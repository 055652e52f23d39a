//! What tables call each of several records: its method, and what tells it from others of that method.

use crate::record::Record;
use serde_json::Value;

/// Of a record that does not say its method.
const UNNAMED: &str = "attribution";
/// The longest value of a parameter that is part of a label.
const LONGEST: usize = 24;

/// A label for each record: its method's name, and in brackets what the records of that method don't all agree on, as
/// in `gradient-x-input (l2)`. Records made in the same way have the same label.
pub fn labels(records: &[Record]) -> Vec<String> {
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

impl Record {
    /// Whether positive and negative values mean different things: as recorded, or else whether it has negative ones.
    pub fn is_signed(&self) -> bool {
        let has_negative = || self.attributions.iter().flatten().flatten().any(|value| *value < 0.0);
        self.signed.unwrap_or_else(has_negative)
    }
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
    let method = record.method.as_ref().map(|method| method.name.clone()).filter(|name| !name.is_empty());
    let mut rest = Vec::new();
    let mut add = |name: &str, value: Option<&str>| {
        rest.extend(value.filter(|value| !value.is_empty()).map(|value| (name.to_owned(), value.to_owned())));
    };
    add("target", record.target.as_ref().map(|target| target.name.as_str()));
    add("aggregate", record.aggregate.as_deref());
    // What is not scaled needs no word.
    add("normalize", record.normalize.as_deref().filter(|name| *name != "none"));
    add("sign", Some(if record.is_signed() { "signed" } else { "without sign" }));
    add("groups", record.regrouped.as_ref().and_then(|regrouped| regrouped.by.as_deref()));
    add("hops", record.hops.map(|hops| hops.to_string()).as_deref());
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
