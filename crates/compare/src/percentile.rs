//! Percentiles of resampled numbers.

use saliency_schema::quantile;

/// The interval that holds this share of the numbers: its ends are the percentiles that cut off as much below as above,
/// interpolated between neighbours as `NumPy` does. `None` without a finite number.
pub(crate) fn interval(mut numbers: Vec<f64>, confidence: f64) -> Option<[f64; 2]> {
    numbers.retain(|x| x.is_finite());
    numbers.sort_unstable_by(f64::total_cmp);
    let tail = (1.0 - confidence) / 2.0;
    Some([quantile(&numbers, tail)?, quantile(&numbers, 1.0 - tail)?])
}

#[cfg(test)]
mod tests {
    use super::interval;

    /// `numpy.percentile([1, 2, 4, 8, 16], [5, 95])` of `NumPy` 2.4.6: 1.2 and 14.4.
    #[test]
    fn ends_lie_between_neighbours() {
        let found = interval(vec![16.0, 1.0, 8.0, f64::NAN, 2.0, 4.0], 0.9);
        assert!(found.is_some_and(|[low, high]| (low - 1.2).abs() < 1e-12 && (high - 14.4).abs() < 1e-12));
        assert_eq!(interval(vec![3.0], 0.95), Some([3.0, 3.0]));
        assert_eq!(interval(vec![f64::NAN], 0.95), None);
    }
}
