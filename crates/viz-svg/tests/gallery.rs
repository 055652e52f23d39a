//! The pictures that the documentation shows are what the code draws.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_viz_svg::{Options, State, Theme, chart};
use std::path::Path;

#[test]
fn the_documentations_pictures_are_drawn_by_this_code() {
    let records = saliency_schema::read(include_bytes!("data/run-30.json")).unwrap();
    let options = Options {
        method: Some("grad_x_input (ecco)".into()),
        model: Some("GPT-2 (124M)".into()),
        ..Options::default()
    };
    let locked = Options {
        hover: Some(State::output(12)),
        lock: Some(State::output(4)),
        token: Some(60),
        ..options.clone()
    };
    let dark = Options { theme: Theme::Dark, ..locked.clone() };
    let runs = saliency_schema::read(include_bytes!("../../schema/tests/data/runs-3x30.json")).unwrap();
    let across = Options {
        lock: Some(State::output(5)),
        hover: Some(State { panel: 1, output: 8 }),
        ..locked.clone()
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs");
    let mut stale = Vec::new();
    for (file, name, options) in [
        ("tall-multiple.svg", "tall-multiple", &across),
        ("long-output.svg", "long-output", &across),
        ("tall-heatmap.svg", "tall-heatmap", &options),
        ("tall-heatmap-locked.svg", "tall-heatmap", &locked),
        ("tall-heatmap-dark.svg", "tall-heatmap", &dark),
        ("highlight.svg", "highlight", &options),
        ("highlight-compared.svg", "highlight", &locked),
        ("minimap.svg", "minimap", &options),
        ("scatter.svg", "scatter", &locked),
        ("tokens.svg", "tokens", &options),
    ] {
        let drawn = chart(name)
            .unwrap()
            .draw(if matches!(name, "tall-multiple" | "long-output") { &runs } else { &records }, options)
            .unwrap()
            .to_svg();
        let path = folder.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|kept| kept == drawn) {
            continue;
        }
        if std::env::var_os("SALIENCY_BLESS").is_some() {
            std::fs::write(&path, drawn).unwrap();
        }
        stale.push(file);
    }
    assert!(stale.is_empty(), "{stale:?} differ; run with SALIENCY_BLESS=1, look at them, and run again");
}
