//! `ribbon`: its means and spreads, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw_all, group, run_30, runs_3x30, texts};
use saliency_schema::{Kind, Record, Target, Token};
use saliency_viz_svg::{Error, Item, Options, Page, Ribbon, Scene, State, Theme, ToHtml};

/// `The race to Mars` and outputs of these rows.
fn record(outputs: &[&str], rows: &[&[f64]]) -> Record {
    let inputs = ["The", " race", " Mars"].iter().map(|text| Token::new(0, *text, Kind::Input));
    let outputs = outputs.iter().map(|text| Token::new(0, *text, Kind::Output));
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
    Record::new(inputs.chain(outputs).collect(), rows).unwrap()
}

/// Every word's numbers, as they are said to who does not see them.
fn said(scene: &Scene) -> String {
    let words = scene.items.iter().find_map(|item| match item {
        Item::Group { name: "bands", description, .. } => description.clone(),
        _ => None,
    });
    words.unwrap().replace('\u{a0}', " ")
}

/// Shares by hand. The first record: .1, .2, .7 and .3, .2, .3, in the mean .2, .2, .5. The second: .4, .1, .5. Means
/// are .3, .15, .5, deviations |a − b| / √2 of .2, .1, 0: 14, 7.1 and 0 %; Σ 21.2 of Σ 95 %.
#[test]
fn without_a_sign_it_is_the_mean_of_shares() {
    let first = record(&[" is", " on"], &[&[1.0, 2.0, 7.0], &[6.0, 4.0, 6.0, 4.0]]);
    let second = record(&[" was"], &[&[4.0, 1.0, 5.0]]);
    let scene = Ribbon::new(&[first, second]).scene().unwrap();
    check(&scene);
    let expected =
        "The 30 % ± 14 % (20 % to 40 %); race 15 % ± 7.1 % (10 % to 20 %); Mars 50 % ± 0 % (50 % to 50 %)";
    assert_eq!(said(&scene), expected);
    assert_eq!(scene.title, "2 records vary by ±22 %; most to “Mars”, 50 % (50 % to 50 %)");
}

/// Values by hand: 1, −1, 2 and 3, 1, 0 are 2, 0, 1 in the mean; beside 4, −2, 1. Signs change at no word but, of the
/// first outputs alone, at "race" of a third record.
#[test]
fn with_a_sign_it_is_the_mean_of_values_and_changes_are_named() {
    let signed = |record: Record| {
        record
            .with_signed(true)
            .with_target(Target::new("logit"))
            .with_aggregate("sum")
            .with_normalize("none")
    };
    let first = signed(record(&[" is", " on"], &[&[1.0, -1.0, 2.0], &[3.0, 1.0, 0.0, 9.0]]));
    let second = signed(record(&[" is", " off"], &[&[5.0, -2.0, 1.0], &[3.0, -2.0, 1.0, 9.0]]));
    let records = [first, second];
    let scene = Ribbon::new(&records).scene().unwrap();
    check(&scene);
    let expected = "The +3 ± 1.4 (+2 to +4); race −1 ± 1.4 (−2 to 0); Mars +1 ± 0 (+1 to +1)";
    assert_eq!(said(&scene), expected);
    assert!(scene.description.contains("No word changes its sign"), "{}", scene.description);
    // One output's rows: 1, −1, 2 and 5, −2, 1.
    let one = Ribbon::new(&records).hover(0).scene().unwrap();
    assert_eq!(
        said(&one),
        "The +3 ± 2.8 (+1 to +5); race −1.5 ± 0.71 (−2 to −1); Mars +1.5 ± 0.71 (+1 to +2)"
    );
    // The second output is another one in the second record.
    let other = Ribbon::new(&records).hover(1).scene().unwrap();
    assert_eq!((said(&other).as_str(), other.title.as_str()), ("", "No other record has that output"));
    let third = signed(record(&[" is"], &[&[1.0, 0.5, -3.0]]));
    let three = [records[0].clone(), records[1].clone(), third];
    let scene = Ribbon::new(&three).scene().unwrap();
    check(&scene);
    assert!(scene.description.contains("Signs change at “Mars”, “race”."), "{}", scene.description);
    let bold: Vec<&str> = group(&scene, "text")
        .iter()
        .filter_map(|item| match item {
            Item::Text(text) if text.bold && text.underlined => Some(text.text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(bold, ["race", "Mars"]);
}

/// Shares of .1, .1, .8 and .3, .3, .4: the last in the mean .6, with a deviation of .4 / √2, so that ± ends at 88 %.
/// From .4 to .8 it is less, and lies over that.
#[test]
fn a_deviation_beyond_the_records_is_drawn_whole_and_behind_them() {
    let records = [record(&[" is"], &[&[1.0, 1.0, 8.0]]), record(&[" was"], &[&[3.0, 3.0, 4.0]])];
    let scene = Ribbon::new(&records).scene().unwrap();
    check(&scene);
    let ends = group(&scene, "frame").iter().filter_map(|item| match item {
        Item::Text(text) => Some(text.text.replace('\u{a0}', " ")),
        _ => None,
    });
    assert!(ends.collect::<Vec<_>>().contains(&"88 %".to_owned()));
    let high = |item: &Item| match item {
        Item::Cells { cells, .. } => cells.iter().map(|cell| cell.height).fold(0.0, f64::max),
        _ => 0.0,
    };
    let heights: Vec<f64> = group(&scene, "bands").iter().map(high).collect();
    let unit = 48.0 / (0.6 + 0.4 / f64::sqrt(2.0));
    let expected = [unit * 0.8 / f64::sqrt(2.0), unit * 0.4];
    assert_eq!(heights.len(), 2);
    for (found, expected) in heights.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-9, "{heights:?}, {expected}");
    }
}

// NumPy (tests/data/ribbon/generate.py).
#[test]
fn of_real_continuations_it_is_numpy_s() {
    let expected: serde_json::Value =
        serde_json::from_slice(include_bytes!("data/ribbon/expected.json")).unwrap();
    let scene = draw_all("ribbon", &runs_3x30(), &Options { tokens: true, ..Options::default() });
    check(&scene);
    let said = said(&scene);
    let words: Vec<&str> = said.split("; ").collect();
    let expected = expected["tokens"].as_array().unwrap();
    assert_eq!(words.len(), expected.len());
    for (word, expected) in words.iter().zip(expected) {
        // A word may be a number itself.
        let is_number = |part: &&str| part.trim_start_matches('<').parse::<f64>().is_ok();
        let numbers: Vec<&str> = word.split([' ', '(', ')']).filter(is_number).collect();
        for (found, expected) in numbers[numbers.len() - 4..].iter().zip(expected.as_array().unwrap()) {
            let expected = 100.0 * expected.as_f64().unwrap();
            let agrees = match found.parse::<f64>() {
                Ok(found) => (found - expected).abs() <= 0.051 * expected + 1e-9,
                Err(_) => *found == "<0.01" && expected < 0.01,
            };
            assert!(agrees, "{word}: {found}, {expected}");
        }
    }
}

#[test]
fn every_state_theme_and_width_is_drawn() {
    let records = runs_3x30();
    for theme in Theme::ALL {
        for width in [None, Some(240.0)] {
            for (hover, lock) in [(None, None), (Some(2), Some(0))] {
                let state = |output: Option<usize>| output.map(State::output);
                let (hover, lock) = (state(hover), state(lock));
                let options = Options { theme, width, hover, lock, token: Some(60), ..Options::default() };
                check(&draw_all("ribbon", &records, &options));
            }
        }
    }
    // Of two units: sizes as shares.
    let mut mixed = records.clone();
    mixed[1].signed = Some(true);
    mixed[1].attributions[0][0] = Some(-0.01);
    let scene = draw_all("ribbon", &mixed, &Options::default());
    check(&scene);
    assert!(scene.description.contains("shares of rows"), "{}", scene.description);
    // Encoder–decoders: the start token is no text.
    let source = |record: &Record| record.clone().with_source(record.n_input() - 1);
    let scene = draw_all("ribbon", &[source(&records[0]), source(&records[1])], &Options::default());
    check(&scene);
}

#[test]
fn one_record_is_refused_with_the_command() {
    let error = Ribbon::new(&run_30()).to_svg().unwrap_err();
    assert!(matches!(error, Error::Lacks { chart: "ribbon", .. }) && error.is_usage());
    assert!(error.to_string().contains("saliency attribute --sample --runs 5"), "{error}");
    // Whoever draws every chart leaves it out.
    let page = |records: &[Record]| Page::new(records).every_chart().to_html().unwrap();
    let runs = runs_3x30();
    assert!(!page(&runs[..1]).contains("data-chart=\"ribbon\""));
    assert!(page(&runs[..2]).contains("data-chart=\"ribbon\""));
    let narrow = Options { width: Some(240.0), ..Options::default() };
    assert!(texts(&draw_all("ribbon", &runs, &narrow).to_svg()).len() > 100);
}
