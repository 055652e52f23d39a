//! Percentiles of resampled means.

use saliency_schema::quantile;
use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// Of more units, Student's distribution is as good as normal, and its quantile takes long.
const MANY: usize = 10_000;

/// The interval that the resampled means of so many units give: the percentiles that cut off `tail` below and above,
/// interpolated between neighbours as `NumPy` does. `None` without a finite mean, or with fewer than 2 units.
pub(crate) fn interval(mut means: Vec<f64>, units: usize, confidence: f64) -> Option<[f64; 2]> {
    let tail = tail(units, confidence)?;
    means.retain(|x| x.is_finite());
    means.sort_unstable_by(f64::total_cmp);
    Some([quantile(&means, tail)?, quantile(&means, 1.0 - tail)?])
}

/// What is cut off below: `Φ(−√(n / (n − 1)) t)`, with `t` the quantile of Student's distribution with n − 1 degrees of
/// freedom that leaves out half of `1 − confidence`. Without that, intervals of few units are too narrow: the bootstrap
/// draws from a sample whose variance is the smaller by `(n − 1) / n`, and takes it for known (Hesterberg 2015, "What
/// Teachers Should Know About the Bootstrap", the expanded percentile interval).
fn tail(units: usize, confidence: f64) -> Option<f64> {
    if units > MANY {
        return Some((1.0 - confidence) / 2.0);
    }
    let freedom = units.checked_sub(1).filter(|freedom| *freedom > 0)? as f64;
    let t = StudentsT::new(0.0, 1.0, freedom).ok()?.inverse_cdf(0.5 + confidence / 2.0);
    let widened = t * ((freedom + 1.0) / freedom).sqrt();
    Some(Normal::standard().cdf(-widened))
}

#[cfg(test)]
mod tests {
    use super::{interval, tail};

    /// `norm.cdf(-sqrt(n / (n - 1)) * t.ppf(1 - (1 - c) / 2, n - 1))` of `SciPy` 1.17.1.
    #[test]
    fn tails_are_those_of_scipy() {
        for (units, confidence, expected) in [
            (6, 0.95, 0.002_431_803_174_611_57),
            (8, 0.95, 0.005_737_520_517_029_88),
            (12, 0.9, 0.030_345_459_665_587_4),
            (60, 0.95, 0.021_801_790_933_923_4),
            (1000, 0.95, 0.024_804_305_905_564_3),
        ] {
            let found = tail(units, confidence).unwrap_or(f64::NAN);
            assert!((found - expected).abs() < 1e-10, "{units}: {found} and not {expected}");
        }
        assert_eq!(tail(1, 0.95), None);
    }

    /// Of many units the tails are those of the confidence: `numpy.percentile([1, 2, 4, 8, 16], [5, 95])` of
    /// `NumPy` 2.4.6 is 1.2 and 14.4.
    #[test]
    fn ends_lie_between_neighbours() {
        let means = || vec![16.0, 1.0, 8.0, f64::NAN, 2.0, 4.0];
        let found = interval(means(), 20_000, 0.9);
        assert!(found.is_some_and(|[low, high]| (low - 1.2).abs() < 1e-12 && (high - 14.4).abs() < 1e-12));
        // Of few they are wider.
        assert!(interval(means(), 6, 0.9).is_some_and(|[low, high]| low < 1.19 && high > 14.5));
        assert_eq!(interval(vec![3.0], 6, 0.95), Some([3.0, 3.0]));
        assert_eq!(interval(vec![f64::NAN], 6, 0.95), None);
    }
}
