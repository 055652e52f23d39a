//! Intervals of means by the bootstrap: over texts, or over blocks of one text's neighbouring outputs.

use crate::error::Error;
use crate::percentile::interval;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use saliency_schema::scores::Resampling;

/// With fewer texts, or blocks of the one text, there is no interval: a bootstrap of so few says little.
pub(crate) const FEWEST: usize = 6;
/// So many outputs of one text are 6 blocks.
pub(crate) const FEWEST_OUTPUTS: usize = 16;

/// Draws with replacement, the same ones for every mean that it is asked for: so differences of means are paired.
///
/// With two texts or more, whole texts are drawn, as many as there are: outputs of one text are not independent. With
/// one text, blocks of L neighbouring outputs are drawn until there are as many outputs as the text has, L = ⌈n^⅓⌉
/// (Künsch 1989, "The jackknife and the bootstrap for general stationary observations"). Ends are percentiles (Efron
/// 1979), the further out the fewer texts or blocks there are (the expanded percentile interval; Hesterberg 2015, "What
/// Teachers Should Know About the Bootstrap").
#[derive(Debug, Clone)]
pub struct Resampler {
    /// How many outputs each text has.
    outputs: Vec<usize>,
    block: usize,
    confidence: f64,
    seed: u64,
    /// For each resample, the texts, or the first outputs of the blocks, that were drawn.
    draws: Vec<Vec<u32>>,
}

impl Resampler {
    /// Of texts with so many outputs each, so many times, with this share of the means inside. Numbers are `ChaCha8`'s,
    /// the same ones on every machine.
    ///
    /// # Errors
    /// A confidence that is no share between 0 and 1; fewer than 2 or more than 1,000,000 resamples.
    pub fn new(outputs: &[usize], resamples: u32, confidence: f64, seed: u64) -> Result<Self, Error> {
        if !(confidence > 0.0 && confidence < 1.0) {
            let range = "a share between 0 and 1, such as 0.95";
            return Err(Error::Parameter { name: "confidence", value: confidence.to_string(), range });
        }
        if !(2..=1_000_000).contains(&resamples) {
            let range = "from 2 to 1,000,000";
            return Err(Error::Parameter { name: "resamples", value: resamples.to_string(), range });
        }
        let mut numbers = ChaCha8Rng::seed_from_u64(seed);
        let n: usize = outputs.iter().sum();
        let (block, count, places) = match outputs {
            [_] => {
                let block = block_length(n);
                (block, n.div_ceil(block), n.saturating_sub(block) + 1)
            }
            texts => (0, texts.len(), texts.len()),
        };
        let places = u32::try_from(places.max(1)).unwrap_or(u32::MAX);
        let mut draw = |_| (0..count).map(|_| numbers.random_range(0..places)).collect();
        let draws = (0..resamples).map(&mut draw).collect();
        Ok(Self { outputs: outputs.to_vec(), block, confidence, seed, draws })
    }

    /// How it draws, as scores state it.
    pub fn describe(&self) -> Resampling {
        let resamples = self.draws.len() as u32;
        if self.is_over_texts() {
            Resampling::over_texts(resamples, self.confidence, self.seed)
        } else {
            Resampling::over_blocks(self.block, resamples, self.confidence, self.seed)
        }
    }

    /// Whether whole texts are drawn.
    pub fn is_over_texts(&self) -> bool {
        self.outputs.len() != 1
    }

    /// The share of the resampled means that lies within an interval.
    pub(crate) fn confidence(&self) -> f64 {
        self.confidence
    }

    /// The interval of the mean of a number of each output, all texts one after another; what is missing or not finite
    /// is no part of any mean. `None` with fewer than 6 texts, or blocks of the one text, that have a number.
    pub fn interval(&self, by_output: &[Option<f64>]) -> Option<[f64; 2]> {
        let cells: Vec<(f64, f64)> = by_output.iter().copied().map(cell).collect();
        if self.is_over_texts() {
            let mut rest = &cells[..];
            let mut sums = Vec::new();
            for &outputs in &self.outputs {
                let (text, after) = rest.split_at(outputs.min(rest.len()));
                sums.push(sum(text));
                rest = after;
            }
            return self.of_texts(&sums);
        }
        let n = cells.len();
        let blocks = self.independent(by_output).len();
        if n < self.block || blocks < FEWEST {
            return None;
        }
        let whole: Vec<_> = cells.windows(self.block).map(sum).collect();
        // The last block ends where there are as many outputs as the text has.
        let rest = n - (n.div_ceil(self.block) - 1) * self.block;
        let part: Vec<_> = cells.windows(rest).map(sum).collect();
        let last = n.div_ceil(self.block) - 1;
        self.means(blocks, |draw| {
            let (full, cut) = draw.split_at(last);
            let full = full.iter().filter_map(|place| whole.get(*place as usize));
            total(full.chain(cut.iter().filter_map(|place| part.get(*place as usize))))
        })
    }

    /// The interval of the mean of one number of each text, or of each output of the one text.
    pub fn interval_of_units(&self, units: &[Option<f64>]) -> Option<[f64; 2]> {
        if !self.is_over_texts() {
            return self.interval(units);
        }
        self.of_texts(&units.iter().copied().map(cell).collect::<Vec<_>>())
    }

    /// The interval of the ratio of each text's sum and its count of numbers.
    fn of_texts(&self, sums: &[(f64, f64)]) -> Option<[f64; 2]> {
        let texts = sums.iter().filter(|(_, count)| *count > 0.0).count();
        if texts < FEWEST {
            return None;
        }
        self.means(texts, |draw| total(draw.iter().filter_map(|place| sums.get(*place as usize))))
    }

    /// The numbers of the texts, or the sums over the blocks of the one text: what is as good as independent. Without
    /// what is missing or not finite.
    pub(crate) fn independent(&self, units: &[Option<f64>]) -> Vec<f64> {
        let block = if self.is_over_texts() { 1 } else { self.block };
        let cells: Vec<(f64, f64)> = units.iter().copied().map(cell).collect();
        let known = cells.chunks(block.max(1)).map(sum).filter(|(_, count)| *count > 0.0);
        known.map(|(sum, _)| sum).collect()
    }

    /// The interval of the means of what was drawn from so many texts or blocks, each a sum and a count.
    fn means(&self, units: usize, of: impl Fn(&[u32]) -> (f64, f64)) -> Option<[f64; 2]> {
        // A draw of nothing but undefined numbers has no mean.
        let mean = |draw: &Vec<u32>| {
            let (sum, count) = of(draw);
            sum / count
        };
        interval(self.draws.iter().map(mean).collect(), units, self.confidence)
    }
}

/// Outputs of a block: ⌈n^⅓⌉.
fn block_length(n: usize) -> usize {
    let mut length = 1_usize;
    while length.saturating_pow(3) < n {
        length += 1;
    }
    length
}

/// A number and that it is one; nothing for what is missing or not finite.
fn cell(x: Option<f64>) -> (f64, f64) {
    x.filter(|x| x.is_finite()).map_or((0.0, 0.0), |x| (x, 1.0))
}

fn sum(cells: &[(f64, f64)]) -> (f64, f64) {
    total(cells.iter())
}

fn total<'c>(cells: impl Iterator<Item = &'c (f64, f64)>) -> (f64, f64) {
    cells.fold((0.0, 0.0), |(x, n), (y, m)| (x + y, n + m))
}

#[cfg(test)]
mod tests {
    use super::{FEWEST, FEWEST_OUTPUTS, block_length};

    #[test]
    fn sixteen_outputs_are_six_blocks() {
        let blocks = |n: usize| n.div_ceil(block_length(n));
        assert!((1..FEWEST_OUTPUTS).all(|n| blocks(n) < FEWEST));
        assert!((FEWEST_OUTPUTS..10_000).all(|n| blocks(n) >= FEWEST));
    }
}
