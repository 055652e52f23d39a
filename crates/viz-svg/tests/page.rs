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
use std::collections::BTreeSet;

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
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
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
    // Every page's script, and what is added to it on the pages that need it.
    let (min, more) = (include_str!("../src/page/page.min.js"), include_str!("../src/page/page-more.min.js"));
    assert!(min.len() < 45_000, "{}", min.len());
    assert!(more.len() - min.len() < 11_500, "{}", more.len() - min.len());
    let (min, more) =
        (include_str!("../src/page/page.min.css"), include_str!("../src/page/page-more.min.css"));
    assert!(min.len() < 11_000 && more.len() < 1_500, "{} {}", min.len(), more.len());
}

/// The names that the script's own fields have in its source are given short ones: none may be in the data.
#[test]
fn no_name_in_the_data_is_one_of_the_scripts_own() {
    fn names(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Array(values) => values.iter().for_each(|value| names(value, found)),
            Value::Object(fields) => fields.iter().for_each(|(name, value)| {
                found.insert(name.clone());
                names(value, found);
            }),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    let ruled = Options { rule: "below:3x".parse().unwrap(), ..Options::default() };
    names(&data(&Page::new(&run_30()).every_chart().options(ruled).to_html().unwrap()), &mut found);
    assert!(found.contains("records") && found.contains("kept") && found.contains("pairs"), "{found:?}");
    for own in ["record", "token", "lock", "pinned", "comparing"] {
        assert!(!found.contains(own), "{own}");
    }
}

// The numbers are NumPy's, in `tests/rule.rs`.
#[test]
fn a_rule_travels_as_a_bit_for_each_attribution() {
    for (rule, kept) in [
        ("below:3x", 259),
        ("punctuation", 5_344),
        ("keep-share:0.5", 980),
        ("punctuation,below:3x,keep-share:0.5", 236),
    ] {
        let options = Options { rule: rule.parse().unwrap(), ..Options::default() };
        let page = Page::report(&run_30()).options(options).to_html().unwrap();
        let bits = data(&page)["records"][0]["kept"]["tokens"].as_str().unwrap().to_owned();
        let bits = STANDARD.decode(bits).unwrap();
        assert_eq!(bits.len(), 5_955_usize.div_ceil(8));
        assert_eq!(bits.iter().map(|byte| byte.count_ones()).sum::<u32>(), kept, "{rule}");
    }
    // No list travels: "yourselves" is one of NLTK's words, and none of the text's.
    let rule = "stop-words,punctuation".parse().unwrap();
    let page = Page::report(&run_30()).options(Options { rule, ..Options::default() }).to_html().unwrap();
    assert!(!page.contains("yourselves"));
    let about =
        "<dt>rule</dt><dd>Shown: no stop words (English, since no language is named), no punctuation: ";
    assert!(page.contains(about), "{}", between(&page, "panel-about", "</div>"));
    assert_eq!(data(&page)["rule"], "no stop words (English, since no language is named), no punctuation");
    let russian = "stop-words,language:xx".parse().unwrap();
    let error = Page::report(&run_30()).options(Options { rule: russian, ..Options::default() }).to_html();
    assert!(error.unwrap_err().to_string().starts_with("unknown language"));
}

#[test]
fn only_pages_that_need_it_have_the_larger_script() {
    let larger = |page: &str| {
        let script = between(page, "</script>\n<script>", "</script>");
        let (min, more) =
            (include_str!("../src/page/page.min.js"), include_str!("../src/page/page-more.min.js"));
        assert!(script == min || script == more);
        script == more
    };
    let plain = saliency_schema::read(include_bytes!("data/run-30.json")).unwrap();
    assert!(!larger(&Page::report(&plain).to_html().unwrap()));
    assert!(!larger(&TallHeatmap::new(&plain).to_html().unwrap()));
    assert!(larger(&Page::report(&run_30()).to_html().unwrap()));
    let ruled = Options { rule: "punctuation".parse().unwrap(), ..Options::default() };
    assert!(larger(&Page::report(&plain).options(ruled).to_html().unwrap()));
    for name in ["interesting", "input-focused", "map"] {
        assert!(larger(&Page::new(&plain).chart(chart(name).unwrap()).to_html().unwrap()), "{name}");
    }
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
    let run = of(include_bytes!("data/run-30.json"));
    let report = Page::report(&run).to_html().unwrap();
    assert!(report.len() < 200_000, "{}", report.len());
    assert_eq!(report, Page::report(&run).to_html().unwrap());
    // With pairs, and two replacements of each input for each output.
    let whole = [run_30()];
    for chart in charts() {
        let lacks = chart.lacks(&run[0]).is_some();
        let records = if lacks { &whole[..] } else { &run[..] };
        let limit = match chart.name() {
            _ if lacks => 240_000,
            // They can be pointed at, which takes the larger script.
            "input-focused" | "interesting" | "map" => 180_000,
            _ => 145_000,
        };
        let page = Page::new(records).chart(*chart).to_html().unwrap();
        assert!(page.len() <= limit, "{}: {}", chart.name(), page.len());
        assert_eq!(page, Page::new(records).chart(*chart).to_html().unwrap());
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
    let large = Record::new(all, rows).unwrap();
    let whole = complete(large.clone());
    for chart in charts() {
        // 400,000 changes by replacements take 2.7 bytes each.
        let (record, limit) =
            if chart.lacks(&large).is_none() { (&large, 1_815_000) } else { (&whole, 3_000_000) };
        let page = Page::new(record).chart(*chart).to_html().unwrap();
        assert!(page.len() <= limit, "{}: {}", chart.name(), page.len());
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
