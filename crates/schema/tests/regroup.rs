//! Records of groups of tokens: numbers by hand, and what holds for every record and every grouping.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use saliency_schema::{
    Explained, Interaction, Kind, Ledger, Named, Output, Record, Reduce, Regrouped, Replacement, Token,
    Vectors, Without, read, write,
};
use std::ops::Range;

/// Three inputs, `A b c`, and three outputs, ` x`, `y` and ` z`.
fn six() -> Record {
    let texts = ["A", " b", " c", " x", "y", " z"];
    let mut reached = 0;
    let tokens = texts.iter().zip(10..).map(|(text, id)| {
        let kind = if id < 13 { Kind::Input } else { Kind::Output };
        let start = reached;
        reached += text.len();
        Token::new(id, *text, kind).with_span(start..reached)
    });
    let rows: [&[f64]; 3] = [&[1.0, 2.0, 3.0], &[4.0, 5.0, 6.0, 7.0], &[8.0, -9.0, 10.0, 11.0, -12.0]];
    let rows = rows.iter().map(|row| row.iter().copied().map(Some).collect());
    let mut record = Record::new(tokens.collect(), rows.collect()).unwrap();
    record.outputs = vec![
        Output::new(3)
            .with_probability(0.5)
            .with_logit(2.0)
            .with_value(6.5)
            .with_baseline_value(0.25)
            .with_sum(6.0)
            .with_delta(-0.25)
            .with_steps(50)
            .with_samples(9),
        Output::new(4)
            .with_probability(0.25)
            .with_logit(1.0)
            .with_value(24.0)
            .with_baseline_value(1.0)
            .with_sum(22.0)
            .with_delta(-1.0)
            .with_steps(200)
            .with_samples(7),
        Output::new(5).with_probability(0.125).with_value(8.0).with_sum(8.0),
    ];
    record
}

/// `A b`, ` c`, ` xy`, ` z`.
const GROUPS: [Range<usize>; 4] = [0..2, 2..3, 3..5, 5..6];

fn values(record: &Record) -> Vec<Vec<f64>> {
    record.attributions.iter().map(|row| row.iter().map(|x| x.unwrap()).collect()).collect()
}

fn within(record: &Record) -> Vec<Option<f64>> {
    record.outputs.iter().map(|output| output.within).collect()
}

#[test]
fn values_by_hand() {
    for (reduce, rows) in [
        // 1 + 2 + 4 + 5, 3 + 6; 8 − 9, 10, 11 − 12.
        (Reduce::Sum, [vec![12.0, 9.0], vec![-1.0, 10.0, -1.0]]),
        (Reduce::Mean, [vec![3.0, 4.5], vec![-0.5, 10.0, -0.5]]),
        (Reduce::MaxAbs, [vec![5.0, 6.0], vec![-9.0, 10.0, -12.0]]),
    ] {
        let record = six().regroup(&GROUPS, reduce).unwrap();
        assert_eq!(values(&record), rows, "{reduce:?}");
        assert_eq!(within(&record), [Some(7.0), None], "{reduce:?}");
        let regrouped = Regrouped::new(reduce.name(), vec![2, 1, 2, 1]).with_by("spans:0-2,3-5");
        assert_eq!(record.regrouped, Some(regrouped));
        assert_eq!(record.notes, six().notes);
    }
}

#[test]
fn sums_by_layer_of_a_word_are_added_up_where_all_have_as_many() {
    let found = |sums: [&[Option<f64>]; 3], reduce| {
        let mut record = six();
        let outputs = sums.into_iter().enumerate();
        record.outputs =
            outputs.map(|(row, sums)| Output::new(3 + row).with_by_layer(sums.to_vec())).collect();
        let grouped = record.regroup(&GROUPS, reduce).unwrap();
        grouped.outputs.into_iter().map(|output| output.by_layer).collect::<Vec<_>>()
    };
    let (a, b, c) = ([Some(1.0), None], [Some(-3.0), Some(0.5)], [Some(7.0)]);
    assert_eq!(found([&a, &b, &c], Reduce::Sum), [vec![Some(-2.0), None], c.to_vec()]);
    assert_eq!(found([&a, &b, &c], Reduce::Mean), [vec![], c.to_vec()]);
    assert_eq!(found([&a, &c, &c], Reduce::Sum), [vec![], c.to_vec()]);
    assert_eq!(found([&[], &a, &[]], Reduce::Sum), [vec![], vec![]]);
}

/// What parts of the model add to outputs of one word is added up, where all is known and of one shape.
#[test]
fn ledgers_of_a_word_are_added_up() {
    let ledger = |x: f64| {
        let heads = vec![vec![Some(x), Some(2.0 * x)], vec![None, Some(-x)]];
        Ledger::new(heads).with_feed_forward(vec![Some(0.5), Some(x)]).with_token(10.0 * x).with_bias(x)
    };
    let with = |ledgers: [Option<Ledger>; 3]| {
        let mut record = six();
        let outputs = ledgers.into_iter().enumerate();
        record.outputs = outputs.map(|(row, ledger)| Output::new(3 + row).with_ledger(ledger)).collect();
        record
    };
    let found = |record: &Record, reduce| {
        let grouped = record.regroup(&GROUPS, reduce).unwrap();
        grouped.outputs.into_iter().map(|output| output.ledger).collect::<Vec<_>>()
    };
    // ` x` and `y` are one word.
    let record = with([1.0, 2.0, 4.0].map(|x| Some(ledger(x))));
    let both = Ledger::new(vec![vec![Some(3.0), Some(6.0)], vec![None, Some(-3.0)]]);
    let both = both.with_feed_forward(vec![Some(1.0), Some(3.0)]).with_token(30.0).with_bias(3.0);
    assert_eq!(found(&record, Reduce::Sum), [Some(both.clone()), Some(ledger(4.0))]);
    assert!((both.total() - 43.0).abs() < 1e-12);
    assert_eq!(found(&record, Reduce::Mean), [None, Some(ledger(4.0))]);
    for other in [None, Some(Ledger::new(vec![vec![Some(1.0); 2]]))] {
        let record = with([Some(ledger(1.0)), other, None]);
        assert_eq!(found(&record, Reduce::Sum), [None, None]);
    }
}

/// Sums of entries of a group add up; its norm and its place are not known, nor anything of several outputs.
#[test]
fn vectors_of_a_word_keep_their_sums_of_entries() {
    let some = |list: &[f64]| list.iter().copied().map(Some).collect::<Vec<_>>();
    let (positive, negative) = ([1.0, 2.0, 3.0, 4.0, 5.0], [-0.5, -0.25, 0.0, -1.0, -2.0]);
    let vectors = Vectors::new(some(&positive), some(&negative), some(&[9.0, 8.0, 7.0, 6.0, 5.0]));
    let places = vec![some(&[0.1, 0.2, 0.3, 0.4, 0.5]), some(&[0.0; 5])];
    let vectors = vectors.with_components(places, some(&[0.75, 0.25]));
    let of_first = Vectors::new(some(&[1.0; 3]), some(&[0.0; 3]), some(&[1.0; 3]));
    let mut record = six();
    record.outputs[0].vectors = Some(of_first);
    record.outputs[2].vectors = Some(vectors.clone());
    // `A b`, ` c`, ` xy` before ` z`.
    let norm = vec![None, Some(7.0), None];
    let expected = Vectors::new(some(&[3.0, 3.0, 9.0]), some(&[-0.75, 0.0, -3.0]), norm);
    let places = vec![vec![None, Some(0.3), None], vec![None, Some(0.0), None]];
    let expected = expected.with_components(places, some(&[0.75, 0.25]));
    let found = |reduce| {
        let grouped = record.regroup(&GROUPS, reduce).unwrap();
        grouped.outputs.into_iter().map(|output| output.vectors).collect::<Vec<_>>()
    };
    assert_eq!(found(Reduce::Sum), [None, Some(expected)]);
    assert_eq!(found(Reduce::Mean), [None, None]);
    // Of some inputs, the numbers of these, as they were.
    let shown = record.with_inputs(1..3).unwrap();
    let kept = shown.outputs[2].vectors.as_ref().unwrap();
    assert_eq!(kept.positive, some(&positive[1..]));
    assert_eq!(kept.components[0], vectors.components[0][1..]);
}

/// Pairs of `A` and ` c`, and for the third output of ` x` too.
fn with_pairs() -> Record {
    let mut record = six();
    let pairs = vec![
        Interaction::new(0, 0, 1.0),
        Interaction::new(0, 2, -0.5).with_standard_error(0.25),
        Interaction::new(2, 2, 3.0),
    ];
    let mut third = pairs.clone();
    third.push(Interaction::new(2, 3, 0.75));
    record.interactions = vec![pairs.clone(), pairs, third];
    record
}

#[test]
fn interactions_stay_where_a_group_holds_one_token_of_them() {
    // `A b` and ` c` hold one each; outputs are single.
    let groups = [0..2, 2..3, 3..4, 4..5, 5..6];
    let grouped = with_pairs().regroup(&groups, Reduce::Sum).unwrap();
    let pairs = vec![
        Interaction::new(0, 0, 1.0),
        Interaction::new(0, 1, -0.5).with_standard_error(0.25),
        Interaction::new(1, 1, 3.0),
    ];
    let mut third = pairs.clone();
    third.push(Interaction::new(1, 2, 0.75));
    assert_eq!(grouped.interactions, [pairs.clone(), pairs, third]);
    assert!(grouped.notes.is_empty(), "{:?}", grouped.notes);

    // `A`, ` b` and ` c` as one hold two; ` xy` is an output of two tokens.
    for groups in [vec![0..3, 3..4, 4..5, 5..6], GROUPS.to_vec()] {
        let grouped = with_pairs().regroup(&groups, Reduce::Sum).unwrap();
        assert!(grouped.interactions.is_empty());
        assert_eq!(grouped.notes, ["interactions of single tokens are not those of groups, and left out"]);
    }
}

/// `A b`, ` c` and ` xy` as one each: of two outputs as one, the changes add up where both have the replacement. What
/// replaced ` b c`, a part of the first, is no replacement of both; what replaced all three is.
#[test]
fn replacements_are_those_of_the_groups() {
    let mut record = six();
    let one = |at, count, text: &str, change| Replacement::new(at, text, change).with_count(count);
    record.replacements = vec![
        vec![one(0, 2, "q", 1.0), one(2, 1, "r", 2.0), one(2, 1, "s", 4.0)],
        vec![one(0, 2, "q", 0.5), one(2, 1, "r", -3.0), one(2, 1, "other", 4.0)],
        vec![one(1, 2, "t", 1.0), one(0, 3, "u", 2.0)],
    ];
    let groups = [0..2, 2..3, 3..5, 5..6];
    let grouped = record.regroup(&groups, Reduce::Sum).unwrap();
    assert_eq!(
        grouped.replacements,
        [vec![one(0, 1, "q", 1.5), one(1, 1, "r", -1.0)], vec![one(0, 2, "u", 2.0)]]
    );
    let note = "replacements of a part of a group are none of the group, and left out";
    assert!(grouped.notes.iter().any(|found| found == note), "{:?}", grouped.notes);
    // Where none is left there are no lists.
    for list in &mut record.replacements {
        list.retain(|one| one.count == 1);
    }
    assert!(record.regroup(&[0..3, 3..5, 5..6], Reduce::Sum).unwrap().replacements.is_empty());
}

#[test]
fn standard_errors_of_groups_are_not_made_up() {
    let mut record = six();
    record.standard_errors = record.attributions.iter().map(|row| vec![Some(0.5); row.len()]).collect();
    record.check().unwrap();
    for reduce in [Reduce::Sum, Reduce::Mean, Reduce::MaxAbs] {
        assert!(record.regroup(&GROUPS, reduce).unwrap().standard_errors.is_empty(), "{reduce:?}");
    }
}

#[test]
fn what_a_group_of_three_gave_itself() {
    // From x to y 7, from x and y to z 11 and −12.
    let groups = [0..3, 3..6];
    for (reduce, row, inside) in [
        (Reduce::Sum, 6.0 + 15.0 + 9.0, 6.0),
        // The rows' means are 2, 5 and 3; y's is 7, and z's −0.5.
        (Reduce::Mean, 10.0 / 3.0, 3.25),
        (Reduce::MaxAbs, 10.0, -12.0),
    ] {
        let record = six().regroup(&groups, reduce).unwrap();
        assert_eq!((values(&record), within(&record)), (vec![vec![row]], vec![Some(inside)]), "{reduce:?}");
    }
}

#[test]
fn what_is_known_of_the_outputs_adds_up_with_the_sum_alone() {
    let before = six();
    let mut alone = before.outputs[2].clone();
    alone.token = 3;
    let record = before.regroup(&GROUPS, Reduce::Sum).unwrap();
    let own = Output::new(2).with_steps(200).with_samples(9).with_within(7.0);
    let group = own.clone().with_value(30.5).with_baseline_value(1.25).with_sum(28.0).with_delta(-1.25);
    assert_eq!(record.outputs, [group, alone.clone()]);
    // Complete still: 12 + 9 + 7 = 30.5 − 1.25 − 1.25.
    for reduce in [Reduce::Mean, Reduce::MaxAbs] {
        let record = before.regroup(&GROUPS, reduce).unwrap();
        assert_eq!(record.outputs, [own.clone(), alone.clone()]);
    }
    // The last output has no baseline value, so a group with it has none.
    let record = before.regroup(&[0..3, 3..6], Reduce::Sum).unwrap();
    let group =
        Output::new(1).with_value(38.5).with_sum(36.0).with_steps(200).with_samples(9).with_within(6.0);
    assert_eq!(record.outputs, [group]);
}

#[test]
fn outputs_of_which_nothing_is_known_get_what_they_hold_within() {
    let bare = six().with_outputs(Vec::new());
    let output = |token, within: Option<f64>| Output::new(token).with_within(within);
    let record = bare.regroup(&GROUPS, Reduce::Sum).unwrap();
    assert_eq!(record.outputs, [output(2, Some(7.0)), output(3, None)]);
    // Nothing to say where outputs stay alone.
    assert!(bare.regroup(&[0..3, 3..4, 4..5, 5..6], Reduce::Sum).unwrap().outputs.is_empty());
}

#[test]
fn missing_values_are_left_out_and_nan_is_not() {
    let mut record = six();
    record.attributions[0] = vec![None, Some(2.0), None];
    record.attributions[1] = vec![Some(f64::NAN), Some(-5.0), None, None];
    record.attributions[2] = vec![Some(3.0), Some(-3.0), Some(f64::INFINITY), None, Some(f64::NEG_INFINITY)];
    for (reduce, z) in [(Reduce::Sum, 0.0), (Reduce::Mean, 0.0), (Reduce::MaxAbs, 3.0)] {
        let record = record.regroup(&GROUPS, reduce).unwrap();
        let [xy, row] = &record.attributions[..] else { panic!("two rows") };
        assert!(xy[0].unwrap().is_nan(), "{reduce:?}");
        assert_eq!((xy[1], record.outputs[0].within), (None, None), "all missing, {reduce:?}");
        assert_eq!(row[..], [Some(z), Some(f64::INFINITY), Some(f64::NEG_INFINITY)], "{reduce:?}");
    }
    record.attributions[1][0] = None;
    let mean = record.regroup(&GROUPS, Reduce::Mean).unwrap();
    assert_eq!(mean.attributions[0][0], Some(-1.5), "the mean of the two that are there");
}

#[test]
fn tokens_become_one_text() {
    let record = six().regroup(&GROUPS, Reduce::Sum).unwrap();
    let token = |id, text, kind, start, end| Token::new(id, text, kind).with_span(start..end);
    let expected = [
        token(10, "A b", Kind::Input, 0, 3),
        token(12, " c", Kind::Input, 3, 5),
        token(13, " xy", Kind::Output, 5, 8),
        token(15, " z", Kind::Output, 8, 10),
    ];
    assert_eq!(record.tokens, expected);
}

#[test]
fn pieces_of_a_character_become_whole() {
    // 🚀 is f0 9f 9a 80.
    let piece =
        |bytes: &[u8], kind| Token::new(7, String::from_utf8_lossy(bytes), kind).with_bytes(bytes.to_vec());
    let tokens = vec![
        piece(b"go \xf0\x9f", Kind::Input),
        piece(b"\x9a", Kind::Input),
        piece(b"\x80", Kind::Output),
        Token::new(8, "!", Kind::Output).with_value("0.5"),
    ];
    let record = Record::new(tokens, vec![vec![Some(1.0); 2], vec![Some(1.0); 3]]).unwrap();
    let record = record.regroup(&[0..2, 2..4], Reduce::Sum).unwrap();
    // The character goes on in the output: both sides hold a part.
    let expected = [piece(b"go \xf0\x9f\x9a", Kind::Input), piece(b"\x80!", Kind::Output)];
    assert_eq!(record.tokens, expected);
    let inputs = expected[1].clone().with_kind(Kind::Input);
    let whole = Record::new(vec![expected[0].clone(), inputs], vec![]).unwrap();
    let one = 0..2;
    let whole = whole.regroup(&[one], Reduce::Sum).unwrap();
    assert_eq!(whole.tokens, [Token::new(7, "go 🚀!", Kind::Input)]);
}

#[test]
fn spans_of_the_text_are_joined_where_both_ends_are_known() {
    let mut record = six();
    (record.tokens[1].start, record.tokens[1].end) = (None, None);
    (record.tokens[3].start, record.tokens[3].end) = (None, None);
    let record = record.regroup(&[0..3, 3..5, 5..6], Reduce::Sum).unwrap();
    let spans: Vec<_> = record.tokens.iter().map(|token| token.start.zip(token.end)).collect();
    assert_eq!(spans, [Some((0, 5)), None, Some((8, 10))]);
}

#[test]
fn a_notebooks_value_goes_where_rows_may_have_changed() {
    let mut record = six();
    record.tokens[2].value = Some("3".into());
    assert_eq!(record.regroup(&GROUPS, Reduce::Sum).unwrap().tokens[1].value, None);
}

#[test]
fn reductions_of_what_was_normalised_or_lost_its_sign_say_so() {
    let mut record = six();
    record.normalize = Some("none".into());
    record.signed = Some(true);
    assert!(record.regroup(&GROUPS, Reduce::Sum).unwrap().notes.is_empty());
    record.notes = vec!["first".into()];
    record.normalize = Some("sum".into());
    record.signed = Some(false);
    record.aggregate = Some("l2".into());
    let normalized = |name| {
        format!(
            "regrouped by {name} after each row was normalised (sum): normalised values were reduced, and rows were not normalised again"
        )
    };
    let unsigned = "regrouped by sum of values without a sign (aggregate l2): groups of more tokens get more; the reduction mean does not favour them";
    let sum = record.regroup(&GROUPS, Reduce::Sum).unwrap();
    assert_eq!(sum.notes, ["first", &normalized("sum"), unsigned]);
    let mean = record.regroup(&GROUPS, Reduce::Mean).unwrap();
    assert_eq!(mean.notes, ["first", &normalized("mean")]);
    // Again, and nothing is said twice.
    assert_eq!(sum.regroup(&[0..2, 2..3, 3..4], Reduce::Sum).unwrap().notes, sum.notes);
    record.aggregate = None;
    let bare = record.regroup(&GROUPS, Reduce::Sum).unwrap();
    assert_eq!(bare.notes[2], unsigned.replace(" (aggregate l2)", ""));
}

#[test]
fn groups_of_groups_count_the_models_tokens() {
    for (first, second, expected) in [
        (Reduce::Sum, Reduce::Sum, "sum"),
        (Reduce::MaxAbs, Reduce::MaxAbs, "max-abs"),
        (Reduce::Mean, Reduce::Mean, "mean, mean"),
        (Reduce::Sum, Reduce::Mean, "sum, mean"),
    ] {
        let mut words = six().regroup(&GROUPS, first).unwrap();
        words.regrouped.as_mut().unwrap().by = Some("words".into());
        let record = words.regroup(&[0..2, 2..3, 3..4], second).unwrap();
        // In the numbers of the model's tokens, as the members are.
        let regrouped = Regrouped::new(expected, vec![3, 2, 1]).with_by("spans:0-3,3-5");
        assert_eq!(record.regrouped, Some(regrouped));
        // Each by itself: nothing happened.
        assert_eq!(words.regroup(&[0..1, 1..2, 2..3, 3..4], second).unwrap(), words);
    }
}

#[test]
fn as_many_members_as_a_file_says_are_no_panic() {
    let mut words = six().regroup(&GROUPS, Reduce::Sum).unwrap();
    words.regrouped.as_mut().unwrap().members = vec![usize::MAX; 4];
    let record = words.regroup(&[0..2, 2..4], Reduce::Sum).unwrap();
    let regrouped = record.regrouped.unwrap();
    assert_eq!(regrouped.members, [usize::MAX; 2]);
    assert!(regrouped.by.unwrap().starts_with("spans:0-"));
}

#[test]
fn reductions_are_found_by_name() {
    for reduce in Reduce::ALL {
        assert_eq!(reduce.name().parse::<Reduce>().unwrap(), *reduce);
    }
    let names: Vec<_> = Reduce::ALL.iter().map(|reduce| reduce.name()).collect();
    assert_eq!(names, ["sum", "mean", "max-abs"]);
}

#[test]
fn a_regrouped_record_has_exactly_these_fields() {
    let mut record = six().regroup(&[0..3, 3..6], Reduce::Sum).unwrap();
    record.regrouped.as_mut().unwrap().by = Some("lines".into());
    let mut bytes = Vec::new();
    write(std::slice::from_ref(&record), &mut bytes).unwrap();
    let expected = concat!(
        r#"{"format":"saliency-record","version":1,"regrouped":{"reduce":"sum","by":"lines","members":[3,3]},"#,
        r#""tokens":[{"id":10,"text":"A b c","kind":"input","start":0,"end":5},"#,
        r#"{"id":13,"text":" xy z","kind":"output","start":5,"end":10}],"attributions":[[30.0]],"#,
        r#""outputs":[{"token":1,"value":38.5,"sum":36.0,"steps":200,"samples":9,"within":6.0}]}"#,
        "\n"
    );
    assert_eq!(std::str::from_utf8(&bytes).unwrap(), expected);
    assert_eq!(read(&bytes).unwrap(), [record]);
}

#[test]
fn the_notebooks_runs_keep_their_totals() {
    for record in read(include_bytes!("data/runs-3x100.json")).unwrap() {
        let n_input = record.n_input();
        // Fives, on both sides.
        let fives = |from: usize, to: usize| (from..to).step_by(5).map(move |at| at..(at + 5).min(to));
        let groups: Vec<_> = fives(0, n_input).chain(fives(n_input, record.tokens.len())).collect();
        let regrouped = record.regroup(&groups, Reduce::Sum).unwrap();
        for (index, group) in groups.iter().filter(|group| group.start >= n_input).enumerate() {
            let rows = &record.attributions[group.start - n_input..group.end - n_input];
            let before: f64 = rows.iter().flatten().map(|x| x.unwrap()).sum();
            let row: f64 = regrouped.attributions[index].iter().map(|x| x.unwrap()).sum();
            let after = row + regrouped.outputs[index].within.unwrap();
            assert!((before - after).abs() < 1e-12 * before.abs().max(1.0), "{before} {after}");
        }
    }
}

// --- for every record and every grouping

/// A number of a few binary digits, so that sums are exact in any order; sometimes none.
fn exact() -> impl Strategy<Value = Option<f64>> {
    prop::option::weighted(0.9, (-4096_i32..4096).prop_map(|x| f64::from(x) / 64.0))
}

prop_compose! {
    fn any_output()(
        probability in exact(), logit in exact(), value in exact(), baseline_value in exact(), sum in exact(),
        delta in exact(), within in exact(), steps in any::<Option<u32>>(), samples in any::<Option<u32>>(),
    ) -> Output {
        Output::new(0)
            .with_probability(probability)
            .with_logit(logit)
            .with_value(value)
            .with_baseline_value(baseline_value)
            .with_sum(sum)
            .with_delta(delta)
            .with_steps(steps)
            .with_samples(samples)
            .with_within(within)
    }
}

prop_compose! {
    fn any_record()(n_input in 0_usize..6, n_output in 0_usize..6)
        (
            texts in prop::collection::vec("[ a-z\u{e9}\u{706b}\u{1f680}]{0,3}", (n_input + n_output).max(1)),
            values in prop::collection::vec(prop::collection::vec(exact(), 12), n_output),
            mut outputs in prop::collection::vec(any_output(), n_output),
            known in any::<bool>(),
            signed in any::<Option<bool>>(),
            normalize in prop::sample::select(vec![None, Some("none".to_owned()), Some("sum".to_owned())]),
            n_input in Just(n_input),
        ) -> Record {
        let n_output = values.len();
        let tokens = texts.into_iter().enumerate().map(|(index, text)| {
            let kind = if index < n_input || n_output == 0 { Kind::Input } else { Kind::Output };
            Token::new(index as u32, text, kind)
        });
        outputs.iter_mut().zip(n_input..).for_each(|(output, token)| output.token = token);
        let rows = values.iter().enumerate().map(|(r, row)| row[..n_input + r].to_vec());
        let mut record = Record::new(tokens.collect(), rows.collect()).unwrap();
        (record.signed, record.normalize) = (signed, normalize);
        if known { record.with_outputs(outputs) } else { record }
    }
}

/// Segments that begin where these say so, and where they have to.
fn cut(record: &Record, begins: &[bool]) -> Vec<Range<usize>> {
    let (n, n_input) = (record.tokens.len(), record.n_input());
    let starts: Vec<usize> = (0..n).filter(|&at| at == 0 || at == n_input || begins[at]).collect();
    starts.iter().zip(starts.iter().skip(1).chain([&n])).map(|(&start, &end)| start..end).collect()
}

fn any_cuts() -> impl Strategy<Value = Vec<bool>> {
    prop::collection::vec(any::<bool>(), 12)
}

fn total<'a>(values: impl IntoIterator<Item = &'a Option<f64>>) -> f64 {
    // From 0.0, so that nothing at all is no -0.0.
    values.into_iter().flatten().fold(0.0, |sum, x| sum + x)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_sum_keeps_the_total_of_every_group(record in any_record(), begins in any_cuts()) {
        let n_input = record.n_input();
        let groups = cut(&record, &begins);
        let regrouped = record.regroup(&groups, Reduce::Sum).unwrap();
        regrouped.check().unwrap();
        prop_assert_eq!(regrouped.tokens.len(), groups.len());
        let of_outputs = groups.iter().filter(|group| group.start >= n_input);
        for (index, group) in of_outputs.enumerate() {
            let rows = group.start - n_input..group.end - n_input;
            let members = record.outputs.get(rows.clone()).unwrap_or_default();
            let before = total(record.attributions[rows].iter().flatten())
                + total(members.iter().map(|output| &output.within));
            let within = regrouped.outputs.get(index).map(|output| output.within);
            // To the last bit: the sums are exact.
            let after = total(&regrouped.attributions[index]) + total(&within);
            prop_assert_eq!(after.to_bits(), before.to_bits());
        }
    }

    #[test]
    fn single_tokens_are_the_record_itself(record in any_record(), begins in any_cuts()) {
        for &reduce in Reduce::ALL {
            prop_assert_eq!(&record.regroup(&cut(&record, &[true; 12]), reduce).unwrap(), &record);
            // Also in a record that has groups.
            let groups = record.regroup(&cut(&record, &begins), reduce).unwrap();
            prop_assert_eq!(groups.regroup(&cut(&groups, &[true; 12]), reduce).unwrap(), groups);
        }
    }

    #[test]
    fn groups_of_groups_are_the_coarser_groups(
        record in any_record(), fine in any_cuts(), coarse in any_cuts(),
    ) {
        let fine = cut(&record, &fine);
        for reduce in [Reduce::Sum, Reduce::MaxAbs] {
            let groups = record.regroup(&fine, reduce).unwrap();
            let coarse = cut(&groups, &coarse);
            let twice = groups.regroup(&coarse, reduce).unwrap();
            let at_once: Vec<_> = coarse.iter().map(|c| fine[c.start].start..fine[c.end - 1].end).collect();
            let mut once = record.regroup(&at_once, reduce).unwrap();
            let mut twice_ = twice.clone();
            if reduce == Reduce::MaxAbs {
                // Of two values of one size, which is first depends on the way.
                for record in [&mut once, &mut twice_] {
                    let within = record.outputs.iter_mut().map(|output| &mut output.within);
                    let cells = record.attributions.iter_mut().flatten().chain(within);
                    cells.for_each(|x| *x = x.map(f64::abs));
                }
            }
            prop_assert_eq!(twice_, once);
        }
    }

    #[test]
    fn an_untouched_row_and_column_keep_every_bit(
        record in any_record(), x in prop::num::f64::ANY, begins in any_cuts(),
    ) {
        let mut record = record;
        prop_assume!(!record.attributions.is_empty() && record.n_input() > 1);
        record.attributions[0][0] = Some(x);
        let mut begins = begins;
        (begins[1], begins[record.n_input()]) = (true, true);
        if record.n_output() > 1 {
            begins[record.n_input() + 1] = true;
        }
        for &reduce in Reduce::ALL {
            let regrouped = record.regroup(&cut(&record, &begins), reduce).unwrap();
            prop_assert_eq!(regrouped.attributions[0][0].unwrap().to_bits(), x.to_bits());
        }
    }
}

#[test]
fn what_was_explained_is_kept_where_a_group_shares_it() {
    let right = Explained::new().with_alternatives(vec![Named::new(7, " right")]);
    let without = Without::new(std::slice::from_ref(&(1..3)), &six().tokens);
    assert_eq!((without.tokens.as_slice(), without.text.as_str()), (&[1, 3][..], " b c"));
    let mut record = six();
    for output in &mut record.outputs {
        output.explained = Some(right.clone().with_without(without.clone()));
    }
    record.outputs[2].explained = Some(right.clone());
    let groups = record.regroup(&GROUPS, Reduce::Sum).unwrap();
    // The inputs 1..3 lie in the groups 0 and 1.
    let mapped = groups.outputs[0].explained.clone().unwrap();
    assert_eq!(mapped.alternatives, right.alternatives);
    assert_eq!(mapped.without.as_ref().unwrap().tokens, [0, 2]);
    assert_eq!(mapped.without.unwrap().text, " b c");
    assert_eq!(groups.outputs[1].explained, Some(right));
    // One of another: neither is said of both.
    let mixed = record.regroup(&[0..3, 3..6], Reduce::Sum).unwrap();
    assert_eq!(mixed.outputs[0].explained, None);
}

#[test]
fn what_a_run_was_made_without_lies_among_the_inputs() {
    for tokens in [&[][..], &[0], &[2, 2], &[2, 4], &[0, 1, 2]] {
        let mut record = six();
        let mut without = Without::new(std::slice::from_ref(&(0..1)), &record.tokens);
        without.tokens = tokens.to_vec();
        record.outputs[0].explained = Some(Explained::new().with_without(without));
        let error = record.check().unwrap_err().to_string();
        assert!(error.starts_with("outputs[0].explained.without.tokens"), "{tokens:?}: {error}");
    }
}
