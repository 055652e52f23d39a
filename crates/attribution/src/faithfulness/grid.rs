//! How many tokens are removed.

/// The shares of ERASER's thresholds.
pub(super) const THRESHOLDS: [f64; 5] = [0.01, 0.05, 0.1, 0.2, 0.5];
/// Of them, the one for a single number.
pub(super) const SINGLE: usize = 3;

/// How many of the tokens are removed, the most relevant ones first: in order, each number once, from 1 to all but one.
pub(super) struct Grid {
    pub(super) tokens: usize,
    /// Of the thresholds.
    pub(super) thresholds: Vec<usize>,
    /// All of them; none of fewer than two tokens.
    pub(super) counts: Vec<usize>,
}

impl Grid {
    /// The thresholds, and as many more as make up the steps, evenly after the last.
    pub(super) fn new(tokens: usize, steps: usize) -> Self {
        if tokens < 2 {
            return Self { tokens, thresholds: Vec::new(), counts: Vec::new() };
        }
        let count = |share: f64| ((share * tokens as f64).round() as usize).clamp(1, tokens - 1);
        let last = THRESHOLDS[THRESHOLDS.len() - 1];
        let more = steps.saturating_sub(THRESHOLDS.len());
        let after = (1..=more).map(|i| last + (1.0 - last) * i as f64 / more as f64);
        let mut counts: Vec<usize> = THRESHOLDS.into_iter().chain(after).map(count).collect();
        counts.sort_unstable();
        counts.dedup();
        Self { tokens, thresholds: THRESHOLDS.map(count).to_vec(), counts }
    }

    /// The numbers that are removed, the least relevant ones first: what is left are the same numbers.
    pub(super) fn mirrored(&self) -> Vec<usize> {
        self.counts.iter().rev().map(|count| self.tokens - count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Grid;

    #[test]
    fn thresholds_are_erasers_and_steps_fill_up_to_all_but_one() {
        let grid = Grid::new(200, 8);
        assert_eq!(grid.thresholds, [2, 10, 20, 40, 100]);
        assert_eq!(grid.counts, [2, 10, 20, 40, 100, 133, 167, 199]);
        assert_eq!(grid.mirrored(), [1, 33, 67, 100, 160, 180, 190, 198]);
        // Of few tokens, each number once.
        assert_eq!(Grid::new(3, 8).counts, [1, 2]);
        assert_eq!(Grid::new(3, 5).thresholds, [1, 1, 1, 1, 2]);
        assert!(Grid::new(1, 8).counts.is_empty());
    }
}
