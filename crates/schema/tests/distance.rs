//! Shares of rows, the profile of shares over distance, and what is relative to it, against `NumPy`'s numbers.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{Crossing, DistanceProfile, Kind, Output, Record, Reduce, Token};

/// A record of so many inputs, and of outputs with these rows.
fn record(n_input: usize, rows: &[&[f64]]) -> Record {
    let tokens = (0..n_input + rows.len())
        .map(|at| Token::new(0, "a", if at < n_input { Kind::Input } else { Kind::Output }));
    // −1000 stands for a missing value.
    let value = |x: &f64| Some(*x).filter(|x| *x > -1000.0);
    let rows = rows.iter().map(|row| row.iter().map(value).collect());
    Record::new(tokens.collect(), rows.collect()).unwrap()
}

fn two() -> [Record; 2] {
    let first = record(2, &[&[3.0, 1.0], &[1.0, 1.0, 2.0], &[-4.0, 0.0, 2.0, 2.0]]);
    [first, record(1, &[&[5.0], &[1.0, -1000.0]])]
}

fn ratios(record: &Record, profile: &DistanceProfile, row: usize) -> Vec<Option<f64>> {
    record.relative(profile).rows[row].iter().map(|cell| cell.ratio).collect()
}

/// The totals of the first rows; exact sums of small numbers.
fn totals(record: &Record, rows: usize) -> Vec<Option<f64>> {
    (0..rows).map(|row| Some(record.row_total(row))).collect()
}

fn close(found: &[Option<f64>], expected: &[f64]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(x, y)| x.is_some_and(|x| (x - y).abs() < 1e-12))
}

// NumPy 2.4, with `tiny` the rows of `two`, each record after its number of inputs, None a missing value:
//
// shares = defaultdict(list)
// for n_input, rows in tiny:
//     for r, row in enumerate(rows):
//         a = np.abs(np.array([np.nan if x is None else x for x in row], float))
//         for t, x in enumerate(a):
//             if np.isfinite(x): shares[n_input + r - t].append(x / np.nansum(a))
// profile = {d: (np.median(s), len(s)) for d, s in shares.items()}
// # {1: (0.375, 4), 2: (0.5, 4), 3: (0.125, 2), 4: (0.5, 1)}
#[test]
fn the_profile_is_numpys_medians_over_all_records() {
    let profile = DistanceProfile::of(&two());
    let found: Vec<_> = (0..6).map(|d| (profile.median(d), profile.count(d))).collect();
    let expected = [(0.375, 4), (0.5, 4), (0.125, 2), (0.5, 1)].map(|(median, n)| (Some(median), n));
    assert_eq!(found[1..5], expected);
    assert_eq!([found[0], found[5]], [(None, 0), (None, 0)]);
    assert_eq!((profile.longest(), profile.rows()), (4, 5));
    // [abs(x) / sum(map(abs, row)) / profile[n_input + r - t][0] for t, x in enumerate(row)]
    let [first, second] = two();
    assert!(close(&ratios(&first, &profile, 0), &[1.5, 2.0 / 3.0]));
    assert!(close(&ratios(&first, &profile, 1), &[2.0, 0.5, 4.0 / 3.0]));
    assert!(close(&ratios(&first, &profile, 2), &[1.0, 0.0, 0.5, 2.0 / 3.0]));
    let relative = first.relative(&profile);
    assert_eq!(relative.rows[2].iter().map(|cell| cell.n).collect::<Vec<_>>(), [1, 2, 4, 4]);
    assert_eq!(
        relative.rows[2].iter().map(|cell| cell.negative).collect::<Vec<_>>(),
        [true, false, false, false]
    );
    // [np.quantile(s, [.1, .9]) for s in shares.values()]
    let band = [[0.25, 0.85], [0.25, 0.925], [0.025, 0.225], [0.5, 0.5]];
    for (distance, expected) in (1..).zip(band) {
        let found = profile.band(distance).unwrap();
        assert!(close(&found.map(Some), &expected), "{distance}: {found:?}");
    }
    assert_eq!([profile.band(0), profile.band(5)], [None, None]);
    // The same of x / np.nansum(a) * len(row), with the median.
    let even = [[0.65, 1.0, 1.35], [0.825, 1.25, 1.85], [0.075, 0.375, 0.675], [2.0, 2.0, 2.0]];
    for (distance, expected) in (1..).zip(even) {
        let found = profile.even(distance).unwrap();
        assert!(close(&found.map(Some), &expected), "{distance}: {found:?}");
    }
    // A missing value has no ratio.
    assert_eq!(ratios(&second, &profile, 1), [Some(2.0), None]);
}

/// The same in Python, on the notebook's record: the largest ratios of output 0, and how many rows each median is of.
#[test]
fn what_stands_out_for_spacex_is_what_the_independent_program_finds() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/run-30.json");
    let record = saliency_schema::read(&std::fs::read(file).unwrap()).unwrap().remove(0);
    let profile = DistanceProfile::of(std::slice::from_ref(&record));
    let mut row: Vec<_> = record.relative(&profile).rows.remove(0).into_iter().enumerate().collect();
    row.sort_by(|(_, a), (_, b)| b.ratio.unwrap().total_cmp(&a.ratio.unwrap()));
    let expected = [
        (" Boeing", 47, 10.2213),
        (" SpaceX", 110, 6.9194),
        (" Origin", 130, 5.3009),
        (" Boeing", 127, 4.8967),
        (" ", 46, 4.7529),
        (" Blue", 129, 4.2302),
    ];
    for ((position, cell), (text, at, ratio)) in row.iter().zip(expected) {
        assert_eq!((record.tokens[*position].text.as_str(), *position, cell.n), (text, at, 30));
        assert!((cell.ratio.unwrap() - ratio).abs() < 5e-5, "{text}: {:?}", cell.ratio);
    }
    // p[1], p[2], p[89], p[213]
    let medians = [1, 2, 89, 213].map(|d| (profile.median(d).unwrap(), profile.count(d)));
    let expected = [
        (0.051_610_169_409_492_09, 30),
        (0.031_256_784_985_780_7, 30),
        (0.002_416_947_931_957_243, 30),
        (0.005_981_257_796_359_878_5, 1),
    ];
    for ((median, n), (expected, count)) in medians.into_iter().zip(expected) {
        assert!((median - expected).abs() < 1e-15);
        assert_eq!(n, count);
    }
}

// NumPy 2.4, of the same record: np.quantile(shares[d], [.1, .9]) of 30, 30, 2 shares and of one.
#[test]
fn four_of_five_shares_lie_in_the_band() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/run-30.json");
    let records = saliency_schema::read(&std::fs::read(file).unwrap()).unwrap();
    let profile = DistanceProfile::of(&records);
    let expected = [
        (1, [0.029_685_691_188_161_54, 0.085_884_212_532_187_03]),
        (2, [0.013_298_847_273_044_468, 0.064_404_753_467_055_64]),
        (89, [0.001_137_027_932_036_474_8, 0.004_968_363_543_581_379_5]),
        (212, [0.004_673_153_302_043_568, 0.006_480_603_278_652_041]),
        (213, [0.005_981_257_796_359_878_5, 0.005_981_257_796_359_878_5]),
    ];
    for (distance, band) in expected {
        let found = profile.band(distance).unwrap();
        assert!(close(&found.map(Some), &band), "{distance}: {found:?}");
    }
}

/// By hand: −4, 0, 2 and 2 of 8, before an output with four tokens; and with the first two inputs as one.
#[test]
fn every_attribution_has_its_distance() {
    let [first, second] = two();
    let of_row = |record: &Record, row: usize| -> Vec<[f64; 4]> {
        let cells = record.by_distance().filter(|cell| cell.row == row);
        cells.map(|cell| [cell.token as f64, cell.distance, cell.share, cell.even]).collect()
    };
    let expected = [[0.0, 4.0, 0.5, 2.0], [1.0, 3.0, 0.0, 0.0], [2.0, 2.0, 0.25, 1.0], [3.0, 1.0, 0.25, 1.0]];
    assert_eq!(of_row(&first, 2), expected);
    // What is missing is left out.
    assert_eq!(of_row(&second, 1), [[0.0, 2.0, 1.0, 2.0]]);
    // Two inputs in one: 4 of 8 at the distances 4 and 3, twice half of them.
    let groups = first.regroup(&[0..2, 2..3, 3..4, 4..5], Reduce::Sum).unwrap();
    assert!(close(&of_row(&groups, 2)[0].map(Some), &[0.0, 3.5, 0.5, 1.0]));
}

/// Two groups of a row of 10: 3 + 1 and 2, with 4 that fell inside; by hand.
#[test]
fn a_row_s_total_holds_what_fell_inside_and_what_is_left_out() {
    let record = record(4, &[&[1.0, -2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 2.0, -4.0]]);
    assert_eq!(totals(&record, 3), [Some(10.0), Some(10.0), Some(0.0)]);
    // Of both outputs as one: |2| + |−1| + |5| + |6|, and the −4 inside.
    let group = record.regroup(&[0..1, 1..2, 2..3, 3..4, 4..6], Reduce::Sum).unwrap();
    assert_eq!(totals(&group, 1), [Some(2.0 + 1.0 + 5.0 + 6.0 + 4.0)]);
    // What is left out stays part of the whole.
    let part = record.with_inputs(2..4).unwrap();
    assert!((part.row_total(0) - 10.0).abs() < 1e-12);
    assert!((part.row_total(1) - 10.0).abs() < 1e-12);
    // Only what is finite counts.
    let odd = self::record(3, &[&[f64::NAN, -2.0, -1000.0], &[f64::INFINITY, 0.0, 0.0, 0.0]]);
    assert_eq!(totals(&odd, 2), [Some(2.0), Some(0.0)]);
    let odd =
        odd.clone().with_outputs(vec![Output::new(3).with_within(1.5), Output::new(4).with_within(f64::NAN)]);
    assert_eq!(totals(&odd, 2), [Some(3.5), Some(0.0)]);
}

/// Groups, by hand: the medians of `two` at distances 3 and 2 are 0.125 and 0.5; the row's shares there are 0 and 0.25.
#[test]
fn a_group_is_set_against_the_sum_of_its_tokens_medians() {
    let profile = DistanceProfile::of(&two());
    let [first, _] = two();
    let inputs = first.regroup(&[0..2, 2..3, 3..4, 4..5], Reduce::Sum).unwrap();
    let relative = inputs.relative(&profile);
    // Row 1: (1 + 1) / 4 against the medians at 3 and 2.
    assert!((relative.rows[1][0].ratio.unwrap() - 0.5 / 0.625).abs() < 1e-12);
    assert_eq!(relative.rows[1][0].n, 2);
    // Distances are still the tokens': position 2 is the first output, one before the second.
    assert!((relative.rows[1][1].ratio.unwrap() - 0.5 / 0.375).abs() < 1e-12);
    // The second and third output as one, of the first: two rows' shares, 2 · 4/12, against the medians at 1 and 2.
    let outputs = first.regroup(&[0..1, 1..2, 2..3, 3..5], Reduce::Sum).unwrap();
    assert_eq!(totals(&outputs, 2)[1], Some(3.0 + 1.0 + 4.0 + 2.0));
    let cell = outputs.relative(&profile).rows[1][2];
    assert!((cell.ratio.unwrap() - 2.0 * 0.4 / (0.375 + 0.5)).abs() < 1e-12);
    // Groups, whose tokens' shares are not known, are no part of a profile: the rows of one output are.
    let profile = DistanceProfile::of(&[outputs]);
    assert_eq!((profile.rows(), profile.count(1), profile.count(2), profile.count(3)), (1, 1, 1, 0));
}

/// Positions are those of the whole record: what is left out stays between.
#[test]
fn an_excerpt_s_distances_are_those_of_the_whole_record() {
    let whole = record(4, &[&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 2.0, 2.0, 4.0]]);
    let profile = DistanceProfile::of(std::slice::from_ref(&whole));
    let (all, part) = (whole.relative(&profile), whole.with_inputs(0..2).unwrap().relative(&profile));
    for row in 0..2 {
        for (found, position) in part.rows[row].iter().zip([0, 1, 4]) {
            let expected = all.rows[row][position];
            assert!((found.ratio.unwrap() - expected.ratio.unwrap()).abs() < 1e-12);
            assert_eq!(found.n, expected.n);
        }
    }
    assert_eq!(DistanceProfile::of(&[whole.with_inputs(0..2).unwrap()]).count(2), 0);
}

#[test]
fn without_a_median_or_a_total_there_is_no_ratio() {
    let zeros = record(1, &[&[0.0], &[0.0, 1.0]]);
    // At distance 2 the median is 0, and the first row has no total.
    let profile = DistanceProfile::of(std::slice::from_ref(&zeros));
    assert_eq!((profile.rows(), profile.median(2), profile.count(1)), (1, Some(0.0), 1));
    assert_eq!(ratios(&zeros, &profile, 0), [None]);
    assert_eq!(ratios(&zeros, &profile, 1), [None, Some(1.0)]);
    // Nothing is known of longer distances, and nothing at all of no record.
    let longer = record(3, &[&[1.0, 1.0, 2.0]]);
    assert_eq!(ratios(&longer, &profile, 0), [None, None, Some(0.5)]);
    assert_eq!(DistanceProfile::of(&[]), DistanceProfile::default());
    assert_eq!(ratios(&longer, &DistanceProfile::default(), 0), [None; 3]);
}

/// A file may say any number of members.
#[test]
fn absurd_groups_take_no_time() {
    let regrouped = saliency_schema::Regrouped::new("sum", vec![usize::MAX, usize::MAX, 1, 1]);
    let absurd = record(2, &[&[1.0, 1.0], &[1.0, 1.0, 2.0]]).with_regrouped(regrouped);
    let profile = DistanceProfile::of(std::slice::from_ref(&absurd));
    assert_eq!(absurd.relative(&profile).rows[0].len(), 2);
}

// By hand: "Ann came. Bob" goes on with the output "left" and ".", and after a line break "Eve". The rows' sums are 10,
// 10 and 12. From "left" (4): "Bob" (3) is within its sentence; "Ann", "came", "." (0 to 2) lie before its start. From
// "." (5): "Bob", "left". From "Eve" (7), after the line break at 6: everything.
#[test]
fn pairs_are_apart_by_what_lies_between_them() {
    let texts = ["Ann", " came", ".", " Bob", " left", ".", "\n", "Eve"];
    let kind = |i: usize| if i < 4 { Kind::Input } else { Kind::Output };
    let tokens = texts.iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let rows: [&[f64]; 4] =
        [&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 1.0, 3.0, 4.0], &[0.0; 6], &[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 4.0]];
    let rows = rows.iter().map(|row| row.iter().map(|x| Some(*x)).collect());
    let record = Record::new(tokens.collect(), rows.collect()).unwrap();
    let medians = |crossing| {
        let profile = DistanceProfile::across(std::slice::from_ref(&record), crossing);
        (1..=profile.longest()).map(|d| (profile.median(d), profile.count(d))).collect::<Vec<_>>()
    };
    let found = |median: f64, n| (Some(median), n);
    // "Bob" to "left", "left" to ".": 0.4 and 0.4; "Bob" to ".": 0.3.
    assert_eq!(medians(Crossing::Within), [found(0.4, 2), found(0.3, 1)]);
    // Two back ".": 0.3; three "came" 0.2, "." 0.1; four "Ann" 0.1, "came" 0.1; five "Ann" 0.1.
    let [nothing, two, three, four, five] = medians(Crossing::Sentence)[..] else { panic!("five distances") };
    assert_eq!((nothing, two, four, five), ((None, 0), found(0.3, 1), found(0.1, 2), found(0.1, 1)));
    assert!((three.0.unwrap() - 0.15).abs() < 1e-15 && three.1 == 2);
    // Of "Eve" everything before the line feed and the line feed, which ends the paragraph.
    let across: Vec<_> = [4.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0].iter().map(|x| found(x / 12.0, 1)).collect();
    assert_eq!(medians(Crossing::Paragraph), across);
    // Together they are the profile.
    let all = DistanceProfile::of(std::slice::from_ref(&record));
    let counted = |d| {
        Crossing::ALL
            .map(|c| DistanceProfile::across(std::slice::from_ref(&record), c).count(d))
            .iter()
            .sum::<usize>()
    };
    assert!((1..=7).all(|d| counted(d) == all.count(d)));
}
