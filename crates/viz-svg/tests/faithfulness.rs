//! The chart of curves: its lines are where the measurements are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, group, texts};
use saliency_schema::Scores;
use saliency_schema::scores::{Curve, Measurement, ScoredMethod, ScoredText};
use saliency_viz_svg::{Error, Item, Options, Theme, chart};
use std::sync::Arc;

/// A method that falls by 4 in a straight line while the most relevant tokens go, and by 1 at the end alone while the
/// others do; two random orders that fall by 1 and by 3.
fn scores() -> Scores {
    let methods = vec![ScoredMethod::new("a"), ScoredMethod::control("random orders")];
    let curves = |method: usize, fall: f64, late: f64| {
        let shares = vec![0.0, 0.5, 1.0];
        let values = |at: [f64; 3]| at.map(|fall| Some(7.0 - fall)).to_vec();
        Measurement::new(method, 0)
            .with_operator("deletion")
            .with_output(0)
            .with_curve(Curve::most_relevant_first(shares.clone(), values([0.0, fall / 2.0, fall])))
            .with_curve(Curve::least_relevant_first(shares, values([0.0, 0.0, late])))
    };
    let measurements = vec![
        curves(0, 3.0, 1.0),
        curves(0, 5.0, 1.0).with_output(1),
        curves(1, 1.0, 1.0).with_draw(0),
        curves(1, 3.0, 3.0).with_draw(1),
    ];
    Scores::new(vec![ScoredText::new("a text", 2)], methods).unwrap().with_measurements(measurements)
}

fn options(scores: Scores) -> Options {
    Options { scores: Some(Arc::new(scores)), ..Options::default() }
}

/// The ends of the lines of the panel's widest width, left to right.
fn lines(items: &[Item], width: f64) -> Vec<((f64, f64), (f64, f64))> {
    let line = |item: &Item| match item {
        Item::Line { from, to, width: found, .. } if (found - width).abs() < 1e-9 => Some((*from, *to)),
        _ => None,
    };
    items.iter().filter_map(line).collect()
}

#[test]
fn lines_are_the_means_of_the_measurements() {
    let scene = chart("faithfulness").unwrap().draw(&[], &options(scores())).unwrap();
    check(&scene);
    let all = texts(&scene.to_svg());
    for text in ["deletion: most relevant first", "deletion: least relevant first", "0 a", "100 %", "−4"] {
        assert!(all.iter().any(|found| found == text), "{text} in {all:?}");
    }
    let panel = group(&scene, "curves");
    // The mean of −3 and −5, in a straight line.
    let own = lines(panel, 1.75);
    assert_eq!(own.len(), 40);
    let (first, last) = (own[0].0, own[39].1);
    let slope = (last.1 - first.1) / (last.0 - first.0);
    for (from, to) in &own {
        assert!(((to.1 - from.1) / (to.0 - from.0) - slope).abs() < 1e-6);
    }
    // Random orders: the mean falls half as far, and the band reaches from −1 to −3 at the end.
    let random = lines(panel, 1.5);
    assert!((2.0 * (random[39].1.1 - random[0].0.1) - (last.1 - first.1)).abs() < 1e-6);
    let unit = (last.1 - first.1) / 4.0;
    let band = panel.iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => Some(cells.as_slice()),
        _ => None,
    });
    let bands: Vec<_> = band.flatten().collect();
    let end = bands.last().unwrap();
    assert!((end.height - 2.0 * unit).abs() < 1e-6, "{end:?}, {unit}");
    assert!((end.y - (first.1 + unit)).abs() < 1e-6);
    for theme in Theme::ALL {
        check(&chart("faithfulness").unwrap().draw(&[], &Options { theme, ..options(scores()) }).unwrap());
    }
}

#[test]
fn the_caption_has_the_judged_target_and_headings_fit() {
    let judged = scores().with_setting("judged_target", "log-probability");
    let draw = |scores: Scores, width: Option<f64>| {
        let scene = chart("faithfulness").unwrap().draw(&[], &Options { width, ..options(scores) }).unwrap();
        check(&scene);
        texts(&scene.to_svg())
    };
    let said = draw(judged, None).join(" ");
    assert!(said.contains("The log-probability (nats) less that of the whole text"), "{said}");
    let said = draw(scores(), Some(400.0));
    assert!(said.join(" ").contains("The target less that of the whole text"), "{said:?}");
    for text in ["deletion:", "most relevant first", "least relevant first"] {
        assert!(said.iter().any(|found| found == text), "{text} in {said:?}");
    }
}

#[test]
fn scores_without_curves_say_how_to_get_them() {
    let error = chart("faithfulness").unwrap().draw(&[], &Options::default()).unwrap_err();
    assert!(matches!(error, Error::Lacks { chart: "faithfulness", .. }), "{error}");
    let bare = Scores::new(vec![ScoredText::new("a text", 1)], vec![ScoredMethod::new("a")]).unwrap();
    let scene = chart("faithfulness").unwrap().draw(&[], &options(bare)).unwrap();
    check(&scene);
    assert!(texts(&scene.to_svg()).iter().any(|text| text.contains("no curves")));
    let narrow = Options { width: Some(200.0), ..options(scores()) };
    assert!(chart("faithfulness").unwrap().draw(&[], &narrow).is_err());
}

/// Numbers at the edge of what a document can hold.
#[test]
fn hostile_curves_are_drawn_or_left_out() {
    let curve = |values: Vec<Option<f64>>| {
        let shares = (0..values.len()).map(|i| i as f64 / values.len().max(1) as f64).collect();
        Measurement::new(0, 0).with_output(0).with_curve(Curve::most_relevant_first(shares, values))
    };
    for values in [
        vec![],
        vec![None, Some(1.0)],
        vec![Some(1e308), Some(-1e308)],
        vec![Some(0.0); 3],
        vec![Some(1.0), None, Some(f64::MIN_POSITIVE)],
    ] {
        let scores =
            Scores::new(vec![ScoredText::new("a text", 1)], vec![ScoredMethod::new("a\u{202e}b")]).unwrap();
        let scores = scores.with_measurements(vec![curve(values)]);
        check(&chart("faithfulness").unwrap().draw(&[], &options(scores)).unwrap());
    }
}
