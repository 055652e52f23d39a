//! `input-focused`: where its ticks are, and the numbers of two words that are compared.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, gather, group, run_30, runs_3x100, texts};
use saliency_schema::{DistanceProfile, Kind, Record, Token};
use saliency_viz_svg::{Error, InputFocused, Item, Options, Rect, Scene, Text, chart};

fn record(inputs: &[&str], outputs: &[&str], rows: &[&[f64]]) -> Record {
    let token = |kind| move |text: &&str| Token::new(0, *text, kind);
    let tokens = inputs.iter().map(token(Kind::Input)).chain(outputs.iter().map(token(Kind::Output)));
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
    Record::new(tokens.collect(), rows).unwrap()
}

/// Shares of 10, 30 and 60 %, and of 10, 20 and 40 % with 30 % of the earlier output.
fn small() -> Record {
    record(&[" a", " b", " c"], &[" x", " y"], &[&[1.0, 3.0, 6.0], &[1.0, 2.0, 4.0, 3.0]])
}

/// The ticks from the corner of the first column, by their places.
fn ticks(scene: &Scene, height: f64) -> Vec<[f64; 4]> {
    let cells = group(scene, "columns").iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => Some(cells),
        _ => None,
    });
    let cells: Vec<&Rect> = cells.flatten().collect();
    let band = cells[0];
    let at = |r: &&&Rect| (r.height - height).abs() < 1e-9;
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let place = |r: &&Rect| [r.x - band.x, r.y - band.y, r.width, r.height].map(round);
    let mut ticks: Vec<_> = cells.iter().filter(at).map(place).collect();
    ticks.sort_by(|a, b| a[..2].partial_cmp(&b[..2]).unwrap());
    ticks
}

// A column is 46 wide, of which 41 are for a tick; the largest share, 60 %, takes all of them: 41 · share / 0.6. Of two
// outputs each has 8 units, 1 of them free, and the first is the lower one.
#[test]
fn ticks_are_as_long_as_shares_and_the_first_output_is_at_the_bottom() {
    let scene = draw("input-focused", &small(), &Options::default());
    check(&scene);
    let expected = [
        [1.0, 0.0, 6.8333, 7.0],
        [1.0, 8.0, 6.8333, 7.0],
        [47.0, 0.0, 13.6667, 7.0],
        [47.0, 8.0, 20.5, 7.0],
        [93.0, 0.0, 27.3333, 7.0],
        [93.0, 8.0, 41.0, 7.0],
    ];
    assert_eq!(ticks(&scene, 7.0), expected);
    let said = texts(&scene.to_svg()).join(" · ");
    assert!(said.contains("a tick for each of 2 outputs, from “x” (bottom) to “y”"), "{said}");
    assert!(said.contains("a whole one: 60\u{a0}% of the row"), "{said}");
}

// ±2 reaches half of the 41 units, from the column's middle at 21.
#[test]
fn values_below_zero_go_to_the_left() {
    let signed = record(&[" a", " b"], &[" x"], &[&[1.0, -2.0]]).with_signed(true);
    let scene = draw("input-focused", &signed, &Options::default());
    assert_eq!(ticks(&scene, 7.0), [[22.0, 0.0, 10.25, 7.0], [46.0 + 21.0 - 20.5, 0.0, 20.5, 7.0]]);
    let compared = InputFocused::new(&signed).token(0).against(1).scene().unwrap();
    check(&compared);
    let said = texts(&compared.to_svg());
    for number in ["+1", "−2", "+3"] {
        assert!(said.iter().any(|text| text == number), "{number}: {said:?}");
    }
}

fn numbers(scene: &Scene) -> Vec<Text> {
    let mut found = Vec::new();
    gather(group(scene, "comparison"), &mut found);
    found
}

// 60 % against 10 % and 40 % against 10 %.
#[test]
fn two_words_are_compared_output_by_output() {
    let scene = InputFocused::new(&small()).token(2).against(0).scene().unwrap();
    check(&scene);
    let found = numbers(&scene);
    let row = |name: &str| -> Vec<String> {
        let y = found.iter().find(|text| text.text == name).unwrap().y;
        found
            .iter()
            .filter(|text| (text.y - y).abs() < 1e-9)
            .map(|text| text.text.replace('\u{a0}', " "))
            .collect()
    };
    assert_eq!(row("x"), ["x", "60 %", "10 %", "+50 %"]);
    assert_eq!(row("y"), ["y", "40 %", "10 %", "+30 %"]);
    let y = |name: &str| found.iter().find(|text| text.text == name).unwrap().y;
    assert!(y("x") > y("y"), "the first is the lower one");
    let words = "“c” (token 2) against “a” (token 0): they differ the most at “x”, 60 % against 10 %, +50 %.";
    assert!(scene.description.replace('\u{a0}', " ").contains(words), "{}", scene.description);
}

// tests/values.rs has the shares of output 3 by NumPy: 6.668 % of “manufacturers” and 3.749 % of “SpaceX” at 20.
#[test]
fn the_notebooks_run_has_its_own_numbers() {
    let scene = InputFocused::new(&run_30()).token(23).against(20).scene().unwrap();
    check(&scene);
    let found: Vec<_> = numbers(&scene).into_iter().map(|text| text.text.replace('\u{a0}', " ")).collect();
    let row = found.iter().position(|text| text == "6.7 %").unwrap();
    assert_eq!(found[row - 1..row + 3], ["manufacturers", "6.7 %", "3.7 %", "+2.9 %"]);
    // A row for each of the 30 outputs' words, besides the four heads.
    assert_eq!((found.len() - 4) % 4, 0);
}

/// Output r takes r + 1 % from the first input and the rest from the second; 61 outputs are 31 bins of two.
#[test]
fn more_than_sixty_outputs_are_put_together_with_their_mean() {
    let outputs = [" word"; 61];
    let row = |r: usize| [vec![r as f64 + 1.0, 99.0 - r as f64], vec![0.0; r]].concat();
    let rows: Vec<Vec<f64>> = (0..61).map(row).collect();
    let rows: Vec<&[f64]> = rows.iter().map(Vec::as_slice).collect();
    let many = record(&[" a", " b"], &outputs, &rows);
    let scene = InputFocused::new(&many).token(0).against(1).scene().unwrap();
    check(&scene);
    let found: Vec<_> = numbers(&scene).into_iter().map(|text| text.text.replace('\u{a0}', " ")).collect();
    // The means of 1 and 2 %, and of 98 and 99 %; and the last one alone.
    assert_eq!(found[4..8], ["word … word", "1.5 %", "98 %", "−97 %"]);
    assert_eq!(found[found.len() - 4..], ["word", "61 %", "39 %", "+22 %"]);
    assert_eq!(found.len(), 4 + 4 * 31);
    let said = texts(&scene.to_svg()).join(" · ");
    assert!(said.contains("a tick for the mean of every 2 of 61 outputs"), "{said}");
    // Of text, sentences.
    let long = draw("input-focused", &runs_3x100()[0], &Options::default());
    check(&long);
    assert!(texts(&long.to_svg()).join(" ").contains("a tick for the mean of each sentence of"), "sentences");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let record = record(&["a", " dem", "urred"], &[" x"], &[&[1.0, 2.0, 3.0]]);
    let refused = |options: Options| {
        chart("input-focused").unwrap().draw(std::slice::from_ref(&record), &options).unwrap_err()
    };
    let options = |token, against| Options { token, against, ..Options::default() };
    let why = |token, against| {
        let error = refused(options(token, against));
        assert!(error.is_usage());
        error.to_string()
    };
    assert_eq!(why(None, Some(1)), "against is 1, and must be given with the token that it is held against");
    assert_eq!(why(Some(0), Some(0)), "against is 0, and must be another input than the token, “a”");
    // Two tokens of one word.
    assert_eq!(why(Some(1), Some(2)), "against is 1, and must be another input than the token, “demurred”");
    assert!(why(Some(0), Some(3)).contains("3 input tokens"));
    let narrow = Options { width: Some(300.0), ..options(Some(0), Some(1)) };
    assert!(matches!(refused(narrow), Error::Parameter { name: "width", .. }));
    let excerpt = Options { inputs: Some(0..1), ..options(Some(0), Some(1)) };
    assert_eq!(
        refused(excerpt).to_string(),
        "against is 1, and must be one of the inputs that are shown, 0 to 0"
    );
    let other = chart("highlight").unwrap().draw(std::slice::from_ref(&record), &options(Some(0), Some(1)));
    assert!(matches!(other.unwrap_err(), Error::NotAnOption { name: "against", .. }));
}

#[test]
fn ticks_to_the_left_of_a_ratio_are_below_one() {
    let record = run_30();
    let relative = Some(DistanceProfile::of(std::slice::from_ref(&record)));
    let scene = draw("input-focused", &record, &Options { relative, ..Options::default() });
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains(", leftwards below 1×.") && !said.contains("leftwards if negative"), "{said}");
}
