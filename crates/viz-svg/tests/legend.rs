//! The legend: a title and few lines, whatever the chart, its state and its width.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, check, gather, groups, run_30, runs_3x30};
use saliency_schema::{Method, Model, Record, Target};
use saliency_viz_svg::{Error, Options, Scene, State};

fn annotated(mut record: Record, number: usize) -> Record {
    let methods = ["integrated-gradients", "gradient-x-input", "occlusion"];
    record.model = Some(Model::new("gpt2"));
    record.method = Some(Method::new(methods[number % 3]));
    record.target = Some(Target::new("log-probability"));
    record.aggregate = Some("l2".into());
    record.normalize = Some("sum".into());
    record
}

/// The baselines of the texts above what is drawn.
fn lines(scene: &Scene, names: &[&str]) -> usize {
    let mut texts = Vec::new();
    for name in names {
        for group in groups(scene, name) {
            gather(group, &mut texts);
        }
    }
    let mut baselines: Vec<i64> = texts.iter().map(|text| text.y.round() as i64).collect();
    baselines.sort_unstable();
    baselines.dedup();
    baselines.len()
}

#[test]
fn a_legend_is_a_title_and_two_lines() {
    let one = vec![annotated(run_30(), 0)];
    let several: Vec<_> = runs_3x30().into_iter().enumerate().map(|(k, run)| annotated(run, k)).collect();
    // A signed record beside unsigned ones: two bars.
    let mut mixed = several.clone();
    mixed[1].signed = Some(true);
    mixed[1].attributions[0][0] = Some(-0.01);
    mixed[1].notes.push("did not converge".into());
    let panel = |panel: usize, output: usize| Some(State::new(panel, output));
    let (mut drawn, mut narrow) = (0, 0);
    for chart in charts() {
        for records in [&one, &several, &mixed] {
            if records.len() > 1 && !chart.takes_several() {
                continue;
            }
            let last = records.len() - 1;
            for (hover, lock) in
                [(None, None), (panel(0, 12), None), (None, panel(last, 4)), (panel(0, 12), panel(last, 4))]
            {
                for width in
                    [None, Some(300.0), Some(420.0), Some(499.0), Some(640.0), Some(900.0), Some(1600.0)]
                {
                    let options = Options { hover, lock, width, ..Options::default() };
                    let scene = match chart.draw(records, &options) {
                        Err(Error::Parameter { name: "width", .. }) => continue,
                        scene => scene.unwrap(),
                    };
                    check(&scene);
                    let found = lines(&scene, &["legend", "provenance"]) - 1;
                    let most = if scene.width < 500.0 { 3 } else { 2 };
                    assert!(found <= most, "{} at {width:?}: {found} lines", chart.name());
                    assert!(lines(&scene, &["notes"]) <= 1);
                    drawn += 1;
                    narrow += usize::from(scene.width < 500.0);
                }
            }
        }
    }
    assert!(drawn > 150 && narrow > 20, "{drawn} pictures, {narrow} of them narrow");
}

#[test]
fn what_is_not_recorded_is_left_out_and_the_rest_is_in_words() {
    for chart in charts() {
        let scene = chart.draw(&[run_30()], &Options::default()).unwrap();
        assert!(groups(&scene, "provenance").is_empty(), "{}", chart.name());
        let scene = chart.draw(&[annotated(run_30(), 1)], &Options::default()).unwrap();
        let mut texts = Vec::new();
        gather(groups(&scene, "provenance")[0], &mut texts);
        assert!(texts[0].text.starts_with("gradient-x-input · target: log-probability · gpt2"), "{texts:?}");
        for words in ["method: gradient-x-input", "aggregate: l2", "normalize: sum", "model: gpt2"] {
            assert!(scene.description.contains(words), "{}: {words}", scene.description);
        }
    }
}

#[test]
fn a_pages_pictures_have_no_legend() {
    let record = annotated(run_30(), 0);
    for chart in charts() {
        let options = Options { for_page: true, ..Options::default() };
        let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
        assert_eq!(lines(&scene, &["legend", "provenance", "notes"]), 0, "{}", chart.name());
    }
}

#[test]
fn every_chart_of_a_record_with_hops_says_how_many() {
    let hopped = annotated(run_30(), 1).hops(2).unwrap();
    let mut drawn = 0;
    for chart in charts().iter().filter(|chart| chart.draws_attributions()) {
        let Ok(scene) = chart.draw(std::slice::from_ref(&hopped), &Options::default()) else { continue };
        assert!(scene.to_svg().contains("gradient-x-input (2 hops)"), "{}", chart.name());
        drawn += 1;
    }
    assert!(drawn >= 10, "{drawn}");
}
