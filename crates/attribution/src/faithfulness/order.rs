//! In which order tokens go.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

/// Places of tokens, the most relevant first.
pub(super) struct Order(pub(super) Vec<usize>);

impl Order {
    /// By value, the largest first; of equal ones the earlier token.
    pub(super) fn of(row: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by(|a, b| row[*b].total_cmp(&row[*a]));
        Self(order)
    }
}

/// A random order of so many tokens: the same for the same seed, output and draw.
pub(super) fn random(tokens: usize, seed: u64, (output, draw): (usize, u32)) -> Order {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    numbers.set_stream((output as u64) << 32 | u64::from(draw));
    let mut order: Vec<usize> = (0..tokens).collect();
    order.shuffle(&mut numbers);
    Order(order)
}
