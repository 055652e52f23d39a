//! Panels of different unit, sign or input: whose scale they have, what is compared, and what says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{notebook, texts};
use saliency_schema::{Kind, Method, Output, Record, Target, Token};
use saliency_viz_svg::{Error, Item, Look, Options, Paint, Palette, Pattern, Scene, State, chart};
use std::collections::BTreeSet;

/// Inputs and outputs, and rows of numbers.
fn record(inputs: &[&str], outputs: &[&str], rows: &[&[f64]]) -> Record {
    let kinds =
        inputs.iter().map(|text| (text, Kind::Input)).chain(outputs.iter().map(|text| (text, Kind::Output)));
    let tokens = kinds.map(|(text, kind)| Token::new(0, *text, kind)).collect();
    Record::new(tokens, rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect()).unwrap()
}

/// What a method's record says of itself; one that adds up has deltas.
fn made(mut record: Record, method: &str, normalize: &str, signed: bool, adds_up: bool) -> Record {
    record.method = Some(Method::new(method));
    record.target = Some(Target::new("logit"));
    record.aggregate = Some(if signed { "sum" } else { "l2" }.to_owned());
    (record.normalize, record.signed) = (Some(normalize.to_owned()), Some(signed));
    let n_input = record.n_input();
    if adds_up {
        let output = |row| Output::new(n_input + row).with_delta(0.0);
        record.outputs = (0..record.n_output()).map(output).collect();
    }
    record
}

const INPUTS: [&str; 2] = ["The", " cat"];
const OUTPUTS: [&str; 2] = [" sat", " on"];

/// Shares, logits with a sign that add up, and a norm of the method's own.
fn three() -> [Record; 3] {
    let of = |rows: &[&[f64]]| record(&INPUTS, &OUTPUTS, rows);
    [
        made(of(&[&[0.25, 0.75], &[0.5, 0.25, 0.25]]), "gradient-x-input", "sum", false, false),
        made(of(&[&[6.0, -2.0], &[-8.0, 4.0, 4.0]]), "integrated-gradients", "none", true, true),
        made(of(&[&[100.0, 300.0], &[100.0, 100.0, 200.0]]), "attention-norms", "none", false, false),
    ]
}

fn draw(name: &str, records: &[Record], options: &Options) -> Scene {
    chart(name).unwrap().draw(records, options).unwrap()
}

fn groups<'a>(scene: &'a Scene, name: &str) -> Vec<(&'a [Item], &'a str)> {
    let of_name = |item: &'a Item| match item {
        Item::Group { name: found, items, description, .. } if *found == name => {
            Some((&items[..], description.as_deref().unwrap_or_default()))
        }
        _ => None,
    };
    scene.items.iter().filter_map(of_name).collect()
}

fn paints(items: &[Item]) -> BTreeSet<Paint> {
    let paint = |item: &Item| if let Item::Cells { paint, .. } = item { Some(*paint) } else { None };
    items.iter().filter_map(paint).collect()
}

/// The values of a panel as they are said to who does not see them: of each row in order.
fn values(said: &str) -> Vec<Vec<f64>> {
    let (head, rows) = said.split_once(".\n").unwrap();
    let unit: f64 = head.rsplit(' ').next().unwrap().parse().unwrap();
    let number = |word: &str| if word == "-" { f64::NAN } else { word.parse::<f64>().unwrap() * unit };
    let row = |line: &str| line.split_once(": ").unwrap().1.split(' ').map(number).collect();
    rows.lines().map(row).collect()
}

fn assert_near(found: &[Vec<f64>], expected: &[&[f64]]) {
    assert_eq!(
        found.iter().map(Vec::len).collect::<Vec<_>>(),
        expected.iter().map(|r| r.len()).collect::<Vec<_>>()
    );
    for (found, expected) in found.iter().flatten().zip(expected.iter().copied().flatten()) {
        let near = (found - expected).abs() < 2e-3 * expected.abs().max(0.5);
        assert!(near || found.is_nan() && expected.is_nan(), "{found} {expected}");
    }
}

fn said(scene: &Scene, legend: usize) -> Vec<String> {
    let text = |item: &Item| if let Item::Text(text) = item { Some(text.text.clone()) } else { None };
    groups(scene, "legend")[legend].0.iter().filter_map(text).collect()
}

#[test]
fn what_has_no_sign_shares_a_scale_and_what_has_one_keeps_its_unit() {
    for (name, cells) in [("tall-multiple", "rows"), ("long-output", "cells")] {
        let scene = draw(name, &three(), &Options::default());
        assert_eq!(groups(&scene, "legend").len(), 2, "{name}");
        // The ends are the largest of so few: three quarters of the first panel's row and of the third's, and 8 logits.
        let (shares, logits) = (said(&scene, 0), said(&scene, 1));
        for text in ["panels 0, 2", "75\u{a0}% of the row"] {
            assert!(shares.iter().any(|said| said.starts_with(text)), "{shares:?}");
        }
        for text in ["panel 1", "−8", "+8"] {
            assert!(logits.iter().any(|said| said.contains(text)), "{logits:?}");
        }
        for unit in ["panels 0, 2 (% of the row)", "panel 1 (change of the logit, with a sign)", "+8 logits"]
        {
            assert!(scene.description.contains(unit), "{}", scene.description);
        }
        let end = |palette: Palette| Paint::Color(palette.color(1.0, Options::default().theme, Look::Plain));
        let panels = groups(&scene, cells);
        assert!([0, 2].iter().all(|panel| paints(panels[*panel].0).contains(&end(Palette::Purple))));
        let below = Paint::Color(Palette::Puor.color(-1.0, Options::default().theme, Look::Plain));
        assert!(paints(panels[1].0).contains(&below), "{name}");
        assert_near(&values(panels[2].1), &[&[0.25, 0.75], &[0.25, 0.25, 0.5]]);
        assert_near(&values(panels[1].1), &[&[6.0, -2.0], &[-8.0, 4.0, 4.0]]);
    }
}

/// As recorded, every unit has a scale of its own.
#[test]
fn in_the_notebook_s_look_panels_of_different_unit_have_scales_of_their_own() {
    for (name, cells) in [("tall-multiple", "rows"), ("long-output", "cells")] {
        let scene = draw(name, &three(), &notebook(Options::default()));
        assert_eq!(groups(&scene, "legend").len(), 3, "{name}");
        for (panel, name, end, unit) in [
            (0, "panel 0", "0.75", "(shares of the row, without a sign)"),
            (1, "panel 1", "8", "(change of the logit, with a sign)"),
            (2, "panel 2", "300", "(the unit of attention-norms, without a sign)"),
        ] {
            let said = said(&scene, panel);
            assert!(said.iter().any(|t| t.starts_with(name)), "{said:?}");
            assert!(said.iter().any(|t| t.starts_with(end)), "{said:?}");
            assert!(scene.description.contains(&format!("{name} {unit}")), "{}", scene.description);
        }
        for (panel, (items, _)) in groups(&scene, cells).into_iter().enumerate() {
            // Nothing is blank: as many colours as there are values of different size.
            assert!(paints(items).len() >= 3, "{name} {panel}: {:?}", paints(items));
        }
    }
}

#[test]
fn panels_that_agree_share_a_scale_and_a_legend() {
    let [shares, logits, _] = three();
    let mut other = shares.clone();
    other.method = Some(Method::new("occlusion"));
    other.attributions[0] = vec![Some(0.125), Some(0.875)];
    let scene = draw("tall-multiple", &[shares, other, logits.clone()], &Options::default());
    let names = texts(&scene.to_svg());
    assert!(names.iter().any(|t| t == "panels 0, 1"), "{names:?}");
    assert!(names.iter().any(|t| t.starts_with("88\u{a0}% of the row")), "{names:?}");
    // Two that add up to the same target's change, of one sign.
    let mut second = logits.clone();
    second.method = Some(Method::new("layer-integrated-gradients"));
    let scene = draw("tall-multiple", &[logits.clone(), second.clone()], &Options::default());
    assert_eq!(groups(&scene, "legend").len(), 1);
    assert!(!texts(&scene.to_svg()).iter().any(|t| t.starts_with("panel")));
    // Logits and probabilities do not.
    second.target = Some(Target::new("probability"));
    assert_eq!(groups(&draw("tall-multiple", &[logits, second], &Options::default()), "legend").len(), 2);
}

#[test]
fn one_end_for_several_units_is_refused_and_a_palette_goes_where_it_fits() {
    let records = three();
    let all = chart("tall-multiple").unwrap();
    let error = all.draw(&records, &Options { scale_max: Some(0.5), ..Options::default() }).unwrap_err();
    assert!(matches!(error, Error::Parameter { name: "scale_max", .. }), "{error}");
    let scene =
        draw("tall-multiple", &records, &Options { palette: Some(Palette::Plasma), ..Options::default() });
    let end = |palette: Palette| Paint::Color(palette.color(1.0, Options::default().theme, Look::Plain));
    let rows = groups(&scene, "rows");
    assert!(
        paints(rows[0].0).contains(&end(Palette::Plasma))
            && paints(rows[2].0).contains(&end(Palette::Plasma))
    );
    let error = all.draw(&records[..1], &Options { palette: Some(Palette::Piyg), ..Options::default() });
    assert!(matches!(error, Err(Error::Palette { .. })));
    let error = all.draw(
        &[records[0].clone(), records[2].clone()],
        &Options { palette: Some(Palette::Piyg), ..Options::default() },
    );
    assert!(matches!(error, Err(Error::Palette { .. })), "{error:?}");
}

#[test]
fn a_lock_across_units_compares_sizes_as_shares() {
    let records = three();
    let lock = State::new(1, 1);
    for (name, cells) in [("tall-multiple", "rows"), ("long-output", "cells")] {
        let hover = Some(State::new(0, 1));
        let scene = draw(name, &records, &Options { lock: Some(lock), hover, ..Options::default() });
        let panels = groups(&scene, cells);
        // The locked row's sizes are 8, 4 and 4 of 16: shares .5, .25, .25.
        assert_near(&values(panels[0].1), &[&[-0.25, 0.5], &[0.0, 0.0, 0.0]]);
        assert_near(&values(panels[2].1), &[&[-0.25, 0.5], &[-0.25, 0.0, 0.25]]);
        // Its own panel's are of its own unit, and stay logits: 6 − −8, −2 − 4.
        assert_near(&values(panels[1].1), &[&[14.0, -6.0], &[0.0, 0.0, 0.0]]);
        let names = texts(&scene.to_svg());
        let shares = "sizes as shares of the row, less the locked row’s";
        assert!(scene.description.contains(&format!("panels 0, 2 ({shares})")), "{}", scene.description);
        // The axes say which method each row is of; their numbers are percent.
        for axis in [
            "on (locked, output 1) · integrated-gradients",
            "on (shown, output 1) · gradient-x-input",
            "20\u{a0}%",
        ] {
            assert!(names.contains(&axis.to_owned()), "{axis}: {names:?}");
        }
    }
}

#[test]
fn earlier_outputs_of_the_same_continuation_are_comparable() {
    let rows: [&[f64]; 2] = [&[1.0, 2.0], &[3.0, 4.0, 5.0]];
    let a = record(&INPUTS, &OUTPUTS, &rows);
    let mut b = record(&INPUTS, &OUTPUTS, &[&[0.5, 0.5], &[1.0, 1.0, 1.0]]);
    b.model = Some(saliency_schema::Model::new("other"));
    let c = record(&INPUTS, &[" ran", " on"], &rows);
    let lock = Some(State::new(1, 1));
    let scene = draw("tall-multiple", &[a, b, c], &Options { lock, ..Options::default() });
    let panels = groups(&scene, "rows");
    // Shares of 3 and of 12, less thirds.
    assert_near(&values(panels[0].1), &[&[0.0, 1.0 / 3.0], &[-1.0 / 12.0, 0.0, 1.0 / 12.0]]);
    // Another continuation's own output has no counterpart.
    assert_near(&values(panels[2].1), &[&[0.0, 1.0 / 3.0], &[-1.0 / 12.0, 0.0, f64::NAN]]);
    let apart = |at: usize| paints(panels[at].0).contains(&Paint::Pattern(Pattern::NotComparable));
    assert!(!apart(0) && apart(2));
}

#[test]
fn records_of_different_inputs_are_aligned_named_by_input_and_said_to_differ() {
    // All numbers of tokens are 0, and two tokens stand at other places.
    let a = record(&["The", " cat", " sat"], &[" on"], &[&[1.0, 2.0, 4.0]]);
    let b = record(&["The", " big", " dog", " sat"], &[" up"], &[&[8.0, 16.0, 32.0, 64.0]]);
    let lock = Some(State::new(0, 0));
    let options = Options { lock, hover: Some(State::new(1, 0)), ..Options::default() };
    let scene = draw("tall-multiple", &[a.clone(), b.clone()], &options);
    let panels = groups(&scene, "rows");
    assert_near(
        &values(panels[1].1),
        &[&[8.0 / 120.0 - 1.0 / 7.0, f64::NAN, f64::NAN, 64.0 / 120.0 - 4.0 / 7.0]],
    );
    let names = texts(&scene.to_svg());
    assert!(names.contains(&"“The cat sat”".to_owned()), "{names:?}");
    assert!(names.contains(&"“The big dog sat”".to_owned()), "{names:?}");
    assert!(names.iter().any(|t| t.contains("input: by panel, compared word by word")), "{names:?}");
    // What only the locked row has read stands on the scatter's strip.
    assert!(names.iter().filter(|t| *t == "cat").count() == 1, "{names:?}");
    // The same input: nothing is said, and panels are continuations.
    let scene = draw("tall-multiple", &[a.clone(), a], &Options::default());
    let names = texts(&scene.to_svg());
    assert!(
        names.contains(&"continuation 1".to_owned()) && !names.iter().any(|t| t.contains("input: by panel"))
    );
}

#[test]
fn words_beside_tokens_are_said_to_be_words() {
    let tokens = record(&["The", " c", "at"], &[" sat"], &[&[1.0, 2.0, 3.0]]);
    let mut words = tokens.regroup(&[0..1, 1..3, 3..4], saliency_schema::Reduce::Sum).unwrap();
    words.regrouped.as_mut().unwrap().by = Some("words".to_owned());
    let lock = Some(State::new(0, 0));
    let options = Options { lock, hover: Some(State::new(1, 0)), tokens: true, ..Options::default() };
    let scene = draw("tall-multiple", &[tokens, words], &options);
    assert_near(&values(groups(&scene, "rows")[1].1), &[&[0.0, f64::NAN]]);
    let names = texts(&scene.to_svg());
    for said in ["tokens: the model’s own", "tokens: words"] {
        assert!(names.contains(&said.to_owned()), "{names:?}");
    }
    assert!(
        names.iter().any(|t| t.contains("tokens: by panel, compared where both hold the same text")),
        "{names:?}"
    );
}
