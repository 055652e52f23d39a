//! What methods share that fit a linear model to a game: over which segments, with how many texts, from which seed.

use crate::coalitions::game::GameRules;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::parameters::{Parameters, count};
use saliency_schema::Segmentation;

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
    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let rules = GameRules::from_parameters(parameters, Baseline::Zero.into());
        let samples = parameters.samples.map(|n| count("samples", n, MOST)).transpose()?;
        Ok(Self { rules, samples, seed: parameters.seed.unwrap_or(0) })
    }

    pub(crate) fn segments(mut self, segments: Segmentation) -> Self {
        self.rules.segments = segments;
        self
    }

    pub(crate) fn baseline(mut self, ablation: Ablation) -> Self {
        self.rules.ablation = ablation;
        self
    }

    pub(crate) fn samples(self, samples: u32, seed: u64) -> Result<Self, Error> {
        Ok(Self { samples: Some(count("samples", samples, MOST)?), seed, ..self })
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
