//! `convergence`: its errors, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw_all, groups, run_30, texts};
use saliency_schema::{Kind, Method, Output, Record, Token};
use saliency_viz_svg::{Convergence, Error, Item, Options, Rect, Scene, State, Theme};

/// A record of two inputs and as many outputs as there are deltas, of a change from −3 to 1: 4.
fn record(steps: u32, deltas: &[f64]) -> Record {
    let kind = |i: usize| if i < 2 { Kind::Input } else { Kind::Output };
    let tokens = (0..2 + deltas.len()).map(|i| Token::new(0, format!(" t{i}"), kind(i))).collect();
    let rows = (0..deltas.len()).map(|row| vec![Some(1.0); 2 + row]).collect();
    let output = |(row, delta): (usize, &f64)| {
        let output = Output::new(2 + row).with_value(1.0).with_baseline_value(-3.0);
        output.with_delta(*delta).with_sum(4.0 + delta)
    };
    let method = Method::new("integrated-gradients").with_steps(steps);
    let record = Record::new(tokens, rows).unwrap().with_method(method);
    record.with_outputs(deltas.iter().enumerate().map(output).collect()).with_aggregate("sum")
}

fn title(records: &[Record]) -> String {
    let scene = draw_all("convergence", records, &Options::default());
    check(&scene);
    scene.title
}

/// Deltas over 4: 0.5, 0.25, 0.05 at 8 steps; 0.05, 0.025, 0 at 16; 10⁻³ and 10⁻⁴ at 32.
fn three() -> [Record; 3] {
    [record(8, &[2.0, -1.0, 0.2]), record(16, &[-0.2, 0.1, 0.0]), record(32, &[4e-3, -4e-4, 4e-3])]
}

#[test]
fn the_title_says_from_which_steps_on_it_has_converged() {
    assert_eq!(title(&three()), "From 16 steps on, every output is within 5 % of f(x) − f(baseline)");
    let [eight, sixteen, _] = three();
    assert_eq!(title(std::slice::from_ref(&eight)), "Not converged: 2 of 3 outputs are off by more than 5 %");
    assert_eq!(
        title(std::slice::from_ref(&sixteen)),
        "Converged: every output is within 5 % of f(x) − f(baseline), half within 2.5 %"
    );
    // Where the last is worse, none is enough.
    assert_eq!(
        title(&[record(4, &[0.1]), record(8, &[-4.0])]),
        "Even at 8 steps, 1 of 1 outputs is off by more than 5 %"
    );
    // The caption has room for how much.
    for (records, words) in [
        (vec![eight.clone()], "The farthest output is off by 50 %."),
        (vec![record(4, &[0.1]), record(8, &[-4.0])], "At 8 steps the farthest output is off by 100 %."),
    ] {
        let scene = draw_all("convergence", &records, &Options::default());
        assert!(scene.description.contains(words), "{words}: {}", scene.description);
    }
    // A tolerance takes the place of 5 %.
    let tolerant = |record: Record| {
        let method = record.method.clone().unwrap().with_parameter("tolerance", 0.01);
        record.with_method(method)
    };
    assert_eq!(title(&[tolerant(sixteen)]), "Not converged: 2 of 3 outputs are off by more than 1 %");
    // Another method has a line of its own.
    let other = record(8, &[0.0, 0.0, 0.0]).with_method(Method::new("expected-gradients").with_steps(8));
    assert_eq!(title(&[eight, other]), "1 of 2 methods bring every output within 5 % of f(x) − f(baseline)");
}

/// The squares, from left to right.
fn dots(scene: &Scene) -> Vec<Rect> {
    let items = groups(scene, "dots")[0];
    let mut found: Vec<Rect> = items
        .iter()
        .flat_map(|item| match item {
            Item::Cells { cells, .. } => cells.clone(),
            _ => Vec::new(),
        })
        .collect();
    found.sort_by(|a, b| a.x.total_cmp(&b.x));
    found
}

/// A power of ten is as high everywhere, a factor of two as wide.
#[test]
fn dots_are_where_their_logarithms_are() {
    let scene = Convergence::new(&three()).scene().unwrap();
    let dots = dots(&scene);
    assert_eq!(dots.len(), 9);
    let near = |a: f64, b: f64| assert!((a - b).abs() < 0.01, "{a}, {b}");
    // 0.5 to 0.05, and 10⁻³ to 10⁻⁴.
    let power = dots[2].y - dots[0].y;
    near(dots[7].y - dots[6].y, power);
    near(dots[6].y, dots[8].y);
    near(dots[2].y, dots[3].y);
    // 0.25 and 0.025.
    near(dots[4].y - dots[1].y, power);
    near(dots[4].x - dots[1].x, dots[7].x - dots[4].x);
    // Medians, as thick lines: 0.25, 0.025, 10⁻³.
    let medians = groups(&scene, "medians")[0].iter().filter_map(|item| match item {
        Item::Line { from, width, .. } if *width > 1.5 => Some(from.1),
        _ => None,
    });
    let medians: Vec<f64> = medians.collect();
    for (median, dot) in medians.iter().zip([dots[1], dots[4], dots[6]]) {
        near(*median, dot.y + dot.height / 2.0);
    }
    assert_eq!(medians.len(), 3);
    // numpy.quantile([.001, .0001, .001], [.1, .9]): 0.00028, 0.001
    let words = scene.items.iter().find_map(|item| match item {
        Item::Group { name: "dots", description, .. } => description.clone(),
        _ => None,
    });
    let words = words.unwrap().replace('\u{a0}', " ");
    let said = "32 steps: median 0.1 %, 10 to 90 %: 0.028 % to 0.1 %, the largest 0.1 % at “t2” (output 0)";
    assert!(words.contains(said), "{words}");
    assert!(scene.description.contains("the largest is 2. Right"), "{}", scene.description);
}

#[test]
fn the_change_is_had_from_sum_and_delta_too() {
    let mut bare = record(8, &[2.0, -1.0, 0.2]);
    for output in &mut bare.outputs {
        (output.value, output.baseline_value) = (None, None);
    }
    let own = |record: &Record| dots(&Convergence::new(record).scene().unwrap());
    assert_eq!(own(&bare), own(&record(8, &[2.0, -1.0, 0.2])));
    // A change of nothing: a share of 10⁻⁴ of the larger, 3e-4.
    bare.outputs[0] = bare.outputs[0].clone().with_value(3.0).with_baseline_value(3.0).with_delta(6e-4);
    assert_eq!(title(std::slice::from_ref(&bare)), "Not converged: 2 of 3 outputs are off by more than 5 %");
    // And what is not known is counted.
    bare.outputs[1].delta = Some(f64::NAN);
    let scene = Convergence::new(&bare).scene().unwrap();
    assert!(texts(&scene.to_svg()).join(" ").contains("1 of 3 outputs have no finite error"));
}

#[test]
fn every_state_theme_and_width_is_drawn() {
    for theme in Theme::ALL {
        for width in [None, Some(240.0), Some(360.0), Some(1400.0)] {
            for records in [&three()[..], &three()[..1]] {
                let (hover, lock) = (Some(State::output(0)), Some(State::new(records.len() - 1, 2)));
                let options = Options { theme, width, hover, lock, ..Options::default() };
                check(&draw_all("convergence", records, &options));
            }
        }
    }
}

#[test]
fn a_record_without_deltas_is_refused_with_the_command() {
    let mut record = run_30();
    record.outputs.clear();
    let error = Convergence::new(&record).to_svg().unwrap_err();
    assert!(matches!(error, Error::Lacks { chart: "convergence", .. }) && error.is_usage());
    assert!(error.to_string().contains("saliency attribute --method integrated-gradients --steps N"));
}
