//! `vectors`: which numbers it says, how long its bars are, where its dots lie, and what it refuses.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, gather, group, notebook, run_30, state};
use saliency_schema::{Kind, Output, Record, Reduce, Token};
use saliency_viz_svg::{Chart, Error, Item, Options, Page, Palette, Scene, Theme, ToHtml, Vectors};

fn list(numbers: &[f64]) -> Vec<Option<f64>> {
    numbers.iter().copied().map(Some).collect()
}

/// Vectors of three inputs: (3, −4), (0, 1), (−1, −1) of the first output, and others of the second.
fn record() -> Record {
    let texts = ["Mars", " is", " red", ".", " Venus"];
    let kind = |i: usize| if i < 3 { Kind::Input } else { Kind::Output };
    let tokens = texts.iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let rows = vec![list(&[-1.0, 1.0, -2.0]), list(&[0.5; 4])];
    let first = saliency_schema::Vectors::new(
        list(&[3.0, 1.0, 0.0]),
        list(&[-4.0, 0.0, -2.0]),
        list(&[5.0, 1.0, std::f64::consts::SQRT_2]),
    );
    // As they might lie along two components.
    let first =
        first.with_components(vec![list(&[4.0, -2.0, -2.0]), list(&[0.0, 1.0, -1.0])], list(&[0.75, 0.125]));
    let second = saliency_schema::Vectors::new(list(&[1.0; 4]), list(&[-6.0; 4]), list(&[5.0; 4]));
    let outputs = vec![Output::new(3).with_vectors(first), Output::new(4).with_vectors(second)];
    Record::new(tokens.collect(), rows).unwrap().with_signed(true).with_outputs(outputs)
}

fn said(scene: &Scene, name: &str) -> Vec<String> {
    let mut texts = Vec::new();
    gather(group(scene, name), &mut texts);
    texts.into_iter().map(|text| text.text).collect()
}

/// Left edge and width of each bar, in the order of the rows.
fn bars(scene: &Scene) -> Vec<(f64, f64)> {
    let of = |item: &Item| match item {
        Item::Cells { cells, .. } => cells.iter().map(|r| (r.x, r.width)).collect(),
        _ => Vec::new(),
    };
    group(scene, "table").iter().flat_map(of).collect()
}

#[test]
fn bars_are_as_long_as_the_sums_of_entries() {
    let scene = draw("vectors", &record(), &state(Some(0), None));
    check(&scene);
    // Those with the most of both signs first: 7, 2 and 1.
    let rows =
        [["Mars", "−4", "+3", "−1", "5"], ["red", "−2", "0", "−2", "1.41"], ["is", "0", "+1", "+1", "1"]];
    let table = said(&scene, "table");
    assert_eq!(table[..5], ["word", "negative", "positive", "sum", "norm"]);
    for (row, expected) in table[5..].chunks(5).zip(rows) {
        assert_eq!(row, expected);
    }
    // To the left and to the right of one middle, in one unit; no bar for 0.
    let found = bars(&scene);
    let unit = found[0].1 / 4.0;
    let middle = found[1].0;
    let expected = [(-4.0, 4.0), (0.0, 3.0), (-2.0, 2.0), (0.0, 1.0)];
    assert_eq!(found.len(), expected.len());
    for ((left, width), (from, length)) in found.into_iter().zip(expected) {
        assert!((left - middle - from * unit).abs() < 1e-9 && (width - length * unit).abs() < 1e-9);
    }
    // |−1| + |−2| + |1| of 7 + 2 + 1.
    assert!(
        scene.description.contains("of the 3 of 3 tokens with the most of both"),
        "{}",
        scene.description
    );
    assert!(scene.description.contains("40\u{a0}% of the entries' sizes is left"), "{}", scene.description);
    assert!(scene.description.contains("keep 88\u{a0}% of the variance"), "{}", scene.description);
    assert!(scene.description.contains("What the components mean is not known."), "{}", scene.description);
    let one = draw("vectors", &record(), &Options { top: Some(1), ..state(Some(0), None) });
    assert!(one.description.contains("they hold 70\u{a0}% of all"), "{}", one.description);
    assert_eq!(said(&one, "table").len(), 10);
    // A marked one beside it is not counted with it.
    let marked =
        draw("vectors", &record(), &Options { top: Some(1), token: Some(1), ..state(Some(0), None) });
    for words in ["of the 1 of 3 tokens with the most of both and of “is”", "the 1 hold 70\u{a0}% of all"]
    {
        assert!(marked.description.contains(words), "{words}: {}", marked.description);
    }
    // The marked token is in the table, whatever its rank.
    let marked =
        draw("vectors", &record(), &Options { top: Some(1), token: Some(1), ..state(Some(0), None) });
    assert_eq!(said(&marked, "table")[10..], rows[2]);
}

#[test]
fn dots_lie_at_their_components_in_one_unit_with_areas_by_norm() {
    let scene = draw("vectors", &record(), &state(Some(0), None));
    let mut dots = Vec::new();
    for item in group(&scene, "dots") {
        if let Item::Dots { radius, places, .. } = item {
            dots.extend(places.iter().map(|at| (*radius, *at)));
        }
    }
    // The largest first: (4, 0), (−2, −1) and (−2, 1), y upwards.
    let [(r, (x, y)), (r_red, (x_red, y_red)), (r_is, (x_is, y_is))] = dots[..] else { panic!("{dots:?}") };
    let unit = (x - x_red) / 6.0;
    assert!(unit > 0.0 && (x_is - x_red).abs() < 1e-9);
    assert!((y_red - y - unit).abs() < 1e-9 && (y - y_is - unit).abs() < 1e-9);
    assert!(((r_red / r).powi(2) - std::f64::consts::SQRT_2 / 5.0).abs() < 1e-9);
    assert!(((r_is / r).powi(2) - 0.2).abs() < 1e-9);
    let plot = said(&scene, "plot").join(" ");
    assert!(plot.contains("first component: 75\u{a0}% of the variance"), "{plot}");
    let shown = draw("vectors", &record(), &notebook(state(Some(0), None)));
    check(&shown);
    assert_eq!(said(&shown, "table")[5..10], ["Mars", "−4", "3", "−1", "5"]);
}

/// A locked output's sums are lines at −6 and 1 of the longest bar, 6, and nothing else changes.
#[test]
fn a_locked_output_is_marked_in_the_table() {
    let plain = draw("vectors", &record(), &state(Some(0), None));
    let scene = draw("vectors", &record(), &state(Some(0), Some(1)));
    check(&scene);
    assert_eq!((said(&scene, "table"), &scene.title), (said(&plain, "table"), &plain.title));
    assert!(scene.description.contains("Lines: the sums of “Venus” (output 1)."), "{}", scene.description);
    let lines: Vec<f64> = group(&scene, "table")
        .iter()
        .filter_map(|item| match item {
            Item::Line { from, to, .. } if (from.0 - to.0).abs() < 1e-9 => Some(from.0),
            _ => None,
        })
        .collect();
    let (found, middle) = (bars(&scene), *lines.last().unwrap());
    let unit = found[0].1 / 4.0;
    for pair in lines[..lines.len() - 1].chunks(2) {
        assert!((pair[0] - middle + 6.0 * unit).abs() < 1e-9 && (pair[1] - middle - unit).abs() < 1e-9);
    }
    assert_eq!(lines.len(), 7);
}

/// Words keep their sums; a word of several tokens has no norm and no place.
#[test]
fn groups_of_tokens_have_sums_alone() {
    let grouped = record().regroup(&[0..1, 1..3, 3..4, 4..5], Reduce::Sum).unwrap();
    let scene = draw("vectors", &grouped, &state(Some(0), None));
    check(&scene);
    assert_eq!(said(&scene, "table")[10..], ["is red", "−2", "+1", "−1", "missing"]);
    assert!(scene.description.contains(" 1 tokens have no place."), "{}", scene.description);
}

#[test]
fn any_numbers_are_drawn() {
    let odd = [Some(f64::NAN), Some(f64::INFINITY), None, Some(f64::NEG_INFINITY), Some(-1e308), Some(1e308)];
    for shift in 0..odd.len() {
        let some = |by: usize| (0..3).map(|i| odd[(i + by + shift) % odd.len()]).collect::<Vec<_>>();
        let mut record = record();
        let vectors = saliency_schema::Vectors::new(some(0), some(1), some(2));
        record.outputs[0].vectors =
            Some(vectors.with_components(vec![some(3), some(4)], some(5)[..2].to_vec()));
        for theme in Theme::ALL {
            check(&draw("vectors", &record, &Options { theme, ..state(Some(0), Some(1)) }));
            check(&draw("vectors", &record, &Options { theme, ..state(Some(1), Some(0)) }));
        }
        record.outputs[0].vectors = None;
        let scene = draw("vectors", &record, &state(Some(0), None));
        assert!(scene.description.contains("Nothing is kept of this output's vectors."));
    }
}

#[test]
fn records_without_vectors_are_told_which_command_makes_them() {
    let mut plain = run_30();
    plain.outputs.clear();
    let error = Vectors::new(&plain).to_svg().unwrap_err();
    assert!(error.is_usage() && matches!(error, Error::Lacks { chart: "vectors", .. }));
    assert!(error.to_string().contains("`saliency attribute --vectors FILE`"), "{error}");
    let grouped = record().regroup(&[0..2, 2..3, 3..5], saliency_schema::Reduce::Sum).unwrap();
    for (record, repair) in [(grouped, "leave out --group"), (record().hops(1).unwrap(), "leave out --hops")]
    {
        let error = Vectors::new(&record).to_svg().unwrap_err();
        assert!(error.to_string().contains(repair), "{error}");
    }
    let pages = [&plain, &record()].map(|record| Page::new(record).every_chart().to_html().unwrap());
    assert_eq!(pages.map(|page| page.contains("negative and positive entries")), [false, true]);
    assert!(Vectors.lacks(&plain).is_some() && Vectors.lacks(&record()).is_none());
    for options in [
        Options { rule: "below:2x".parse().unwrap(), ..Options::default() },
        Options { width: Some(300.0), ..Options::default() },
        Options { palette: Some(Palette::Plasma), ..Options::default() },
    ] {
        assert!(Vectors.draw(&[record()], &options).unwrap_err().is_usage());
    }
}
