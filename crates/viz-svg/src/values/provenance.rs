//! How records were made, in words: what a legend, the names of panels and a page say of it.

use crate::options::Options;
use crate::text::visible;
use crate::values::explained;
use saliency_schema::Record;

/// Parameters that tell two methods of one name apart.
const NAMED: [&str; 6] = ["layer", "head", "segments", "samples", "tolerance", "noise"];

/// How a record was made, in words; what it does not hold is "not recorded".
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Provenance {
    /// The method's name, with the parameters that matter.
    pub(crate) method: String,
    /// The target's name, with what it explains.
    pub(crate) target: String,
    pub(crate) aggregate: String,
    pub(crate) normalize: String,
    pub(crate) model: String,
}

impl Provenance {
    /// Of a record; the options name the method and the model of one that does not.
    pub(crate) fn of(record: &Record, options: &Options) -> Self {
        let recorded = |value: Option<&str>| visible(value.unwrap_or("not recorded"));
        let method = record.method.as_ref().map(|m| m.name.as_str()).or(options.method.as_deref());
        let model = record.model.as_ref().map(|m| m.name.as_str()).or(options.model.as_deref());
        let target = record.target.as_ref().map(|t| {
            let span = if t.parameters.contains_key("span") { " of a span" } else { "" };
            format!("{}{span}{}", t.name, explained::of_target(record))
        });
        Self {
            method: recorded(method) + &parameters(record),
            target: recorded(target.as_deref()),
            aggregate: recorded(record.aggregate.as_deref()),
            normalize: recorded(record.normalize.as_deref()),
            model: recorded(model),
        }
    }

    /// Every field with its name, in the order in which they are shown.
    pub(crate) fn fields(&self) -> [(&'static str, &str); 5] {
        [
            ("method", &self.method),
            ("target", &self.target),
            ("aggregate", &self.aggregate),
            ("normalize", &self.normalize),
            ("model", &self.model),
        ]
    }

    /// Every field as `name: value`.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.fields().map(|(name, value)| format!("{name}: {value}")).to_vec()
    }
}

/// A method's parameters in brackets, with a space before them; empty where none is worth showing.
fn parameters(record: &Record) -> String {
    let method = record.method.as_ref();
    let steps = method.and_then(|method| method.steps).map(|n| format!("{n} steps"));
    let baseline = method.and_then(|method| method.baseline.as_deref()).map(|b| format!("{b} baseline"));
    let mut parameters: Vec<_> = [steps, baseline].into_iter().flatten().collect();
    parameters.extend(NAMED.iter().filter_map(|name| {
        let value = method?.parameters.get(*name)?;
        match value.as_str() {
            // The default of every method goes without saying.
            Some("tokens") => None,
            Some("all") => Some(format!("all {name}s")),
            Some(word) if *name == "segments" => Some(visible(word)),
            Some(word) => Some(format!("{name} {}", visible(word))),
            None => Some(format!("{name} {value}")),
        }
    }));
    parameters.extend(record.hops.map(|k| format!("{k} {}", if k == 1 { "hop" } else { "hops" })));
    if parameters.is_empty() { String::new() } else { format!(" ({})", parameters.join(", ")) }
}
