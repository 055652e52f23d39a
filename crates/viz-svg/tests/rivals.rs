//! `rivals`: which words it shows, how long its bars are, and what heads its columns.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw_all, group, texts};
use saliency_schema::{DistanceProfile, Explained, Kind, Method, Named, Output, Record, Token};
use saliency_viz_svg::{Item, Options, Rect, Rivals, Scene, State};

/// One output after three inputs, in nats, against a token with its probability.
fn record(row: [f64; 3], rival: Option<(&str, f64)>) -> Record {
    let token =
        |(i, text): (usize, &str)| Token::new(0, text, if i < 3 { Kind::Input } else { Kind::Output });
    let tokens = [" a", " b", " c", " x"].into_iter().enumerate().map(token).collect();
    let record = Record::new(tokens, vec![row.map(Some).to_vec()]).unwrap().with_signed(true);
    let against = rival.map(|(text, probability)| {
        let named = Named::new(1, text).with_probability(probability);
        Explained::new().with_alternatives(vec![named])
    });
    record.with_outputs(vec![Output::new(3).with_probability(0.5).with_explained(against)])
}

fn two() -> Vec<Record> {
    vec![record([1.0, -4.0, 0.5], Some((" y", 0.25))), record([2.0, 0.5, -0.25], Some((" z", 0.125)))]
}

/// The bars, line by line.
fn bars(scene: &Scene) -> Vec<Rect> {
    let cells = group(scene, "table").iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => cells.first(),
        _ => None,
    });
    cells.copied().collect()
}

// A column is 190 wide, of which 132 are for bars: 66 to each side for the largest size, 4.
#[test]
fn bars_are_as_long_as_values_on_one_scale_for_all_columns() {
    let records = two();
    let scene = draw_all("rivals", &records, &Options::default());
    check(&scene);
    let bars = bars(&scene);
    let line = |i: usize| [bars[2 * i], bars[2 * i + 1]];
    // The first bar, of b, begins where the words' column of 150 ends.
    let left_of_columns = bars[0].x;
    // The strongest words first: b by 4, a by 2, c by 0.5.
    for (i, values) in [[-4.0, 0.5], [1.0, 2.0], [0.5, -0.25]].into_iter().enumerate() {
        for (column, (bar, value)) in line(i).into_iter().zip(values).enumerate() {
            let middle = left_of_columns + 200.0 * column as f64 + 66.0;
            let length = 66.0 * f64::abs(value) / 4.0;
            let left = if value < 0.0 { middle - length } else { middle };
            assert!((bar.x - left).abs() < 1e-9 && (bar.width - length).abs() < 1e-9, "{bar:?}, {value}");
        }
    }
    let said = texts(&scene.to_svg());
    for text in ["b", "−4", "+0.5", "x (50\u{a0}%)", "not y (25\u{a0}%)", "not z (12\u{a0}%)"] {
        assert!(said.iter().any(|t| t == text), "{text}: {said:?}");
    }
    assert_eq!(scene.title, "Why “x” rather than its rivals (output 0)");
    assert!(scene.description.contains("x (50\u{a0}%) not y (25\u{a0}%): most from “b”, −4"));
}

#[test]
fn the_caller_says_how_many_words_and_which_is_marked() {
    let records = two();
    let scene = Rivals::new(&records).top(1).scene().unwrap();
    assert_eq!(bars(&scene).len(), 2);
    let said = |scene: &Scene| texts(&scene.to_svg()).join(" ");
    let strongest = "The 1 strongest of 3 words that the output has read";
    assert!(said(&scene).contains(&format!("{strongest}. Bars: ")), "{}", said(&scene));
    // The marked word is there, however weak.
    let marked = Rivals::new(&records).top(1).token(2).scene().unwrap();
    assert_eq!(bars(&marked).len(), 4);
    assert!(said(&marked).contains(&format!("{strongest}, and “c”. Bars: ")), "{}", said(&marked));
    assert!(texts(&marked.to_svg()).iter().any(|t| t == "c"));
}

#[test]
fn a_record_without_a_rival_is_a_column_of_its_token() {
    let records = [record([1.0, 2.0, 3.0], None), record([1.0, -2.0, 3.0], Some((" y", 0.25)))];
    let scene = draw_all("rivals", &records, &Options::default());
    check(&scene);
    assert_eq!(scene.title, "What “x” (output 0) looked at");
    let said = texts(&scene.to_svg());
    assert_eq!(said.iter().filter(|t| *t == "x (50\u{a0}%)").count(), 2);
}

#[test]
fn a_locked_row_is_taken_from_every_column() {
    let records = two();
    let options = Options { lock: Some(State::new(1, 0)), ..Options::default() };
    let scene = draw_all("rivals", &records, &options);
    check(&scene);
    // b: −4 − 0.5, and the locked column's own difference is nothing.
    let said = texts(&scene.to_svg());
    assert!(said.iter().any(|t| t == "−4.5"), "{said:?}");
    let bars = "to the right what got more than for “x, not z” (output 0), to the left what got less.";
    assert!(said.join(" ").contains(bars), "{said:?}");
}

/// Of one output by two methods, one of which loses the sign: the second is a number as large as it is.
#[test]
fn columns_of_methods_have_their_names_and_their_sides() {
    let unsigned = record([2.0, 0.5, 0.25], None).with_signed(false).with_method(Method::new("attention"));
    let records = [record([1.0, -4.0, 0.5], None).with_method(Method::new("occlusion")), unsigned.clone()];
    let scene = draw_all("rivals", &records, &Options::default());
    check(&scene);
    let said = texts(&scene.to_svg());
    for text in ["0 occlusion", "1 attention"] {
        assert!(said.iter().any(|t| t == text), "{text}: {said:?}");
    }
    assert!(scene.description.contains("x (50\u{a0}%) 1 attention: most from “a”"), "{}", scene.description);
    let said = |scene: &Scene| texts(&scene.to_svg()).join(" ");
    let bars = "to the left what lowers it; in panel 1 how much, without a sign.";
    assert!(said(&scene).contains(bars), "{}", said(&scene));
    let both = draw_all("rivals", &[unsigned.clone(), unsigned.clone()], &Options::default());
    assert!(said(&both).contains("Bars: how much, without a sign."), "{}", said(&both));
    let relative = Some(DistanceProfile::of(&records));
    let relative = draw_all("rivals", &records, &Options { relative, ..Options::default() });
    check(&relative);
    let bars = "Bars: to the right what got more than is usual at its distance (1×)";
    assert!(said(&relative).contains(bars), "{}", said(&relative));
    // With rivals the names are a line more.
    let rivals = [two().remove(0), two().remove(0)];
    check(&draw_all("rivals", &rivals, &Options::default()));
}

#[test]
fn a_column_without_the_output_is_not_comparable() {
    let mut short = two();
    short[1] = Record::new(short[1].tokens[..3].to_vec(), Vec::new()).unwrap();
    let scene = draw_all("rivals", &short, &Options::default());
    check(&scene);
    let said = texts(&scene.to_svg());
    assert!(said.iter().any(|t| t == "no such output") && said.iter().any(|t| t == "not comparable"));
}
