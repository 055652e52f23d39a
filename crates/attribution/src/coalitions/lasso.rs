//! The Lasso: a linear model of a game in which most segments weigh nothing.

/// Sweeps over all columns, at the most.
const SWEEPS: usize = 20_000;
/// Where sweeps end: the largest change of a weight, as a share of the largest weight.
const SMALLEST: f64 = 1e-13;

/// Columns in standard units, which many right-hand sides share.
pub(crate) struct Lasso {
    columns: Vec<Column>,
    samples: f64,
}

struct Column {
    /// `(x − mean) / scale`; all 0 for a column that is constant.
    standard: Vec<f64>,
    /// Its mean square: 1 to rounding, or 0.
    square: f64,
    scale: f64,
}

impl Lasso {
    /// Of the columns of some rows, one for each sample.
    pub(crate) fn new(rows: &[Vec<f64>]) -> Self {
        let samples = rows.len() as f64;
        let width = rows.first().map_or(0, Vec::len);
        let column = |i: usize| {
            let mean = rows.iter().map(|row| row[i]).sum::<f64>() / samples;
            let variance = rows.iter().map(|row| (row[i] - mean).powi(2)).sum::<f64>() / samples;
            let scale = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            let standard: Vec<f64> = rows.iter().map(|row| (row[i] - mean) / scale).collect();
            let square = standard.iter().map(|x| x * x).sum::<f64>() / samples;
            Column { standard, square, scale }
        };
        Self { columns: (0..width).map(column).collect(), samples }
    }

    /// For the columns as they were given, the weights whose `v = w ⊙ scale` minimise
    /// `1/(2m) Σ_k (y_k − b − ⟨x̂_k, v⟩)² + α Σ_i |v_i|` over `v` and `b`, with `x̂` in standard units: by coordinate
    /// descent. `None` where it did not converge.
    pub(crate) fn weights(&self, side: &[f64], alpha: f64) -> Option<Vec<f64>> {
        let mean = side.iter().sum::<f64>() / self.samples;
        let mut residual: Vec<f64> = side.iter().map(|y| y - mean).collect();
        let mut weights = vec![0.0_f64; self.columns.len()];
        for _ in 0..SWEEPS {
            let (mut change, mut largest) = (0.0_f64, 0.0_f64);
            for (Column { standard, square, .. }, weight) in self.columns.iter().zip(&mut weights) {
                if *square == 0.0 {
                    continue;
                }
                let along = standard.iter().zip(&residual).map(|(x, r)| x * r).sum::<f64>();
                let free = along / self.samples + square * *weight;
                let next = free.signum() * (free.abs() - alpha).max(0.0) / square;
                let step = next - *weight;
                if step != 0.0 {
                    for (r, x) in residual.iter_mut().zip(standard) {
                        *r -= step * x;
                    }
                }
                *weight = next;
                change = change.max(step.abs());
                largest = largest.max(next.abs());
            }
            if change <= SMALLEST * largest {
                return Some(weights.iter().zip(&self.columns).map(|(v, column)| v / column.scale).collect());
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
    use super::Lasso;
    use serde_json::Value;

    fn numbers(list: &Value) -> Vec<f64> {
        list.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    }

    /// scikit-learn's, by tests/lasso/generate.py.
    #[test]
    fn weights_are_scikit_learns() {
        let cases: Value = serde_json::from_str(include_str!("../../tests/lasso/expected.json")).unwrap();
        let cases = cases["cases"].as_array().unwrap();
        assert!(cases.len() >= 6);
        for case in cases {
            let rows: Vec<_> = case["rows"].as_array().unwrap().iter().map(numbers).collect();
            let lasso = Lasso::new(&rows);
            let found = lasso.weights(&numbers(&case["side"]), case["alpha"].as_f64().unwrap()).unwrap();
            let expected = numbers(&case["weights"]);
            for (found, expected) in found.iter().zip(&expected) {
                assert!((found - expected).abs() < 1e-8, "{}: {found} {expected}", case["name"]);
                assert_eq!(*found == 0.0, *expected == 0.0, "{}", case["name"]);
            }
            assert_eq!(found.len(), expected.len());
        }
    }
}
