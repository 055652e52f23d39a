//! What bfloat16 costs: rows in it beside the same rows in single precision, for the same tokens. docs/models.md states
//! the figures.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::{Attributor, Generation, Sequence};
use saliency_checkpoint::Load;
use tch::Kind;

const TEXT: &str = "And it came to pass, when David had made an end of speaking unto Saul, that the soul of Jonathan was knit with \
                    the soul of David, and Jonathan loved him as his own soul. And Saul took him that day, and would let him go no more \
                    home to his father's house.";

fn rows(kind: Kind, method: &str, sequence: &Sequence) -> Vec<Vec<f64>> {
    let demo = saliency_demo_model::open(&Load::new().kind(kind)).unwrap();
    let attributor = Attributor::new().method(method).target("probability");
    let record = attributor.record(&demo.model, sequence).unwrap();
    record.attributions.iter().map(|row| row.iter().map(|x| x.unwrap()).collect()).collect()
}

/// Of the differences, in units of each row's largest: the median and the largest of the rows' own largest.
fn differences(found: &[Vec<f64>], expected: &[Vec<f64>]) -> (f64, f64) {
    let mut worst: Vec<f64> = found
        .iter()
        .zip(expected)
        .map(|(found, expected)| {
            let largest = expected.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
            found.iter().zip(expected).fold(0.0_f64, |m, (f, e)| m.max((f - e).abs() / largest))
        })
        .collect();
    worst.sort_by(f64::total_cmp);
    (worst[worst.len() / 2], worst[worst.len() - 1])
}

/// How often the token with the largest number is the same one.
fn same_first(found: &[Vec<f64>], expected: &[Vec<f64>]) -> usize {
    let first =
        |row: &Vec<f64>| row.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).unwrap().0;
    found.iter().zip(expected).filter(|(f, e)| first(f) == first(e)).count()
}

#[test]
fn bfloat16_is_near_single_precision_and_how_near() {
    let sequence =
        saliency_demo_model::open(&Load::default()).unwrap().generate(TEXT, &Generation::greedy(5)).unwrap();
    for (method, median, most) in
        [("gradient-x-input", 0.05, 0.3), ("integrated-gradients", 0.1, 0.8), ("occlusion", 0.3, 3.0)]
    {
        let expected = rows(Kind::Float, method, &sequence);
        let (double_median, double_most) = differences(&expected, &rows(Kind::Double, method, &sequence));
        let found = rows(Kind::BFloat16, method, &sequence);
        let (found_median, found_most) = differences(&found, &expected);
        let same = same_first(&found, &expected);
        println!(
            "{method}: a row's largest difference is {found_median:.4} of its largest number in the median, {found_most:.4} at the \
             most (float32 from float64: {double_median:.1e}, {double_most:.1e}); the first token is the same in {same} of {} rows",
            expected.len()
        );
        assert!(found_median < median && found_most < most, "{method}: {found_median} {found_most}");
        assert!(double_most < 2e-5, "{method}: {double_most}");
        // It is bfloat16 that was computed in.
        assert!(found_median > 1e-4, "{method}");
    }
}
