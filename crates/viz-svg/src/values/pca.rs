//! Principal components of some columns of numbers.

use crate::values::jacobi::eigen;

/// Where each of `n` points lies on the first two principal components of its `m` features, and how each feature
/// points.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Components {
    /// `[n]`: the centred point's product with each component, in the features' unit.
    pub(crate) scores: Vec<[f64; 2]>,
    /// `[m]`: the features in each component, which has length 1.
    pub(crate) loadings: Vec<[f64; 2]>,
    /// The share of all variance along each component, from 0 to 1; 0 where nothing varies.
    pub(crate) explained: [f64; 2],
}

impl Components {
    /// Of points `[n, m]`, all finite and of one length. The points are centred and not scaled:
    /// `X − mean = U S Vᵀ`, scores `U S`, loadings `V`, explained `S² / Σ S²`.
    ///
    /// From the eigenvectors of the smaller of `X Xᵀ` and `Xᵀ X`. A component's sign is that with which its largest
    /// loading by size is positive; of loadings that are equal but for rounding, the first. A component along which
    /// nothing varies is 0. Costs `n m min(n, m)`, and `4 min(n, m)³` for each of about ten sweeps.
    pub(crate) fn of(points: &[Vec<f64>]) -> Self {
        let (n, m) = (points.len(), points.first().map_or(0, Vec::len));
        let mut centred = points.to_vec();
        for feature in 0..m {
            let mean = centred.iter().map(|point| point[feature]).sum::<f64>() / n as f64;
            for point in &mut centred {
                point[feature] -= mean;
            }
        }
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
        let features: Vec<Vec<f64>> =
            (0..m).map(|feature| centred.iter().map(|point| point[feature]).collect()).collect();
        let by_features = m <= n;
        let vectors = if by_features { &features } else { &centred };
        let gram = vectors.iter().map(|a| vectors.iter().map(|b| dot(a, b)).collect()).collect();
        let found = eigen(gram);
        let all: f64 = centred.iter().flatten().map(|x| x * x).sum();
        // What centring leaves of equal numbers is rounding.
        let size: f64 = points.iter().flatten().map(|x| x * x).sum();
        let mut components =
            Self { scores: vec![[0.0; 2]; n], loadings: vec![[0.0; 2]; m], explained: [0.0; 2] };
        for (k, (value, vector)) in found.iter().enumerate().take(2) {
            if *value <= 1e-24 * size || *value <= 1e-14 * all {
                continue;
            }
            let loadings: Vec<f64> = if by_features {
                vector.clone()
            } else {
                features.iter().map(|feature| dot(feature, vector) / value.sqrt()).collect()
            };
            let largest = loadings.iter().fold(0.0_f64, |largest, x| largest.max(x.abs()));
            let first = loadings.iter().find(|x| x.abs() >= largest * (1.0 - 1e-9));
            let sign = if first.is_some_and(|x| *x < 0.0) { -1.0 } else { 1.0 };
            for (own, loading) in components.loadings.iter_mut().zip(&loadings) {
                own[k] = sign * loading;
            }
            for (own, point) in components.scores.iter_mut().zip(&centred) {
                own[k] = sign * dot(point, &loadings);
            }
            components.explained[k] = value / all;
        }
        components
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Components;

    fn near(found: f64, expected: f64, within: f64) -> bool {
        (found - expected).abs() <= within
    }

    /// `NumPy`'s SVD of the columns of run-30 (`tests/data/map/generate.py`), all of them and of the first 20 words,
    /// which are fewer than the outputs.
    #[test]
    fn components_are_those_of_numpy_s_singular_values() {
        let expected: serde_json::Value =
            serde_json::from_slice(include_bytes!("../../tests/data/map/expected.json")).unwrap();
        let record = saliency_schema::read(include_bytes!("../../tests/data/run-30.json")).unwrap().remove(0);
        for (name, n) in [("all", 184), ("first", 20)] {
            let point = |token: usize| {
                let share = |row: usize| record.attributions[row][token].unwrap() / record.row_total(row);
                (0..30).map(share).collect::<Vec<f64>>()
            };
            let found = Components::of(&(0..n).map(point).collect::<Vec<_>>());
            let of = &expected[name];
            for k in 0..2 {
                let explained = of["explained"][k].as_f64().unwrap();
                assert!(near(found.explained[k], explained, 1e-12), "{name} {k}: {:?}", found.explained);
                for (field, own) in [("scores", &found.scores), ("loadings", &found.loadings)] {
                    let list = of[field].as_array().unwrap();
                    assert_eq!(list.len(), own.len());
                    for (i, (expected, own)) in list.iter().zip(own).enumerate() {
                        assert!(near(own[k], expected[k].as_f64().unwrap(), 1e-12), "{name} {field} {i} {k}");
                    }
                }
            }
        }
    }

    /// Points on the ellipse (3 cos t, 4 sin t), turned so that (3, 4) / 5 is the long axis: √(4 / 2) · 4 and 3 long.
    #[test]
    fn the_axes_of_an_ellipse_are_its_components() {
        let points: Vec<Vec<f64>> = (0..8)
            .map(|i| {
                let t = std::f64::consts::TAU * f64::from(i) / 8.0;
                let (long, short) = (4.0 * t.sin(), 3.0 * t.cos());
                vec![7.0 + 0.6 * long - 0.8 * short, 0.8 * long + 0.6 * short, 5.0]
            })
            .collect();
        let found = Components::of(&points);
        assert!(near(found.explained[0], 16.0 / 25.0, 1e-14) && near(found.explained[1], 9.0 / 25.0, 1e-14));
        // The largest loading is positive: 0.8 of (0.6, 0.8, 0), and of (−0.8, 0.6, 0) or its opposite the first.
        for (own, expected) in found.loadings.iter().zip([[0.6, 0.8], [0.8, -0.6], [0.0, 0.0]]) {
            assert!(near(own[0], expected[0], 1e-14) && near(own[1], expected[1], 1e-14), "{own:?}");
        }
    }

    #[test]
    fn what_does_not_vary_lies_on_one_point_or_one_line() {
        for points in [vec![vec![0.1; 30]; 184], vec![vec![0.3, 0.7]], Vec::new()] {
            let found = Components::of(&points);
            assert_eq!(found.explained.map(f64::to_bits), [0, 0]);
            assert!(found.scores.iter().flatten().all(|x| *x == 0.0));
        }
        let line: Vec<Vec<f64>> = (0..5).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        let found = Components::of(&line);
        assert!(near(found.explained[0], 1.0, 1e-14) && found.explained[1] == 0.0, "{found:?}");
        assert!(found.scores.iter().all(|score| score[1] == 0.0));
    }
}
