//! Which tokens of two records are compared: by the same place in the same text, or by the same word of two texts.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{AlignedBy, Kind, Record, Token};

/// A record of inputs and outputs, with offsets or without; every number is 0.
fn record(inputs: &[&str], outputs: &[&str], offsets: bool) -> Record {
    let mut reached = 0;
    let kinds =
        inputs.iter().map(|text| (text, Kind::Input)).chain(outputs.iter().map(|text| (text, Kind::Output)));
    let tokens: Vec<_> = kinds
        .map(|(text, kind)| {
            let start = reached;
            reached += text.len();
            let token = Token::new(0, *text, kind);
            if offsets { token.with_span(start..reached) } else { token }
        })
        .collect();
    let rows = (0..outputs.len()).map(|row| vec![Some(0.0); inputs.len() + row]).collect();
    Record::new(tokens, rows).unwrap()
}

fn partners(a: &Record, b: &Record) -> Vec<Option<usize>> {
    a.align(b).partners().to_vec()
}

#[test]
fn the_same_text_is_aligned_as_far_as_both_go_on_alike() {
    for offsets in [true, false] {
        let a = record(&["The", " cat"], &[" sat", " on", " it"], offsets);
        let b = record(&["The", " cat"], &[" sat", " down"], offsets);
        assert_eq!(partners(&a, &b), [Some(0), Some(1), Some(2), None, None]);
        assert_eq!(a.align(&b).by(), AlignedBy::Tokens);
        assert_eq!(partners(&a, &a), (0..5).map(Some).collect::<Vec<_>>());
    }
}

#[test]
fn a_token_of_another_text_is_no_counterpart_for_its_number_or_place() {
    let (a, b) =
        (record(&["The", " cat", " sat"], &[" on"], true), record(&["The", " dog", " sat"], &[" on"], true));
    assert_eq!(partners(&a, &b), [Some(0), None, Some(2), Some(3)]);
    assert_eq!(a.align(&b).by(), AlignedBy::Words);
    // The same letters, other words.
    let (a, b) = (record(&["the", " rapist"], &["."], true), record(&["the", "rapist"], &["."], true));
    assert_eq!(partners(&a, &b), [None, None, Some(2)]);
}

#[test]
fn tokens_and_words_of_one_text_are_aligned_where_they_hold_the_same() {
    let tokens = record(&["Ab", "ig", "ail", " went", " to"], &[" the", " we", "ll"], true);
    let words = record(&["Abigail", " went", " to"], &[" the", " well"], true);
    assert_eq!(partners(&tokens, &words), [None, None, None, Some(1), Some(2), Some(3), None, None]);
    assert_eq!(partners(&words, &tokens), [None, Some(3), Some(4), Some(5), None]);
    assert_eq!(tokens.align(&words).by(), AlignedBy::Bytes);
}

#[test]
fn white_space_that_another_tokenizer_leaves_out_makes_no_difference() {
    let a = record(&["The", " cat"], &[" sat"], true);
    let mut b = record(&["The", "cat"], &["sat"], true);
    for (token, start) in b.tokens.iter_mut().zip([0, 4, 8]) {
        (token.start, token.end) = (Some(start), Some(start + 3));
    }
    assert_eq!(partners(&a, &b), [Some(0), Some(1), Some(2)]);
}

#[test]
fn outputs_that_became_inputs_keep_their_places() {
    let whole = record(&["x"], &[" a", " b", " c", " d"], true);
    let span = record(&["x", " a", " b"], &[" c d"], true);
    assert_eq!(partners(&span, &whole), [Some(0), Some(1), Some(2), None]);
}

#[test]
fn words_that_both_have_are_aligned_in_order() {
    let a = record(&["My", " name", " is", " Ann", ".", " Bye"], &[" x"], true);
    let b = record(&["Oh", ",", " my", " name", " is", " An", "n.", " Ann", ".", " Bye"], &[" y"], true);
    // "My" is not "my"; "Ann." is cut in two ways, and the first one is taken.
    assert_eq!(partners(&a, &b), [None, Some(3), Some(4), None, None, Some(9), None]);
}

/// How long the longest common subsequence is, by the recursion of the textbook.
fn longest(a: &[usize], b: &[usize]) -> usize {
    match (a.split_first(), b.split_first()) {
        (Some((x, a_rest)), Some((y, b_rest))) if x == y => 1 + longest(a_rest, b_rest),
        (Some((_, a_rest)), Some((_, b_rest))) => longest(a_rest, b).max(longest(a, b_rest)),
        _ => 0,
    }
}

proptest! {
    /// By the definition: what is aligned has the same letters, goes forward, and is as long as the quadratic recursion
    /// of the textbook says.
    #[test]
    fn it_is_a_longest_common_subsequence(a in prop::collection::vec(0_usize..3, 1..9), b in prop::collection::vec(0_usize..3, 1..9)) {
        const WORDS: [&str; 3] = [" a", " b", " c"];
        let texts = |words: &[usize]| words.iter().map(|&k| WORDS[k]).collect::<Vec<_>>();
        let (one, two) = (record(&texts(&a), &[" q"], true), record(&texts(&b), &[" r"], true));
        prop_assume!(one.align(&two).by() == AlignedBy::Words);
        let pairs: Vec<_> = (0..a.len()).filter_map(|i| Some((i, one.align(&two).partner(i)?))).collect();
        prop_assert!(pairs.iter().all(|&(i, j)| a[i] == b[j]));
        prop_assert!(pairs.windows(2).all(|w| w[0].1 < w[1].1));
        prop_assert_eq!(pairs.len(), longest(&a, &b));
    }
}
