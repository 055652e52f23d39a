//! What is explained is named: in titles, legends, rows and tables of every chart.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, complete, texts};
use saliency_schema::{Explained, Kind, Named, Output, Record, Target, Token, Without};
use saliency_viz_svg::{Options, State, chart};

/// Three inputs and two outputs, " right" and " away".
fn record(target: &str, explained: [Option<Explained>; 2]) -> Record {
    let token = |text, kind| Token::new(0, text, kind);
    let tokens = vec![
        token("The", Kind::Input),
        token(" cat", Kind::Input),
        token(" sat", Kind::Input),
        token(" right", Kind::Output),
        token(" away", Kind::Output),
    ];
    let rows = vec![vec![Some(0.5), Some(0.25), Some(0.25)], vec![Some(0.25); 4]];
    let mut record = Record::new(tokens, rows).unwrap();
    record.target = Some(Target::new(target));
    let output = |(row, explained)| Output::new(3 + row).with_explained(explained);
    record.outputs = explained.into_iter().enumerate().map(output).collect();
    complete(record)
}

fn against(text: &str) -> Explained {
    Explained::new().with_alternatives(vec![Named::new(9, text)])
}

/// The title of all outputs themselves.
const PLAIN: &str = "What every output looked at";

/// Checks every chart's title and legend, of one row or of all, and the table as text.
fn check(record: &Record, of_row: &str, of_all: &str, of_target: &str) {
    for chart in charts() {
        let scene = chart.draw(std::slice::from_ref(record), &Options::default()).unwrap();
        let said = match chart.name() {
            "highlight" | "methods" | "tokens" | "rivals" => of_row,
            // Two rows against each other, by their names; whether rows have converged.
            "scatter" | "convergence" => &scene.title,
            // The sentence that gave the most.
            "segments" if of_all == PLAIN => &scene.title,
            // Of outputs themselves they say more.
            "input-focused" if of_all == PLAIN => "What each word gave to every output",
            "map" if of_all == PLAIN => "Words by what every output took from them",
            "profile" if of_all == PLAIN => "What lies how far back, and how much it got",
            "interactions" => &format!("Pairs beyond their sum: {of_row}"),
            "perturbation" => &format!("Words replaced: {of_row}"),
            "ledger" => &format!("Parts of the model: {of_row}"),
            "vectors" => &format!("Vectors behind the numbers: {of_row}"),
            _ => of_all,
        };
        assert_eq!(scene.title, said, "{}", chart.name());
        assert!(scene.description.contains(&*scene.title), "{}", chart.name());
        let names = texts(&scene.to_svg());
        assert!(names.iter().any(|t| t.contains(of_target)), "{}: {of_target}: {names:?}", chart.name());
    }
    let table =
        chart("tokens").unwrap().text(std::slice::from_ref(record), &Options::default()).unwrap().unwrap();
    assert!(table.starts_with(of_row) && table.contains(of_target), "{table}");
}

#[test]
fn the_produced_token_is_what_every_output_looked_at() {
    check(&record("logit", [None, None]), "What “right” (output 0) looked at", PLAIN, "target: logit");
}

#[test]
fn a_chosen_token_is_named_and_not_the_produced_one() {
    let mat = || Some(Explained::new().with_token(Named::new(7, " mat")));
    check(
        &record("probability", [mat(), mat()]),
        "What “mat” (in place of “right”, output 0) looked at",
        "What “mat” looked at, in every output’s place",
        "target: probability of “mat”",
    );
    let record = record("probability", [mat(), None]);
    check(
        &record,
        "What “mat” (in place of “right”, output 0) looked at",
        "What every output looked at",
        "target: probability of chosen tokens",
    );
    let names = texts(&common::draw("tall-heatmap", &record, &Options::default()).to_svg());
    assert!(names.contains(&"mat (for right)".to_owned()) && names.contains(&"away".to_owned()), "{names:?}");
}

#[test]
fn a_contrast_says_against_what() {
    check(
        &record("contrast-logit", [Some(against(" left")), Some(against(" left"))]),
        "Why “right” rather than “left” (output 0)",
        "Why every output rather than “left”",
        "target: contrast-logit against “left”",
    );
    let each = record("contrast-logit", [Some(against(" left")), Some(against(" here"))]);
    check(
        &each,
        "Why “right” rather than “left” (output 0)",
        "Why every output rather than other tokens",
        "target: contrast-logit against another token for each output",
    );
    let names = texts(&common::draw("tall-heatmap", &each, &Options::default()).to_svg());
    assert!(names.contains(&"right, not left".to_owned()) && names.contains(&"away, not here".to_owned()));
    let mat = Some(against(" right").with_token(Named::new(7, " mat")));
    let both = record("contrast-logit", [mat, None]);
    let options = Options { hover: Some(State::output(0)), ..Options::default() };
    assert_eq!(common::draw("tokens", &both, &options).title, "Why “mat” rather than “right” (output 0)");
    // A record of before says nothing, and is not taken for a plain one.
    check(
        &record("contrast-logit", [None, None]),
        "Why “right” rather than other tokens (output 0)",
        "Why every output rather than other tokens",
        "target: contrast-logit against what is not recorded",
    );
}

#[test]
fn what_a_run_was_made_without_is_named() {
    let tokens = record("logit", [None, None]).tokens;
    let without = Explained::new().with_without(Without::new(std::slice::from_ref(&(0..2)), &tokens));
    check(
        &record("kl-divergence", [Some(without.clone()), Some(without)]),
        "What moves “right” (output 0) away from the run without “The cat” (tokens 0–1)",
        "What moves every output away from the run without “The cat” (tokens 0–1)",
        "target: kl-divergence from the run without “The cat” (tokens 0–1)",
    );
    check(
        &record("entropy", [None, None]),
        "What the entropy at “right” (output 0) depends on",
        "What the entropy at every output depends on",
        "target: entropy",
    );
}

#[cfg(feature = "html")]
#[test]
fn a_page_has_the_titles_of_all_its_rows() {
    use saliency_viz_svg::{Page, ToHtml};
    let record = record("contrast-logit", [Some(against(" left")), Some(against(" here"))]);
    let page = Page::new(&record).every_chart().to_html().unwrap();
    for said in ["Why “right” rather than “left” (output 0)", "Why “away” rather than “here” (output 1)"]
    {
        assert!(page.contains(&format!("\"{said}\"")), "{said}");
    }
}
