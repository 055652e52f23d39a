//! `segments`: its sums, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, complete, draw, group, runs_3x100, state, texts};
use saliency_schema::{Kind, Part, Prompt, Record, Token};
use saliency_viz_svg::{Item, Options, Scene, Segments, Theme, chart};

/// The numbers in the cells, row by row, as they are written.
fn numbers(scene: &Scene) -> Vec<Vec<String>> {
    let mut rows: Vec<(f64, Vec<String>)> = Vec::new();
    for item in group(scene, "numbers") {
        let Item::Text(text) = item else { panic!("{item:?}") };
        match rows.iter_mut().find(|(y, _)| (y - text.y).abs() < 1.0) {
            Some((_, row)) => row.push(text.text.clone()),
            None => rows.push((text.y, vec![text.text.clone()])),
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// `It rained.` and `We left.` as the input; `They stay.` and `End.` as what was generated.
fn record(values: &[&[f64]]) -> Record {
    let texts = ["It", " rained.", " We", " left.", " They", " stay.", " End."];
    let mut reached = 0;
    let token = |(i, text): (usize, &&str)| {
        let start = reached;
        reached += text.len();
        let kind = if i < 4 { Kind::Input } else { Kind::Output };
        Token::new(i as u32, *text, kind).with_span(start..reached)
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let rows = values.iter().map(|row| row.iter().copied().map(Some).collect()).collect();
    Record::new(tokens, rows).unwrap()
}

/// Sums by hand. The first sentence's two outputs: 1 + 2 + 1 + 0, 3 + 0 + 2 + 5, and 6 of the second from the first: of
/// 20. The last: 2, 4, 4 of 10, and of all 30: 6, 14, 6 + 4, where no cell is what followed.
#[test]
fn a_cell_is_a_share_of_its_row() {
    let record =
        record(&[&[1.0, 2.0, 3.0, 0.0], &[1.0, 0.0, 2.0, 5.0, 6.0], &[1.0, 1.0, 4.0, 0.0, 1.0, 3.0]]);
    let scene = Segments::new(&record).scene().unwrap();
    check(&scene);
    assert_eq!(numbers(&scene), [vec!["20", "50", "30"], vec!["20", "40", "40"], vec!["20", "47", "33"]]);
    assert_eq!(scene.title, "Of the input, sentence 2 gave the most, 47 %: “We left.”");
    assert!(
        scene.description.contains("All outputs together: the input 67\u{a0}%, earlier outputs 33\u{a0}%."),
        "{}",
        scene.description
    );
    let names = texts(&scene.to_svg());
    for name in ["1 It rained.", "2 We left.", "3 They stay.", "4 End.", "all outputs"] {
        assert!(names.iter().any(|text| text == name), "{name}: {names:?}");
    }
    // Less the first row, which has no cell for the last sentence: 20 − 20, 40 − 50, 40 − 30.
    let locked = draw("segments", &record, &state(Some(2), Some(0)));
    check(&locked);
    assert_eq!(numbers(&locked), [vec!["0", "0", "0"], vec!["0", "−10", "+10"], vec!["0", "−3.3", "+3.3"]]);
    assert_eq!(locked.title, "Every row minus row 3, “They stay.”");
}

/// The second sentence alone: what the first gave is outside and still counts. 10 of 20, 4 of 10, 14 of 30.
#[test]
fn an_excerpt_s_shares_are_of_whole_rows() {
    let mut record =
        record(&[&[1.0, 2.0, 3.0, 0.0], &[1.0, 0.0, 2.0, 5.0, 6.0], &[1.0, 1.0, 4.0, 0.0, 1.0, 3.0]]);
    let part = |record: &Record| Segments::new(record).inputs(2..4).scene().unwrap();
    let scene = part(&record);
    check(&scene);
    assert_eq!(numbers(&scene), [vec!["50", "30"], vec!["40", "40"], vec!["47", "33"]]);
    assert_eq!(scene.title, "Of the inputs shown, sentence 1 gave the most, 47 %: “We left.”");
    for words in ["together: the inputs shown 47\u{a0}%", "Σ|value|: 7 % to 50 %"] {
        assert!(scene.description.contains(words), "{words}: {}", scene.description);
    }
    assert!(!scene.description.contains("not known"), "{}", scene.description);
    // Of what the first output took all lies outside: how much that is, the excerpt does not say.
    record.attributions[0] = vec![Some(1.0), Some(2.0), Some(0.0), Some(0.0)];
    let part = part(&record);
    check(&part);
    let said = "How much lies outside is not known of row 2: its shares are of what is shown.";
    assert!(part.description.contains(said), "{}", part.description);
}

/// With a sign: means over outputs. (1 − 3 + 2) / 2, (3 + 1) / 2, −1 / 2; then the last output's own; then of three.
#[test]
fn signed_values_are_means_over_outputs() {
    let mut record =
        record(&[&[1.0, -3.0, 3.0, 0.0], &[2.0, 0.0, 1.0, 0.0, -1.0], &[0.5, 0.25, -2.0, 0.0, 1.0, 3.0]])
            .with_signed(true);
    let cells = |record: &Record| numbers(&Segments::new(record).scene().unwrap());
    let expected = [vec!["0", "+2", "−0.5"], vec!["+0.75", "−2", "+4"], vec!["+0.25", "+0.67", "+1"]];
    assert_eq!(cells(&record), expected);
    // A missing value counts nothing, and is counted.
    record.attributions[2][2] = None;
    let scene = Segments::new(&record).scene().unwrap();
    assert_eq!(numbers(&scene)[1], ["+0.75", "0", "+4"]);
    assert!(scene.description.contains("1 of 15 values are missing"), "{}", scene.description);
    // Where all of a sentence are, so is the sum.
    record.attributions[2][3] = None;
    let scene = Segments::new(&record).scene().unwrap();
    assert_eq!(numbers(&scene)[1], ["+0.75", "+4"]);
    assert!(texts(&scene.to_svg()).contains(&"missing".to_owned()));
}

// NumPy (tests/data/segments/generate.py).
#[test]
fn a_real_run_s_sums_are_numpy_s() {
    let expected: serde_json::Value =
        serde_json::from_slice(include_bytes!("data/segments/expected.json")).unwrap();
    let record = runs_3x100().remove(0);
    let starts: Vec<usize> = record.sentences().into_iter().map(|sentence| sentence.start).collect();
    assert_eq!(serde_json::json!(starts), expected["starts"]);
    let scene = Segments::new(&record).scene().unwrap();
    check(&scene);
    let found = numbers(&scene);
    let rows = expected["rows"].as_array().unwrap().iter().chain([&expected["all"]]);
    assert_eq!(found.len(), rows.clone().count());
    for (found, expected) in found.iter().zip(rows) {
        let expected = expected.as_array().unwrap();
        assert_eq!(found.len(), expected.len());
        for (found, expected) in found.iter().zip(expected) {
            let (found, expected) = (found.parse::<f64>().unwrap(), 100.0 * expected.as_f64().unwrap());
            assert!((found - expected).abs() <= 0.05 * expected + 1e-9, "{found}, {expected}");
        }
    }
    let input = format!("the input {:.0}\u{a0}%", 100.0 * expected["input"].as_f64().unwrap());
    assert!(scene.description.contains(&input), "{input}: {}", scene.description);
}

#[test]
fn sentences_end_where_parts_of_the_prompt_do() {
    let rows: [&[f64]; 3] = [&[1.0, 2.0, 1.0, 0.0], &[1.0, 0.0, 1.0, 0.0, 2.0], &[1.0; 6]];
    let parts = vec![Part::new("question", 0..2), Part::new("context", 2..20)];
    let record = record(&rows).with_prompt(Prompt::new(false).with_parts(parts));
    let scene = Segments::new(&record).scene().unwrap();
    check(&scene);
    let said = texts(&scene.to_svg());
    for name in ["question", "context", "1 It", "2 rained.", "3 We left.", "4 They stay."] {
        assert!(said.iter().any(|text| text == name), "{name}: {said:?}");
    }
    // 3 and 7 of 14; 4 from what was generated before.
    let together = "question 21\u{a0}%, context 50\u{a0}%, earlier outputs 29\u{a0}%";
    assert!(scene.description.contains(together), "{}", scene.description);
}

/// Many sentences become paragraphs, and many paragraphs runs of them, in every width.
#[test]
fn what_does_not_fit_is_put_together() {
    let record = |sentences: usize, paragraph: usize| {
        let text = |i: usize| if i % paragraph == paragraph - 1 { " Go on.\n" } else { " Go on." };
        let kind = |i: usize| if i < sentences - 3 { Kind::Input } else { Kind::Output };
        let tokens = (0..sentences).map(|i| Token::new(i as u32, text(i), kind(i))).collect();
        let rows = (0..3).map(|row| vec![Some(1.0); sentences - 3 + row]).collect();
        complete(Record::new(tokens, rows).unwrap())
    };
    for (sentences, paragraph, said) in [
        (20, 5, "Rows: the sentences that"),
        (60, 6, "so rows and columns are paragraphs."),
        (900, 6, "so rows and columns are runs of "),
        (900, 1000, "so rows and columns are runs of "),
    ] {
        let record = record(sentences, paragraph);
        let scene = draw("segments", &record, &Options::default());
        assert!(scene.description.contains(said), "{sentences}, {paragraph}: {}", scene.description);
        for width in [None, Some(240.0), Some(360.0), Some(1400.0)] {
            for theme in Theme::ALL {
                check(&draw("segments", &record, &Options { width, theme, ..Options::default() }));
            }
        }
    }
}

#[test]
fn a_page_s_picture_stays_as_it_is() {
    let record = runs_3x100().remove(0);
    let page = |options: Options| draw("segments", &record, &Options { for_page: true, ..options });
    assert_eq!(page(state(Some(60), Some(3))), page(Options::default()));
    let why = chart("segments").unwrap().draw(
        std::slice::from_ref(&record),
        &Options { rule: "punctuation".parse().unwrap(), ..Options::default() },
    );
    assert!(why.unwrap_err().to_string().contains("a rule is of attributions"));
}
