//! docs/methods.md says of every method what the method says of itself, and shows what it says of a paragraph.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency::attribution::{Aggregate, Attributor, Card, Parameters, Segmentation};
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
    for card in methods.iter().map(saliency::Method::card) {
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
    let suited = card.parameters.contains(&"baseline").then(|| "as suits the model".to_owned());
    recorded.extend(description.baseline.or(suited).map(|b| format!("baseline {b}")));
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
        rows.push((
            "parameters",
            code(card.parameters.iter().map(|p| format!("--{}", p.replace('_', "-"))).collect()),
        ));
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
        let ending = format!(" | saliency draw highlight - --tokens --hover 0 -o docs/{picture}");
        let command = section.lines().find(|line| line.ends_with(&ending));
        let command = command.unwrap_or_else(|| panic!("{name}: no command that draws {picture}"));
        assert!(command.contains(&format!(" --method {name} ")), "{command}");
        for parameter in method.card().parameters {
            let (said, _) = section.split_once("- **Good for**").unwrap();
            let flag = parameter.replace('_', "-");
            assert!(said.contains(&format!("`--{flag}`")), "{name}: {flag}");
        }
        assert!(section.contains(&format!("]({picture})")), "{name}: its picture");
        // The bundled model may change, and the pictures with it: `cargo xtask methods` draws them.
        let file = docs().join(&picture);
        let drawn = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{picture}: {e}"));
        assert!(drawn.starts_with("<svg") && drawn.contains(&format!("method: {name}")), "{picture}");
        assert!(file.metadata().unwrap().len() < LARGEST, "{picture} is too large for a page");
    }
}

/// Requests in Rust, as they are written and as they are.
macro_rules! requests {
    ($($request:expr),* $(,)?) => {
        vec![$((stringify!($request), $request)),*]
    };
}

/// What a command asks for.
fn asked(command: &str) -> Attributor {
    let (_, command) = command.split_once("saliency attribute ").unwrap();
    let (command, _) = command.split_once(" | ").unwrap();
    let mut words = command.split(' ').filter(|word| *word != "-");
    let (mut name, mut parameters, mut attributor) = ("", Parameters::new(), Attributor::new());
    while let Some(flag) = words.next() {
        let value = words.next().unwrap();
        match flag {
            "--model" | "--generate" => (),
            "--method" => name = value,
            "--target" => attributor = attributor.target(value),
            "--aggregate" => attributor = attributor.aggregate(value.parse().unwrap()),
            "--layer" => parameters = parameters.layer(value.parse().unwrap()),
            "--keep" => parameters = parameters.keep(value.parse().unwrap()),
            "--samples" => parameters = parameters.samples(value.parse().unwrap()),
            "--segments" => parameters = parameters.segments(value.parse().unwrap()),
            other => panic!("{other} of a command in docs/methods.md is not known here"),
        }
    }
    attributor.method_with(name, parameters)
}

/// The page's lines of Rust compile, and ask for what the commands above them do.
#[test]
fn every_command_has_its_line_of_rust() {
    let page = std::fs::read_to_string(docs().join("methods.md")).unwrap();
    let compiled = requests![
        Attributor::new().method("gradient-x-input").target("logit"),
        Attributor::new().method("gradient").target("logit"),
        Attributor::new().method("integrated-gradients").target("logit"),
        Attributor::new().method("sequential-integrated-gradients").target("logit").aggregate(Aggregate::Sum),
        Attributor::new()
            .method_with("integrated-hessians", Parameters::new().segments(Segmentation::Sentences))
            .target("logit"),
        Attributor::new().method("smoothgrad").target("logit"),
        Attributor::new().method("vargrad").target("logit"),
        Attributor::new().method("gradient-shap").target("logit"),
        Attributor::new()
            .method_with("layer-gradient-x-activation", Parameters::new().layer(15))
            .target("logit")
            .aggregate(Aggregate::Sum),
        Attributor::new()
            .method_with("layer-integrated-gradients", Parameters::new().layer(15))
            .target("logit"),
        Attributor::new().method("occlusion").target("logit"),
        Attributor::new()
            .method_with("occlusion-pairs", Parameters::new().segments(Segmentation::Sentences))
            .target("logit"),
        Attributor::new().method("leave-one-out").target("logit"),
        Attributor::new().method_with("coarse-to-fine", Parameters::new().keep(2)).target("logit"),
        Attributor::new()
            .method_with("shapley", Parameters::new().segments(Segmentation::Sentences))
            .target("logit"),
        Attributor::new()
            .method_with("shapley-interaction", Parameters::new().segments(Segmentation::Sentences))
            .target("logit"),
        Attributor::new()
            .method_with("kernel-shap", Parameters::new().segments(Segmentation::Sentences).samples(64))
            .target("logit"),
        Attributor::new()
            .method_with("lime", Parameters::new().segments(Segmentation::Sentences).samples(64))
            .target("logit"),
        Attributor::new()
            .method_with("context-cite", Parameters::new().segments(Segmentation::Sentences))
            .target("log-probability"),
        Attributor::new().method_with("reagent", Parameters::new().samples(128)).target("logit"),
        Attributor::new().method("replacements").target("logit"),
        Attributor::new().method("attention").target("logit"),
        Attributor::new().method("attention-rollout").target("logit"),
        Attributor::new().method("attention-flow").target("logit"),
        Attributor::new().method("attention-norms").target("logit"),
        Attributor::new().method("value-zeroing").target("logit"),
        Attributor::new().method("alti").target("logit"),
        Attributor::new().method("alti-logit").target("logit"),
        Attributor::new().method("attn-lrp").target("logit").aggregate(Aggregate::Sum),
        Attributor::new().method("cp-lrp").target("logit").aggregate(Aggregate::Sum),
        Attributor::new().method("gim").target("logit").aggregate(Aggregate::Sum),
        Attributor::new().method("direct-logit").target("logit"),
        Attributor::new().method("random").target("logit"),
        Attributor::new().method("position").target("logit"),
    ];
    // As they are written, whatever the lines' breaks are.
    let spelled = |text: &str| text.split_whitespace().collect::<String>();
    let mut found = Vec::new();
    for (before, after) in page.split("\n```rust\n").zip(page.split("\n```rust\n").skip(1)) {
        let (line, _) = after.split_once("\n```\n").unwrap();
        let (_, command) = before.trim_end_matches("\n```\n").rsplit_once("```sh\n").unwrap();
        let known = compiled.iter().find(|(written, _)| spelled(written) == spelled(line));
        let (_, request) = known.unwrap_or_else(|| panic!("{line} is not among the lines that are compiled"));
        let checked = |request: &Attributor| format!("{:?}", request.clone().check().unwrap());
        assert_eq!(checked(request), checked(&asked(command)), "{line}");
        found.push(line);
    }
    assert_eq!(found.len(), methods().len(), "{found:?}");
    assert_eq!(compiled.len(), methods().len());
}
