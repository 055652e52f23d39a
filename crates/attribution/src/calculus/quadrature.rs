//! Points and weights for integrals over the path from 0 to 1.

use crate::error::Error;
use std::f64::consts::PI;
use std::fmt;
use std::str::FromStr;

/// A quadrature rule: where the points on a path lie, and their weights, which add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Quadrature {
    /// Exact for polynomials up to degree `2n − 1`.
    #[default]
    GaussLegendre,
    /// `n` evenly spaced points with both ends, which have half the weight: exact for straight lines.
    Trapezoid,
    /// The left end of each of `n` intervals: exact for constants.
    RiemannLeft,
    /// The right end of each of `n` intervals: exact for constants.
    RiemannRight,
    /// The middle of each of `n` intervals: exact for straight lines.
    RiemannMiddle,
}

impl Quadrature {
    /// Every rule, in the order of listings.
    pub const ALL: [Self; 5] =
        [Self::GaussLegendre, Self::Trapezoid, Self::RiemannLeft, Self::RiemannRight, Self::RiemannMiddle];

    /// The name: lower case with hyphens.
    pub fn name(self) -> &'static str {
        match self {
            Self::GaussLegendre => "gauss-legendre",
            Self::Trapezoid => "trapezoid",
            Self::RiemannLeft => "riemann-left",
            Self::RiemannRight => "riemann-right",
            Self::RiemannMiddle => "riemann-middle",
        }
    }

    /// `n` points on the path from 0 to 1, `n ≥ 1`. A trapezoid of one point is its middle.
    pub(crate) fn points(self, n: usize) -> Vec<Point> {
        let even = |shift: f64| -> Vec<Point> {
            (0..n)
                .map(|k| Point { position: (k as f64 + shift) / n as f64, weight: 1.0 / n as f64 })
                .collect()
        };
        match self {
            Self::GaussLegendre => gauss_legendre(n),
            Self::RiemannLeft => even(0.0),
            Self::RiemannRight => even(1.0),
            Self::Trapezoid if n > 1 => {
                let step = 1.0 / (n - 1) as f64;
                let weight = |k: usize| if k == 0 || k + 1 == n { 0.5 * step } else { step };
                (0..n).map(|k| Point { position: k as f64 * step, weight: weight(k) }).collect()
            }
            Self::RiemannMiddle | Self::Trapezoid => even(0.5),
        }
    }
}

impl fmt::Display for Quadrature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Quadrature {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|rule| rule.name() == name).ok_or_else(|| Error::Unknown {
            what: "rule",
            name: name.to_owned(),
            known: Self::ALL.map(Self::name).join(", "),
        })
    }
}

/// A point of the path and its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Point {
    /// From 0 to 1, without the ends for Gauss–Legendre.
    pub(crate) position: f64,
    /// Its weight; those of all points add up to 1.
    pub(crate) weight: f64,
}

/// Gauss–Legendre points on [0, 1]: exact for polynomials up to degree `2n − 1`.
///
/// The nodes are the roots of the Legendre polynomial of degree `n`, found by Newton's method from
/// `cos(π (i + 3/4) / (n + 1/2))`; accurate to a few units in the last place. Cost: `O(n²)`.
/// Source: Press et al., *Numerical Recipes*, §4.6.
pub(crate) fn gauss_legendre(n: usize) -> Vec<Point> {
    let mut points: Vec<Point> = (0..n)
        .map(|i| {
            let mut x = (PI * (i as f64 + 0.75) / (n as f64 + 0.5)).cos();
            for _ in 0..100 {
                let (value, slope) = legendre(n, x);
                let step = value / slope;
                x -= step;
                if step.abs() <= 1e-16 {
                    break;
                }
            }
            let (_, slope) = legendre(n, x);
            Point { position: f64::midpoint(1.0, -x), weight: 1.0 / ((1.0 - x * x) * slope * slope) }
        })
        .collect();
    points.sort_by(|a, b| a.position.total_cmp(&b.position));
    points
}

/// The Legendre polynomial of degree `n` at `x`, and its derivative.
fn legendre(n: usize, x: f64) -> (f64, f64) {
    let (mut before, mut value) = (0.0, 1.0);
    for k in 0..n {
        let k = k as f64;
        (before, value) = (value, ((2.0 * k + 1.0) * x * value - k * before) / (k + 1.0));
    }
    (value, n as f64 * (x * value - before) / (x * x - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integral(rule: Quadrature, n: usize, degree: usize) -> f64 {
        rule.points(n).iter().map(|p| p.weight * p.position.powi(degree as i32)).sum()
    }

    /// Σ k over 0..n, Σ k² and so on in closed form: what each rule gives for a power of x.
    #[test]
    fn the_even_rules_are_their_sums() {
        for n in 2..=64 {
            let m = n as f64;
            for rule in Quadrature::ALL {
                assert!((integral(rule, n, 0) - 1.0).abs() < 1e-14, "{rule:?}, {n}");
            }
            let near = |rule, degree, expected: f64| {
                let found = integral(rule, n, degree);
                assert!(
                    (found - expected).abs() < 1e-14,
                    "{rule:?}, n = {n}, x^{degree}: {found} {expected}"
                );
            };
            near(Quadrature::Trapezoid, 1, 0.5);
            near(Quadrature::RiemannMiddle, 1, 0.5);
            near(Quadrature::RiemannLeft, 1, 0.5 - 0.5 / m);
            near(Quadrature::RiemannRight, 1, 0.5 + 0.5 / m);
            // The composite rules' error for x²: +h²/6 and −h²/12.
            near(Quadrature::Trapezoid, 2, 1.0 / 3.0 + 1.0 / (6.0 * (m - 1.0).powi(2)));
            near(Quadrature::RiemannMiddle, 2, 1.0 / 3.0 - 1.0 / (12.0 * m * m));
            near(Quadrature::RiemannLeft, 2, (m - 1.0) * (2.0 * m - 1.0) / (6.0 * m * m));
            near(Quadrature::RiemannRight, 2, (m + 1.0) * (2.0 * m + 1.0) / (6.0 * m * m));
        }
    }

    #[test]
    fn polynomials_up_to_degree_2n_minus_1_are_exact() {
        for n in 1..=64 {
            let points = gauss_legendre(n);
            for degree in 0..2 * n {
                let sum: f64 = points.iter().map(|p| p.weight * p.position.powi(degree as i32)).sum();
                let exact = 1.0 / (degree as f64 + 1.0);
                assert!((sum - exact).abs() < 1e-14, "n = {n}, degree = {degree}: {sum} for {exact}");
            }
        }
    }

    #[test]
    fn degree_2n_is_not_exact() {
        // The error for x^(2n) on [0, 1] is (n!)^4 / ((2n + 1) ((2n)!)²): for n = 2, 24/(5·576)·… = 1/180.
        let sum: f64 = gauss_legendre(2).iter().map(|p| p.weight * p.position.powi(4)).sum();
        assert!((1.0 / 5.0 - sum - 1.0 / 180.0).abs() < 1e-15);
    }

    #[test]
    fn the_two_point_rule_is_the_textbook_one() {
        let points = gauss_legendre(2);
        let offset = 0.5 / 3.0_f64.sqrt();
        assert!((points[0].position - (0.5 - offset)).abs() < 1e-16);
        assert!((points[1].position - (0.5 + offset)).abs() < 1e-16);
        assert!(points.iter().all(|p| (p.weight - 0.5).abs() < 1e-15));
    }
}
