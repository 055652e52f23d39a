//! docs/methods.md says of every method what the method says of itself, and shows what it says of a paragraph.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency::attribution::Card;
use saliency::{Method, methods, targets};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// Bytes that a picture in the documentation may have.
const LARGEST: u64 = 60_000;

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The page's parts that the program writes, by the names of their marks.
fn written() -> Vec<(String, String)> {
    let methods = methods();
    let mut all = String::from(
        "| method | family | needs | cost | axioms | source |\n| --- | --- | --- | --- | --- | --- |\n",
    );
    for card in methods.iter().map(|m| m.card()) {
        let Card { name, cost, source, .. } = card;
        let (family, needs) = (card.family.name(), card.needs.name());
        let _ = writeln!(
            all,
            "| [{name}](#{name}) | {family} | {needs} | {cost} | {} | {source} |",
            axioms(&card)
        );
    }
    let mut of_targets = String::from("| target | f |\n| --- | --- |\n");
    for target in targets() {
        let _ = writeln!(of_targets, "| `{}` | {} |", target.name(), target.summary());
    }
    let mut parts = vec![("table".to_owned(), all), ("targets".to_owned(), of_targets)];
    parts.extend(methods.iter().map(|m| (m.name().to_owned(), facts(&**m))));
    parts
}

fn axioms(card: &Card) -> String {
    let axioms: Vec<_> = card.axioms.iter().map(|a| a.name()).collect();
    if axioms.is_empty() { "none".to_owned() } else { axioms.join(", ") }
}

/// What a method says of itself.
fn facts(method: &dyn Method) -> String {
    let card = method.card();
    let code = |names: Vec<String>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
    let (aggregate, normalize) = method.default_reduction();
    let description = method.describe();
    let mut recorded: Vec<_> = description.steps.map(|n| format!("steps {n}")).into_iter().collect();
    recorded.extend(description.baseline.map(|b| format!("baseline {b}")));
    recorded.extend(description.parameters.iter().map(|(name, value)| {
        format!("{name} {}", value.as_str().map_or_else(|| value.to_string(), ToOwned::to_owned))
    }));
    let mut rows = vec![
        ("family", card.family.name().to_owned()),
        ("needs", card.needs.name().to_owned()),
        ("cost", card.cost.to_owned()),
        ("axioms", axioms(&card)),
        ("reduced by", format!("aggregate `{}`, normalize `{}`", aggregate.name(), normalize.name())),
        ("sees the target", if card.uses_target { "yes" } else { "no" }.to_owned()),
    ];
    if !card.parameters.is_empty() {
        rows.push(("parameters", code(card.parameters.iter().map(|p| format!("--{p}")).collect())));
    }
    if !recorded.is_empty() {
        rows.push(("in the record", code(recorded)));
    }
    for (how, aliases) in
        [("also called", card.aliases), ("also called, where the sign is dropped", card.absolute_aliases)]
    {
        if !aliases.is_empty() {
            rows.push((how, code(aliases.iter().map(ToString::to_string).collect())));
        }
    }
    rows.push(("source", card.source.to_owned()));
    rows.iter().fold(format!("{}\n\n| | |\n| --- | --- |\n", card.summary), |mut text, (name, value)| {
        let _ = writeln!(text, "| {name} | {value} |");
        text
    })
}

#[test]
fn every_method_and_target_is_in_its_own_words() {
    let path = docs().join("methods.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let mut made = page.clone();
    for (name, text) in written() {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
        let from =
            made.find(&begin).unwrap_or_else(|| panic!("docs/methods.md has no {begin}")) + begin.len();
        let to = from + made[from..].find(&end).unwrap_or_else(|| panic!("docs/methods.md has no {end}"));
        made.replace_range(from..to, &text);
    }
    if made != page {
        if std::env::var_os("SALIENCY_BLESS").is_some() {
            std::fs::write(&path, made).unwrap();
        }
        panic!("docs/methods.md differs; run with SALIENCY_BLESS=1, look at it, and run again");
    }
    for target in targets() {
        let row = format!("\n| `{}` |", target.name());
        assert_eq!(page.matches(&row).count(), 2, "formula and meaning of {}", target.name());
    }
}

#[test]
fn every_method_has_a_section_and_a_picture_that_its_command_draws() {
    let page = std::fs::read_to_string(docs().join("methods.md")).unwrap();
    let known = methods();
    let sections: Vec<_> = page.split("\n### ").skip(1).collect();
    let (_, one_by_one) = page.split_once("\n## One by one\n").unwrap();
    assert_eq!(one_by_one.matches("\n### ").count(), known.len(), "sections of methods that there are");
    for method in known {
        let name = method.name();
        let section = sections.iter().find(|s| s.lines().next() == Some(name));
        let section = section.unwrap_or_else(|| panic!("docs/methods.md has no section {name}"));
        assert!(section.contains(&format!("\n{}\n", method.card().summary)), "{name}: its summary");
        for part in ["- **Units and sign.** ", "- **Parameters.** ", "- **Good for** ", "- **Trap:** "] {
            assert!(section.contains(part), "{name}: {part}");
        }
        let picture = format!("methods/{name}.svg");
        let ending = format!(" | saliency draw highlight - -o docs/{picture}");
        let command = section.lines().find(|line| line.ends_with(&ending));
        let command = command.unwrap_or_else(|| panic!("{name}: no command that draws {picture}"));
        assert!(command.contains(&format!(" --method {name} ")), "{command}");
        for parameter in method.card().parameters {
            let (said, _) = section.split_once("- **Good for**").unwrap();
            assert!(said.contains(&format!("`--{parameter}`")), "{name}: {parameter}");
        }
        assert!(section.contains(&format!("]({picture})")), "{name}: its picture");
        // The bundled model may change, and the pictures with it: `cargo xtask methods` draws them.
        let file = docs().join(&picture);
        let drawn = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{picture}: {e}"));
        assert!(drawn.starts_with("<svg") && drawn.contains(&format!("method: {name}")), "{picture}");
        assert!(file.metadata().unwrap().len() < LARGEST, "{picture} is too large for a page");
    }
}
