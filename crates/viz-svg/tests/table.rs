//! The long table: every cell, as it reads back.
#![cfg(feature = "csv")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{run_30, runs_3x30};
use proptest::prelude::*;
use saliency_schema::{Explained, Kind, Method, Named, Output, Record, Token, Without};
use saliency_viz_svg::{AsRecords, Error, LongTable, Options, State};
use std::collections::BTreeMap;

type Row = BTreeMap<String, String>;

fn csv_of<R: AsRecords + ?Sized>(records: &R, options: &Options) -> Vec<Row> {
    let mut bytes = Vec::new();
    LongTable::new(records, options).unwrap().write_csv(&mut bytes).unwrap();
    csv::Reader::from_reader(&bytes[..]).deserialize().map(Result::unwrap).collect()
}

/// Fields by tabs, without quotes, and the four escapes undone.
fn tsv_of<R: AsRecords + ?Sized>(records: &R, options: &Options) -> Vec<Row> {
    let mut bytes = Vec::new();
    LongTable::new(records, options).unwrap().write_tsv(&mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let mut lines = text.strip_suffix('\n').unwrap().split('\n').map(|line| line.split('\t'));
    let names: Vec<&str> = lines.next().unwrap().collect();
    lines
        .map(|line| {
            let fields: Vec<String> = line.map(unescaped).collect();
            assert_eq!(fields.len(), names.len());
            names.iter().map(|&name| name.to_owned()).zip(fields).collect()
        })
        .collect()
}

fn unescaped(field: &str) -> String {
    let (mut text, mut rest) = (String::new(), field.chars());
    while let Some(c) = rest.next() {
        text.push(match c {
            '\\' => match rest.next().unwrap() {
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                other => other,
            },
            other => other,
        });
    }
    text
}

fn number(field: &str) -> Option<f64> {
    (!field.is_empty()).then(|| field.parse().unwrap())
}

fn same(a: Option<f64>, b: Option<f64>) -> bool {
    a.map(f64::to_bits) == b.map(f64::to_bits) || a.is_some_and(f64::is_nan) && b.is_some_and(f64::is_nan)
}

/// Texts and numbers that a careless table loses.
fn hostile() -> Record {
    let texts =
        ["a,b", "\"x\"", " lead", "tab\tand \\t", "line\nfeed\r\n", "神", "NA", "=1+1", "", "\u{feff}"];
    let mut tokens: Vec<Token> =
        texts.iter().enumerate().map(|(i, text)| Token::new(i as u32, *text, Kind::Input)).collect();
    tokens[5].bytes = Some(vec![0xe7, 0xa5]);
    (tokens[1].start, tokens[1].end) = (Some(3), Some(6));
    tokens.push(Token::new(11, " out", Kind::Output));
    tokens.push(Token::new(12, " next", Kind::Output));
    let row = vec![
        Some(0.1 + 0.2),
        Some(f64::NAN),
        Some(f64::INFINITY),
        Some(f64::NEG_INFINITY),
        None,
        Some(-0.0),
        Some(5e-324),
        Some(1.797_693_134_862_315_7e308),
        Some(1.0 / 3.0),
        Some(1e-7),
    ];
    let longer: Vec<_> = row.iter().copied().chain([Some(2.0)]).collect();
    let mut record = Record::new(tokens, vec![row, longer]).unwrap();
    record.method = Some(Method::new("shapley"));
    record.signed = Some(true);
    record.standard_errors = vec![vec![Some(0.25); 10], vec![None; 11]];
    let without = Without::new(std::slice::from_ref(&(0..2)), &record.tokens);
    let explained = Explained::new().with_token(Named::new(3, " mat"));
    let explained = explained.with_alternatives(vec![Named::new(4, " a\tb"), Named::new(5, " hat")]);
    let explained = explained.with_without(without);
    record.outputs = vec![
        Output::new(10).with_probability(0.9).with_delta(1e-9),
        Output::new(11).with_explained(explained),
    ];
    record
}

#[test]
fn every_cell_is_a_row_and_reads_back_in_both_forms() {
    let record = hostile();
    let csv = csv_of(&record, &Options::default());
    assert_eq!(csv, tsv_of(&record, &Options::default()));
    assert_eq!(csv.len(), 10 + 11);
    let cells = (0..2).flat_map(|output| (0..record.attributions[output].len()).map(move |at| (output, at)));
    for (row, (output, at)) in csv.iter().zip(cells) {
        assert_eq!((&*row["output"], &*row["position"]), (&*output.to_string(), &*at.to_string()));
        let token = &record.tokens[at];
        assert_eq!((&row["token"], &row["id"]), (&token.text, &token.id.to_string()));
        assert_eq!(row["kind"], if at < 10 { "input" } else { "output" });
        assert_eq!(row["output_token"], record.tokens[10 + output].text);
        assert!(same(number(&row["value"]), record.attributions[output][at]), "{row:?}");
        assert!(same(number(&row["standard_error"]), record.standard_errors[output][at]));
    }
    let said = |row: usize| ["explained", "against", "without"].map(|column| csv[row][column].clone());
    assert_eq!(said(0), ["", "", ""]);
    assert_eq!(said(10), [" mat", " a\tb\n hat", "a,b\"x\""]);
    let first = &csv[0];
    assert_eq!(first["value"], "0.30000000000000004");
    assert_eq!((&*first["method"], &*first["signed"], &*first["model"]), ("shapley", "true", ""));
    assert_eq!((&*first["probability"], &*first["delta"], &*first["logit"]), ("0.9", "1e-9", ""));
    assert_eq!((&*csv[1]["start"], &*csv[1]["end"], &*csv[0]["start"]), ("3", "6", ""));
    assert_eq!((&*csv[5]["bytes"], &*csv[0]["bytes"]), ("e7a5", ""));
    let spelled: Vec<&str> = csv[1..5].iter().map(|row| &*row["value"]).collect();
    assert_eq!(spelled, ["NaN", "inf", "-inf", ""]);
    assert!(!first.contains_key("difference"));
}

#[test]
fn a_lock_adds_the_difference() {
    let record = run_30();
    let options = Options { lock: Some(State::output(4)), ..Options::default() };
    let rows = csv_of(&record, &options);
    for row in &rows {
        let (output, at): (usize, usize) = (row["output"].parse().unwrap(), row["position"].parse().unwrap());
        let value = |output: usize| record.attributions[output].get(at).copied().flatten();
        let expected = value(output).zip(value(4)).map(|(own, locked)| own - locked);
        assert!(same(number(&row["difference"]), expected), "{row:?}");
    }
    assert!(rows.iter().any(|row| row["difference"].is_empty()), "what the locked row has not read");
    let outside = Options { lock: Some(State::output(99)), ..Options::default() };
    assert!(matches!(LongTable::new(&record, &outside), Err(Error::Outside { .. })));
}

#[test]
fn several_records_are_numbered_and_one_can_be_chosen() {
    let records = runs_3x30();
    let all = csv_of(&records, &Options::default());
    let cells = |record: &Record| record.attributions.iter().map(Vec::len).sum::<usize>();
    assert_eq!(all.len(), records.iter().map(cells).sum::<usize>());
    let one = csv_of(&records, &Options { record: Some(2), model: Some("m".into()), ..Options::default() });
    assert_eq!(one.len(), cells(&records[2]));
    assert!(one.iter().all(|row| row["record"] == "2" && row["model"] == "m"));
    assert_eq!(all.last().unwrap()["value"], one.last().unwrap()["value"]);
}

proptest! {
    #[test]
    fn any_text_and_any_number_read_back(text in any::<String>(), bits in any::<u64>()) {
        let tokens = vec![Token::new(1, text.clone(), Kind::Input), Token::new(2, text.clone(), Kind::Output)];
        let value = f64::from_bits(bits);
        let record = Record::new(tokens, vec![vec![Some(value)]]).unwrap();
        for rows in [csv_of(&record, &Options::default()), tsv_of(&record, &Options::default())] {
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(&rows[0]["token"], &text);
            prop_assert_eq!(&rows[0]["output_token"], &text);
            prop_assert!(same(number(&rows[0]["value"]), Some(value)));
        }
    }
}
