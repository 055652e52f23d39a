//! The interval of a share of cases.

use statrs::distribution::{Beta, ContinuousCDF};

/// The interval of the probability behind `found` of `cases`, by Clopper and Pearson (1934, "The use of confidence or
/// fiducial limits illustrated in the case of the binomial"): every probability under which neither so few nor so many
/// are found less often than half of `1 − confidence`. All of ten cases still leave 0.69 to 1, where a bootstrap gives
/// no width at all. `None` without a case, with more found than there are, or if the confidence is no share.
pub fn clopper_pearson(found: usize, cases: usize, confidence: f64) -> Option<[f64; 2]> {
    if cases == 0 || found > cases || !(confidence > 0.0 && confidence < 1.0) {
        return None;
    }
    let (k, n) = (found as f64, cases as f64);
    let tail = (1.0 - confidence) / 2.0;
    let low = if found == 0 { 0.0 } else { Beta::new(k, n - k + 1.0).ok()?.inverse_cdf(tail) };
    let high = if found == cases { 1.0 } else { Beta::new(k + 1.0, n - k).ok()?.inverse_cdf(1.0 - tail) };
    Some([low, high])
}

#[cfg(test)]
mod tests {
    use super::clopper_pearson;

    /// `beta.ppf` of `SciPy` 1.17.1.
    #[test]
    fn ends_are_those_of_scipy() {
        for (found, cases, expected) in [
            (0, 40, [0.0, 0.088_097_302_878_802_4]),
            (10, 10, [0.691_502_892_181_239, 1.0]),
            (60, 60, [0.940_370_507_713_833, 1.0]),
            (59, 60, [0.910_600_949_942_513, 0.999_578_125_547_658]),
            (3, 8, [0.085_233_414_137_254_3, 0.755_136_783_633_448]),
        ] {
            let ends = clopper_pearson(found, cases, 0.95).unwrap_or([f64::NAN; 2]);
            let close = |(a, b): (f64, f64)| (a - b).abs() < 1e-9;
            assert!(ends.into_iter().zip(expected).all(close), "{found} of {cases}: {ends:?}");
        }
        assert_eq!(clopper_pearson(0, 0, 0.95), None);
        assert_eq!(clopper_pearson(3, 2, 0.95), None);
        assert_eq!(clopper_pearson(1, 2, 1.0), None);
    }
}
