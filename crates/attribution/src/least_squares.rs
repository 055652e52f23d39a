//! Weighted least squares, for methods that fit a linear model.

use crate::Error;
use tch::{Kind, Tensor};

/// The `x` that minimises `Σ_k w_k (b_k − ⟨a_k, x⟩)² + ridge Σ_i x_i²`; of several, the shortest. In float64.
pub(crate) fn solve(
    rows: &[Vec<f64>],
    sides: &[f64],
    weights: &[f64],
    ridge: f64,
) -> Result<Vec<f64>, Error> {
    let unknowns = rows.first().map_or(0, Vec::len);
    if unknowns == 0 {
        return Ok(Vec::new());
    }
    let flat: Vec<f64> = rows.iter().flatten().copied().collect();
    let a = Tensor::f_from_slice(&flat)?.f_reshape([rows.len() as i64, unknowns as i64])?;
    let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
    let roots = Tensor::f_from_slice(&roots)?.f_unsqueeze(1)?;
    let mut a = a.f_mul(&roots)?;
    let mut b = Tensor::f_from_slice(sides)?.f_unsqueeze(1)?.f_mul(&roots)?;
    if ridge > 0.0 {
        let like = (Kind::Double, a.device());
        let shrink = Tensor::f_eye(unknowns as i64, like)?.f_mul_scalar(ridge.sqrt())?;
        a = Tensor::f_cat(&[a, shrink], 0)?;
        b = Tensor::f_cat(&[b, Tensor::f_zeros([unknowns as i64, 1], like)?], 0)?;
    }
    let solution = Tensor::f_linalg_lstsq(&a, &b, None, "gelsd")?.0;
    Ok(Vec::try_from(solution.f_flatten(0, -1)?)?)
}

#[cfg(test)]
mod tests {
    use super::solve;

    /// A line through (0, 1), (1, 3), (2, 5) and, at half the weight, (3, 10): the normal equations by hand.
    #[test]
    fn a_line_is_the_one_by_hand() {
        let rows: Vec<Vec<f64>> = (0..4).map(|k| vec![1.0, f64::from(k)]).collect();
        let found = solve(&rows, &[1.0, 3.0, 5.0, 10.0], &[1.0, 1.0, 1.0, 0.5], 0.0).unwrap_or_default();
        // [3.5 4.5; 4.5 9.5] x = [14; 28]
        let determinant = 3.5 * 9.5 - 4.5 * 4.5;
        let expected = [(14.0 * 9.5 - 4.5 * 28.0) / determinant, (3.5 * 28.0 - 4.5 * 14.0) / determinant];
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-12), "{found:?} {expected:?}");
        // With a ridge r: (a² + r) x = a b.
        let one = solve(&[vec![2.0]], &[3.0], &[1.0], 0.5).unwrap_or_default();
        assert!((one[0] - 6.0 / 4.5).abs() < 1e-12);
    }

    #[test]
    fn of_several_solutions_it_is_the_shortest() {
        let found = solve(&[vec![1.0, 1.0]], &[2.0], &[1.0], 0.0).unwrap_or_default();
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-12), "{found:?}");
    }
}
