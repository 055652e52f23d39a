//! What measurements say: statistics by hand, and verdicts that claim no more than the intervals do.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_compare::saliency_schema::scores::{Cost, Measurement, Score, ScoredMethod, ScoredText, Scores};
use saliency_compare::{Error, Resampler, judged, pooled};

/// `good`, `poor`, `random` with two draws: by one metric on outputs of one text, or on as many texts.
fn scores(good: &[f64], poor: &[f64], random: [&[f64]; 2], over_texts: bool) -> Scores {
    let n = good.len();
    let texts = if over_texts {
        (0..n).map(|t| ScoredText::new(format!("text {t}"), 1)).collect()
    } else {
        vec![ScoredText::new("text", n)]
    };
    let methods = vec![ScoredMethod::new("good"), ScoredMethod::new("poor"), ScoredMethod::control("random")];
    let mut measurements = Vec::new();
    for unit in 0..n {
        let (text, output) = if over_texts { (unit, 0) } else { (0, unit) };
        let one = |method: usize, value: f64| {
            Measurement::new(method, text)
                .with_operator("deletion")
                .with_output(output)
                .with_metric("comprehensiveness", value)
        };
        measurements.extend([one(0, good[unit]), one(1, poor[unit])]);
        measurements.extend((0..2).map(|draw| one(2, random[draw][unit]).with_draw(draw as u32)));
    }
    Scores::new(texts, methods).unwrap().with_measurements(measurements)
}

fn of(scores: &Scores, method: usize) -> &Score {
    scores.faithfulness.iter().find(|score| score.method == method).unwrap()
}

#[test]
fn differences_win_rates_and_p_by_hand() {
    // 18 outputs of one text are 6 blocks of 3: all of a block have the same numbers here.
    for (over_texts, times) in [(true, 1), (false, 3)] {
        let each = |numbers: [f64; 6]| numbers.into_iter().flat_map(|x| vec![x; times]).collect::<Vec<f64>>();
        let good = each([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let random = [each([0.0, 0.0, 0.0, 0.0, 0.0, 9.0]), each([1.0, 0.0, 2.0, 0.0, 2.0, 1.0])];
        let n = good.len();
        let random = [&random[0][..], &random[1]];
        let found = judged(scores(&good, &vec![0.5; n], random, over_texts)).unwrap();
        let score = of(&found, 0);
        assert_eq!((score.value, score.count, score.undefined), (Some(3.5), Some(n), Some(0)));
        assert_eq!(score.paired.iter().map(|p| p.against).collect::<Vec<_>>(), [1, 2]);
        let paired = &score.paired[1];
        // Means of the draws: 0.5, 0, 1, 0, 1, 5. Differences: 0.5, 2, 2, 4, 4, 1.
        assert_eq!((paired.difference, paired.pairs), (Some(13.5 / 6.0), n));
        assert_eq!(paired.over, if over_texts { "texts" } else { "outputs" });
        // Of twelve comparisons one is lost, to 9, and one is a draw, with 1.
        assert_eq!(paired.win_rate, Some(10.5 / 12.0));
        // All six texts, or blocks, are positive, which two of 64 flips are as far from zero as.
        assert_eq!((paired.p, paired.smallest_p), (Some(2.0 / 64.0), Some(2.0 / 64.0)));
        let variance =
            each([0.5, 2.0, 2.0, 4.0, 4.0, 1.0].map(|x: f64| (x - 2.25).powi(2))).iter().sum::<f64>()
                / (n as f64 - 1.0);
        assert!((paired.effect_size.unwrap() - 2.25 / variance.sqrt()).abs() < 1e-12);
        // Of two methods, the smaller p is doubled.
        assert_eq!(paired.adjusted_p, Some(4.0 / 64.0));
        assert!(paired.excludes_zero());
        // A control has a mean, of its draws' means, and is held against nobody.
        let control = of(&found, 2);
        assert_eq!((control.value, control.paired.len()), (Some(7.5 / 6.0), 0));
    }
}

#[test]
fn a_winner_needs_an_interval_without_zero() {
    let noise = [0.1, -0.1, 0.05, -0.05, 0.1, -0.1, 0.0, 0.1].repeat(3);
    let poor: Vec<f64> = noise.clone();
    let good: Vec<f64> = noise.iter().rev().map(|x| x + 1.0).collect();
    let random = [&noise[..], &noise[..]];
    let verdict = |good: &[f64], poor: &[f64], over_texts| {
        judged(scores(good, poor, [&random[0][..good.len()], &random[1][..good.len()]], over_texts))
            .unwrap()
            .verdict
            .unwrap()
    };
    assert_eq!(
        verdict(&good, &poor, false),
        "By comprehensiveness under deletion: good beats random orders; poor does not. good is better than every other \
         method. 24 outputs of one text: nothing is said beyond this text."
    );
    let close = verdict(&poor, &noise.iter().map(|x| -x).collect::<Vec<_>>(), true);
    assert!(
        close.contains("no method beats random orders. No winner: good comes first, but the interval of its"),
        "{close}"
    );
    assert!(close.ends_with("24 outputs of 24 texts."), "{close}");
    let few = verdict(&good[..3], &poor[..3], false);
    assert!(
        few.contains(
            "3 outputs are too few to tell any method from random orders; 16 are needed. No winner: "
        ),
        "{few}"
    );
}

/// Five texts of six speak for it. The interval leaves 0 out, but 4 of 64 flips of the signs are as far from 0.
#[test]
fn p_is_part_of_the_verdict() {
    let zeros: &[f64] = &[0.0; 6];
    let found = judged(scores(&[1.0, 1.0, 1.0, 1.0, 1.0, -0.1], zeros, [zeros; 2], true)).unwrap();
    let paired = &of(&found, 0).paired[1];
    assert!(paired.excludes_zero());
    assert_eq!(paired.p, Some(4.0 / 64.0));
    let verdict = found.verdict.unwrap();
    assert!(verdict.contains("no method beats random orders"), "{verdict}");
}

/// Three of 30 outputs were judged: the others are not undefined, and the verdict says so.
#[test]
fn what_was_not_judged_is_not_undefined() {
    let mut scores = scores(&[1.0; 30], &[0.5; 30], [&[0.0; 30]; 2], false);
    scores.measurements.retain(|own| own.output.is_some_and(|output| output % 10 == 0));
    if let Some(value) = scores.measurements[0].metrics.get_mut("comprehensiveness") {
        *value = None;
    }
    let found = judged(scores).unwrap();
    assert_eq!((of(&found, 0).count, of(&found, 0).undefined), (Some(2), Some(1)));
    let verdict = found.verdict.unwrap();
    assert!(
        verdict.ends_with("30 outputs of one text, 3 of them judged: nothing is said beyond this text."),
        "{verdict}"
    );
}

/// `beta.ppf` of `SciPy` 1.17.1: ten of ten cases leave 0.6915 to 1, where resampling would leave no width.
#[test]
fn a_share_of_cases_has_an_interval_of_its_own() {
    let mut scores = scores(&[1.0; 10], &[0.5; 10], [&[0.0; 10]; 2], true);
    for measurement in &mut scores.measurements {
        let value = measurement.metrics.remove("comprehensiveness").flatten();
        measurement.metrics.insert("pointing-game".to_owned(), value);
    }
    let found = judged(scores).unwrap();
    let interval = |method: usize| found.ground_truth.iter().find(|s| s.method == method).unwrap().interval;
    let [low, high] = interval(0).unwrap();
    assert!((low - 0.691_502_892_181_239).abs() < 1e-9 && (high - 1.0).abs() < 1e-12, "{low} {high}");
    // What is no share of cases is resampled.
    assert_eq!(interval(1), Some([0.5, 0.5]));
}

/// Beside random orders, another control that only one of two methods beats.
#[test]
fn what_is_no_better_than_a_control_is_said() {
    let noise = [0.1, -0.1, 0.05, -0.05, 0.1, -0.1, 0.0, 0.1];
    let verdict = |good: f64, poor: f64| {
        let of = |mean: f64| noise.map(|x| x + mean);
        let mut scores = scores(&of(good), &of(poor), [&of(0.0), &of(0.0)], true);
        scores.methods.push(ScoredMethod::control("position"));
        scores.measurements.extend((0..8).map(|text| {
            Measurement::new(3, text)
                .with_operator("deletion")
                .with_output(0)
                .with_metric("comprehensiveness", 2.0 - noise[text])
        }));
        judged(scores).unwrap().verdict.unwrap()
    };
    assert!(
        verdict(3.0, 1.0)
            .contains("good, poor beat random orders. Better than the control position: good. good is")
    );
    assert!(
        verdict(1.0, 0.5)
            .contains("beat random orders. No method is better than the control position. good is")
    );
    assert!(
        verdict(4.0, 3.0).contains("beat random orders. All are better than the control position. good is")
    );
}

#[test]
fn less_is_better_where_it_is() {
    let mut scores = scores(
        &[1.0; 6],
        &[3.0, 3.5, 3.0, 2.5, 3.0, 3.0],
        [&[2.0; 6], &[4.0, 4.0, 4.0, 4.0, 4.0, 4.5]],
        true,
    );
    for measurement in &mut scores.measurements {
        let value = measurement.metrics.remove("comprehensiveness").flatten();
        measurement.metrics.insert("sufficiency".to_owned(), value);
    }
    let found = judged(scores).unwrap();
    assert_eq!(of(&found, 0).paired[1].win_rate, Some(1.0));
    assert!(found.verdict.unwrap().contains("good is better than every other method"));
}

/// By the central limit theorem: the ends of the interval lie about 1.96 σ / √n from the mean.
#[test]
fn intervals_are_as_wide_as_theory_says() {
    // 400 texts with a number each: 0 and 1 in turn, so that σ = ½.
    let numbers: Vec<_> = (0..400).map(|i| Some(f64::from(i % 2))).collect();
    let resampler = Resampler::new(&[1; 400], 4000, 0.95, 3).unwrap();
    let [low, high] = resampler.interval(&numbers).unwrap();
    let half = 1.96 * 0.5 / 20.0;
    assert!((low - (0.5 - half)).abs() < 0.005 && (high - (0.5 + half)).abs() < 0.005, "{low} {high}");
    assert_eq!(resampler.interval_of_units(&numbers), Some([low, high]));
    // One text: ones and zeros in runs of 8, which is a block's length. A block's mean then spreads as a triangle and
    // two halves do: blocks that begin at any of 8 places of a run hold 0 to 8 ones.
    let runs: Vec<_> = (0..512).map(|i| Some(f64::from(i / 8 % 2))).collect();
    let resampler = Resampler::new(&[512], 4000, 0.95, 3).unwrap();
    assert_eq!(resampler.describe().block, Some(8));
    let [low, high] = resampler.interval(&runs).unwrap();
    // The variance of a block's mean over its 16 phases is (2 Σ_{j=0..8} (j/8 − ½)² − ¼ · 2) / 16, the ends once each.
    let spread: f64 =
        (0..16).map(|phase: i32| (f64::from((phase - 8).abs()) / 8.0 - 0.5).powi(2)).sum::<f64>() / 16.0;
    let half = 1.96 * (spread / 64.0).sqrt();
    assert!((low - (0.5 - half)).abs() < 0.01 && (high - (0.5 + half)).abs() < 0.01, "{low} {high} {half}");
    // As if they were independent, it would be far too narrow.
    assert!(half > 1.5 * 1.96 * 0.5 / 512_f64.sqrt());
}

#[test]
fn what_is_undefined_is_no_part_of_a_mean() {
    let resampler = Resampler::new(&[2; 7], 100, 0.9, 0).unwrap();
    let numbers: Vec<_> = (0..14).map(|i| (i % 2 == 0).then_some(2.0)).collect();
    assert_eq!(resampler.interval(&numbers), Some([2.0, 2.0]));
    assert_eq!(resampler.interval(&[None; 14]), None);
    // Five texts with a number are too few.
    let numbers: Vec<_> = (0..14).map(|i| (i < 10).then_some(2.0)).collect();
    assert_eq!(resampler.interval(&numbers), None);
}

/// Two texts of one and of two outputs, whose methods stand in other orders.
#[test]
fn texts_are_put_together_by_their_methods() {
    let text = |names: [&str; 2], outputs: usize, value: f64, passes: u64| {
        let methods = names.map(|name| ScoredMethod::new(name).with_passes(passes).with_seconds(0.5));
        let place = |name: &str| names.iter().position(|own| *own == name).unwrap();
        let measured = |name: &str, value: f64| {
            Measurement::new(place(name), 0).with_output(0).with_metric("comprehensiveness", value)
        };
        let check = Score::new("spearman", place("a"), value)
            .with_condition("target")
            .with_by_output((0..outputs).map(|output| Some(value + output as f64)).collect());
        Scores::new(vec![ScoredText::new(format!("of {outputs}"), outputs)], methods.to_vec())
            .unwrap()
            .with_measurements(vec![measured("a", value), measured("b", -value)])
            .with_sanity(vec![check])
            .with_cost(Cost::new(10, 20).with_seconds(1.0))
            .with_caveats(vec!["mind".to_owned()])
    };
    let agreement = |names: &[&str]| {
        let texts = vec![ScoredText::new("of 1", 1), ScoredText::new("of 2", 2)];
        Scores::new(texts, names.iter().map(|name| ScoredMethod::new(*name)).collect()).unwrap()
    };
    let texts = [text(["a", "b"], 1, 1.0, 3), text(["b", "a"], 2, 4.0, 4)];
    let found = pooled(agreement(&["a", "b"]), &texts).unwrap();
    let values: Vec<_> = found.faithfulness.iter().map(|score| (score.method, score.value)).collect();
    assert_eq!(values, [(0, Some(2.5)), (1, Some(-2.5))]);
    // 1 of the one text, 4 and 5 of the other.
    let [check] = &found.sanity[..] else { panic!("{:?}", found.sanity) };
    assert_eq!((check.method, check.value, check.count), (0, Some(10.0 / 3.0), Some(3)));
    assert_eq!(found.methods[0].passes, Some(7));
    assert_eq!(found.cost, Some(Cost::new(20, 40).with_seconds(2.0)));
    assert_eq!(found.caveats, ["mind"]);

    let mut other = texts[1].clone();
    other.methods[0] = ScoredMethod::new("c");
    let refused = pooled(agreement(&["a", "b"]), &[texts[0].clone(), other]).unwrap_err();
    assert!(matches!(refused, Error::NoMethod { ref method, .. } if method == "b"), "{refused}");
}
