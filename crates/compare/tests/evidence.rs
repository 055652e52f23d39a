//! What records find of known evidence: cases by hand, and every order of small rows.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::single_range_in_vec_init, reason = "the evidence is one range")]

use saliency_compare::saliency_schema::scores::{Measurement, ScoredMethod, ScoredText, Scores};
use saliency_compare::saliency_schema::{Kind, Record, Token};
use saliency_compare::{Error, Evidence, Found, Table, judged};

/// A record of single letters, each a word of its own, and answers.
fn record(rows: &[&[Option<f64>]]) -> Record {
    let n = rows[0].len();
    let token = |place: usize| {
        let kind = if place < n { Kind::Input } else { Kind::Output };
        Token::new(0, " a", kind).with_span(2 * place..2 * place + 2)
    };
    let tokens = (0..n + rows.len()).map(token).collect();
    Record::new(tokens, rows.iter().enumerate().map(|(k, row)| [row, &vec![None; k][..]].concat()).collect())
        .unwrap()
}

fn values(found: Result<Found, Error>) -> [Option<f64>; 3] {
    found.unwrap().map(|(_, value)| value)
}

fn close(found: [Option<f64>; 3], expected: [f64; 3]) {
    for (found, expected) in found.into_iter().zip(expected) {
        assert!((found.unwrap() - expected).abs() < 1e-12, "{found:?} and not {expected}");
    }
}

#[test]
fn by_hand() {
    // The sums of both rows are 3, −4, 1, 2: the evidence, the third, is behind the first and the fourth.
    let rows: [&[Option<f64>]; 2] =
        [&[Some(1.0), Some(-2.0), Some(0.5), Some(2.0)], &[Some(2.0), Some(-2.0), Some(0.5), None]];
    let signed = record(&rows);
    close(values(Evidence::at(vec![5..6]).measure(&signed)), [0.0, 1.0 / 3.0, 1.0 / 10.0]);
    // By sizes the second has 4.
    let sizes = signed.clone().with_signed(false);
    close(values(Evidence::at(vec![2..4]).measure(&sizes)), [1.0, 1.0, 4.0 / 10.0]);
    // Among the last two the fourth is first; the mass is that of all tokens.
    let among = Evidence::at(vec![6..8]).among(vec![4..6, 6..8]);
    close(values(among.measure(&signed)), [1.0, 1.0, 2.0 / 10.0]);
    close(values(among.chance(&signed)), [0.5, 0.75, 0.25]);
    // One of four by chance: H₄ / 4.
    close(values(Evidence::at(vec![5..6]).chance(&signed)), [0.25, 25.0 / 48.0, 0.25]);
    // Equal attributions are what chance gives.
    let equal = record(&[&[Some(1.0); 4]]);
    let two = Evidence::at(vec![0..2, 4..6]);
    close(values(two.measure(&equal)), values(two.chance(&equal)).map(Option::unwrap));
    let nothing = values(two.measure(&record(&[&[Some(0.0); 4]])));
    assert_eq!(nothing[2], None);
    assert_eq!(
        values(two.measure(&record(&[&[Some(f64::NAN), Some(0.0), Some(1.0), Some(1.0)]]))),
        [None; 3]
    );
}

/// Ties stand for every order of the equal ones: means over all orders, counted one by one.
#[test]
fn ties_are_means_over_all_orders() {
    for numbers in 0..3_usize.pow(5) {
        let row: Vec<f64> = (0..5).map(|place| (numbers / 3_usize.pow(place) % 3) as f64).collect();
        let found = values(
            Evidence::at(vec![0..2, 6..8])
                .measure(&record(&[&row.iter().map(|x| Some(*x)).collect::<Vec<_>>()])),
        );
        let (mut first, mut ranks, mut orders) = (0.0, 0.0, 0.0);
        for order in permutations(5) {
            if order.windows(2).all(|two| row[two[0]] >= row[two[1]]) {
                let rank = order.iter().position(|place| [0, 3].contains(place)).unwrap();
                first += f64::from(u8::from(rank == 0));
                ranks += 1.0 / (rank + 1) as f64;
                orders += 1.0;
            }
        }
        assert!((found[0].unwrap() - first / orders).abs() < 1e-12, "{row:?}");
        assert!((found[1].unwrap() - ranks / orders).abs() < 1e-12, "{row:?}");
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let longer = |order: Vec<usize>| {
        (0..n).map(move |at| [&order[..at], &[n - 1], &order[at..]].concat()).collect::<Vec<_>>()
    };
    permutations(n - 1).into_iter().flat_map(longer).collect()
}

#[test]
fn what_is_no_evidence_is_said() {
    let given = record(&[&[Some(1.0); 4]]);
    let refused = |evidence: Evidence| evidence.measure(&given).unwrap_err().to_string();
    assert!(refused(Evidence::at(vec![100..101])).contains("no candidate holds a token of the evidence"));
    assert!(refused(Evidence::at(vec![0..2]).among(vec![4..8])).contains("in bytes of the text"));
    let bare = Record::new(
        vec![Token::new(0, "a", Kind::Input), Token::new(0, "b", Kind::Output)],
        vec![vec![Some(1.0)]],
    );
    let error = Evidence::at(vec![0..1]).measure(&bare.unwrap()).unwrap_err();
    assert!(error.to_string().contains("token 0 has no offsets"), "{error}");
}

/// Over cases: means, differences to chance, and a sentence; faithfulness stays apart.
#[test]
fn cases_are_pooled_beside_chance() {
    let texts: Vec<ScoredText> = (0..8).map(|case| ScoredText::new(format!("case {case}"), 1)).collect();
    let mut methods =
        vec![ScoredMethod::new("good"), ScoredMethod::new("poor"), ScoredMethod::control("chance")];
    let mut measurements = Vec::new();
    for case in 0..8 {
        let of = |method: usize, pointing: f64| {
            Measurement::new(method, case)
                .with_metric("pointing-game", pointing)
                .with_metric("reciprocal-rank", f64::midpoint(pointing, 1.0))
        };
        measurements.push(of(0, if case == 0 { 0.0 } else { 1.0 }));
        measurements.push(of(1, if case < 2 { 1.0 } else { 0.0 }));
        measurements.push(of(2, 0.25));
    }
    let scores = |methods: &[ScoredMethod], measurements: &[Measurement]| {
        let scores = Scores::new(texts.clone(), methods.to_vec()).unwrap();
        judged(scores.with_measurements(measurements.to_vec())).unwrap()
    };
    // Beside one that finds as much, nobody wins.
    methods.push(ScoredMethod::new("same"));
    let of_good: Vec<Measurement> = measurements.iter().filter(|m| m.method == 0).cloned().collect();
    let same = of_good.into_iter().map(|mut measurement| {
        measurement.method = 3;
        measurement
    });
    let two = scores(&methods, &[&measurements[..], &same.collect::<Vec<_>>()].concat());
    let verdict = two.verdict.unwrap();
    assert!(verdict.contains("No winner: good, same come first alike."), "{verdict}");
    let scores = scores(&methods[..3], &measurements);
    assert!(scores.faithfulness.is_empty());
    let first = &scores.ground_truth[0];
    assert_eq!(
        (first.measure.as_str(), first.value, first.chance),
        ("pointing-game", Some(0.875), Some(0.25))
    );
    let chance = first.paired.iter().find(|paired| paired.against == 2).unwrap();
    assert_eq!((chance.difference, chance.win_rate), (Some(0.625), Some(0.875)));
    let verdict = scores.verdict.as_deref().unwrap();
    assert!(verdict.starts_with("By pointing-game: good beats chance; poor does not."), "{verdict}");
    let table = &Table::of(&scores)[0];
    assert_eq!(table.header[..3], ["method", "pointing-game", "reciprocal-rank"]);
    let names: Vec<&str> = table.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(names, ["good", "poor", "chance"]);
    assert!(table.title.starts_with("Known evidence: means over 8 cases; in brackets the 95 % interval"));
}
