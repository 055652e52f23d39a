//! What methods share that fit a linear model to a game: over which segments, with how many texts, from which seed.

use crate::coalitions::game::GameRules;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::parameters::{Parameters, check_count};

/// Over which segments, with how many texts, from which seed.
#[derive(Debug, Clone)]
pub(crate) struct Regression {
    pub(crate) rules: GameRules,
    /// `None`: 2n + 512 for n segments.
    pub(crate) samples: Option<u32>,
    pub(crate) seed: u64,
}

/// Texts at the most.
const MOST: u32 = 1_000_000;

impl Default for Regression {
    /// Over tokens, absent by [`Baseline::Zero`].
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

    /// How many texts for `n` segments.
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

/// The numbers of the segments that are away.
pub(crate) fn away(there: &[bool]) -> Vec<usize> {
    (0..there.len()).filter(|i| !there[*i]).collect()
}

/// 1 for a segment that is there, 0 for one that is away.
pub(crate) fn indicator(there: bool) -> f64 {
    f64::from(u8::from(there))
}
