//! `saliency charts`, `methods` and `schema`.

use crate::arguments::{Document, ListArguments};
use crate::failure::Failure;
use crate::output::print;
use saliency::Method;
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
            let card = m.card();
            json!({
                "name": card.name,
                "aliases": card.all_aliases(),
                "summary": card.summary,
                "family": card.family.name(),
                "needs": card.needs.name(),
                "cost": card.cost,
                "parameters": card.parameters,
                "baseline": baseline(&**m),
                "axioms": card.axioms.iter().map(|a| a.name()).collect::<Vec<_>>(),
                "source": card.source,
                "signed": card.signed,
                "uses_target": card.uses_target,
                "complete": m.is_complete(),
                "aggregate": aggregate.name(),
                "normalize": normalize.name(),
            })
        });
        return print_json(&methods.collect());
    }
    let mut text = String::from(
        "Methods (--method): family · requirement · cost for n tokens and m outputs, besides one forward pass\n\n",
    );
    for method in &methods {
        let card = method.card();
        let _ = writeln!(
            text,
            "{}\n    {}\n    {} · {} · {}",
            card.name,
            card.summary,
            card.family.name(),
            card.needs.name(),
            card.cost
        );
        let axioms: Vec<_> = card.axioms.iter().map(|a| a.name()).collect();
        for (what, list) in [
            ("also", card.aliases.join(", ")),
            ("also, without a sign", card.absolute_aliases.join(", ")),
            ("parameters", card.parameters.iter().map(|p| format!("--{p}")).collect::<Vec<_>>().join(" ")),
            ("baseline", baseline(&**method).unwrap_or_default()),
            ("axioms", axioms.join(", ")),
        ] {
            if !list.is_empty() {
                let _ = writeln!(text, "    {what}: {list}");
            }
        }
        let _ = writeln!(text, "    {}\n", card.source);
    }
    text += "Which one? To see what the model needs: leave-one-out or occlusion where their passes can be afforded, \
             otherwise\ngradient-x-input. To see which words an answer came from: attn-lrp or cp-lrp. `saliency compare` \
             judges methods on your\ntexts, and docs/judging.md has figures.\n\n";
    text += "Targets (--target)\n";
    let lines = targets.iter().map(|t| (t.name().to_owned(), t.summary().to_owned()));
    text += &table(&lines.collect::<Vec<_>>());
    let _ = writeln!(text, "\nAggregates (--aggregate)\n{}", Aggregate::ALL.map(Aggregate::name).join(", "));
    let _ =
        writeln!(text, "\nNormalisations (--normalize)\n{}", Normalize::ALL.map(Normalize::name).join(", "));
    print(text.as_bytes())
}

/// A method's baseline where none is asked for, if it has one.
fn baseline(method: &dyn Method) -> Option<String> {
    let known = method.describe().baseline;
    let suited = || "what suits the model: zero, or mean where it has RMS norms".to_owned();
    method.card().parameters.contains(&"baseline").then(|| known.unwrap_or_else(suited))
}

pub(crate) fn schema(document: Document) -> Result<(), Failure> {
    print_json(&match document {
        Document::Record => saliency_schema::json_schema(),
        Document::Scores => saliency_schema::scores::json_schema(),
    })
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
