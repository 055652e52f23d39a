//! The pictures that the documentation shows are what the code beside them draws.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_compare::Comparison;
use saliency_schema::{Method, Model, Record};
use saliency_viz_svg::{
    Agreement, Convergence, Faithfulness, Highlight, InputFocused, Interactions, Interesting, Ledger,
    LongOutput, Map, Methods, Minimap, Page, Profile, Ribbon, Scatter, Segments, TallHeatmap, TallMultiple,
    Theme, ToHtml, Tokens, Vectors,
};
use std::path::Path;

const DOC: &str = include_str!("../../../docs/charts.md");

/// Each picture's file, the code that draws it, as `docs/charts.md` shows it, and what it draws.
macro_rules! pictures {
    ($($file:literal: $code:expr),* $(,)?) => { vec![$(($file, stringify!($code), $code.to_svg().unwrap())),*] };
}

#[test]
fn the_documentations_pictures_are_drawn_by_the_code_beside_them() {
    let record = named(include_bytes!("data/run-30.json")).remove(0);
    let runs = named(include_bytes!("../../schema/tests/data/runs-3x30.json"));
    let ledger = saliency_schema::read(include_bytes!("data/ledger.json")).unwrap().remove(0);
    let vectors = saliency_schema::read(include_bytes!("data/vectors.json")).unwrap().remove(0);
    let long = named(include_bytes!("../../schema/tests/data/runs-3x100.json"));
    let steps = saliency_schema::read(include_bytes!("data/steps.jsonl")).unwrap();
    let pairs = saliency_schema::read(include_bytes!("data/pairs.json")).unwrap().remove(0);
    let records = methods();
    let scores = Comparison::of(&records).unwrap().scores().unwrap();
    let judged = saliency_schema::scores::read(include_bytes!("data/scores.json")).unwrap();
    let pictures = pictures! {
        "highlight.svg": Highlight::new(&record),
        "highlight-compared.svg": Highlight::new(&record).hover(12).lock(4).token(60),
        "minimap.svg": Minimap::new(&record),
        "tall-heatmap.svg": TallHeatmap::new(&record),
        "tall-heatmap-locked.svg": TallHeatmap::new(&record).hover(12).lock(4).token(60),
        "tall-heatmap-dark.svg": TallHeatmap::new(&record).hover(12).lock(4).token(60).theme(Theme::Dark),
        "tall-multiple.svg": TallMultiple::new(&runs).hover((1, 8)).lock((0, 5)).token(60),
        "long-output.svg": LongOutput::new(&runs).hover((1, 8)).lock((0, 5)).token(60),
        "scatter.svg": Scatter::new(&record).hover(12).lock(4).token(60),
        "input-focused.svg": InputFocused::new(&record),
        "input-focused-compared.svg": InputFocused::new(&record).token(20).against(47),
        "profile.svg": Profile::new(&record),
        "interesting.svg": Interesting::new(&record),
        "map.svg": Map::new(&record),
        "map-outputs.svg": Map::new(&record).outputs(0, 3),
        "tall-heatmap-rule.svg": TallHeatmap::new(&record).rule("stop-words,punctuation,below:2x".parse().unwrap()),
        "ledger.svg": Ledger::new(&ledger),
        "vectors.svg": Vectors::new(&vectors),
        "interactions.svg": Interactions::new(&pairs),
        "methods.svg": Methods::new(&records).scores(scores.clone()),
        "agreement.svg": Agreement::new(&records).scores(scores),
        "faithfulness.svg": Faithfulness::new(&records).scores(judged),
        "segments.svg": Segments::new(&long).record(0),
        "convergence.svg": Convergence::new(&steps),
        "ribbon.svg": Ribbon::new(&runs),
        "tokens.svg": Tokens::new(&record),
    };
    let doc = without_spaces(DOC);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut stale = Vec::new();
    let mut check = |file: &'static str, drawn: &str| {
        let path = folder.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|kept| kept == *drawn) {
            return;
        }
        if std::env::var_os("SALIENCY_BLESS").is_some() {
            std::fs::write(&path, drawn).unwrap();
        }
        stale.push(file);
    };
    let pages = [("run-30.html", all(std::slice::from_ref(&record))), ("methods.html", all(&methods()))];
    for (file, drawn) in &pages {
        assert!(DOC.contains(&format!("]({file})")), "docs/charts.md does not show {file}");
        check(file, drawn);
    }
    for (file, code, drawn) in pictures {
        let shown = format!("{}```![", without_spaces(code));
        assert!(
            doc.contains(&shown),
            "docs/charts.md does not show this code right before its picture: {code}"
        );
        assert!(doc[doc.find(&shown).unwrap()..].split(')').any(|link| link.ends_with(file)), "{file}");
        check(file, &drawn);
    }
    assert!(stale.is_empty(), "{stale:?} differ; run with SALIENCY_BLESS=1, look at them, and run again");
}

/// The report.
fn all(records: &[Record]) -> String {
    Page::report(records).to_html().unwrap()
}

fn methods() -> Vec<Record> {
    saliency_schema::read(include_bytes!("data/methods.jsonl")).unwrap()
}

fn without_spaces(text: &str) -> String {
    text.split_whitespace().collect()
}

/// The notebook's format names no model and no method.
fn named(json: &[u8]) -> Vec<Record> {
    let mut records = saliency_schema::read(json).unwrap();
    for record in &mut records {
        record.model = Some(Model::new("GPT-2 (124M)"));
        record.method = Some(Method::new("grad_x_input (ecco)"));
    }
    records
}
