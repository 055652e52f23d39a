//! The sign-flip test of paired differences.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// With fewer pairs there is no p: 5 can't give less than 0.0625.
pub const FEWEST_PAIRS: usize = 6;
/// With more pairs, flips are drawn.
const MOST_EXACT: usize = 16;

/// What flipping signs says of a mean difference.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct SignFlips {
    /// The two-sided p.
    pub p: f64,
    /// The smallest p that there could be.
    pub smallest: f64,
}

/// The two-sided p of the mean of paired differences, under the hypothesis that each is as likely as its negative: the
/// share of the flips of their signs that bring the mean at least as far from 0 as it is.
///
/// Up to 16 pairs, all `2^n` flips are counted, and p is at least `2 / 2^n`. Beyond, so many are drawn (`ChaCha8`), and
/// `p = (1 + found) / (1 + drawn)`. `None` with fewer than 6 pairs, or if a difference is not finite.
///
/// References: Fisher 1935, "The design of experiments"; Phipson and Smyth 2010, "Permutation p-values should never be
/// zero".
pub fn sign_flips(differences: &[f64], flips: u32, seed: u64) -> Option<SignFlips> {
    let n = differences.len();
    if n < FEWEST_PAIRS || differences.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let sizes: f64 = differences.iter().map(|x| x.abs()).sum();
    // Sums that are equal may differ by their rounding.
    let reached = differences.iter().sum::<f64>().abs() - 1e-12 * sizes;
    if n <= MOST_EXACT {
        let (low, high) = differences.split_at(n / 2);
        let (low, high) = (all_sums(low), all_sums(high));
        let found: usize =
            low.iter().map(|x| high.iter().filter(|y| (x + **y).abs() >= reached).count()).sum();
        let all = 0.5_f64.powi(n as i32);
        return Some(SignFlips { p: found as f64 * all, smallest: 2.0 * all });
    }
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    let mut found = 0_u32;
    for _ in 0..flips {
        let mut sum = 0.0;
        for some in differences.chunks(64) {
            let signs: u64 = numbers.random();
            let flipped = |(bit, x): (usize, &f64)| if signs >> bit & 1 == 1 { -x } else { *x };
            sum += some.iter().enumerate().map(flipped).sum::<f64>();
        }
        found += u32::from(sum.abs() >= reached);
    }
    let share = |found: u32| (1.0 + f64::from(found)) / (1.0 + f64::from(flips));
    Some(SignFlips { p: share(found), smallest: share(0).max(2.0 * 0.5_f64.powi(n.min(1000) as i32)) })
}

/// The sums of some numbers with all signs.
fn all_sums(numbers: &[f64]) -> Vec<f64> {
    numbers.iter().fold(vec![0.0], |sums, x| sums.iter().flat_map(|sum| [sum + x, sum - x]).collect())
}
