//! `interactions`: where its cells are, which numbers it says, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, expected_plain, gather, group, notebook, paint_at, run_30, state, texts};
use saliency_schema::{Interaction, Kind, Record, Target, Token};
use saliency_viz_svg::{
    Error, Interactions, Item, Options, Page, Palette, Rect, Scene, Theme, ToHtml, chart,
};

/// Four words of two sentences, and two outputs; `is` takes no part in the first one's pairs.
fn record() -> Record {
    let texts = ["Mars", " is", " red.", " Venus"];
    let tokens = texts.iter().map(|text| Token::new(0, *text, Kind::Input));
    let outputs = [" too", "."].map(|text| Token::new(0, text, Kind::Output));
    let rows = vec![vec![Some(1.0), Some(0.0), Some(-2.0), Some(0.5)], vec![Some(1.0); 5]];
    let pair = Interaction::new;
    let first = vec![
        pair(0, 0, 1.0),
        pair(2, 2, -2.0),
        pair(3, 3, 0.5),
        pair(0, 2, 0.4).with_standard_error(0.025),
        pair(0, 3, -0.1),
        Interaction::new(2, 3, None),
    ];
    let second = vec![pair(0, 0, 0.25), pair(2, 2, -1.0), pair(0, 2, 0.1), pair(1, 2, 0.2)];
    let record = Record::new(tokens.chain(outputs).collect(), rows).unwrap();
    let record = record.with_target(Target::new("log-probability")).with_signed(true).with_normalize("none");
    record.with_interactions(vec![first, second])
}

/// The cells of a group, from its upper left corner.
fn cells(scene: &Scene) -> Vec<Rect> {
    let mut cells: Vec<Rect> = Vec::new();
    for item in group(scene, "pairs") {
        if let Item::Cells { cells: found, .. } = item {
            cells.extend(found);
        }
    }
    cells.sort_by(|a, b| (a.y, a.x).partial_cmp(&(b.y, b.x)).unwrap());
    cells
}

#[test]
fn a_cell_is_where_its_row_and_column_meet() {
    let scene = draw("interactions", &record(), &state(Some(0), None));
    check(&scene);
    // Rows Mars, red. and Venus: one, two and three cells, of 22 with a gap of 1.
    let cells = cells(&scene);
    assert_eq!(cells.len(), 6);
    let (left, top) = (cells[0].x, cells[0].y);
    for (cell, (row, column)) in cells.iter().zip([(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]) {
        let (x, y) = (left + 22.0 * f64::from(column), top + 22.0 * f64::from(row));
        assert_eq!((cell.x, cell.y, cell.width, cell.height), (x, y, 21.0, 21.0));
    }
    // The scale ends at the larger pair of the two that are there, 0.4, and the main effects lie beyond.
    let paint = |row: f64, column: f64| {
        paint_at(group(&scene, "pairs"), left + 22.0 * column + 9.0, top + 22.0 * row + 9.0).unwrap()
    };
    let expected = |x| expected_plain(x, 0.4, None, Palette::Puor);
    assert_eq!(paint(1.0, 0.0), expected(0.4));
    assert_eq!(paint(2.0, 0.0), expected(-0.1));
    assert_eq!(paint(1.0, 1.0), expected(-2.0));
    assert_ne!(expected(-0.1), expected(-2.0));
    assert!(texts(&scene.to_svg()).iter().any(|text| text == "missing"), "the pair without a number");
    // A line at the second sentence: to the diagonal and down from it.
    let lines = group(&scene, "lines").iter().filter(|item| matches!(item, Item::Line { .. })).count();
    assert_eq!(lines, 2);
}

#[test]
fn numbers_are_said_with_their_unit_and_error() {
    let scene = draw("interactions", &record(), &state(Some(0), None));
    let mut largest = Vec::new();
    gather(group(&scene, "largest"), &mut largest);
    let said: Vec<&str> = largest.iter().map(|text| &*text.text).collect();
    assert_eq!(
        said,
        [
            "The largest pairs",
            "Mars + red.: +0.4 nats beyond their sum (± 0.025)",
            "Mars + Venus: −0.1 nats beyond their sum"
        ]
    );
    let all = texts(&scene.to_svg());
    // Main effects stand before the names at the diagonal.
    for text in ["+1 Mars", "−2 red.", "+0.5 Venus"] {
        assert!(all.iter().any(|found| found == text), "{text} in {all:?}");
    }
    for text in ["more than their sum", "together less than their sum", "+0.4 nats or more", "1 of 2 pairs"] {
        assert!(scene.description.contains(text), "{text} in {}", scene.description);
    }
    assert_eq!(scene.title, "Pairs beyond their sum: What “too” (output 0) looked at");
    assert!(scene.description.contains("pairs of 3 of 3 tokens"), "{}", scene.description);
    // In another unit, without one, and as the notebook spells them.
    let mut shares = record().with_normalize("sum-abs");
    let say = |record: &Record, options: &Options| draw("interactions", record, options).description;
    assert!(say(&shares, &state(Some(0), None)).contains("Mars + red.: +40\u{a0}% of the row beyond"));
    shares.normalize = None;
    assert!(say(&shares, &state(Some(0), None)).contains("Mars + red.: +0.4 beyond"));
    assert!(say(&record(), &notebook(state(Some(0), None))).contains("Mars + red.: 0.4 beyond"));
}

#[test]
fn a_lock_compares_pairs_that_both_have() {
    let scene = draw("interactions", &record(), &state(Some(1), Some(0)));
    check(&scene);
    // 0.1 − 0.4; the pair of `is` and `red.` is the second output's alone.
    assert!(
        scene
            .description
            .contains("The largest differences: Mars + red.: 0.3 nats less than for “too” (output 0)."),
        "{}",
        scene.description
    );
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains("on the diagonal what each does, less the same for “too” (output 0)."), "{said}");
    assert!(!said.contains("nats beyond their sum"), "{said}");
    assert!(texts(&scene.to_svg()).iter().any(|text| text == "not comparable"));
    let framed = Options { token: Some(2), ..state(Some(0), None) };
    assert_eq!(group(&draw("interactions", &record(), &framed), "marks").len(), 2);
    let other = Options { token: Some(1), ..state(Some(0), None) };
    assert!(group(&draw("interactions", &record(), &other), "marks").is_empty(), "it takes no part");
}

#[test]
fn of_many_tokens_the_largest_are_drawn() {
    let n = 300;
    let kind = |i: usize| if i < n { Kind::Input } else { Kind::Output };
    let tokens = (0..=n).map(|i| Token::new(0, format!(" w{i}"), kind(i))).collect();
    // Every second token has a large main effect.
    let size = |i: usize| if i.is_multiple_of(2) { 1.0 + i as f64 } else { 0.5 };
    let pairs = (0..n).map(|i| Interaction::new(i, i, size(i))).collect();
    let record = Record::new(tokens, vec![vec![Some(0.5); n]]).unwrap().with_interactions(vec![pairs]);
    for theme in Theme::ALL {
        let scene = draw("interactions", &record, &Options { theme, ..Options::default() });
        check(&scene);
        assert_eq!(cells(&scene).len(), 128);
        let all = texts(&scene.to_svg());
        assert!(all.iter().any(|text| text == "Of 300 tokens the 128 with the largest numbers."), "{all:?}");
        assert!(
            all.iter().any(|text| text == "w298") && !all.iter().any(|text| text == "w42" || text == "w43")
        );
    }
}

#[test]
fn records_without_pairs_are_told_which_command_makes_them() {
    let mut plain = run_30();
    plain.interactions.clear();
    let error = Interactions::new(&plain).to_svg().unwrap_err();
    assert!(error.is_usage() && matches!(error, Error::Lacks { chart: "interactions", .. }));
    assert!(error.to_string().contains("saliency attribute --method occlusion-pairs"), "{error}");
    // Where they were left out, the repair is to leave out why.
    let grouped = record().regroup(&[0..2, 2..3, 3..4, 4..6], saliency_schema::Reduce::Sum).unwrap();
    for (record, repair) in [(grouped, "leave out --group"), (record().hops(1).unwrap(), "leave out --hops")]
    {
        let error = Interactions::new(&record).to_svg().unwrap_err();
        assert!(error.to_string().contains(repair), "{error}");
    }
    let relative = saliency_schema::DistanceProfile::of(&[run_30()]);
    let error = Interactions::new(&record()).relative(relative).to_svg().unwrap_err();
    assert_eq!(error.to_string(), "relative is set, and must be left out: a pair has no distance");
    // Who draws every chart leaves this one out; a page of pairs has it.
    let pages = [&plain, &record()].map(|record| Page::new(record).every_chart().to_html().unwrap());
    assert_eq!(pages.map(|page| page.contains("Row and column: what two do together")), [false, true]);
    let lacks = |record: &Record| chart("interactions").unwrap().lacks(record).is_some();
    assert!(lacks(&plain) && !lacks(&record()));
}
