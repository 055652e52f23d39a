//! What stands around a heatmap's cells: names of columns, sentences' ticks, folded rows, the picture's width.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, gather, group, notebook, run_30, state};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Item, Options, Text};

/// Words and outputs, and an attribution for each.
fn record(inputs: usize, outputs: usize, value: impl Fn(usize, usize) -> f64) -> Record {
    let kind = |i: usize| if i < inputs { Kind::Input } else { Kind::Output };
    let token = |i: usize| Token::new(i as u32, format!(" w{i}"), kind(i));
    let rows = (0..outputs).map(|row| (0..inputs + row).map(|i| Some(value(row, i))).collect());
    Record::new((0..inputs + outputs).map(token).collect(), rows.collect()).unwrap()
}

fn texts(items: &[Item]) -> Vec<Text> {
    let mut found = Vec::new();
    gather(items, &mut found);
    found
}

fn lines(items: &[Item]) -> Vec<((f64, f64), (f64, f64))> {
    let line = |item: &Item| match item {
        Item::Line { from, to, .. } => Some((*from, *to)),
        _ => None,
    };
    items.iter().filter_map(line).collect()
}

#[test]
fn the_strongest_columns_are_named_above_their_columns() {
    // Column 40 gets most of every row, then column 70; all others get the same.
    let value = |_: usize, i: usize| match i {
        40 => 30.0,
        70 => 10.0,
        _ => 1.0,
    };
    let record = record(100, 8, value);
    let scene = draw("tall-heatmap", &record, &Options { tokens: true, ..Options::default() });
    check(&scene);
    let heads = group(&scene, "heads");
    let cells = group(&scene, "rows").iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => Some(cells.iter().copied()),
        _ => None,
    });
    let cells: Vec<_> = cells.flatten().collect();
    let left = cells.iter().map(|r| r.x).fold(f64::MAX, f64::min);
    let bar = cells[0].width;
    for (name, column) in [("w40", 40.0), ("w70", 70.0)] {
        let found = texts(heads).into_iter().find(|text| text.text == name).unwrap().bounds();
        let middle = left + (column + 0.5) * bar;
        assert!(found.x <= middle && middle <= found.x + found.width, "{name} at {found:?}, not {middle}");
        // Its leader goes from the name down to the cells.
        let leads = |line: &((f64, f64), (f64, f64))| {
            let ((x, from), (to_x, to)) = *line;
            (x - middle).abs() < 1e-9 && (to_x - middle).abs() < 1e-9 && from < to
        };
        assert!(lines(heads).iter().any(leads), "{name}");
    }
    // As the notebook has it, there are none.
    let scene = draw("tall-heatmap", &record, &notebook(Options::default()));
    assert!(!texts(group(&scene, "heads")).iter().any(|text| text.text == "w40"));
}

#[test]
fn sentences_have_ticks_and_the_token_in_hand_a_pointer_and_no_band() {
    let record = run_30();
    let scene = draw("tall-heatmap", &record, &Options { token: Some(60), ..state(Some(3), None) });
    // The paragraph has nine sentences, so eight begin after the first: short lines down from the rule.
    let short = |line: &&((f64, f64), (f64, f64))| {
        let ((x, from), (to_x, to)) = **line;
        (x - to_x).abs() < 1e-9 && (to - from - 4.0).abs() < 1e-9
    };
    assert_eq!(lines(group(&scene, "heads")).iter().filter(short).count(), 8);
    let marks = group(&scene, "marks");
    assert!(matches!(marks, [Item::Pointer { .. }]), "{marks:?}");
    // Its name is always there.
    assert!(texts(group(&scene, "heads")).iter().any(|text| text.text == "crewed" && text.bold));
}

#[test]
fn of_more_than_sixty_rows_those_that_stand_out_are_drawn() {
    // Of 40 inputs and the outputs before, one in rows 10, 11 and 40 has a fifth of the row; others are even.
    let value = |row: usize, i: usize| match (row, i) {
        (10 | 11 | 40, 7) => 0.25 * (39 + row) as f64,
        _ => 1.0,
    };
    let labels = |record: &Record, options: &Options| -> Vec<String> {
        let scene = draw("tall-heatmap", record, options);
        check(&scene);
        texts(group(&scene, "labels")).into_iter().map(|text| text.text).collect()
    };
    let long = record(40, 70, value);
    let options = Options { tokens: true, ..state(Some(50), None) };
    let mut found = labels(&long, &options);
    found.sort();
    let mut expected = vec!["w50", "w51", "w80", "w90", "⋯ 10 more", "⋯ 28 more", "⋯ 9 more", "⋯ 19 more"];
    expected.sort_unstable();
    assert_eq!(found, expected);
    // All of them in the notebook's look, on a page, and up to sixty.
    for options in [notebook(options.clone()), Options { for_page: true, ..options.clone() }] {
        assert_eq!(labels(&long, &options).len(), 70);
    }
    assert_eq!(labels(&record(40, 60, value), &options).len(), 60);
    // The cells of a row lie beside its label.
    let scene = draw("tall-heatmap", &long, &options);
    let tops: Vec<f64> = texts(group(&scene, "labels")).iter().map(|text| text.y - 13.0).collect();
    for item in group(&scene, "rows") {
        if let Item::Cells { cells, .. } = item {
            let beside = |top: f64| tops.iter().any(|other| (top - other).abs() < 1.0);
            assert!(cells.iter().all(|cell| beside(cell.y)));
        }
    }
}

#[test]
fn a_tall_heatmap_fits_a_screen() {
    for (inputs, outputs) in [(3, 2), (20, 5), (184, 30), (184, 100), (900, 40), (3000, 3)] {
        let record = record(inputs, outputs, |row, i| 1.0 + ((row * 31 + i * 17) % 23) as f64);
        let scene = draw("tall-heatmap", &record, &Options::default());
        assert!(scene.width <= 1100.0, "{inputs} + {outputs}: {}", scene.width);
        check(&scene);
    }
}

#[test]
fn no_chart_draws_a_pair_at_rest_but_the_scatter_plot() {
    for chart in common::charts() {
        let has_pair = |options: &Options| {
            let scene = chart.draw(&[run_30()], options).unwrap();
            scene.items.iter().any(|item| matches!(item, Item::Group { name: "pair", .. }))
        };
        assert_eq!(has_pair(&Options::default()), chart.name() == "scatter", "{}", chart.name());
        let pairs = ["scatter", "tall-heatmap", "tall-multiple", "long-output"];
        assert_eq!(has_pair(&state(None, Some(4))), pairs.contains(&chart.name()), "{}", chart.name());
    }
}
