//! The settings that methods share which fit a linear model to a game: its segments, the number of texts, the seed.

use crate::coalitions::game::GameRules;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::parameters::{Parameters, check_count};

/// The game that a linear model is fitted to, the number of texts, and the seed.
#[derive(Debug, Clone)]
pub(crate) struct Regression {
    pub(crate) rules: GameRules,
    /// `None`: 2n + 512 for n segments.
    pub(crate) samples: Option<u32>,
    pub(crate) seed: u64,
}

/// The most texts.
const MOST: u32 = 1_000_000;

impl Default for Regression {
    /// Tokens, ablated to [`Baseline::Zero`]; seed 0.
    fn default() -> Self {
        Self { rules: GameRules::tokens(Ablation::Embedding(Baseline::Zero)), samples: None, seed: 0 }
    }
}

impl Regression {
    pub(crate) fn from_parameters(parameters: &Parameters) -> Self {
        let rules = GameRules::from_parameters(parameters, Baseline::Zero.into());
        Self { rules, samples: parameters.samples, seed: parameters.seed.unwrap_or(0) }
    }

    /// Refuses no texts, or too many.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.samples.map_or(Ok(()), |samples| check_count("samples", samples, MOST))
    }

    /// The number of texts for `n` segments.
    pub(crate) fn count(&self, n: usize) -> usize {
        self.samples.map_or(2 * n + 512, |samples| samples as usize)
    }

    pub(crate) fn describe(&self, name: &str) -> saliency_schema::Method {
        let mut description = self.rules.describe(name);
        if let Some(samples) = self.samples {
            description.parameters.insert("samples".to_owned(), samples.into());
        }
        description.parameters.insert("seed".to_owned(), self.seed.into());
        description
    }
}

/// The numbers of the segments that are ablated.
pub(crate) fn ablated(present: &[bool]) -> Vec<usize> {
    (0..present.len()).filter(|i| !present[*i]).collect()
}

/// 1 for a segment that is present, 0 for one that is ablated.
pub(crate) fn indicator(present: bool) -> f64 {
    f64::from(u8::from(present))
}
