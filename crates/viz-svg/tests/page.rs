//! The page: one file that asks the network for nothing, runs only its own script, and holds the records' values.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{charts, complete, run_30};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{
    Error, Highlight, LongOutput, Minimap, Options, Page, State, TallHeatmap, TallMultiple, Theme, ToHtml,
    chart,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

fn hostile() -> Record {
    let token = |text: &str, kind| Token::new(0, text, kind);
    let tokens = vec![
        token("</style></script><script>alert(1)</script>", Kind::Input),
        token("<!--<script>", Kind::Input),
        token("\u{2028}\u{2029}${alert(1)}`'\"\\", Kind::Input),
        token("<img src=x onerror=alert(1)>", Kind::Output),
        token("javascript:alert(1)", Kind::Output),
    ];
    Record::new(tokens, vec![vec![Some(1.0), Some(0.5), None], vec![Some(0.1); 4]]).unwrap()
}

fn of_all(records: &[Record]) -> String {
    Page::new(records).every_chart().to_html().unwrap()
}

fn between<'a>(page: &'a str, open: &str, close: &str) -> &'a str {
    page.split_once(open).unwrap().1.split_once(close).unwrap().0
}

fn data(page: &str) -> Value {
    serde_json::from_str(between(page, "id=\"saliency-data\">", "</script>")).unwrap()
}

#[test]
fn the_policy_allows_its_own_script_and_style_and_nothing_else() {
    let page = TallHeatmap::new(&run_30()).to_html().unwrap();
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    let style = hash(between(&page, "<style>", "</style>"));
    let script = hash(between(&page, "<script>", "</script>"));
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    let expected = format!(
        "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; img-src data:; base-uri 'none'; \
         form-action 'none'"
    );
    assert_eq!(policy, expected);
}

#[test]
fn tokens_are_text_and_only_the_pages_own_script_is_one() {
    let report = |records: &[Record]| Page::report(records).to_html().unwrap();
    let (one, two) = ([hostile()], [hostile(), hostile()]);
    for page in [of_all(&one), of_all(&two), report(&one), report(&two)] {
        assert_eq!(page.matches("<script").count(), 2);
        assert_eq!(page.matches("</script").count(), 2);
        assert_eq!(page.matches("<style").count(), 1);
        // Outside the block of data, whose brackets are escaped, tokens are text with its own escapes.
        let (before, after) = page.split_once("id=\"saliency-data\">").unwrap();
        let block = after.split_once("</script>").unwrap().0;
        assert!(!block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']));
        let text = before.replace("&lt;img src=x onerror", "");
        for never in ["<img", "<!--", "style=\"", "=\"javascript", " onerror", "\u{2028}", "\u{2029}"] {
            assert_eq!(text.matches(never).count(), 0, "{never}");
        }
        // The only addresses are the name of a language.
        assert_eq!(page.matches("http").count(), page.matches("http://www.w3.org/2000/svg").count() + 1);
        let ids: Vec<&str> =
            page.match_indices(" id=\"").map(|(at, _)| page[at + 5..].split('"').next().unwrap()).collect();
        assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
        assert_eq!(data(&page)["records"][0]["texts"][0], "</style></script><script>alert(1)</script>");
    }
}

#[test]
fn the_script_never_makes_mark_up_of_text() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/page/script");
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(files.len() > 10);
    for file in files {
        let script = std::fs::read_to_string(&file).unwrap();
        for never in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "eval(",
            "new Function",
            "document.write",
            "fetch(",
        ] {
            assert!(!script.contains(never), "{}: {never}", file.display());
        }
    }
    let min = include_str!("../src/page/page.min.js");
    assert!(min.len() < 45_000, "{}", min.len());
}

/// The values as another reader would take them out: see `page/encode.rs`, and the script's own reading.
#[test]
fn the_values_are_all_there() {
    let mut record = run_30();
    record.attributions[3][5] = None;
    record.attributions[3][6] = Some(f64::NAN);
    record.attributions[3][7] = Some(f64::INFINITY);
    record.attributions[3][8] = Some(f64::NEG_INFINITY);
    record.attributions[4][0] = Some(-0.125);
    record.attributions[5].iter_mut().for_each(|x| *x = Some(0.0));
    let page = Highlight::new(&record).to_html().unwrap();
    let held = &data(&page)["records"][0];
    assert_eq!(held["inputs"], record.n_input());
    let bytes = STANDARD.decode(held["values"].as_str().unwrap()).unwrap();
    let mut codes = bytes.chunks(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
    for (row, values) in record.attributions.iter().enumerate() {
        let scale = held["scales"][row].as_f64().unwrap();
        for (token, value) in values.iter().enumerate() {
            let code = codes.next().unwrap();
            match value {
                None => assert_eq!(code, -32_768),
                Some(x) if x.is_nan() => assert_eq!(code, -32_767),
                Some(x) if x.is_infinite() => assert_eq!(code, if *x > 0.0 { 32_767 } else { -32_766 }),
                Some(x) => {
                    let kept = f64::from(code) / 32_760.0 * scale;
                    assert!((kept - x).abs() <= 0.51 / 32_760.0 * scale, "{row} {token}: {kept} {x}");
                }
            }
        }
    }
    assert_eq!(codes.next(), None);
}

#[test]
fn pages_are_small_and_the_same_each_time() {
    let of = |json: &[u8]| saliency_schema::read(json).unwrap();
    let run = [run_30()];
    let report = Page::report(&run).to_html().unwrap();
    assert!(report.len() < 200_000, "{}", report.len());
    assert_eq!(report, Page::report(&run).to_html().unwrap());
    for chart in charts() {
        let page = Page::new(&run).chart(*chart).to_html().unwrap();
        assert!(page.len() <= 145_000, "{}: {}", chart.name(), page.len());
        assert_eq!(page, Page::new(&run).chart(*chart).to_html().unwrap());
    }
    let runs = of(include_bytes!("../../schema/tests/data/runs-3x100.json"));
    for page in [LongOutput::new(&runs).to_html(), TallMultiple::new(&runs).to_html()] {
        let page = page.unwrap();
        assert!(page.len() <= 440_000, "{}", page.len());
    }
    // With its heat maps in three grains, thumbnails, panels and columns.
    let report = Page::report(&runs).to_html().unwrap();
    assert!(report.len() <= 550_000, "{}", report.len());
    let tokens = |n: usize, kind| (0..n).map(move |i| Token::new(i as u32, format!(" token{i}"), kind));
    let all = tokens(1_000, Kind::Input).chain(tokens(200, Kind::Output)).collect();
    let value = |row: usize, i: usize| Some(((row * 31 + i * 17) % 997) as f64 / 997.0);
    let rows = (0..200).map(|row| (0..1_000 + row).map(|i| value(row, i)).collect()).collect();
    let large = complete(Record::new(all, rows).unwrap());
    for chart in charts() {
        let page = Page::new(&large).chart(*chart).to_html().unwrap();
        assert!(page.len() <= 1_815_000, "{}: {}", chart.name(), page.len());
    }
}

#[test]
fn a_page_opens_in_the_state_that_is_asked_for() {
    let runs = saliency_schema::read(include_bytes!("../../schema/tests/data/runs-3x30.json")).unwrap();
    let options = Options {
        hover: Some(State::new(1, 8)),
        lock: Some(State::output(5)),
        token: Some(60),
        theme: Theme::Dark,
        ..Options::default()
    };
    let page = Page::new(&runs).every_chart().options(options);
    let page = page.to_html().unwrap();
    let data = data(&page);
    assert_eq!(data["state"], "hover=1:8&lock=0:5&token=60");
    assert_eq!(data["theme"], "dark");
    // Without script the chart of the resting record is seen; others are drawn when they are asked for.
    let [all, hidden] = ["<section data-figure", "\" hidden>\n<h2>"].map(|text| page.matches(text).count());
    assert_eq!(all, data["figures"].as_array().unwrap().len());
    assert_eq!(page.matches("<svg").count(), all);
    let switched = charts().iter().filter(|chart| !chart.takes_several() && chart.name() != "scatter");
    assert!(hidden > 0 && hidden <= 2 * switched.count(), "{hidden}");
}

/// The data's state and figures, of a record with nothing, with one output, and with a source.
#[test]
fn a_report_has_the_tabs_that_add_something() {
    let tabs = |records: &[Record]| {
        let page = Page::report(records).to_html().unwrap();
        let tabs = page.split("data-tab=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
        tabs.collect::<Vec<_>>().join(" ")
    };
    let read = |json: &[u8]| saliency_schema::read(json).unwrap();
    assert_eq!(tabs(&[run_30()]), "every table about");
    assert_eq!(
        tabs(&read(include_bytes!("../../schema/tests/data/runs-3x30.json"))),
        "every continuations table about"
    );
    assert_eq!(
        tabs(&read(include_bytes!("../../schema/tests/data/runs-3x100.json"))),
        "every continuations long table about"
    );
    assert_eq!(tabs(&read(include_bytes!("data/methods.jsonl"))), "every methods table about");
    let tokens = |kind| vec![Token::new(0, "One", Kind::Input), Token::new(1, " two", kind)];
    assert_eq!(tabs(&[Record::new(tokens(Kind::Output), vec![vec![Some(1.0)]]).unwrap()]), "table about");
    assert_eq!(tabs(&[Record::new(tokens(Kind::Input), Vec::new()).unwrap()]), "table about");
}

#[test]
fn what_a_page_cannot_show_is_refused() {
    let record = run_30();
    let outside = |hover: State| {
        Page::new(&record)
            .chart(&Highlight)
            .options(Options { hover: Some(hover), ..Options::default() })
            .to_html()
            .unwrap_err()
    };
    assert!(matches!(outside(State::output(30)), Error::Outside { what: "hovered output", found: 30, .. }));
    assert!(matches!(outside(State::new(1, 0)), Error::Outside { .. }));
    let none: [Record; 0] = [];
    assert!(matches!(Page::new(&none).chart(&Highlight).to_html(), Err(Error::NoRecord)));
    assert!(matches!(Page::new(&record).to_html(), Err(Error::NoChart)));
    assert!(matches!(Minimap::new(&record).record(3).to_html(), Err(Error::NoSuchRecord { .. })));
    // An option of one chart does not stop a page of several.
    let options = Options { columns: Some(2), ..Options::default() };
    let page = Page::new(&record).chart(&Minimap).chart(&TallHeatmap).options(options.clone());
    assert!(page.to_html().is_ok());
    let page = Page::new(&record).chart(&TallHeatmap).options(options);
    assert!(matches!(page.to_html(), Err(Error::NotAnOption { .. })));
    assert_eq!(chart("minimap").unwrap().own_options(), ["columns"]);
}
