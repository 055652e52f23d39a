//! How a text is continued: the number of tokens, when it ends, and how the logits are changed before a token is
//! chosen.

use crate::error::Error;
use crate::model::check_ids;
use crate::model::sampling::{Sampler, Sampling};
use crate::model::{LanguageModel, TokenId, checked};
use tch::{Kind, Tensor};

/// How many tokens to add, and how to choose each.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Generation {
    /// The most tokens to add; fewer where the end-of-text token or one of [`stop`](Self::stop) comes first.
    pub tokens: usize,
    /// The fewest tokens to add: before, no end-of-text token is chosen and no stop text ends it. Default: 0.
    pub at_least: usize,
    /// Texts after which it ends; they stay in the output, with the rest of their last token. They need a checkpoint
    /// with its tokenizer; a bare model refuses them. Default: none.
    pub stop: Vec<String>,
    /// The logit of a token that occurred before is divided by this where it is above 0, and multiplied where it is
    /// below (Keskar and others 2019, "CTRL"). 1 changes nothing, more than 1 discourages repetition. Default: 1.
    pub repetition_penalty: f64,
    /// How one token is chosen.
    pub sampling: Sampling,
}

impl Generation {
    /// The most probable token, `tokens` times.
    pub fn greedy(tokens: usize) -> Self {
        Self::new(tokens, Sampling::Greedy)
    }

    /// Samples from the model's own distribution, `tokens` times.
    pub fn sample(tokens: usize, seed: u64) -> Self {
        Self::new(tokens, Sampling::random(seed))
    }

    /// `tokens` tokens, chosen by `sampling`.
    pub fn new(tokens: usize, sampling: Sampling) -> Self {
        Self { tokens, at_least: 0, stop: Vec::new(), repetition_penalty: 1.0, sampling }
    }

    /// Sets the fewest tokens.
    #[must_use]
    pub fn at_least(mut self, tokens: usize) -> Self {
        self.at_least = tokens;
        self
    }

    /// Adds a text after which it ends.
    #[must_use]
    pub fn stop(mut self, text: impl Into<String>) -> Self {
        self.stop.push(text.into());
        self
    }

    /// Sets the penalty of repetition.
    #[must_use]
    pub fn repetition_penalty(mut self, penalty: f64) -> Self {
        self.repetition_penalty = penalty;
        self
    }

    /// Checks every parameter's range.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the first that is out of it.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |name, value: String, range| Err(Error::Parameter { name, value, range });
        if self.at_least > self.tokens {
            return refuse("at-least", self.at_least.to_string(), "at most the number of tokens to generate");
        }
        if self.stop.iter().any(String::is_empty) {
            return refuse("stop", "\"\"".into(), "a text of at least one character");
        }
        let penalty = self.repetition_penalty;
        if !(penalty > 0.0 && penalty.is_finite()) {
            return refuse("repetition-penalty", penalty.to_string(), "a number above 0");
        }
        self.sampling.check()
    }

    /// The logits that a token is chosen from: after the penalty, and without end-of-text tokens where it is too early
    /// for them.
    fn offered(
        &self,
        logits: &Tensor,
        input: usize,
        ids: &[TokenId],
        ends: &[TokenId],
    ) -> Result<Vec<f64>, Error> {
        let mut logits = Vec::<f64>::try_from(logits.f_to_kind(Kind::Double)?)?;
        if self.repetition_penalty.to_bits() != 1.0_f64.to_bits() {
            let mut seen = ids.to_vec();
            seen.sort_unstable();
            seen.dedup();
            for id in seen {
                if let Some(logit) = logits.get_mut(id as usize) {
                    let penalty = self.repetition_penalty;
                    *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
                }
            }
        }
        if ids.len() - input < self.at_least {
            for end in ends {
                if let Some(logit) = logits.get_mut(*end as usize) {
                    *logit = f64::NEG_INFINITY;
                }
            }
        }
        Ok(logits)
    }
}

/// Generation that runs the whole prefix again for every token.
pub(crate) fn without_cache(
    model: &(impl LanguageModel + ?Sized),
    input: &[TokenId],
    generation: &Generation,
    each: &mut dyn FnMut(TokenId) -> bool,
) -> Result<Vec<TokenId>, Error> {
    let _no_gradient = tch::no_grad_guard();
    generate_with(model, input, generation, each, |ids| {
        let embeddings = checked::embed(model, ids, None)?.f_unsqueeze(0)?;
        let last = ids.len() - 1;
        let logits = checked::logits(model, &embeddings, input.len(), last..ids.len())?;
        Ok(logits.f_select(0, 0)?.f_select(0, 0)?)
    })
}

/// The loop that all generation shares: `next` returns the logits `[vocabulary]` after the tokens so far.
///
/// # Errors
/// An empty input, one that is too long with the tokens asked for, a sampling parameter out of range, or an error of
/// `next`.
pub fn generate_with(
    model: &(impl LanguageModel + ?Sized),
    input: &[TokenId],
    generation: &Generation,
    each: &mut dyn FnMut(TokenId) -> bool,
    mut next: impl FnMut(&[TokenId]) -> Result<Tensor, Error>,
) -> Result<Vec<TokenId>, Error> {
    model.limits().check_length(input.len(), generation.tokens)?;
    check_ids(model.limits(), input)?;
    generation.check()?;
    if let Some(text) = generation.stop.first() {
        let range = "left to a checkpoint, whose tokenizer knows the texts of tokens";
        return Err(Error::Parameter { name: "stop", value: format!("{text:?}"), range });
    }
    let mut sampler = Sampler::new(&generation.sampling)?;
    let ends = model.ends_of_text();
    let mut ids = input.to_vec();
    while ids.len() < input.len() + generation.tokens {
        let logits = generation.offered(&next(&ids)?, input.len(), &ids, &ends)?;
        if !logits.iter().any(|logit| *logit > f64::NEG_INFINITY) {
            return Err(Error::NoLogit { position: ids.len() });
        }
        let id = sampler.choose(&logits);
        ids.push(id);
        if !each(id) || ends.contains(&id) {
            break;
        }
    }
    Ok(ids.split_off(input.len()))
}
