//! `map`: where its dots are, and what it says of them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, group, run_30, shares, texts};
use saliency_schema::{DistanceProfile, Kind, Record, Token};
use saliency_viz_svg::{Error, Item, Map, Options, Rule, Scene};

/// The words' places, as they are said to who does not see them: name, and two numbers.
fn places(scene: &Scene) -> Vec<(String, [f64; 2])> {
    let words = scene.items.iter().find_map(|item| match item {
        Item::Group { name: "dots", description, .. } => description.clone(),
        _ => None,
    });
    let words = words.unwrap();
    let (_, list) = words.split_once("in % of a row: ").unwrap();
    let number = |text: &str| text.replace('−', "-").parse::<f64>().unwrap();
    let place = |word: &str| {
        let [y, x, name] = word.trim().rsplitn(3, ' ').collect::<Vec<_>>()[..] else { panic!("{word}") };
        (name.to_owned(), [number(x), number(y)])
    };
    list.trim_end_matches(';').split(';').map(place).collect()
}

// NumPy's SVD (tests/data/map/generate.py): what it puts first explains 54.2 and 11.8 % of the variance.
#[test]
fn words_are_where_numpy_puts_them() {
    let expected: serde_json::Value =
        serde_json::from_slice(include_bytes!("data/map/expected.json")).unwrap();
    let scene = Map::new(&run_30()).tokens().scene().unwrap();
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    for words in ["first component: 54\u{a0}% of the variance", "second component: 12\u{a0}% of the variance"]
    {
        assert!(said.contains(words), "{said}");
    }
    assert!(scene.description.contains("these two keep 66\u{a0}% of the variance"), "{}", scene.description);
    let found = places(&scene);
    let scores = expected["all"]["scores"].as_array().unwrap();
    assert_eq!(found.len(), scores.len());
    for ((name, found), expected) in found.iter().zip(scores) {
        for k in 0..2 {
            let expected = 100.0 * expected[k].as_f64().unwrap();
            assert!(
                (found[k] - expected).abs() <= 0.005 * expected.abs() + 1e-9,
                "{name}: {found:?}, {expected}"
            );
        }
    }
    // In the picture one unit is as long to the right as upwards. The largest dot is drawn first, the smallest last.
    let dots: Vec<(f64, f64)> = group(&scene, "dots")
        .iter()
        .map(|item| match item {
            Item::Dots { places, .. } => places[0],
            _ => panic!("a dot"),
        })
        .collect();
    let totals: Vec<f64> = (0..184).map(|t| shares(&run_30()).iter().map(|row| row[t]).sum()).collect();
    let mut order: Vec<usize> = (0..184).collect();
    order.sort_by(|a, b| totals[*b].total_cmp(&totals[*a]));
    let score = |rank: usize, k: usize| scores[order[rank]][k].as_f64().unwrap();
    let unit = (dots[1].0 - dots[0].0) / (score(1, 0) - score(0, 0));
    for rank in 1..40 {
        let across = (dots[rank].0 - dots[0].0) / unit - (score(rank, 0) - score(0, 0));
        let up = (dots[0].1 - dots[rank].1) / unit - (score(rank, 1) - score(0, 1));
        assert!(across.abs() < 1e-9 && up.abs() < 1e-9, "{rank}: {across} {up}");
    }
}

#[test]
fn a_dot_s_area_is_its_share_of_all_rows() {
    let (record, scene) = (run_30(), Map::new(&run_30()).tokens().scene().unwrap());
    let mut totals: Vec<f64> = (0..184).map(|t| shares(&record).iter().map(|row| row[t]).sum()).collect();
    totals.sort_by(|a, b| b.total_cmp(a));
    let radii = group(&scene, "dots").iter().filter_map(|item| match item {
        Item::Dots { radius, .. } => Some(*radius),
        _ => None,
    });
    for (radius, total) in radii.zip(&totals) {
        assert!((radius - (11.0 * (total / totals[0]).sqrt()).max(2.0)).abs() < 1e-9);
    }
    let said = texts(&scene.to_svg()).join(" ");
    let largest = format!("{:.1}\u{a0}%", 100.0 * totals[0] / 30.0);
    assert!(said.contains(&format!("the largest, “organization”: {largest}")), "{largest}: {said}");
}

#[test]
fn two_outputs_are_set_against_each_other_and_what_one_took_twice_of_has_a_name() {
    let scene = Map::new(&run_30()).tokens().outputs(0, 3).scene().unwrap();
    check(&scene);
    let shares = shares(&run_30());
    for ((name, [x, y]), token) in places(&scene).iter().zip(0..) {
        let expected = [100.0 * shares[0][token], 100.0 * shares[3][token]];
        assert!((x - expected[0]).abs() <= 0.005 * x && (y - expected[1]).abs() <= 0.005 * y, "{name}");
    }
    let apart = |name: &str| {
        let named = places(&scene).into_iter().filter(|(own, _)| own == name);
        named.map(|(_, [x, y])| f64::max(x / y, y / x)).fold(0.0, f64::max)
    };
    let mut names = Vec::new();
    common::gather(group(&scene, "names"), &mut names);
    assert!(names.len() > 10 && names.iter().all(|name| apart(&name.text) > 2.0), "{names:?}");
    for (x, y, words) in [(0, 30, "output on an axis 30"), (31, 0, "output on an axis 31")] {
        let error = Map::new(&run_30()).outputs(x, y).to_svg().unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let one = Options { x: Some(1), ..Options::default() };
    let error = saliency_viz_svg::chart("map").unwrap().draw(&[run_30()], &one).unwrap_err();
    assert!(matches!(error, Error::Parameter { name: "x", .. }), "{error}");
    let error = saliency_viz_svg::chart("scatter").unwrap().draw(&[run_30()], &one).unwrap_err();
    assert!(matches!(error, Error::NotAnOption { name: "x", .. }), "{error}");
}

/// So many inputs and outputs, each with the same value.
fn equal(n_input: usize, n_output: usize) -> Record {
    let kind = |i: usize| if i < n_input { Kind::Input } else { Kind::Output };
    let tokens = (0..n_input + n_output).map(|i| Token::new(0, format!(" w{i}"), kind(i))).collect();
    Record::new(tokens, (0..n_output).map(|row| vec![Some(0.1); n_input + row]).collect()).unwrap()
}

#[test]
fn what_is_one_point_says_so() {
    for (record, words) in [
        (equal(7, 3), "All 7 words have the same column, and so one point."),
        (equal(1, 3), "There is one word, and so one point."),
        (equal(4, 0), "The record holds no output."),
        (equal(0, 2), "The record holds no input."),
    ] {
        let scene = draw("map", &record, &Options::default());
        check(&scene);
        assert!(texts(&scene.to_svg()).iter().any(|text| text == words), "{words}");
    }
    // One output alone places words on a line.
    let mut record = equal(3, 1);
    record.attributions[0] = vec![Some(0.7), Some(0.2), Some(0.1)];
    let scene = draw("map", &record, &Options::default());
    check(&scene);
    assert!(scene.description.contains("keep 100\u{a0}% of the variance"), "{}", scene.description);
    // Many outputs are those of sentences.
    let scene = draw("map", &equal(250, 220), &Options::default());
    check(&scene);
}

#[test]
fn a_rule_hides_words_of_which_no_row_keeps_anything_and_moves_none() {
    let (plain, mut rule) = (draw("map", &run_30(), &Options::default()), Rule::new());
    (rule.punctuation, rule.stop_words) = (true, true);
    let ruled = draw("map", &run_30(), &Options { rule, ..Options::default() });
    check(&ruled);
    let (all, kept) = (places(&plain), places(&ruled));
    let is_mark = |name: &str| !name.contains(char::is_alphanumeric);
    assert!(kept.iter().all(|place| all.contains(place) && !is_mark(&place.0) && place.0 != "the"));
    let hidden = all.len() - kept.len();
    assert!(
        texts(&ruled.to_svg()).iter().any(|text| *text == format!("The rule hides all of {hidden} words."))
    );
}

#[test]
fn a_record_without_a_number_has_no_arrow() {
    let token = |(i, text): (u32, &str)| Token::new(i, text, if i < 2 { Kind::Input } else { Kind::Output });
    let tokens = (0..).zip([" a", " b", " x", " y"]).map(token).collect();
    let record = Record::new(tokens, vec![vec![None; 2], vec![None; 3]]).unwrap();
    check(&draw("map", &record, &Options::default()));
}

#[test]
fn places_are_of_shares_whatever_is_asked_for() {
    let record = run_30();
    let relative = Some(DistanceProfile::of(std::slice::from_ref(&record)));
    let scene = draw("map", &record, &Options { relative, ..Options::default() });
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains("which are not set against those at their distance"), "{said}");
}
