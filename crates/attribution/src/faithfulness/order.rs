//! In which order tokens go.

use crate::model::TokenId;
use rand::seq::SliceRandom;
use rand::{RngCore, SeedableRng};
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

/// The seed of a text's own draws: of the tokens in their order, and of the seed for all texts. With the same orders in
/// every text, what a method differs from them by would be the same chance again and again, and no chance at all to a
/// statistic over texts.
pub(super) fn seed_of_text(seed: u64, ids: &[TokenId]) -> u64 {
    ids.iter().fold(seed, |seed, id| ChaCha8Rng::seed_from_u64(seed ^ u64::from(*id)).next_u64())
}

/// A random order of so many tokens: the same for the same seed, output and draw.
pub(super) fn random(tokens: usize, seed: u64, (output, draw): (usize, u32)) -> Order {
    let mut numbers = ChaCha8Rng::seed_from_u64(seed);
    numbers.set_stream((output as u64) << 32 | u64::from(draw));
    let mut order: Vec<usize> = (0..tokens).collect();
    order.shuffle(&mut numbers);
    Order(order)
}

#[cfg(test)]
mod tests {
    use super::{random, seed_of_text};

    #[test]
    fn texts_have_orders_of_their_own() {
        let order = |ids: &[u32]| random(20, seed_of_text(0, ids), (0, 0)).0;
        assert_eq!(order(&[1, 2, 3]), order(&[1, 2, 3]));
        for other in [&[1, 2, 4][..], &[2, 1, 3], &[1, 2, 3, 0]] {
            assert_ne!(order(&[1, 2, 3]), order(other));
        }
    }
}
