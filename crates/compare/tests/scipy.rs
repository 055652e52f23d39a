//! Measures and statistics against `SciPy`'s, and against enumeration.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_compare::statistics::{benjamini_hochberg, effect_size, sign_flips};
use saliency_compare::{Parameters, Sign, measures, rows};
use serde_json::Value;

fn expected() -> Value {
    serde_json::from_slice(include_bytes!("scipy/expected.json")).unwrap()
}

fn numbers(row: &Value) -> Vec<Option<f64>> {
    row.as_array().unwrap().iter().map(Value::as_f64).collect()
}

#[test]
fn measures_are_scipys() {
    let expected = expected();
    let k = expected["k"].as_u64().unwrap() as usize;
    let parameters = Parameters::new(k, expected["persistence"].as_f64().unwrap());
    let mut checked = 0;
    for case in expected["cases"].as_array().unwrap() {
        let (a, b) = (numbers(&case["a"]), numbers(&case["b"]));
        for (sign, name) in [(Sign::Signed, "signed"), (Sign::Absolute, "absolute")] {
            let (one, other, left_out) = rows(&a, &b, sign);
            assert_eq!(left_out as u64, case["left_out"].as_u64().unwrap(), "{case}");
            for measure in measures() {
                let Some(expected) = case[name].get(measure.name) else { continue };
                let found = measure.of(&one, &other, &parameters);
                let turned = measure.of(&other, &one, &parameters);
                let place =
                    format!("{}: {name}: {}: {found:?} {turned:?} {expected}", case["name"], measure.name);
                match (found, turned, expected.as_f64()) {
                    (Some(found), Some(turned), Some(expected)) => {
                        assert!(
                            (found - expected).abs() < 1e-12 && (turned - expected).abs() < 1e-12,
                            "{place}"
                        );
                    }
                    (found, turned, expected) => assert_eq!((found, turned), (expected, None), "{place}"),
                }
                checked += 1;
            }
        }
    }
    assert!(checked > 240, "{checked}");
}

#[test]
fn flips_and_effect_sizes_are_scipys() {
    let expected = expected();
    for case in expected["flips"].as_array().unwrap() {
        let differences: Vec<f64> = numbers(&case["differences"]).into_iter().flatten().collect();
        let found = sign_flips(&differences, 1000, 0).unwrap();
        assert!((found.p - case["p"].as_f64().unwrap()).abs() < 1e-12, "{case}: {found:?}");
        assert!(found.p >= found.smallest, "{case}");
        match (effect_size(&differences), case["effect_size"].as_f64()) {
            (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12, "{case}: {found}"),
            (found, expected) => assert_eq!(found, expected, "{case}"),
        }
    }
}

#[test]
fn adjusted_p_is_scipys() {
    for case in expected()["adjusted"].as_array().unwrap() {
        let found = benjamini_hochberg(&numbers(&case["p"]));
        let close = |(a, b): (&Option<f64>, Option<f64>)| (a.unwrap() - b.unwrap()).abs() < 1e-12;
        assert!(found.iter().zip(numbers(&case["adjusted"])).all(close), "{case}: {found:?}");
        // What has no p is no test.
        let mut more = numbers(&case["p"]);
        more.insert(1, None);
        let mut again = benjamini_hochberg(&more);
        assert_eq!(again.remove(1), None);
        assert_eq!(again, found);
    }
}
