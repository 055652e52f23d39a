//! How a token is removed.

use crate::error::Error;
use crate::method::baseline::{Baseline, draws_and_seed};
use std::fmt;
use std::str::FromStr;

/// How a token is removed. Each way is another intervention, and gives other numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[doc(alias = "Absence")]
pub enum Ablation {
    /// Another embedding replaces it; its position stays.
    Embedding(Baseline),
    /// Another token replaces it, which the model samples in its place, from the text before it: the mean over so many
    /// samples. For decoders.
    Resampled {
        /// How many samples, from 1.
        draws: u32,
        /// The same seed gives the same samples.
        seed: u64,
    },
    /// The token is deleted, and later ones move up.
    Deletion,
    /// No later token can attend to it. It keeps its position and attends to itself. For models with a
    /// [`PrefixCache`](crate::PrefixCache).
    Masking,
}

impl Ablation {
    /// Names that are understood.
    pub const NAMES: &'static str = "zero, eos, mean, mask, token:ID, ids:A,B,…, sampled:K, sampled:K:SEED, resampled:K, resampled:K:SEED, deletion, \
         masking";

    /// The baseline at which a path begins.
    ///
    /// # Errors
    /// [`Error::Parameter`] for deletion and masking, to which there is no path.
    pub(crate) fn embedding(&self) -> Result<Baseline, Error> {
        match self {
            Self::Embedding(baseline) => Ok(baseline.clone()),
            other => Err(Error::Parameter {
                name: "baseline",
                value: other.to_string(),
                range: "an embedding for this method: zero, eos, mean, mask, token:ID, ids:A,B,… or sampled:K",
            }),
        }
    }
}

impl fmt::Display for Ablation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedding(baseline) => baseline.fmt(f),
            Self::Resampled { draws, seed: 0 } => write!(f, "resampled:{draws}"),
            Self::Resampled { draws, seed } => write!(f, "resampled:{draws}:{seed}"),
            Self::Deletion => f.write_str("deletion"),
            Self::Masking => f.write_str("masking"),
        }
    }
}

impl From<Baseline> for Ablation {
    fn from(baseline: Baseline) -> Self {
        Self::Embedding(baseline)
    }
}

impl FromStr for Ablation {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        match name {
            "deletion" => Ok(Self::Deletion),
            "masking" => Ok(Self::Masking),
            name => match name.strip_prefix("resampled:").and_then(draws_and_seed) {
                Some((draws, seed)) => Ok(Self::Resampled { draws, seed }),
                None => name.parse().map(Self::Embedding),
            },
        }
    }
}
