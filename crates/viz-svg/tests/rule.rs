//! Rules: what they keep, what they cost, and that nothing else changes.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, check, draw, gather, group, groups, run_30, runs_3x30, state, texts};
use proptest::prelude::*;
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Error, Interesting, Item, Options, Paint, Pattern, Rule, TallHeatmap, Theme, Tokens};

fn rule(text: &str) -> Rule {
    text.parse().unwrap()
}

fn with(text: &str) -> Options {
    Options { rule: rule(text), tokens: true, ..Options::default() }
}

/// What a picture says of its rule.
fn said(scene: &saliency_viz_svg::Scene) -> String {
    let mut lines = Vec::new();
    gather(group(scene, "rule"), &mut lines);
    lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
}

proptest! {
    #[test]
    fn a_rule_is_what_is_read_of_its_text(
        (stop_words, punctuation) in (any::<bool>(), any::<bool>()),
        below in prop::option::of(1e-9..1e9),
        keep_share in prop::option::of(1e-9..1.0),
        language in prop::option::of("[a-z]{2}"),
    ) {
        let mut rule = Rule::new();
        (rule.stop_words, rule.punctuation, rule.below) = (stop_words, punctuation, below);
        (rule.keep_share, rule.language) = (keep_share, language);
        prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
    }

    #[test]
    fn no_text_is_more_than_refused(text in any::<String>()) {
        if let Ok(rule) = text.parse::<Rule>() {
            prop_assert_eq!(rule.to_string().parse::<Rule>().unwrap(), rule);
        }
    }
}

#[test]
fn a_rule_is_spelled_in_one_way_and_what_is_none_is_refused_by_name() {
    let all = rule(" below:1.5x, punctuation,stop-words ,keep-share:0.8,language:de");
    assert_eq!(all.to_string(), "stop-words,punctuation,below:1.5x,keep-share:0.8,language:de");
    assert_eq!(rule("below:3"), rule("below:3×"));
    assert!(rule("").is_empty() && rule("language:de").is_empty() && !rule("punctuation").is_empty());
    assert_eq!(
        rule("below:2,punctuation").and(rule("below:3,stop-words")),
        rule("stop-words,punctuation,below:3")
    );
    for text in
        ["stopwords", "below", "below:", "below:x", "keep-share:a lot", ",", "punctuation,", "language:"]
    {
        let error = text.parse::<Rule>().unwrap_err().to_string();
        assert!(error.contains("stop-words, punctuation, below:N"), "{text}: {error}");
    }
    for text in
        ["below:0", "below:-1", "below:inf", "below:NaN", "keep-share:0", "keep-share:1.01", "keep-share:NaN"]
    {
        assert!(matches!(text.parse::<Rule>(), Err(Error::Parameter { .. })), "{text}");
    }
}

// NumPy, with `shares` the rows of run-30, each over its sum, and `words` whether a token's text has a letter or a
// digit (those without are punctuation, spaces and brackets):
//
// def largest(s, part):
//     order = np.argsort(-s, kind="stable"); c = np.cumsum(s[order]); k = np.zeros(len(s), bool)
//     k[order[:(c < part - 1e-12).sum() + 1]] = True; return k
// below = [s * len(s) >= 3 for s in shares]             # 259 of 5955; hidden: 0.7419664668455305
// marks = [words[:len(s)] for s in shares]              # 5344 of 5955; hidden: 0.09876432817782246
// half = [largest(s, .5) for s in shares]               # 980 of 5955; hidden: 0.4966081228415049
// all three                                             # 236 of 5955; hidden: 0.7626231063857503
// hidden = np.mean([s[~k].sum() for s, k in zip(shares, keep)])
#[test]
fn what_is_kept_is_what_numpy_keeps() {
    for (text, words) in [
        (
            "below:3x",
            "Shown: 3× an even share or more: 259 of 5,955 attributions. Hidden: 74\u{a0}% of a row’s Σ|value| in the mean.",
        ),
        (
            "punctuation",
            "Shown: no punctuation: 5,344 of 5,955 attributions. Hidden: 9.9\u{a0}% of a row’s Σ|value| in the mean.",
        ),
        (
            "keep-share:0.5",
            "Shown: the largest that hold 50\u{a0}% of a row: 980 of 5,955 attributions. Hidden: 50\u{a0}% of a row’s Σ|value| in the mean.",
        ),
        (
            "punctuation,below:3x,keep-share:0.5",
            "236 of 5,955 attributions. Hidden: 76\u{a0}% of a row’s Σ|value| in the mean.",
        ),
    ] {
        let options = with(text);
        let scene = draw("tall-heatmap", &run_30(), &options);
        check(&scene);
        assert!(said(&scene).contains(words), "{}", said(&scene));
        assert!(scene.description.contains(words), "{}", scene.description);
    }
}

#[test]
fn every_chart_takes_a_rule_and_its_legend_stays() {
    for chart in charts() {
        let records = if chart.takes_several() { runs_3x30() } else { vec![run_30()] };
        // A rule is of attributions, and pairs, sums and entries are none.
        if !chart.draws_attributions() {
            let ruled = Options { rule: rule("punctuation"), ..Options::default() };
            assert!(
                chart.draw(&records, &ruled).unwrap_err().to_string().contains("a rule is of attributions")
            );
            continue;
        }
        for theme in Theme::ALL {
            for lock in [None, Some(4)] {
                let ruled =
                    Options { theme, rule: rule("stop-words,punctuation,below:2x"), ..state(Some(12), lock) };
                let scene = chart.draw(&records, &ruled).unwrap();
                check(&scene);
                let said = said(&scene);
                assert!(
                    said.contains("no stop words (English, since no language is named), no punctuation, 2×"),
                    "{said}"
                );
                assert!(said.contains(" attributions. Hidden: "), "{}: {said}", chart.name());
                // The colours' ends are those of all; the map's are sentences.
                if chart.name() == "map" {
                    continue;
                }
                let plain = chart.draw(&records, &Options { rule: Rule::new(), ..ruled.clone() }).unwrap();
                let ends = |scene: &saliency_viz_svg::Scene| {
                    let mut texts = Vec::new();
                    gather(group(scene, "legend"), &mut texts);
                    (texts[1].text.clone(), texts[2].text.split("\u{a0}%").next().unwrap().trim().to_owned())
                };
                assert_eq!(ends(&scene), ends(&plain), "{}", chart.name());
                // What keeps all looks as nothing had been asked for, but for the sentence.
                let keeps_all = Options { rule: rule("keep-share:1"), ..ruled.clone() };
                let whole = chart.draw(&records, &keeps_all).unwrap();
                let of = |scene: &saliency_viz_svg::Scene| {
                    let items =
                        scene.items.iter().filter(|item| !matches!(item, Item::Group { name: "rule", .. }));
                    items.count()
                };
                if chart.name() != "interesting" {
                    assert_eq!(of(&whole), of(&plain), "{}", chart.name());
                }
            }
        }
    }
}

/// `The race to Mars ,` and two outputs, of which the first took 1, 4, 1, 4, 0 of 10.
fn race() -> Record {
    let texts = ["The", " race", " to", " Mars", ",", " is", " on"];
    let kind = |i: usize| if i < 5 { Kind::Input } else { Kind::Output };
    let tokens = texts.iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i))).collect();
    let first = [1.0, 4.0, 1.0, 4.0, 0.0].map(Some).to_vec();
    let second = [4.0, 1.0, 1.0, 1.0, 0.0, 3.0].map(Some).to_vec();
    Record::new(tokens, vec![first, second]).unwrap()
}

/// Where the first row's cells are hidden, by token.
fn hidden(options: &Options) -> Vec<bool> {
    let scene = draw("tall-heatmap", &race(), options);
    check(&scene);
    let cells = group(&scene, "rows");
    let found = |paint: &Paint| matches!(paint, Paint::Pattern(Pattern::Hidden));
    let covers = |x: f64| {
        cells.iter().any(|item| match item {
            Item::Cells { paint, cells } if found(paint) => {
                let top = cells.iter().map(|rect| rect.y).fold(f64::INFINITY, f64::min);
                cells.iter().any(|r| r.x < x && x < r.x + r.width && (r.y - top).abs() < 1.0)
            }
            _ => false,
        })
    };
    let frame = cells.iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => Some(cells.clone()),
        _ => None,
    });
    let left = frame.clone().flatten().map(|rect| rect.x).fold(f64::INFINITY, f64::min);
    let bar = 12.0;
    (0..5).map(|token| covers(left + bar * (f64::from(token) + 0.5))).collect()
}

#[test]
fn each_part_hides_what_it_says() {
    assert_eq!(hidden(&with("stop-words")), [true, false, true, false, false]);
    assert_eq!(hidden(&with("punctuation")), [false, false, false, false, true]);
    // An even share of five is 2 of 10.
    assert_eq!(hidden(&with("below:1x")), [true, false, true, false, true]);
    // Two hold 8 of 10; of the three that hold 8.5, the first of the equal ones.
    assert_eq!(hidden(&with("keep-share:0.8")), [true, false, true, false, true]);
    assert_eq!(hidden(&with("keep-share:0.85")), [false, false, true, false, true]);
    assert_eq!(hidden(&with("stop-words,punctuation,below:1x")), [true, false, true, false, true]);
}

#[test]
fn a_difference_is_shown_where_either_row_is_kept() {
    // The second row keeps "The", 4 of 10 in six, and "is"; the first one "race" and "Mars".
    let options = Options { hover: Some(0.into()), lock: Some(1.into()), ..with("below:1.2x") };
    let table = Tokens::new(&race()).options(options).to_text().unwrap();
    let shown = |word: &str| table.lines().any(|line| line.ends_with(&format!("  {word}")));
    assert!(shown("The") && shown("race") && shown("Mars") && !shown("to") && !shown(","), "{table}");
    assert!(
        table.contains("Shown: 1.2× an even share or more: 3 of 5 attributions. Hidden: 10\u{a0}%"),
        "{table}"
    );
}

#[test]
fn hidden_is_a_pattern_of_its_own_in_words_and_in_colours() {
    let scene = draw("tall-heatmap", &race(), &with("stop-words"));
    let svg = scene.to_svg();
    assert!(texts(&svg).iter().any(|text| text == "hidden") && svg.contains("-hidden\""), "{svg}");
    let words = scene.items.iter().find_map(|item| match item {
        Item::Group { name: "rows", description, .. } => description.clone(),
        _ => None,
    });
    // 0.1 and 0.4 of 1e-3 or so are 100 and 400.
    let words = words.unwrap();
    assert!(words.contains("A · is hidden by the rule.") && words.contains("is: · 400 · 400 0"), "{words}");
}

#[test]
fn a_text_of_another_script_needs_its_language() {
    let tokens = ["Гонка", " на", " Марс", " идёт"].iter().enumerate();
    let tokens = tokens.map(|(i, text)| Token::new(0, *text, if i < 3 { Kind::Input } else { Kind::Output }));
    let record = Record::new(tokens.collect(), vec![vec![Some(0.9), Some(0.05), Some(0.05)]]).unwrap();
    let error = TallHeatmap::new(&record).rule(rule("stop-words")).to_svg().unwrap_err();
    assert!(error.is_usage() && error.to_string().contains("`Rule::language`, one of: ar, az"), "{error}");
    let russian = TallHeatmap::new(&record).rule(rule("stop-words,language:ru")).scene().unwrap();
    assert!(
        said(&russian).contains("no stop words (ru): 2 of 3 attributions. Hidden: 5.0\u{a0}%"),
        "{}",
        said(&russian)
    );
    let error = TallHeatmap::new(&record).rule(rule("stop-words,language:xx")).to_svg().unwrap_err();
    assert!(error.to_string().starts_with("unknown language \"xx\"; there are: ar, "), "{error}");
    // What keeps content words by itself does without, and says so.
    let scene = Interesting::new(&record).scene().unwrap();
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains("Stop words stay: the text is not mostly Latin"), "{said}");
    let scene = Interesting::new(&record).rule(rule("language:ru")).scene().unwrap();
    assert!(texts(&scene.to_svg()).join(" ").contains("no stop words (ru)"));
}

#[test]
fn what_does_not_take_it_refuses() {
    for chart in charts() {
        let expand = Options { expand: vec![1], ..Options::default() };
        let language = Options { rule: rule("language:de"), ..Options::default() };
        for (options, name) in [(expand, "expand"), (language, "language")] {
            let drawn = chart.draw(&[run_30()], &options);
            assert_eq!(drawn.is_ok(), chart.name() == "interesting", "{}", chart.name());
            assert!(drawn.err().is_none_or(|error| error.to_string().contains(name)));
        }
    }
    let beyond = Interesting::new(&run_30()).expand(30).to_svg().unwrap_err();
    assert!(
        beyond.to_string().contains("expanded output 30 is outside the record, which has 30 outputs"),
        "{beyond}"
    );
}

// The same NumPy, of row 3 alone: the kept ones and their shares are what its chips are.
#[test]
fn a_chip_is_as_wide_as_its_share() {
    let options = Options { hover: Some(0.into()), ..with("below:1x") };
    let scene = draw("interesting", &race(), &options);
    check(&scene);
    assert!(
        groups(&scene, "chips").len() == 1 && said(&scene).contains("4 of 11 attributions"),
        "{}",
        said(&scene)
    );
    // Each has a rim of muted ink under it.
    let rims = group(&scene, "chips").iter().filter_map(|item| match item {
        Item::Cells { paint, cells } if *paint == Paint::Color(Theme::Light.muted()) => Some(cells),
        _ => None,
    });
    // 4 and 4 of 10, then 4 and 3 of 10.
    let widths: Vec<f64> = rims.flatten().map(|rect| rect.width).collect();
    let [a, b, c, d] = widths[..] else { panic!("{widths:?}") };
    assert!((a - b).abs() < 1e-9 && (a - c).abs() < 1e-9 && (d / a - 0.75).abs() < 1e-9, "{widths:?}");
    // An output that is expanded is all of the text.
    let whole = Interesting::new(&run_30()).expand(0).scene().unwrap();
    check(&whole);
    assert!(whole.height > Interesting::new(&run_30()).scene().unwrap().height + 100.0);
}
