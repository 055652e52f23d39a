//! How large a mean difference is beside its spread.

/// The mean of paired differences over their standard deviation, with n − 1: Cohen's d of one sample. `None` with fewer
/// than two differences, or if all are equal.
///
/// Reference: Cohen 1988, "Statistical power analysis for the behavioral sciences", section 2.3.5.
pub fn effect_size(differences: &[f64]) -> Option<f64> {
    let n = differences.len() as f64;
    let mean = differences.iter().sum::<f64>() / n;
    let squares: f64 = differences.iter().map(|x| (x - mean) * (x - mean)).sum();
    let first = differences.first()?;
    let varies = differences.iter().any(|x| x.total_cmp(first).is_ne());
    let size = mean / (squares / (n - 1.0)).sqrt();
    (varies && size.is_finite()).then_some(size)
}
