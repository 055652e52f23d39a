//! How one token is chosen from the model's logits.

use crate::error::Error;
use crate::model::TokenId;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;

/// How one token is chosen from the model's logits.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Sampling {
    /// The token with the largest logit; of equal ones, that with the lowest id.
    Greedy,
    /// A sample from softmax(logits / temperature), restricted first to the `top_k` most probable tokens and those
    /// equally probable, then to the smallest set of the most probable ones that holds at least `top_p` of the rest,
    /// then to those at least `min_p` times as probable as the most probable one. This is the order of the transformers
    /// library.
    Random {
        /// Above 0. 1 keeps the model's distribution, less sharpens it.
        temperature: f64,
        /// At least 1, or `None` for all.
        top_k: Option<usize>,
        /// In (0, 1], or `None` for all.
        top_p: Option<f64>,
        /// In [0, 1], or `None` for all (Nguyen and others 2024, "Turning Up the Heat").
        min_p: Option<f64>,
        /// The same seed gives the same text, on every machine: the random numbers are `ChaCha8`'s, and one is used for
        /// each token. A sample can differ only where two machines' logits differ in their last bits.
        seed: u64,
    },
}

impl Sampling {
    /// A sample from the model's own distribution.
    pub fn random(seed: u64) -> Self {
        Self::Random { temperature: 1.0, top_k: None, top_p: None, min_p: None, seed }
    }

    /// Checks every parameter's range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a temperature, `top_k`, `top_p` or `min_p` out of its range.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, value: String, range| Err(Error::Parameter { name, value, range });
        let Self::Random { temperature, top_k, top_p, min_p, .. } = *self else { return Ok(()) };
        if !(temperature > 0.0 && temperature.is_finite()) {
            return refuse("temperature", temperature.to_string(), "a number above 0");
        }
        if top_k == Some(0) {
            return refuse("top-k", "0".into(), "at least 1");
        }
        if let Some(p) = top_p.filter(|p| !(*p > 0.0 && *p <= 1.0)) {
            return refuse("top-p", p.to_string(), "above 0 and at most 1");
        }
        if let Some(p) = min_p.filter(|p| !(0.0..=1.0).contains(p)) {
            return refuse("min-p", p.to_string(), "from 0 to 1");
        }
        Ok(())
    }
}

/// Chooses tokens one after another: a [`Sampling`] and the state of its random numbers.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Sampler {
    /// A sampler in its initial state.
    ///
    /// # Errors
    /// As [`Sampling::check`].
    pub fn new(sampling: &Sampling) -> Result<Self, Error> {
        sampling.check()?;
        let seed = if let Sampling::Random { seed, .. } = sampling { *seed } else { 0 };
        Ok(Self { sampling: sampling.clone(), random: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// The next token, from one logit for each token of the vocabulary. Negative infinity and NaN are never chosen,
    /// unless there is nothing else.
    pub fn choose(&mut self, logits: &[f64]) -> TokenId {
        let Sampling::Random { temperature, top_k, top_p, min_p, .. } = self.sampling else {
            let order = (0..logits.len()).filter(|&i| !logits[i].is_nan());
            return order.reduce(|best, i| if logits[i] > logits[best] { i } else { best }).unwrap_or(0)
                as TokenId;
        };
        let mut order: Vec<usize> = (0..logits.len()).filter(|&i| logits[i] > f64::NEG_INFINITY).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        let mut most = top_k.unwrap_or(order.len()).min(order.len());
        // Tokens just as probable as the last of them stay too.
        while most > 0 && most < order.len() && logits[order[most]] >= logits[order[most - 1]] {
            most += 1;
        }
        order.truncate(most);
        let largest = order.first().map_or(0.0, |&i| logits[i]);
        let weights: Vec<f64> = order.iter().map(|&i| ((logits[i] - largest) / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        let (mut kept, mut mass) = (0, 0.0);
        while kept < weights.len()
            && (kept == 0
                || (mass < top_p.unwrap_or(f64::INFINITY) * total && weights[kept] >= min_p.unwrap_or(0.0)))
        {
            mass += weights[kept];
            kept += 1;
        }
        let mut left = self.random.random::<f64>() * mass;
        let chosen = weights[..kept].iter().position(|w| {
            left -= w;
            left < 0.0
        });
        order.get(chosen.unwrap_or(kept.saturating_sub(1))).copied().unwrap_or(0) as TokenId
    }
}
