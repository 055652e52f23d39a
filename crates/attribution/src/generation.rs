//! How a text is continued: how many tokens, and which one of those the model offers.

use crate::model::{check_ids, check_length};
use crate::{Error, LanguageModel, TokenId};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tch::{Kind, Tensor};

/// How many tokens to add, and how to choose each.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    /// Tokens to add at the most; fewer where the end-of-text token comes first.
    pub tokens: usize,
    /// How one token is chosen.
    pub sampling: Sampling,
}

/// How one token is chosen from the model's logits.
#[derive(Debug, Clone, PartialEq)]
pub enum Sampling {
    /// The token with the largest logit; of equals, the one with the lowest number.
    Greedy,
    /// A draw from softmax(logits / temperature), cut first to the `top_k` most probable tokens and then to
    /// the smallest set of the most probable ones that holds at least `top_p` of the mass.
    Random {
        /// Above 0. 1 leaves the model's distribution as it is, less sharpens it.
        temperature: f64,
        /// At least 1, or `None` for all.
        top_k: Option<usize>,
        /// In (0, 1], or `None` for all.
        top_p: Option<f64>,
        /// The same seed gives the same text.
        seed: u64,
    },
}

impl Generation {
    /// The most probable token, `tokens` times.
    pub fn greedy(tokens: usize) -> Self {
        Self { tokens, sampling: Sampling::Greedy }
    }

    /// Draws from the model's own distribution, `tokens` times.
    pub fn sample(tokens: usize, seed: u64) -> Self {
        Self { tokens, sampling: Sampling::Random { temperature: 1.0, top_k: None, top_p: None, seed } }
    }
}

/// Chooses tokens one after another: a [`Sampling`] and the state of its random numbers.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    random: ChaCha8Rng,
}

impl Sampler {
    /// A sampler at its beginning.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a temperature, `top_k` or `top_p` out of its range.
    pub fn new(sampling: &Sampling) -> Result<Self, Error> {
        let mut seed = 0;
        if let Sampling::Random { temperature, top_k, top_p, seed: s } = *sampling {
            if !(temperature > 0.0 && temperature.is_finite()) {
                let value = temperature.to_string();
                return Err(Error::Parameter { name: "temperature", value, range: "a number above 0" });
            }
            if top_k == Some(0) {
                return Err(Error::Parameter { name: "top-k", value: "0".into(), range: "at least 1" });
            }
            if let Some(p) = top_p.filter(|p| !(*p > 0.0 && *p <= 1.0)) {
                let value = p.to_string();
                return Err(Error::Parameter { name: "top-p", value, range: "above 0 and at most 1" });
            }
            seed = s;
        }
        Ok(Self { sampling: sampling.clone(), random: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// The next token.
    ///
    /// # Shapes
    /// - `logits`: `[vocabulary]`
    ///
    /// # Errors
    /// What libtorch says.
    pub fn choose(&mut self, logits: &Tensor) -> Result<TokenId, Error> {
        let logits = Vec::<f64>::try_from(logits.f_to_kind(Kind::Double)?)?;
        let mut order: Vec<usize> = (0..logits.len()).collect();
        let Sampling::Random { temperature, top_k, top_p, .. } = self.sampling else {
            let best = order.into_iter().reduce(|best, i| if logits[i] > logits[best] { i } else { best });
            return Ok(best.unwrap_or(0) as TokenId);
        };
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        order.truncate(top_k.unwrap_or(usize::MAX));
        let largest = order.first().map_or(0.0, |&i| logits[i]);
        let weights: Vec<f64> = order.iter().map(|&i| ((logits[i] - largest) / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        let mut kept = 0;
        let mut mass = 0.0;
        while kept < weights.len() && (kept == 0 || mass < top_p.unwrap_or(f64::INFINITY) * total) {
            mass += weights[kept];
            kept += 1;
        }
        let mut left = self.random.random::<f64>() * mass;
        let chosen = weights[..kept].iter().position(|w| {
            left -= w;
            left < 0.0
        });
        Ok(order.get(chosen.unwrap_or(kept.saturating_sub(1))).copied().unwrap_or(0) as TokenId)
    }
}

/// Generation that reads the whole prefix again for every token.
pub(crate) fn without_cache(
    model: &(impl LanguageModel + ?Sized),
    input: &[TokenId],
    generation: &Generation,
    each: &mut dyn FnMut(TokenId) -> bool,
) -> Result<Vec<TokenId>, Error> {
    let _no_gradient = tch::no_grad_guard();
    generate_with(model, input, generation, each, |ids| {
        let embeddings = model.embed(ids).map_err(Error::Model)?.f_unsqueeze(0)?;
        let last = ids.len() - 1;
        let logits = model.logits(&embeddings, input.len(), last..ids.len()).map_err(Error::Model)?;
        Ok(logits.f_select(0, 0)?.f_select(0, 0)?)
    })
}

/// The loop that all generation shares: `next` gives the logits `[vocabulary]` after the tokens so far.
///
/// # Errors
/// An empty input, one that is too long with the tokens asked for, a sampling parameter out of range, or
/// what `next` says.
pub fn generate_with(
    model: &(impl LanguageModel + ?Sized),
    input: &[TokenId],
    generation: &Generation,
    each: &mut dyn FnMut(TokenId) -> bool,
    mut next: impl FnMut(&[TokenId]) -> Result<Tensor, Error>,
) -> Result<Vec<TokenId>, Error> {
    check_length(model.limits(), input.len(), generation.tokens)?;
    check_ids(model.limits(), input)?;
    let mut sampler = Sampler::new(&generation.sampling)?;
    let mut ids = input.to_vec();
    while ids.len() < input.len() + generation.tokens {
        let id = sampler.choose(&next(&ids)?)?;
        ids.push(id);
        if !each(id) || Some(id) == model.end_of_text() {
            break;
        }
    }
    Ok(ids.split_off(input.len()))
}
