//! The page in a browser: draws the pages, and runs `browser/page.test.mjs` over them. Ignored by default, since it
//! needs a Chromium, Node.js and what `cargo xtask page` installs: `cargo xtask test` runs it where they are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::browser;
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Highlight, Options, Page, TallHeatmap, TallMultiple, ToHtml, Tokens, charts};
use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "needs a Chromium and Node.js, which `cargo xtask test` looks for"]
fn the_page_does_what_it_says_in_a_browser() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let pages = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&pages).unwrap();
    let read = |file: &str| saliency_schema::read(&std::fs::read(here.join(file)).unwrap()).unwrap();
    let run = read("tests/data/run-30.json");
    let runs = read("../schema/tests/data/runs-3x30.json");
    let methods = read("tests/data/methods.jsonl");
    let write = |name: &str, page: String| std::fs::write(pages.join(format!("{name}.html")), page).unwrap();
    let all = |records: &[Record]| Page::new(records).every_chart().to_html().unwrap();
    write("highlight", Highlight::new(&run).to_html().unwrap());
    write("tall-heatmap", TallHeatmap::new(&run).to_html().unwrap());
    write("tokens", Tokens::new(&run).to_html().unwrap());
    write("tall-multiple-3", TallMultiple::new(&runs).to_html().unwrap());
    write("all", all(&run));
    write("methods", all(&methods));
    write("hostile", all(&[hostile()]));
    write("hostile-2", all(&[hostile(), hostile()]));
    // Every chart at rest and locked: pictures that the script draws again.
    let states = [
        ("rest", Options::default()),
        (
            "locked",
            Options { hover: Some(12.into()), lock: Some(4.into()), token: Some(60), ..Options::default() },
        ),
    ];
    let across = Options { hover: Some((1, 6).into()), lock: Some((0, 3).into()), ..Options::default() };
    for chart in charts() {
        let page = |records: &[Record], options: &Options| {
            Page::new(records).chart(*chart).options(options.clone()).to_html().unwrap()
        };
        for (state, options) in &states {
            write(&format!("same-{}-{state}", chart.name()), page(&run, options));
        }
        if chart.takes_several() {
            write(&format!("same-{}-runs", chart.name()), page(&runs, &across));
            write(&format!("same-{}-methods", chart.name()), page(&methods, &across));
        }
    }
    let frame = "<!DOCTYPE html><html lang=\"en\"><title>frame</title><iframe title=\"page\" sandbox=\"allow-scripts\" \
                 width=\"1200\" height=\"800\" src=\"tall-heatmap.html\"></iframe>\n<script>document.documentElement.className = \
                 \"live\"</script><script type=\"application/json\" id=\"saliency-data\">{}</script></html>";
    write("frame", frame.to_owned());

    let modules =
        std::env::var("MODULES").expect("MODULES: the folder that `cargo xtask page` installs into");
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .arg(here.join("tests/browser/page.test.mjs"))
        .env("CHROME", browser().expect("no browser: set CHROME, or put chromium on the PATH"))
        .env("MODULES", modules)
        .env("PAGES", &pages)
        .env("RECORDS", here.join("tests/data"))
        .status()
        .unwrap();
    assert!(status.success());
}

/// What would run, load, or end its block if it were taken for anything but text.
fn hostile() -> Record {
    let texts = [
        "</script><script>alert(1)</script>",
        "<!--<script>",
        "<img src=x onerror=alert(1)>",
        "<svg onload=alert(1)>",
        "\u{2028}\u{2029}${alert(1)}`",
        "'\"><iframe src=javascript:alert(1)>",
        "\u{202e}evil\u{202c}",
        "",
        "\u{0}\u{1b}[2J",
        "👩‍👩‍👧 שלום 漢字",
    ];
    let mut tokens: Vec<Token> =
        texts.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Input)).collect();
    tokens.extend(texts[..4].iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Output)));
    let special =
        [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(1e308), Some(-1e-308)];
    let rows =
        (0..4).map(|row| (0..10 + row).map(|i| special[(i + row) % special.len()]).collect()).collect();
    Record::new(tokens, rows).unwrap()
}
