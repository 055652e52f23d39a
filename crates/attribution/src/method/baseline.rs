//! The embeddings that stand for an absent input: where a path begins, or what replaces an ablated token.

use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::vocabulary;
use crate::model::TokenId;
use crate::problem::Problem;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::fmt;
use std::str::FromStr;
use tch::Tensor;

/// The embeddings that stand for an absent input. Positions stay as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Baseline {
    /// The zero vector for every token.
    Zero,
    /// The embedding of the model's end-of-text token, as inseq does with GPT-2.
    Eos,
    /// The mean of the whole vocabulary's embeddings.
    Mean,
    /// The embedding of the model's mask token, for models that have one.
    Mask,
    /// The embedding of one token.
    Token(TokenId),
    /// Another text's embeddings, token by token; repeated where it is shorter.
    Text(Vec<TokenId>),
    /// A distribution: the mean over this many texts of tokens sampled uniformly from the vocabulary, from a seed.
    Sampled {
        /// How many texts, from 1.
        draws: u32,
        /// The same seed gives the same texts.
        seed: u64,
    },
}

impl Baseline {
    /// The number of baselines to average over.
    pub(crate) fn draws(&self) -> u32 {
        if let Self::Sampled { draws, .. } = self { (*draws).max(1) } else { 1 }
    }

    /// The given token ids.
    fn ids(&self) -> &[TokenId] {
        match self {
            Self::Token(id) => std::slice::from_ref(id),
            Self::Text(ids) => ids,
            _ => &[],
        }
    }

    /// The baseline, for token embeddings `[1, tokens, hidden]`, in the same shape. `draw` numbers the baselines of a
    /// distribution.
    pub(crate) fn embeddings(
        &self,
        problem: &Problem<'_>,
        input: &Tensor,
        draw: u32,
    ) -> Result<Tensor, Error> {
        let everywhere =
            |one: Tensor| -> Result<Tensor, Error> { Ok(one.f_expand_as(input)?.f_contiguous()?) };
        let none = |value: &str, range| Error::Parameter { name: "baseline", value: value.into(), range };
        let tokens = input.size()[1] as usize;
        match self {
            Self::Zero => Ok(input.f_zeros_like()?),
            Self::Eos => {
                let range = "another one: this model has no end-of-text token";
                everywhere(
                    problem.embed(&[problem.model().end_of_text().ok_or_else(|| none("eos", range))?])?,
                )
            }
            Self::Mask => {
                let range = "another one: this model has no mask token; token:ID names any";
                everywhere(
                    problem.embed(&[problem.model().mask_token().ok_or_else(|| none("mask", range))?])?,
                )
            }
            Self::Mean => everywhere(vocabulary::mean(problem)?),
            Self::Token(_) | Self::Text(_)
                if self.ids().iter().any(|id| *id as usize >= problem.vocabulary()) =>
            {
                Err(none(&self.to_string(), "made of token numbers below the vocabulary's size"))
            }
            Self::Token(id) => everywhere(problem.embed(&[*id])?),
            Self::Text(ids) => {
                if ids.is_empty() {
                    return Err(none("an empty text", "a text of at least one token"));
                }
                let ids: Vec<_> = ids.iter().copied().cycle().take(tokens).collect();
                Ok(problem.embed(&ids)?.f_unsqueeze(0)?)
            }
            Self::Sampled { draws: 0, .. } => Err(none("sampled:0", "sampled:K with at least one text")),
            Self::Sampled { seed, .. } => {
                let mut numbers = ChaCha8Rng::seed_from_u64(*seed);
                numbers.set_stream(draw.into());
                let vocabulary = problem.vocabulary() as TokenId;
                let ids: Vec<_> = (0..tokens).map(|_| numbers.random_range(0..vocabulary)).collect();
                Ok(problem.embed(&ids)?.f_unsqueeze(0)?)
            }
        }
    }
}

impl fmt::Display for Baseline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("zero"),
            Self::Eos => f.write_str("eos"),
            Self::Mean => f.write_str("mean"),
            Self::Mask => f.write_str("mask"),
            Self::Token(id) => write!(f, "token:{id}"),
            Self::Text(ids) => {
                let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
                write!(f, "ids:{}", ids.join(","))
            }
            Self::Sampled { draws, seed: 0 } => write!(f, "sampled:{draws}"),
            Self::Sampled { draws, seed } => write!(f, "sampled:{draws}:{seed}"),
        }
    }
}

impl FromStr for Baseline {
    type Err = Error;
    fn from_str(name: &str) -> Result<Self, Error> {
        let number = |text: &str| text.parse().ok();
        let parsed = match name {
            "zero" => Some(Self::Zero),
            "eos" => Some(Self::Eos),
            "mean" => Some(Self::Mean),
            "mask" => Some(Self::Mask),
            _ => match name.split_once(':') {
                Some(("token", id)) => number(id).map(Self::Token),
                Some(("ids", ids)) => ids.split(',').map(number).collect::<Option<_>>().map(Self::Text),
                Some(("sampled", rest)) => {
                    draws_and_seed(rest).map(|(draws, seed)| Self::Sampled { draws, seed })
                }
                _ => None,
            },
        };
        parsed.ok_or_else(|| Error::Unknown {
            what: "baseline",
            name: name.to_owned(),
            known: Ablation::NAMES.to_owned(),
        })
    }
}

/// `K` or `K:SEED`, with at most 10,000 draws.
pub(crate) fn draws_and_seed(text: &str) -> Option<(u32, u64)> {
    let (draws, seed) = text.split_once(':').unwrap_or((text, "0"));
    let draws = draws.parse().ok().filter(|draws| (1..=10_000).contains(draws));
    draws.zip(seed.parse().ok())
}
