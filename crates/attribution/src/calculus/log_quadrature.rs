//! Points and weights for integrals against `−ln t` from 0 to 1: what is left of a double integral over `αβ`.

use crate::calculus::quadrature::{Point, gauss_legendre};

/// `∫₀¹ −ln t · g(t) dt` by the values of `g` at `n` Gauss–Legendre points, `n ≥ 1`: exact for polynomials of a degree
/// below `n`.
///
/// For every function of the product, `∫₀¹ ∫₀¹ g(αβ) dα dβ` is that integral: `αβ` has the density `−ln t`. The weight
/// of a point is `w Σ_k (2k + 1) m_k P_k(t)`, with the Gauss–Legendre weight `w`, the Legendre polynomials on [0, 1],
/// and their integrals against `−ln t`, `m_0 = 1` and `m_k = (−1)^k / (k (k + 1))`. Cost: `O(n²)`.
pub(crate) fn against_log(n: usize) -> Vec<Point> {
    let weighted = |point: Point| {
        let x = 2.0 * point.position - 1.0;
        let (mut before, mut value, mut sum) = (0.0, 1.0, 0.0);
        for k in 0..n {
            let m = if k % 2 == 0 { 1.0 } else { -1.0 };
            let k = k as f64;
            let moment = if k == 0.0 { 1.0 } else { m / (k * (k + 1.0)) };
            sum += (2.0 * k + 1.0) * moment * value;
            (before, value) = (value, ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0));
        }
        Point { weight: point.weight * sum, ..point }
    };
    gauss_legendre(n).into_iter().map(weighted).collect()
}

#[cfg(test)]
mod tests {
    use super::against_log;

    /// `∫₀¹ −ln t · t^k dt = 1 / (k + 1)²`.
    #[test]
    fn powers_below_the_number_of_points_are_exact() {
        for n in 1..=64 {
            let points = against_log(n);
            for k in 0..n {
                let sum: f64 = points.iter().map(|p| p.weight * p.position.powi(k as i32)).sum();
                let exact = 1.0 / (k as f64 + 1.0).powi(2);
                assert!((sum - exact).abs() < 1e-13, "n = {n}, t^{k}: {sum} for {exact}");
            }
        }
        // One point is the middle: t is a quarter on average, and not a half.
        let [one] = against_log(1)[..] else { panic!("one point") };
        assert!((one.weight * one.position - 0.25).abs() > 0.2);
    }

    /// The double integral of `1 / (1 + αβ)` is `∫₀¹ ln(1 + α) / α dα = π²/12`.
    #[test]
    fn a_product_has_the_density_of_the_logarithm() {
        let sum: f64 = against_log(20).iter().map(|p| p.weight / (1.0 + p.position)).sum();
        assert!((sum - std::f64::consts::PI.powi(2) / 12.0).abs() < 1e-13, "{sum}");
    }
}
