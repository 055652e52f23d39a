//! The charts of scores: what the matrix and the rows of methods say is what the scores hold.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, group, run_30, texts};
use saliency_schema::scores::{Resampling, Score, ScoredMethod, ScoredText};
use saliency_schema::{Method, Scores};
use saliency_viz_svg::{
    Agreement, Error, Item, Look, Methods, Options, Paint, Palette, Pattern, Theme, chart,
};
use std::sync::Arc;

fn scores(names: &[&str], values: impl Fn(usize, usize) -> Option<f64>) -> Scores {
    let methods = names.iter().map(|name| ScoredMethod::new(*name)).collect();
    let mut agreement = Vec::new();
    for a in 0..names.len() {
        for b in a + 1..names.len() {
            let of = |measure: &str| Score::new(measure, a, values(a, b)).with_other(b).with_signed(false);
            agreement.push(of("spearman").with_interval([-0.5, 0.75]));
            agreement.push(of("top-k-overlap").with_k(5).with_chance(0.125));
        }
    }
    Scores::new(vec![ScoredText::new("a text", 30)], methods)
        .unwrap()
        .with_resampling(Resampling::over_blocks(4, 1000, 0.95, 0))
        .with_agreement(agreement)
        .with_verdict("a and b agree.")
}

fn options(scores: Scores) -> Options {
    Options { scores: Some(Arc::new(scores)), ..Options::default() }
}

#[test]
fn the_matrix_holds_every_pair_twice() {
    let scores = scores(&["a", "b", "c"], |a, b| (a + b > 1).then_some(0.25 * (a + b) as f64));
    let scene = chart("agreement").unwrap().draw(&[], &options(scores)).unwrap();
    check(&scene);
    let all = texts(&scene.to_svg());
    for text in ["0 a", "1 b", "2 c", "0.50", "0.75", "−0.50 to 0.75", "chance 0.12"] {
        assert!(all.iter().any(|found| found == text), "{text} in {all:?}");
    }
    // Two of three pairs have a number, below the diagonal and above it.
    for (number, count) in [("0.50", 2), ("0.75", 2)] {
        assert_eq!(all.iter().filter(|text| *text == number).count(), count, "{number}");
    }
    let hatched = group(&scene, "matrix")
        .iter()
        .filter(|item| matches!(item, Item::Cells { paint: Paint::Pattern(Pattern::NotComparable), .. }));
    assert_eq!(hatched.count(), 2);
    assert!(scene.description.contains("a and b agree."), "{}", scene.description);
}

#[test]
fn without_scores_there_is_nothing_to_draw() {
    let error = chart("agreement").unwrap().draw(&[run_30()], &Options::default()).unwrap_err();
    assert!(matches!(error, Error::Lacks { chart: "agreement", .. }), "{error}");
    assert!(error.to_string().contains("saliency compare"), "{error}");
    // Scores without agreement say so.
    let empty = Scores::new(vec![ScoredText::new("a", 1)], vec![ScoredMethod::new("a")]).unwrap();
    let svg = Agreement::new(&run_30()).scores(empty).to_svg().unwrap();
    let said = texts(&svg).join(" ");
    assert!(said.contains("`saliency compare` with a text and two --methods or more"), "{said}");
}

#[test]
fn any_scores_are_drawn_whole_at_any_width() {
    let long = "x".repeat(300);
    let hostile = ["</script><b>", "\u{202e}abc", "", &long, "日本語 العربية", "a\nb"];
    let strange = [None, Some(f64::NAN), Some(f64::INFINITY), Some(-7.0), Some(1.0), Some(-0.001)];
    let hostile = scores(&hostile, |a, b| strange[(a + b) % strange.len()]);
    for theme in Theme::ALL {
        for look in [Look::Plain, Look::Notebook] {
            for width in [None, Some(500.0), Some(2000.0)] {
                let options = Options { theme, look, width, ..options(hostile.clone()) };
                check(&chart("agreement").unwrap().draw(&[], &options).unwrap());
            }
        }
    }
    let narrow = Options { width: Some(240.0), ..options(hostile.clone()) };
    let error = chart("agreement").unwrap().draw(&[], &narrow).unwrap_err();
    assert!(error.to_string().contains("for this chart"), "{error}");
    let sequential = Options { palette: Some(Palette::Viridis), ..options(hostile) };
    assert!(matches!(chart("agreement").unwrap().draw(&[], &sequential), Err(Error::Palette { .. })));
    let many: Vec<String> = (0..40).map(|number| format!("method {number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    check(&chart("agreement").unwrap().draw(&[], &options(scores(&many, |_, _| Some(0.5)))).unwrap());
}

#[test]
fn methods_stand_under_each_other_with_their_agreement() {
    let record = |name: &str| run_30().with_method(Method::new(name));
    let records = [record("a"), record("b"), record("c")];
    let plain = Methods::new(&records).hover(3).scene().unwrap();
    assert!(!texts(&plain.to_svg()).iter().any(|text| text.contains("rank correlation")));
    let scores = scores(&["a", "b", "c"], |a, b| (a + b > 1).then_some(0.25 * (a + b) as f64));
    let scene = Methods::new(&records).hover(3).scores(scores).scene().unwrap();
    check(&scene);
    let all = texts(&scene.to_svg());
    for text in [
        "rank correlation of sizes: undefined with b, 0.50 with c",
        "rank correlation of sizes: 0.50 with a, 0.75 with b",
        "method: b",
    ] {
        assert!(all.iter().any(|found| found == text), "{text} in {all:?}");
    }
    // The same output, and so the same frames, in each.
    let paragraphs = scene.items.iter().filter(|item| matches!(item, Item::Group { name: "paragraph", .. }));
    assert_eq!(paragraphs.count(), 3);
}
