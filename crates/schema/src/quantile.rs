//! Quantiles between values.

/// The quantile of values in ascending order at a share from 0 to 1: at place `share · (n − 1)` from 0, and between two
/// values on the line from one to the other, as `NumPy`'s by default. `None` of no value.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (below, above) = (sorted.get(place.floor() as usize)?, sorted.get(place.ceil() as usize)?);
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::quantile;

    /// `numpy.quantile([1, 2, 4, 8, 16], [0, 0.05, 0.1, 0.5, 0.95, 1])` of `NumPy` 2.4.6.
    #[test]
    fn they_are_numpy_s() {
        let values = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (share, expected) in [(0.0, 1.0), (0.05, 1.2), (0.1, 1.4), (0.5, 4.0), (0.95, 14.4), (1.0, 16.0)]
        {
            let found = quantile(&values, share).unwrap_or(f64::NAN);
            assert!((found - expected).abs() < 1e-12, "{share}: {found}");
        }
        assert_eq!(quantile(&[3.0], 0.7), Some(3.0));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&values, 2.0), Some(16.0));
    }
}
