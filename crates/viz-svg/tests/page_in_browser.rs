//! The page in a browser: draws the pages, and runs `browser/page.test.mjs` over them. Ignored by default, since it
//! needs a Chromium, Node.js and what `cargo xtask page` installs: `cargo xtask test` runs it where they are.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{browser, charts};
use saliency_schema::{Kind, Record, Reduce, Replacement, Segmentation, Target, Token};
use saliency_viz_svg::{
    Chart, Interactions, Options, Page, Perturbation, TallHeatmap, Theme, ToHtml, Tokens,
};
use std::ops::Range;
use std::path::Path;
use std::process::Command;
use unicode_segmentation::UnicodeSegmentation as _;

#[test]
#[ignore = "needs a Chromium and Node.js, which `cargo xtask test` looks for"]
fn the_page_does_what_it_says_in_a_browser() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(&folder).unwrap();
    let read = |file: &str| saliency_schema::read(&std::fs::read(here.join(file)).unwrap()).unwrap();
    let write = |file: &str, text: String| std::fs::write(folder.join(file), text).unwrap();
    let page = |name: &str, page: Page<'_>| write(&format!("{name}.html"), page.to_html().unwrap());
    let run = read("tests/data/run-30.json");
    let runs = read("../schema/tests/data/runs-3x30.json");
    let methods = read("tests/data/methods.jsonl");
    page("report", Page::report(&run));
    page("runs", Page::report(&runs));
    page("methods", Page::report(&methods));
    page("signed", Page::report(&methods[1..2]));
    page("excerpt", Page::report(&run).options(Options { inputs: Some(20..60), ..Options::default() }));
    let ruled = Options { rule: "below:3x".parse().unwrap(), ..Options::default() };
    page("ruled", Page::report(&run).options(ruled));
    let replaced = replaced();
    page("replaced", Page::report(&replaced));
    page("replaced-chart", Page::new(&replaced).chart(&Perturbation));
    let pairs = read("tests/data/pairs.json");
    page("pairs", Page::report(&pairs));
    page("pairs-chart", Page::new(&pairs).chart(&Interactions));
    page("charts", Page::new(&run).chart(&TallHeatmap).chart(&Tokens));
    let odd = [hostile()];
    page("hostile", Page::report(&odd));
    page("hostile-2", Page::report(&[hostile(), hostile()]));
    page("hostile-charts", Page::new(&odd).every_chart());
    page("translated", Page::report(&translated()));
    for (name, outputs) in [("empty", 0), ("single", 1)] {
        page(name, Page::report(&short(outputs)));
    }
    let part = |record: &Record, inputs: Range<usize>| vec![record.with_inputs(inputs).unwrap()];
    let (of_run, unsigned, signed) =
        (part(&run[0], 20..60), part(&methods[0], 5..25), part(&methods[1], 5..25));
    page("excerpt-unsigned", Page::report(&unsigned));
    page("excerpt-signed", Page::report(&signed));
    // What the page sums by itself, as a record is regrouped.
    let (of_run, unsigned, signed) = (&of_run, &unsigned, &signed);
    for (name, records) in [
        ("run-30", &run),
        ("runs-3x30", &runs),
        ("methods", &methods),
        ("excerpt", of_run),
        ("excerpt-unsigned", unsigned),
        ("excerpt-signed", signed),
    ] {
        let of = |group: &dyn Fn(&Record) -> Record| records.iter().map(group).collect::<Vec<_>>();
        let words = of(&|record| record.regroup(&words(record), Reduce::Sum).unwrap());
        let sentences = of(&|record| record.group(&Segmentation::Sentences, Reduce::Sum).unwrap());
        for (grain, records) in [("tokens", records), ("words", &words), ("sentences", &sentences)] {
            let mut json = Vec::new();
            saliency_schema::write(records, &mut json).unwrap();
            write(&format!("{name}.{grain}.json"), String::from_utf8(json).unwrap());
        }
    }
    // Every chart in some states, and a page of it that has to draw the same.
    let states = [
        ("rest", Options::default()),
        ("hovered", Options { hover: Some(12.into()), token: Some(60), ..Options::default() }),
        (
            "locked",
            Options { hover: Some(12.into()), lock: Some(4.into()), token: Some(60), ..Options::default() },
        ),
    ];
    let across = Options { hover: Some((1, 6).into()), lock: Some((0, 3).into()), ..Options::default() };
    // What these records have nothing for is not redrawn by the script.
    let complete = |chart: &&&dyn Chart| run.iter().all(|record| chart.lacks(record).is_none());
    for chart in charts().iter().filter(complete) {
        let pictures = |name: &str, records: &[Record], states: &[(&str, Options)]| {
            page(&format!("{}-{name}", chart.name()), Page::new(records).chart(*chart));
            for (state, options) in states {
                for theme in [Theme::Light, Theme::Dark] {
                    let options = Options { for_page: true, theme, ..options.clone() };
                    let svg = chart.draw(records, &options).unwrap().to_svg();
                    write(&format!("{}-{name}-{state}-{}.svg", chart.name(), theme.name()), svg);
                }
            }
        };
        pictures("run", &run, &states);
        if chart.takes_several() {
            pictures("runs", &runs, &[("across", across.clone())]);
            pictures("methods", &methods, &[("across", across.clone())]);
        }
    }
    for (state, options) in states {
        page(&format!("report-{state}"), Page::report(&run).options(options));
    }
    let frame = "<!DOCTYPE html><html lang=\"en\"><title>frame</title><iframe title=\"page\" sandbox=\"allow-scripts\" \
                 width=\"1200\" height=\"800\" src=\"report.html\"></iframe>\n<script>document.documentElement.className = \
                 \"live\"</script><script type=\"application/json\" id=\"saliency-data\">{}</script></html>";
    write("frame.html", frame.to_owned());

    let modules =
        std::env::var("MODULES").expect("MODULES: the folder that `cargo xtask page` installs into");
    let status = Command::new("node")
        .args(["--test", "--test-reporter=spec"])
        .arg(here.join("tests/browser/page.test.mjs"))
        .env("CHROME", browser().expect("no browser: set CHROME, or put chromium on the PATH"))
        .env("MODULES", modules)
        .env("PAGES", &folder)
        .status()
        .unwrap();
    assert!(status.success());
}

/// Tokens that are fragments of one word: those of the text's words by UAX #29 are apart. Inputs and outputs are too.
fn words(record: &Record) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let n_input = record.n_input();
    for part in [0..n_input, n_input..record.tokens.len()] {
        let text: String = record.tokens[part.clone()].iter().map(|token| &*token.text).collect();
        let mut borders: Vec<usize> = text.split_word_bound_indices().map(|(at, _)| at).collect();
        // White space is no word: a border inside it stays.
        borders.extend(text.match_indices(char::is_whitespace).map(|(at, _)| at));
        let mut at = 0;
        for token in part {
            if borders.contains(&at) {
                starts.push(token);
            }
            at += record.tokens[token].text.len();
        }
    }
    let ends = starts.iter().skip(1).copied().chain([record.tokens.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

/// An encoder read four tokens; the decoder begins with its start token.
fn translated() -> Record {
    let texts = ["The", " house", " is", " small", "", "Das", " Haus", " ist", " klein"];
    let token = |(i, text): (usize, &&str)| {
        Token::new(i as u32, *text, if i < 5 { Kind::Input } else { Kind::Output })
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let value = |row: usize, i: usize| Some(((row * 5 + i * 3) % 7 + 1) as f64);
    let rows = (0..4).map(|row| (0..5 + row).map(|i| value(row, i)).collect()).collect();
    Record::new(tokens, rows).unwrap().with_source(4)
}

/// Words that stood in the place of two, and where they led; the last one could not be run.
fn replaced() -> Vec<Record> {
    let texts = ["The", " first", " to", " Mars", " will", " be", " SpaceX", " and", " Boeing"];
    let token = |(i, text): (usize, &&str)| {
        Token::new(i as u32, *text, if i < 6 { Kind::Input } else { Kind::Output })
    };
    let tokens = texts.iter().enumerate().map(token).collect();
    let rows = (0..3).map(|row| (0..6 + row).map(|i| Some(f64::from((i * 5) % 7) - 2.5)).collect()).collect();
    let mut record = Record::new(tokens, rows).unwrap();
    record.replacements = [1.0, 0.5, -2.0]
        .map(|factor: f64| {
            let one = |at, text: &str, change: f64| Replacement::new(at, text, factor * change);
            vec![
                one(1, " only", 0.25)
                    .with_probability(0.125)
                    .with_continuation(" SpaceX or Boeing".to_owned()),
                one(1, " last", -1.5).with_probability(0.0625),
                one(1, "", -0.5),
                one(3, " Venus", -4.0).with_continuation(" NASA and Boeing".to_owned()),
                Replacement::new(3, " the Moon", None),
            ]
        })
        .into();
    record.target = Some(Target::new("log-probability"));
    vec![record]
}

/// Three words, of which the last are outputs.
fn short(outputs: usize) -> Record {
    let kind = |i: usize| if i + outputs < 3 { Kind::Input } else { Kind::Output };
    let tokens =
        ["One", " two", " three"].iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, kind(i)));
    let rows =
        (0..outputs).map(|row| (0..3 - outputs + row).map(|i| Some(i as f64 + 1.0)).collect()).collect();
    Record::new(tokens.collect(), rows).unwrap()
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
