//! Records of encoder–decoders in every chart: the source is the text, the target stands apart, and the start token
//! between them is no text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, complete, texts};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Options, State, Theme};

/// `summarize: a b`, its end, the start token, and an answer of two tokens.
fn record() -> Record {
    let inputs = ["summarize", ":", " a", " b", "</s>", "<pad>"].map(|text| Token::new(0, text, Kind::Input));
    let outputs = ["answer", " ends"].map(|text| Token::new(0, text, Kind::Output));
    let rows = vec![(0..6).map(|i| Some(f64::from(i) / 15.0)).collect(), vec![Some(1.0 / 7.0); 7]];
    complete(Record::new(inputs.into_iter().chain(outputs).collect(), rows).unwrap().with_source(5))
}

#[test]
fn every_chart_draws_it_in_every_state_and_theme() {
    for chart in charts() {
        for (hover, lock) in [(None, None), (Some(1), None), (Some(1), Some(0))] {
            for theme in [Theme::Light, Theme::Dark] {
                let state = |row: Option<usize>| row.map(|row| State::new(0, row));
                let options = Options { hover: state(hover), lock: state(lock), theme, ..Options::default() };
                let scene = chart.draw(&[record()], &options).unwrap();
                assert!(texts(&scene.to_svg()).len() > 3, "{}", chart.name());
            }
        }
    }
}

/// Runs of text are words of the paragraph; what names a row, a column or a cell has its own place.
#[test]
fn the_start_token_is_nowhere_in_the_paragraph() {
    for chart in charts() {
        let names_cells =
            ["scatter", "tokens", "long-output", "profile", "interactions", "vectors", "convergence"]
                .contains(&chart.name());
        let drawn = texts(&chart.draw(&[record()], &Options::default()).unwrap().to_svg());
        let found = drawn.iter().filter(|text| text.contains("<pad>")).count();
        let source = drawn.iter().any(|text| text.contains("summarize"));
        if !names_cells {
            // A strong column has its name above the grid.
            assert!(found <= 1 && source, "{}: {drawn:?}", chart.name());
        }
        if chart.name() == "highlight" {
            assert_eq!(found, 0, "{drawn:?}");
            assert!(drawn.iter().any(|text| text.contains("answer")), "{drawn:?}");
        }
    }
}

/// What a mark such as `</s>` drew on answers no one's question, however strong its cells are.
#[test]
fn charts_rest_at_an_output_that_is_a_word() {
    let mut record = record();
    record.tokens[7] = Token::new(1, "</s>", Kind::Output);
    record.attributions[1] = (0..7).map(|i| Some(f64::from(u8::from(i == 2)))).collect();
    let rests_at = |name: &str, record: &Record| {
        let chart = charts().iter().find(|chart| chart.name() == name).unwrap();
        let drawn = texts(&chart.draw(std::slice::from_ref(record), &Options::default()).unwrap().to_svg());
        drawn.iter().find(|text| text.contains("looked at") && text.contains("output ")).cloned().unwrap()
    };
    assert!(rests_at("highlight", &record).contains("“answer”"), "{}", rests_at("highlight", &record));
    record.tokens[6] = Token::new(1, "<pad>", Kind::Output);
    assert!(rests_at("highlight", &record).contains("“</s>”"), "{}", rests_at("highlight", &record));
}
