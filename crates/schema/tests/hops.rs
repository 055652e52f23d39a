//! Hops over earlier outputs, against numbers by hand and a twin that adds up paths one by one.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{Error, Explained, Kind, Named, Output, Record, Reduce, Token, Vectors};

type Rows = Vec<Vec<Option<f64>>>;

fn record(n_input: usize, rows: Rows) -> Record {
    let token = |at| Token::new(0, "a", if at < n_input { Kind::Input } else { Kind::Output });
    Record::new((0..n_input + rows.len()).map(token).collect(), rows).unwrap()
}

fn known(rows: &[&[f64]]) -> Rows {
    rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect()
}

fn three() -> Record {
    record(2, known(&[&[3.0, 1.0], &[1.0, 1.0, 2.0], &[-4.0, 0.0, 2.0, 2.0]]))
}

// Shares: 3/4, 1/4; 1/4, 1/4, 1/2. The last row after a hop: −4 + 2 · 3/4 + 2 · 1/4, 2 · 1/4 + 2 · 1/4, 2 · 1/2, 0.
#[test]
fn three_outputs_are_those_by_hand() {
    let one = three().hops(1).unwrap();
    assert_eq!(one.attributions, known(&[&[3.0, 1.0], &[2.5, 1.5, 0.0], &[-2.0, 1.0, 1.0, 0.0]]));
    assert_eq!(one.hops, Some(1));
    let two = three().hops(2).unwrap();
    assert_eq!(two.attributions, known(&[&[3.0, 1.0], &[2.5, 1.5, 0.0], &[-1.25, 1.25, 0.0, 0.0]]));
    assert_eq!(three().hops(1000).unwrap().attributions, two.attributions);
    // (4 + 4 + 2.5) / (4 + 4 + 8)
    let note = "2 hops: signs multiply along a path, and paths of opposite signs cancel; 66 % of all Σ |value| is left";
    assert_eq!(two.notes, [note]);
    assert_eq!(three().hops(0).unwrap(), three());
}

/// What a row gives to a token by all paths of at most k steps over outputs, a path at a time: a path that is cut off
/// after k steps ends on an output.
fn by_paths(rows: &[Vec<f64>], n_input: usize, row: usize, k: u32, token: usize) -> f64 {
    fn share(rows: &[Vec<f64>], row: usize, token: usize) -> f64 {
        rows[row].get(token).map_or(0.0, |x| x / rows[row].iter().map(|x| x.abs()).sum::<f64>())
    }
    fn walk(rows: &[Vec<f64>], n_input: usize, at: usize, left: u32, token: usize) -> f64 {
        if at < n_input || left == 0 {
            return if at == token { 1.0 } else { 0.0 };
        }
        let steps = 0..at;
        steps.map(|to| share(rows, at - n_input, to) * walk(rows, n_input, to, left - 1, token)).sum()
    }
    (0..n_input + row).map(|first| rows[row][first] * walk(rows, n_input, first, k, token)).sum()
}

#[test]
fn hops_are_the_sum_over_all_paths() {
    let mut state = 1_u64;
    let mut number = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / f64::from(1 << 24) - 0.4
    };
    for (n_input, outputs, source) in [(1, 6, None), (3, 5, None), (4, 4, Some(3))] {
        let rows: Vec<Vec<f64>> =
            (0..outputs).map(|row| (0..n_input + row).map(|_| number()).collect()).collect();
        for unsigned in [false, true] {
            let sized = |x: &f64| if unsigned { x.abs() } else { *x };
            let rows: Vec<Vec<f64>> = rows.iter().map(|row| row.iter().map(sized).collect()).collect();
            let mut whole =
                record(n_input, rows.iter().map(|row| row.iter().copied().map(Some).collect()).collect());
            if let Some(source) = source {
                whole = whole.with_source(source);
            }
            for k in 0..=outputs as u32 {
                let hopped = whole.hops(k).unwrap();
                for (row, values) in hopped.attributions.iter().enumerate() {
                    for (token, value) in values.iter().enumerate() {
                        let expected = by_paths(&rows, n_input, row, k, token);
                        assert!((value.unwrap() - expected).abs() < 1e-12, "{k} {row} {token}");
                    }
                    if unsigned {
                        assert!((hopped.row_total(row) - whole.row_total(row)).abs() < 1e-12);
                    }
                }
                assert_eq!(hopped.notes.is_empty(), unsigned || k == 0);
            }
        }
    }
}

// The last row gives 2 to an output whose row has no shares, where it stays, and 4 to one that has 1/4 and a missing
// value: 1 + 4 · 1/4, a missing value where nothing arrives, and 4 · 3/4 on the first output.
#[test]
fn what_is_missing_passes_nothing_on_and_what_has_no_shares_keeps_it() {
    let rows = vec![
        vec![Some(0.0), Some(0.0)],
        vec![Some(1.0), None, Some(3.0)],
        vec![Some(1.0), None, Some(2.0), Some(4.0)],
        vec![None, Some(1.0), None, Some(4.0), None],
        vec![Some(f64::NAN), Some(0.5), Some(0.0), Some(0.0), Some(0.0), Some(2.0)],
    ];
    let hopped = record(2, rows).hops(1).unwrap();
    assert_eq!(hopped.attributions[2], [Some(2.0), None, Some(5.0), Some(0.0)]);
    assert_eq!(hopped.attributions[3], [Some(1.0), Some(1.0), Some(3.0), Some(0.0), None]);
    assert!(hopped.attributions[4][0].unwrap().is_nan());
    // 2 along the row before, of 1 + 4.
    assert_eq!(hopped.attributions[4][1..], [Some(0.9), Some(0.0), Some(1.6), Some(0.0), Some(0.0)]);
}

// Of groups: the second row has 2 inside its group of 4 in all, and the first 1 of 2. A hop passes both on again:
// 1 + 2 · 1/4 + 1 · 1/2, 1 · 1/2 + 2 · 1/4, 2 · 2/4.
#[test]
fn what_fell_inside_a_group_is_passed_on_along_its_own_row() {
    let none = vec![None; 2];
    let vectors = Vectors::new(none.clone(), none.clone(), none);
    let outputs = vec![
        Output::new(1).with_within(1.0),
        Output::new(2).with_within(2.0).with_delta(0.1).with_vectors(vectors),
    ];
    let hopped = record(1, known(&[&[1.0], &[1.0, 1.0]])).with_outputs(outputs).hops(1).unwrap();
    assert_eq!(hopped.attributions, known(&[&[1.5], &[2.0, 1.0]]));
    assert_eq!(hopped.outputs.iter().map(|output| output.within).collect::<Vec<_>>(), [Some(0.5), Some(1.0)]);
    assert!(hopped.outputs[1].delta.is_none() && hopped.outputs[1].vectors.is_none());
}

#[test]
fn groups_and_excerpts_of_a_record_with_hops_say_so() {
    let hopped = three().hops(1).unwrap();
    assert_eq!(hopped.regroup(&[0..2, 2..3, 3..5], Reduce::Sum).unwrap().hops, Some(1));
    assert_eq!(hopped.with_inputs(0..1).unwrap().hops, Some(1));
    let mut bytes = Vec::new();
    saliency_schema::write(std::slice::from_ref(&hopped), &mut bytes).unwrap();
    assert_eq!(saliency_schema::read(&bytes).unwrap(), [hopped]);
}

#[test]
fn what_has_no_hops_is_refused_with_the_reason() {
    let why = |record: &Record| match record.hops(1).unwrap_err() {
        error @ Error::Hops { why } if error.is_usage() => why.split([',', ';']).next().unwrap(),
        error => panic!("{error}"),
    };
    assert_eq!(why(&three().hops(1).unwrap()), "the record has hops");
    assert_eq!(why(&three().with_inputs(0..1).unwrap()), "the record leaves inputs out");
    let explained = Explained::new().with_token(Named::new(3, "b"));
    let outputs =
        (2..5).map(|token| Output::new(token).with_explained((token == 3).then(|| explained.clone())));
    let other = three().with_outputs(outputs.collect());
    assert_eq!(why(&other), "a row explains another token than the one that was produced");
    let inputs_only =
        record(1, vec![vec![Some(1.0)], vec![Some(1.0), None], vec![Some(1.0), Some(0.0), None]]);
    assert_eq!(why(&inputs_only), "no row gives anything to an earlier output");
}
