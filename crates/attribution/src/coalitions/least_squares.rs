//! Weighted least squares, for methods that fit a linear model to samples.

use crate::error::Error;
use tch::{Kind, Tensor};

/// The `x` that minimises `Σ_k w_k (b_k − ⟨a_k, x⟩)² + ridge Σ_{i ≥ free} x_i²`, for many right-hand sides `b`; the
/// shortest one where there are several. In float64.
pub(crate) struct Fit {
    /// `[samples, unknowns]`, times the root of the weights.
    rows: Tensor,
    /// `[samples, sides]`, times the root of the weights.
    sides: Tensor,
    /// From sides to solutions: `[unknowns, samples]`.
    inverse: Tensor,
    /// `[unknowns, sides]`.
    solutions: Tensor,
    rank: usize,
}

/// Determinants of `1 − A_g P_g` below this count as zero: the group's samples are needed to tell unknowns apart.
const LEVER: f64 = 1e-9;

impl Fit {
    /// `rows` are the `a_k`; `sides` has for each of them one number for every right-hand side.
    pub(crate) fn new(
        rows: &[Vec<f64>],
        sides: &[Vec<f64>],
        weights: &[f64],
        (ridge, free): (f64, usize),
    ) -> Result<Self, Error> {
        let matrix = |rows: &[Vec<f64>]| -> Result<Tensor, Error> {
            let flat: Vec<f64> = rows.iter().flatten().copied().collect();
            Ok(Tensor::f_from_slice(&flat)?.f_reshape([rows.len() as i64, -1])?)
        };
        let roots: Vec<f64> = weights.iter().map(|w| w.sqrt()).collect();
        let roots = Tensor::f_from_slice(&roots)?.f_unsqueeze(1)?;
        let (rows, sides) = (matrix(rows)?.f_mul(&roots)?, matrix(sides)?.f_mul(&roots)?);
        let (samples, unknowns) = rows.size2()?;
        let mut system = rows.shallow_clone();
        if ridge > 0.0 {
            let shrink = Tensor::f_eye(unknowns, (Kind::Double, rows.device()))?;
            let shrink = shrink.f_narrow(0, free as i64, unknowns - free as i64)?;
            system = Tensor::f_cat(&[system, shrink.f_mul_scalar(ridge.sqrt())?], 0)?;
        }
        let (u, s, v) = system.f_svd(true, true)?;
        let solved = count(&s, &system)?;
        // The ridge makes the system regular even where the samples do not tell the unknowns apart.
        let rank = if ridge > 0.0 { count(&rows.f_svd(true, false)?.1, &rows)? } else { solved };
        let first = |x: &Tensor, dim: i64| x.f_narrow(dim, 0, solved);
        let inverse = first(&v, 1)?.f_div(&first(&s, 0)?)?;
        let inverse = inverse.f_matmul(&first(&u, 1)?.f_narrow(0, 0, samples)?.f_transpose(0, 1)?)?;
        let solutions = inverse.f_matmul(&sides)?;
        Ok(Self { rows, sides, inverse, solutions, rank: rank as usize })
    }

    /// The rank of the samples' matrix, without the ridge: how many unknowns the samples tell apart.
    pub(crate) fn rank(&self) -> usize {
        self.rank
    }

    /// One side's solution.
    pub(crate) fn solution(&self, side: usize) -> Result<Vec<f64>, Error> {
        Ok(Vec::try_from(self.solutions.f_select(1, side as i64)?.f_contiguous()?)?)
    }

    /// The standard errors of one side's solution, by the jackknife: `√((G − 1)/G Σ_g (x_(g) − x̄)²)`, with `x_(g)` the
    /// solution without the `g`-th of `G` groups of neighbouring samples. The first `fixed` samples are not random, and
    /// stay. `None` for fewer than two groups, or where the rank is lower without one of them.
    ///
    /// Nothing is fitted again: `x_(g) − x = −P_g (1 − A_g P_g)⁻¹ r_g`, with `P` the pseudoinverse and `r` the
    /// residuals.
    ///
    /// Source: Quenouille 1956 and Tukey 1958; for regression Miller 1974, "An Unbalanced Jackknife".
    pub(crate) fn errors(&self, side: usize, fixed: usize, group: usize) -> Result<Option<Vec<f64>>, Error> {
        let (samples, unknowns) = self.rows.size2()?;
        let (fixed, group) = (fixed as i64, group as i64);
        let groups = (samples - fixed) / group;
        if groups < 2 {
            return Ok(None);
        }
        let sampled = |x: &Tensor| x.f_narrow(0, fixed, groups * group);
        let side = side as i64;
        let fitted = self.rows.f_matmul(&self.solutions.f_select(1, side)?.f_unsqueeze(1)?)?;
        let residual = self.sides.f_narrow(1, side, 1)?.f_sub(&fitted)?;
        let residual = sampled(&residual)?.f_reshape([groups, group, 1])?;
        let rows = sampled(&self.rows)?.f_reshape([groups, group, unknowns])?;
        // [groups, unknowns, group]
        let inverse = sampled(&self.inverse.f_transpose(0, 1)?)?.f_reshape([groups, group, unknowns])?;
        let inverse = inverse.f_transpose(1, 2)?;
        let left = Tensor::f_eye(group, (Kind::Double, rows.device()))?.f_sub(&rows.f_bmm(&inverse)?)?;
        if Tensor::f_linalg_det(&left)?.f_min()?.f_double_value(&[])? < LEVER {
            return Ok(None);
        }
        let change = inverse.f_bmm(&Tensor::f_linalg_solve(&left, &residual, true)?)?.f_squeeze_dim(2)?;
        let change = change.f_sub(&change.f_mean_dim(&[0_i64][..], true, None)?)?;
        let squares = change.f_square()?.f_sum_dim_intlist(&[0_i64][..], false, None)?;
        let share = (groups - 1) as f64 / groups as f64;
        Ok(Some(Vec::try_from(squares.f_mul_scalar(share)?.f_sqrt()?)?))
    }
}

/// The number of singular values of a matrix that are more than rounding.
fn count(values: &Tensor, of: &Tensor) -> Result<i64, Error> {
    let largest = values.f_max()?.f_double_value(&[])?;
    let least = largest * f64::EPSILON * of.size().into_iter().max().unwrap_or(1) as f64;
    Ok(values.f_gt(least)?.f_sum(Kind::Int64)?.f_int64_value(&[])?)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::Fit;

    fn solve(rows: &[Vec<f64>], sides: &[f64], weights: &[f64], ridge: (f64, usize)) -> Vec<f64> {
        let sides: Vec<_> = sides.iter().map(|side| vec![*side]).collect();
        Fit::new(rows, &sides, weights, ridge).unwrap().solution(0).unwrap()
    }

    /// A line through (0, 1), (1, 3), (2, 5) and, at half the weight, (3, 10): the normal equations by hand.
    #[test]
    fn a_line_is_the_one_by_hand() {
        let rows: Vec<Vec<f64>> = (0..4).map(|k| vec![1.0, f64::from(k)]).collect();
        let found = solve(&rows, &[1.0, 3.0, 5.0, 10.0], &[1.0, 1.0, 1.0, 0.5], (0.0, 0));
        // [3.5 4.5; 4.5 9.5] x = [14; 28]
        let determinant = 3.5 * 9.5 - 4.5 * 4.5;
        let expected = [(14.0 * 9.5 - 4.5 * 28.0) / determinant, (3.5 * 28.0 - 4.5 * 14.0) / determinant];
        assert!(found.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-12), "{found:?} {expected:?}");
        // With a ridge r: (a² + r) x = a b.
        let one = solve(&[vec![2.0]], &[3.0], &[1.0], (0.5, 0));
        assert!((one[0] - 6.0 / 4.5).abs() < 1e-12);
        // A free intercept: of (0, 0) and (1, 1) the slope is what (x − x̄) (y − ȳ) / ((x − x̄)² + r) says, 0.5 /
        // (0.5 + 0.5).
        let both = solve(&[vec![1.0, 0.0], vec![1.0, 1.0]], &[0.0, 1.0], &[1.0, 1.0], (0.5, 1));
        assert!((both[1] - 0.5).abs() < 1e-12 && (both[0] - 0.25).abs() < 1e-12, "{both:?}");
    }

    #[test]
    fn of_several_solutions_it_is_the_shortest() {
        let found = solve(&[vec![1.0, 1.0]], &[2.0], &[1.0], (0.0, 0));
        assert!(found.iter().all(|x| (x - 1.0).abs() < 1e-12), "{found:?}");
    }

    /// Every group left out, and a fit of the rest.
    #[test]
    fn the_jackknife_is_that_of_fits_without_each_group() {
        let x = |k: usize| ((k * k * 7 + 3 * k) % 11) as f64 - 5.0;
        let samples = 13;
        let rows: Vec<Vec<f64>> = (0..samples).map(|k| vec![1.0, x(k), x(k + 20)]).collect();
        let sides: Vec<f64> = (0..samples).map(|k| x(k + 5) * 0.3 + x(k)).collect();
        let weights: Vec<f64> = (0..samples).map(|k| 1.0 + (k % 3) as f64).collect();
        for (ridge, fixed, group) in [((0.0, 0), 0, 1), ((0.0, 0), 1, 2), ((0.7, 1), 1, 2)] {
            let groups = (samples - fixed) / group;
            let without = |g: usize| {
                let left_out = fixed + g * group..fixed + (g + 1) * group;
                let kept: Vec<usize> = (0..samples).filter(|k| !left_out.contains(k)).collect();
                let of = |from: &[f64]| kept.iter().map(|k| from[*k]).collect::<Vec<_>>();
                let rows: Vec<_> = kept.iter().map(|k| rows[*k].clone()).collect();
                solve(&rows, &of(&sides), &of(&weights), ridge)
            };
            let found: Vec<Vec<f64>> = (0..groups).map(without).collect();
            let sides: Vec<_> = sides.iter().map(|side| vec![0.0, *side]).collect();
            let fit = Fit::new(&rows, &sides, &weights, ridge).unwrap();
            let errors = fit.errors(1, fixed, group).unwrap().unwrap();
            for (i, error) in errors.into_iter().enumerate() {
                let mean = found.iter().map(|x| x[i]).sum::<f64>() / groups as f64;
                let squares: f64 = found.iter().map(|x| (x[i] - mean).powi(2)).sum();
                let expected = ((groups - 1) as f64 / groups as f64 * squares).sqrt();
                assert!((error - expected).abs() < 1e-10 * expected, "{error} {expected}");
            }
        }
    }

    #[test]
    fn where_every_sample_is_needed_there_is_no_error() {
        let rows = [vec![1.0, 0.0], vec![1.0, 1.0]];
        let fit = Fit::new(&rows, &[vec![1.0], vec![2.0]], &[1.0, 1.0], (0.0, 0)).unwrap();
        assert_eq!(fit.rank(), 2);
        assert_eq!(fit.errors(0, 0, 1).unwrap(), None);
    }
}
