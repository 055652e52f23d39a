//! What every chart owes its reader, over the table of charts: a new chart cannot forget it.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{
    all_charts, charts, check, complete, gather, group, run_30, runs_3x30, runs_3x100, state, texts,
    with_deltas, with_ledgers, with_replacements, with_vectors,
};
use proptest::prelude::*;
use saliency_schema::{Interaction, Kind, Ledger, Method, Model, Output, Record, Target, Token};
use saliency_viz_svg::{Error, Look, Options, Palette, State, Theme};
use std::collections::BTreeSet;

fn annotated() -> Record {
    let mut record = run_30();
    record.model = Some(Model::new("gpt2 <small>"));
    record.method = Some(Method::new("gradient-x-input"));
    record.target = Some(Target::new("probability"));
    record.aggregate = Some("l2".into());
    record.normalize = Some("sum".into());
    record
}

#[test]
fn every_chart_says_what_it_shows() {
    for chart in charts() {
        for (record, made) in [(annotated(), true), (run_30(), false)] {
            for theme in Theme::ALL {
                for lock in [None, Some(2)] {
                    let options = Options { theme, ..state(Some(5), lock) };
                    let scene = chart.draw(std::slice::from_ref(&record), &options).unwrap();
                    let svg = scene.to_svg();
                    let all = texts(&svg).join(" · ");
                    // What is not recorded is left out of the picture, and said in its description.
                    for word in ["gradient-x-input", "target: probability", "gpt2 <small>"] {
                        assert_eq!(all.contains(word), made, "{}: {word} in {all}", chart.name());
                    }
                    let words: [&str; 3] = if made {
                        ["method: gradient-x-input", "model: gpt2 <small>", "normalize: sum"]
                    } else {
                        ["method: not recorded", "model: not recorded", "normalize: not recorded"]
                    };
                    for word in words {
                        assert!(scene.description.contains(word), "{word} in {}", scene.description);
                    }
                    assert!(!scene.title.is_empty() && scene.description.ends_with('.'), "{}", chart.name());
                    // Its colours are the sentences', which it says itself.
                    if chart.name() == "map" {
                        continue;
                    }
                    // Pairs have a scale of their own.
                    if chart.name() == "interactions" {
                        for said in [" of 66 pairs, ", " of 12 main effects"] {
                            assert!(scene.description.contains(said), "{said} in {}", scene.description);
                        }
                        continue;
                    }
                    // Errors have an axis.
                    if chart.name() == "convergence" {
                        assert!(scene.description.contains("in % of |f(x) − f(baseline)|"));
                        continue;
                    }
                    // So have sums over sentences.
                    if chart.name() == "segments" {
                        for said in ["of the row", "Rows: the sentences that were generated."] {
                            assert!(scene.description.contains(said), "{said} in {}", scene.description);
                        }
                        continue;
                    }
                    // Parts have a scale of their own, before that of the text.
                    if chart.name() == "ledger" {
                        let ends = if lock.is_some() { "less than for" } else { "raises it" };
                        for said in [ends, "of the row or more", "of 5,190 input cells"] {
                            assert!(scene.description.contains(said), "{said} in {}", scene.description);
                        }
                        continue;
                    }
                    // So have entries of vectors.
                    if chart.name() == "vectors" {
                        for said in ["they hold ", " sums of entries", "keep 75\u{a0}% of the variance"] {
                            assert!(scene.description.contains(said), "{said} in {}", scene.description);
                        }
                        continue;
                    }
                    // The ends, with their unit, and how many cells lie beyond.
                    let compares = lock.is_some() || chart.name() == "scatter";
                    let (left, right) = if compares { ("%", "+") } else { ("0", "") };
                    let mut legend = Vec::new();
                    gather(group(&scene, "legend"), &mut legend);
                    assert!(legend[1].text.contains(left) && legend[2].text.starts_with(right), "{legend:?}");
                    assert!(legend[2].text.contains("\u{a0}%"), "{legend:?}");
                    assert!(scene.description.contains("of the row or more"), "{}", scene.description);
                    // What was replaced are tokens.
                    let cells = if chart.name() == "perturbation" { "5,520" } else { "5,190" };
                    let said = format!("of {cells} input cells");
                    assert!(scene.description.contains(&said), "{}", scene.description);
                }
            }
        }
    }
}

#[test]
fn what_is_no_number_is_told_apart() {
    let tokens =
        (0..6).map(|i| Token::new(i, format!(" t{i}"), if i < 5 { Kind::Input } else { Kind::Output }));
    let row = vec![Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None, Some(0.0)];
    let pairs = row.iter().zip(0..).map(|(value, j)| Interaction::new(0, j, *value)).collect();
    let record = Record::new(tokens.collect(), vec![row]).unwrap().with_interactions(vec![pairs]);
    let record = with_deltas(with_ledgers(record));
    let record = with_vectors(with_replacements(record));
    for chart in charts() {
        // Only the notebook sets the one output against itself.
        let look = if chart.name() == "scatter" { Look::Notebook } else { Look::Plain };
        let options = Options { look, ..Options::default() };
        let svg = chart.draw(std::slice::from_ref(&record), &options).unwrap().to_svg();
        let texts = texts(&svg);
        if chart.name() == "scatter" {
            // A dot needs two numbers; what has none is counted.
            let note = "4 of 5 tokens have no finite pair of values and are not drawn";
            assert!(texts.iter().any(|t| t == note), "{texts:?}");
            continue;
        }
        if chart.name() == "profile" {
            // A share of a row of nothing has no place either.
            let note = "5 of 5 attributions have no finite share and are not drawn";
            assert!(texts.iter().any(|t| t == note), "{texts:?}");
            continue;
        }
        if chart.name() == "map" {
            let note = "5 of 5 words have no finite share and are not drawn";
            assert!(texts.iter().any(|t| t == note), "{texts:?}");
            continue;
        }
        if chart.name() == "convergence" {
            // It draws none of them.
            continue;
        }
        if chart.name() == "segments" {
            // The sum of them all is none either.
            let all = texts.join(" ");
            let notes = ["1 of 5 values are missing", "3 of 5 values are no finite numbers"];
            assert!(notes.iter().all(|note| all.contains(note)) && all.contains("NaN"), "{all}");
            continue;
        }
        for label in ["NaN", "∞", "−∞", "missing"] {
            assert!(texts.iter().any(|t| t == label), "{}: {label}", chart.name());
        }
        let fills: BTreeSet<_> = svg.split("url(#").skip(1).map(|rest| rest.split(')').next()).collect();
        assert_eq!(fills.len(), 4, "{}: {fills:?}", chart.name());
    }
}

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just(String::new()),
        Just("</script><svg onload=\"x\">&amp;]]>".to_owned()),
        Just("\u{0}\u{8}\u{1b}\u{7f}\u{85}\u{feff}\u{ffff}".to_owned()),
        Just(" \u{202e}abc\u{202c}\u{2066}\u{200f}".to_owned()),
        Just("👩‍👩‍👧‍👦🏳️‍🌈 日本語 العربية ไทย e\u{301}\u{302}\u{303}".to_owned()),
        Just("\r\n\t\n\u{2028}".to_owned()),
        Just("x".repeat(10_000)),
        "[ -~]{0,12}",
    ]
}

fn hostile_value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => any::<f64>().prop_map(Some),
        1 => Just(None),
        1 => Just(Some(0.0)),
        1 => prop_oneof![Just(1e-38), Just(1e38), Just(-1e38), Just(f64::MAX), Just(f64::MIN), Just(5e-324)].prop_map(Some),
        3 => (-1.0..1.0).prop_map(Some),
    ]
}

/// All that charts draw besides rows, with the rows' numbers.
fn with_numbers_of_rows(record: Record) -> Record {
    // Each pair with a number of its row.
    let pairs = record.attributions.iter().map(|row: &Vec<Option<f64>>| {
        let places = (0..row.len()).flat_map(|j| (0..=j).map(move |i| (i, j)));
        places.map(|(i, j)| Interaction::new(i, j, row[(i + j) % row.len()])).collect()
    });
    let pairs = pairs.collect();
    // What the parts of a model of two layers add: numbers of the row.
    let outputs = record.attributions.iter().enumerate().map(|(row, values)| {
        let number = |k: usize| values.get(k % values.len().max(1)).copied().flatten();
        let heads = (0..2).map(|layer| (0..3).map(|head| number(3 * layer + head)).collect()).collect();
        let ledger = Ledger::new(heads).with_feed_forward(vec![number(1), number(4)]).with_token(number(2));
        let output = Output::new(record.n_input() + row).with_value(number(0)).with_ledger(ledger);
        output.with_sum(number(1)).with_delta(number(3).or(Some(0.5))).with_baseline_value(number(2))
    });
    let outputs = outputs.collect();
    with_vectors(with_replacements(record.with_interactions(pairs).with_outputs(outputs)))
}

prop_compose! {
    fn hostile_record()(n_input in 0_usize..6, n_output in 0_usize..5)
        (
            tokens in prop::collection::vec((hostile_text(), prop::option::weighted(0.2, prop::collection::vec(any::<u8>(), 0..5))), (n_input + n_output).max(1)),
            values in prop::collection::vec(prop::collection::vec(hostile_value(), 12), n_output),
            n_input in Just(n_input),
        ) -> Record {
        let n_output = values.len();
        let tokens: Vec<Token> = tokens.into_iter().enumerate().map(|(i, (text, bytes))| {
            let kind = if i < n_input || n_output == 0 { Kind::Input } else { Kind::Output };
            let mut token = Token::new(i as u32, text, kind);
            token.bytes = bytes;
            token
        }).collect();
        let rows = values.into_iter().enumerate().map(|(row, values)| values[..n_input + row].to_vec()).collect();
        let record = Record::new(tokens, rows).unwrap();
        with_numbers_of_rows(record)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_record_is_drawn_whole(
        record in hostile_record(),
        hover in prop::option::of(0_usize..5),
        lock in prop::option::of(0_usize..5),
        theme in prop::sample::select(Theme::ALL.to_vec()),
        palette in prop::option::of(prop::sample::select(Palette::ALL.to_vec())),
    ) {
        let inside = |n: Option<usize>| n.filter(|n| *n < record.n_output()).map(State::output);
        let options = Options { hover: inside(hover), lock: inside(lock), theme, palette, ..Options::default() };
        for chart in all_charts() {
            let records = [record.clone(), record.clone()];
            let records = &records[..=usize::from(chart.needs_several())];
            match chart.draw(records, &options) {
                Ok(scene) => check(&scene),
                Err(Error::Palette { palette, .. }) => prop_assert_eq!(Some(palette), options.palette.map(Palette::name)),
                // One row, or the outputs of one word.
                Err(Error::Itself { .. }) => prop_assert!(options.lock.is_some()),
                // Without outputs there are no pairs.
                Err(Error::Lacks { .. }) => prop_assert_eq!(record.n_output(), 0),
                Err(error) => panic!("{error}"),
            }
        }
    }
}

/// Draws every chart of a record, or of two of it, in some states.
fn draw_all(record: &Record) {
    let records = [record.clone(), record.clone()];
    for chart in all_charts() {
        let records = &records[..=usize::from(chart.needs_several())];
        for (hover, lock) in [(None, None), (Some(1), None), (None, Some(0)), (Some(1), Some(0))] {
            match chart.draw(records, &state(hover, lock)) {
                // One row, or the outputs of one word.
                Err(Error::Itself { .. }) if lock.is_some() => {}
                drawn => check(&drawn.unwrap()),
            }
        }
    }
}

#[test]
fn spaces_within_a_token_keep_their_room() {
    let kind = |i: u32| if i < 2 { Kind::Input } else { Kind::Output };
    let tokens = (0..4).map(|i| Token::new(i, "0   A", kind(i))).collect();
    draw_all(&complete(Record::new(tokens, vec![vec![Some(0.5); 2], vec![Some(0.5); 3]]).unwrap()));
}

#[test]
fn numbers_far_apart_have_a_place() {
    let kind = |i: u32| if i < 1 { Kind::Input } else { Kind::Output };
    for rows in [
        vec![vec![None], vec![Some(8e-296), Some(-1e25)]],
        vec![vec![Some(5e-324)], vec![Some(1e308), Some(-1e308)]],
    ] {
        let tokens = (0..3).map(|i| Token::new(i, " word", kind(i))).collect();
        draw_all(&with_numbers_of_rows(Record::new(tokens, rows).unwrap()));
    }
}

#[test]
fn sizes_at_the_edges_are_drawn() {
    let record = |n_input: usize, n_output: usize| {
        let kind = |i: usize| if i < n_input { Kind::Input } else { Kind::Output };
        let tokens = (0..n_input + n_output).map(|i| Token::new(0, " word", kind(i))).collect();
        let rows = (0..n_output).map(|r| vec![Some(0.5); n_input + r]).collect();
        complete(Record::new(tokens, rows).unwrap())
    };
    for (n_input, n_output) in [(1, 0), (1, 1), (0, 2), (5000, 1), (3, 200)] {
        for chart in charts() {
            if chart.lacks(&record(n_input, n_output)).is_some() {
                assert_eq!((chart.name(), n_output), ("interactions", 0));
                continue;
            }
            check(&chart.draw(&[record(n_input, n_output)], &Options::default()).unwrap());
        }
    }
}

#[test]
fn every_state_of_the_real_runs_is_drawn_whole() {
    let (one, several) = ([run_30()], [runs_3x30(), runs_3x100()]);
    let panel = |panel: usize, output: usize| Some(State::new(panel, output));
    for chart in charts() {
        for theme in Theme::ALL {
            for (hover, lock) in [
                (None, None),
                (panel(0, 12), None),
                (None, panel(0, 4)),
                (panel(0, 12), panel(0, 4)),
                (panel(0, 4), panel(0, 12)),
            ] {
                let options = Options { hover, lock, token: Some(60), theme, ..Options::default() };
                check(&chart.draw(&one, &options).unwrap());
            }
            if chart.takes_several() {
                for records in &several {
                    for (hover, lock) in
                        [(None, None), (panel(1, 8), None), (None, panel(0, 5)), (panel(1, 8), panel(0, 5))]
                    {
                        let options = Options { hover, lock, token: Some(60), theme, ..Options::default() };
                        check(&chart.draw(records, &options).unwrap());
                    }
                }
            }
        }
    }
}

#[test]
fn a_width_that_is_asked_for_is_the_pictures() {
    let (one, several) = (vec![run_30()], runs_3x30());
    for chart in charts() {
        for records in [&one, &several] {
            if records.len() > 1 && !chart.takes_several() {
                continue;
            }
            for width in [240.0, 333.0, 500.0, 800.5, 1200.0, 2000.0, 20_000.0] {
                let options = |width: f64| Options { width: Some(width), ..state(Some(12), Some(4)) };
                let drawn = chart.draw(records, &options(width));
                let least = match &drawn {
                    Ok(_) => width,
                    Err(Error::Parameter { name: "width", range, .. }) => {
                        range.split_whitespace().nth(2).unwrap().parse::<f64>().unwrap()
                    }
                    Err(error) => panic!("{}: {error}", chart.name()),
                };
                assert!(drawn.is_ok() || least > width, "{}: {least} is not above {width}", chart.name());
                let scene = chart.draw(records, &options(least)).unwrap();
                assert!((scene.width - least).abs() < 1e-9, "{}: {} for {least}", chart.name(), scene.width);
                check(&scene);
            }
        }
    }
}

#[test]
fn a_figure_draws_what_its_chart_draws() {
    use saliency_viz_svg::{Figure, Minimap, TallHeatmap, TallMultiple, Tokens, chart};
    let (record, several) = (run_30(), runs_3x30());
    let options = Options { theme: Theme::Dark, width: Some(1400.0), ..state(None, Some(3)) };
    let expected = chart("tall-heatmap").unwrap().draw(std::slice::from_ref(&record), &options).unwrap();
    assert_eq!(
        TallHeatmap::new(&record).lock(3).theme(Theme::Dark).width(1400.0).scene().unwrap(),
        expected.clone()
    );
    assert_eq!(
        Figure::new(TallHeatmap, std::slice::from_ref(&record)).options(options).to_svg().unwrap(),
        expected.to_svg()
    );
    let five = Options { columns: Some(5), ..Options::default() };
    let expected = chart("minimap").unwrap().draw(std::slice::from_ref(&record), &five).unwrap();
    assert_eq!(Minimap::new(&record).columns(5).scene().unwrap(), expected);
    let across = Options { lock: Some(State::new(1, 2)), ..Options::default() };
    let expected = chart("tall-multiple").unwrap().draw(&several, &across).unwrap();
    assert_eq!(TallMultiple::new(&several).lock((1, 2)).scene().unwrap(), expected);
    assert_eq!(Tokens::new(&record).top(2).to_text().unwrap().lines().count(), 7);
    assert!(Tokens::new(&record).lock(30).to_svg().is_err());
}
