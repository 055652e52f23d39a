//! Records compared: by hand, in other tokenisations, and those that don't belong together.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::record;
use saliency_compare::saliency_schema::scores::{Score, Scores};
use saliency_compare::saliency_schema::{Kind, Record, Token, spearman};
use saliency_compare::{Comparison, Table};

const INPUTS: [&str; 4] = ["The", " cat", " sat", " on"];
const OUTPUTS: [&str; 3] = [" the", " mat", "."];

#[expect(clippy::unnecessary_wraps, reason = "a value may be missing")]
fn rising(r: usize, i: usize) -> Option<f64> {
    Some((r + i) as f64 + 1.0)
}

fn find<'s>(scores: &'s Scores, measure: &str, pair: (usize, usize), signed: bool) -> &'s Score {
    let is = |s: &&Score| {
        (s.measure.as_str(), s.method, s.other, s.signed) == (measure, pair.0, Some(pair.1), Some(signed))
    };
    scores.agreement.iter().find(is).unwrap()
}

fn message(records: &[Record]) -> String {
    Comparison::of(records).unwrap_err().to_string()
}

#[test]
fn the_mean_is_over_outputs_and_what_is_missing_is_counted() {
    let a = record("a", &INPUTS, &OUTPUTS, rising);
    // Row 0 upside down, row 1 the same, row 2 constant.
    let b = record("b", &INPUTS, &OUTPUTS, |r, i| match r {
        0 => Some(-(i as f64) - 1.0),
        1 => (i != 2).then_some(2.0 * i as f64 + 1.0),
        _ => Some(7.0),
    });
    let scores = Comparison::of(&[a, b]).unwrap().scores().unwrap();
    assert_eq!(scores.methods.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!((scores.texts[0].name.as_str(), scores.texts[0].outputs), ("The cat sat on", 3));
    let signed = find(&scores, "spearman", (0, 1), true);
    assert_eq!(signed.by_output, [Some(-1.0), Some(1.0), None]);
    assert_eq!((signed.value, signed.count, signed.undefined), (Some(0.0), Some(2), Some(1)));
    // 4 + 4 + 6 pairs of values; one is missing.
    assert_eq!((signed.pairs, signed.left_out), (Some(14), Some(1)));
    let absolute = find(&scores, "spearman", (0, 1), false);
    assert_eq!(absolute.by_output, [Some(1.0), Some(1.0), None]);
    // Three outputs are too few for an interval.
    assert_eq!(absolute.interval, None);
    let signs = find(&scores, "sign-agreement", (0, 1), true);
    assert_eq!(signs.by_output, [Some(0.0), Some(1.0), Some(1.0)]);
    // All values of a are positive, and of b none, all, and all.
    assert_eq!(signs.chance, Some(2.0 / 3.0));
    // k is what the shortest row has.
    let top = find(&scores, "top-k-overlap", (0, 1), false);
    assert_eq!((top.k, top.value), (Some(4), Some(1.0)));
    assert_eq!(scores.agreement.len(), 13);
}

#[test]
fn without_a_sign_there_are_absolute_values_alone() {
    let records = [
        record("a", &INPUTS, &OUTPUTS, rising),
        record("b", &INPUTS, &OUTPUTS, rising).with_signed(false),
        record("c", &INPUTS, &OUTPUTS, rising),
    ];
    let scores = Comparison::of(&records).unwrap().scores().unwrap();
    let signed: Vec<_> = scores.agreement.iter().filter(|s| s.signed == Some(true)).collect();
    assert!(signed.iter().all(|s| (s.method, s.other) == (0, Some(2))) && signed.len() == 7);
    assert_eq!(scores.caveats, ["without a sign, and compared by absolute values alone: b"]);
}

#[test]
fn other_tokens_of_the_same_text_are_aligned() {
    let a = record("a", &["A", " straw", "berry", " is"], &[" red", " now"], rising);
    let b = record("b", &["A", " strawberry", " is"], &[" re", "d", " now"], |r, i| Some((r * i) as f64));
    let scores = Comparison::of(&[a.clone(), b.clone()]).unwrap().scores().unwrap();
    let found = find(&scores, "spearman", (0, 1), true);
    // Output " red" has no counterpart. Of " now", "A" and " is" have one: the row of a holds A, straw, berry, is, red;
    // that of b A, strawberry, is, re, d.
    let by_hand = spearman(
        &[a.attributions[1][0], a.attributions[1][3]],
        &[b.attributions[2][0], b.attributions[2][2]],
    );
    assert_eq!(found.by_output, [None, by_hand]);
    assert_eq!((found.pairs, found.left_out), (Some(2), Some(4 + 3)));
    assert_eq!(scores.caveats.len(), 2, "{:?}", scores.caveats);
    // The other way round: outputs are those of the first record.
    let scores = Comparison::of(&[b, a]).unwrap().scores().unwrap();
    assert_eq!(find(&scores, "spearman", (0, 1), true).by_output, [None, None, by_hand]);
}

#[test]
fn several_texts_are_pooled_by_method() {
    let text = |name: &'static str| ["The", name, " sat"];
    let mut records = Vec::new();
    for (number, name) in [" cat", " dog", " cow", " hen", " pig", " fox", " owl"].into_iter().enumerate() {
        let inputs = text(name);
        // In every other text the methods are the other way round.
        let a = record("a", &inputs, &OUTPUTS, rising);
        let b = record("b", &inputs, &OUTPUTS, move |r, i| {
            Some(if number < 2 { -(i as f64) - 1.0 } else { rising(r, i)? })
        });
        records.extend(if number % 2 == 0 { [a, b] } else { [b, a] });
    }
    let scores = Comparison::of(&records).unwrap().scores().unwrap();
    let found = find(&scores, "spearman", (0, 1), true);
    assert_eq!(found.value, Some(9.0 / 21.0));
    let [low, high] = found.interval.unwrap();
    assert!(low < 9.0 / 21.0 && high > 9.0 / 21.0 && low >= -1.0 && high <= 1.0, "{low} {high}");
    assert_eq!(scores.resampling.as_ref().unwrap().over, "texts");
    // The same numbers again, and other ones with another seed.
    assert_eq!(Comparison::of(&records).unwrap().scores().unwrap(), scores);
    let intervals = |seed: u64| {
        let scores = Comparison::of(&records).unwrap().seed(seed).resamples(20).scores().unwrap();
        scores.agreement.iter().map(|score| score.interval).collect::<Vec<_>>()
    };
    assert_ne!(intervals(0), intervals(1));
    // A text that lacks a method.
    assert_eq!(
        message(&records[..3]),
        "the text \"The dog sat\" has no record of a, which \"The cat sat\" has; every text needs the same methods, made \
         in the same way"
    );
}

#[test]
fn what_does_not_match_is_named() {
    let a = record("a", &INPUTS, &OUTPUTS, rising);
    assert_eq!(
        message(&[]),
        "no record to compare; agreement needs records of two methods or more on the same text"
    );
    assert!(message(std::slice::from_ref(&a)).starts_with("one record to compare"));
    let mut other = INPUTS;
    other[1] = " dog";
    let b = record("b", &other, &OUTPUTS, rising);
    assert_eq!(
        message(&[a.clone(), b]),
        "record 1 is not of the same text as record 0: token 1 is \" dog\" there and \" cat\" in record 0; compare \
         records of one text and one continuation"
    );
    let c = record("c", &INPUTS, &[" the", " rug", "."], rising);
    assert!(
        message(&[a.clone(), c]).contains(": output 1 (token 5) is \" rug\" there and \" mat\" in record 0;")
    );
    let none = record("d", &INPUTS, &[], rising);
    assert_eq!(message(&[a.clone(), none]), "record 1 has no outputs, and so no rows to compare");
    let e = record("e", &INPUTS, &OUTPUTS, rising);
    let records = [a, e];
    let comparison = |k| Comparison::of(&records).unwrap().k(k).scores();
    assert!(comparison(4).is_ok());
    assert_eq!(
        comparison(5).unwrap_err().to_string(),
        "k is 5, and output 0 of record 0 has 4 tokens before it; k is from 1 to 4"
    );
    assert!(comparison(0).is_err());
    let of = || Comparison::of(&records).unwrap();
    for wrong in [of().persistence(1.0), of().confidence(0.0), of().resamples(1)] {
        assert!(wrong.scores().unwrap_err().is_usage());
    }
}

#[test]
fn a_shorter_continuation_is_compared_as_far_as_it_goes() {
    let a = record("a", &INPUTS, &OUTPUTS, rising);
    let b = record("b", &INPUTS, &OUTPUTS[..2], rising);
    let scores = Comparison::of(&[a, b]).unwrap().scores().unwrap();
    assert_eq!(find(&scores, "kendall", (0, 1), true).by_output, [Some(1.0), Some(1.0), None]);
    assert_eq!(scores.caveats, ["continuations differ in length: outputs that one lacks are left out"]);
}

#[test]
fn numbers_that_are_none_and_records_of_one_method_twice() {
    let strange = [None, Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(0.0), Some(-0.0)];
    let a = record("a", &INPUTS, &OUTPUTS, |r, i| strange[(r + i) % 6]);
    let b = record("a", &INPUTS, &OUTPUTS, |r, i| strange[(r + 2 * i) % 6]);
    let c = record("a", &INPUTS, &OUTPUTS, |_, _| None);
    let scores = Comparison::of(&[a, b, c]).unwrap().scores().unwrap();
    assert_eq!(scores.methods.iter().map(|m| m.name.as_str()).collect::<Vec<_>>(), ["a", "a 2", "a 3"]);
    let nothing = find(&scores, "cosine", (0, 2), false);
    assert_eq!((nothing.value, nothing.count, nothing.pairs), (None, Some(0), Some(0)));
    assert_eq!(scores.verdict.as_deref().map(str::is_empty), Some(false));
}

#[test]
fn tables_hold_every_pair() {
    let mut records: Vec<_> = ["a|b", "c", "d"].map(|name| record(name, &INPUTS, &OUTPUTS, rising)).into();
    records[1].tokens[0] = Token::new(0, "The", Kind::Input);
    let scores = Comparison::of(&records).unwrap().scores().unwrap();
    let [table] = &Table::of(&scores)[..] else { panic!("one table") };
    assert_eq!((table.rows.len(), table.header.len()), (6, 10));
    assert_eq!(table.title, "Agreement: means over 3 outputs, too few for intervals.");
    assert!(table.to_markdown().contains("| a\\|b | c | signed | 1.00 |"), "{}", table.to_markdown());
    assert!(table.to_text().contains("a|b     c      signed    1.00"), "{}", table.to_text());
    let mut csv = Vec::new();
    Table::write_csv(&scores, &mut csv).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    assert_eq!(csv.lines().count(), 1 + 3 * 13);
    assert!(csv.lines().all(|line| line.split(',').count() == 31));
}
