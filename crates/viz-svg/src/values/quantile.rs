//! Quantiles between values.

/// The quantiles of some values at some shares. 0 for no value.
pub(crate) fn quantiles<const N: usize>(mut values: Vec<f64>, shares: [f64; N]) -> [f64; N] {
    values.sort_by(f64::total_cmp);
    shares.map(|share| saliency_schema::quantile(&values, share).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::quantiles;

    // numpy.quantile([4, 1, 3, 2], [0, .1, .5, .9, 1])
    #[test]
    fn they_are_numpy_s() {
        let found = quantiles(vec![4.0, 1.0, 3.0, 2.0], [0.0, 0.1, 0.5, 0.9, 1.0]);
        let expected = [1.0, 1.3, 2.5, 3.7, 4.0];
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
        assert!(quantiles(Vec::new(), [0.5])[0].abs() < 1e-12);
    }
}
