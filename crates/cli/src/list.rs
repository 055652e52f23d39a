//! `saliency charts`, `methods` and `schema`: what there is, a line each.

use crate::arguments::ListArguments;
use crate::failure::Failure;
use crate::output::print;
use saliency::attribution::{Aggregate, Normalize};
use serde_json::{Value, json};
use std::fmt::Write as _;

pub(crate) fn charts(arguments: &ListArguments) -> Result<(), Failure> {
    let charts = saliency::charts();
    if arguments.json {
        let list = charts.iter().map(|c| json!({"name": c.name(), "summary": c.summary()}));
        return print_json(&list.collect());
    }
    let lines: Vec<_> = charts.iter().map(|c| (c.name().to_owned(), c.summary().to_owned())).collect();
    print(table(&lines).as_bytes())
}

pub(crate) fn methods(arguments: &ListArguments) -> Result<(), Failure> {
    let methods = saliency::methods();
    let targets = saliency::targets();
    if arguments.json {
        let methods = methods.iter().map(|m| {
            let (aggregate, normalize) = m.default_reduction();
            json!({
                "name": m.name(),
                "aliases": m.aliases(),
                "summary": m.summary(),
                "complete": m.is_complete(),
                "aggregate": aggregate.name(),
                "normalize": normalize.name(),
            })
        });
        return print_json(&methods.collect());
    }
    let mut text = String::from("Methods\n");
    let lines = methods.iter().map(|m| {
        let aliases = m.aliases().join(", ");
        (m.name().to_owned(), format!("{} (also: {aliases})", m.summary()))
    });
    text += &table(&lines.collect::<Vec<_>>());
    text += "\nTargets (--target)\n";
    let lines = targets.iter().map(|t| (t.name().to_owned(), t.summary().to_owned()));
    text += &table(&lines.collect::<Vec<_>>());
    let _ = writeln!(text, "\nAggregates (--aggregate)\n{}", Aggregate::ALL.map(Aggregate::name).join(", "));
    let _ =
        writeln!(text, "\nNormalisations (--normalize)\n{}", Normalize::ALL.map(Normalize::name).join(", "));
    print(text.as_bytes())
}

pub(crate) fn schema() -> Result<(), Failure> {
    print_json(&saliency_schema::json_schema())
}

fn table(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    lines.iter().fold(String::new(), |mut text, (name, summary)| {
        let _ = writeln!(text, "{name:width$}  {summary}");
        text
    })
}

fn print_json(value: &Value) -> Result<(), Failure> {
    print(format!("{value:#}\n").as_bytes())
}
