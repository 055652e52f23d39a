//! Tokens that the model samples in the places of a text's own.

use crate::error::Error;
use crate::model::sampling::{Sampler, Sampling};
use crate::model::{TokenId, checked};
use crate::problem::Problem;
use crate::problem::cost::Cost;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tch::{Kind, Tensor};

/// Embeddings of texts whose every token is sampled from what the model expects after the text's own tokens before it,
/// `[1, tokens, hidden]` each. The first token, before which there is nothing, is any of the vocabulary. One pass.
pub(crate) fn resampled(
    problem: &Problem<'_>,
    input: &Tensor,
    (draws, seed): (u32, u64),
) -> Result<Vec<Tensor>, Error> {
    let tokens = input.size()[1];
    let _no_gradient = tch::no_grad_guard();
    let refuse = |range| {
        let value = format!("resampled:{draws}");
        Err(Error::Parameter { name: "baseline", value, range })
    };
    if draws == 0 {
        return refuse("resampled:K with at least one sample");
    }
    if problem.model().kept_inputs() > 0 {
        return refuse("another one for an encoder–decoder, which predicts no token of its source");
    }
    let logits = checked::logits(problem.model(), input, problem.n_input(), 0..tokens as usize)?;
    problem.count(Cost::forwards(1.0))?;
    let logits = logits.f_select(0, 0)?;
    let mut samplers = (0..draws)
        .map(|draw| {
            let mut numbers = ChaCha8Rng::seed_from_u64(seed);
            numbers.set_stream(draw.into());
            let first = numbers.random_range(0..problem.vocabulary() as TokenId);
            Ok((Sampler::new(&Sampling::random(numbers.random()))?, vec![first]))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    for position in 0..tokens - 1 {
        let row = Vec::<f64>::try_from(logits.f_select(0, position)?.f_to_kind(Kind::Double)?)?;
        for (sampler, ids) in &mut samplers {
            ids.push(sampler.choose(&row));
        }
    }
    samplers.iter().map(|(_, ids)| Ok(problem.embed(ids)?.f_unsqueeze(0)?)).collect()
}
