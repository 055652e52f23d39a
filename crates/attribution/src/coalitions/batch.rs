//! Coalitions that run together: in one batch, from their first ablated token on where the model has a cache.

use crate::coalitions::ablated_input::{AblatedInput, embeddings};
use crate::coalitions::game::Game;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::model::{Pass, checked};
use crate::problem::cost::Cost;
use tch::{Kind, Tensor};

/// Inputs that run together.
pub(super) struct Batch<'v> {
    inputs: &'v [AblatedInput],
    /// Outputs with an ablated token in their context, in any of the inputs.
    affected: Vec<usize>,
    /// The first and the last of the positions that predict those; `None` where the model can't run on what is left.
    positions: Option<(usize, usize)>,
    /// Tokens that the cache covers.
    shared: usize,
    /// Forward passes, for one baseline.
    passes: f64,
}

impl<'v> Batch<'v> {
    fn new(game: &Game<'_, '_>, inputs: &'v [AblatedInput]) -> Self {
        let tokens = game.input.size()[1] as f64;
        let earliest = inputs.iter().map(|x| x.first).min().unwrap_or(0);
        let outputs = 0..game.problem.n_output();
        let affected: Vec<usize> = outputs.filter(|r| game.problem.row_length(*r) > earliest).collect();
        let positions = || inputs.iter().flat_map(|x| affected.iter().filter_map(|r| x.positions[*r]));
        let positions = positions().min().zip(positions().max());
        let shared = match positions {
            Some((low, _)) if game.cache.is_some() => earliest.min(low),
            _ => 0,
        };
        let share = if positions.is_some() { 1.0 - shared as f64 / tokens } else { 0.0 };
        Self { passes: inputs.len() as f64 * share, inputs, affected, positions, shared }
    }

    /// All inputs in batches. They are sorted, so that those of a batch have the same number of tokens, and their first
    /// ablated tokens are close to each other.
    pub(super) fn all(game: &Game<'_, '_>, inputs: &'v mut [AblatedInput]) -> Vec<Self> {
        inputs.sort_by_key(|x| (x.lengths(game), x.first, x.number));
        let all_tokens = game.input.size()[1] as usize;
        let mut rest = &*inputs;
        let mut batches = Vec::new();
        while let Some(leader) = rest.first() {
            let tokens = all_tokens - if game.cache.is_some() { leader.first } else { 0 };
            let positions = game.problem.n_output();
            let size = game.problem.batch(Pass { tokens: tokens.max(1), positions, backward: false });
            let alike = rest.iter().take_while(|x| x.lengths(game) == leader.lengths(game)).count();
            let (batch, others) = rest.split_at(size.min(alike));
            batches.push(Self::new(game, batch));
            rest = others;
        }
        batches
    }

    pub(super) fn passes(&self) -> f64 {
        self.passes
    }

    /// Runs the model, and writes every affected output's target into the rows of its coalition.
    pub(super) fn run(&self, game: &Game<'_, '_>, values: &mut [Vec<f64>]) -> Result<(), Error> {
        let problem = game.problem;
        for input in self.inputs {
            for output in &self.affected {
                if input.positions[*output].is_none() {
                    values[input.number][*output] = f64::NAN;
                }
            }
        }
        let Some((low, _)) = self.positions else { return Ok(()) };

        let baselines = game.baselines();
        let mut means = vec![vec![0.0; self.affected.len()]; self.inputs.len()];
        for baseline in 0..baselines {
            let logits = self.logits(game, game.replacements.get(baseline))?;
            for (column, output) in self.affected.iter().enumerate() {
                let at = self.inputs.iter().map(|x| x.positions[*output].map_or(0, |p| p - low) as i64);
                let logits = pick(&logits, &at.collect::<Vec<_>>())?;
                let found = problem.value_of(&logits, *output)?;
                let found: Vec<f64> = Vec::try_from(found.f_to_kind(Kind::Double)?)?;
                for (mean, value) in means.iter_mut().zip(found) {
                    mean[column] += value / baselines as f64;
                }
            }
            problem.count(Cost::forwards(self.passes))?;
        }

        for (input, means) in self.inputs.iter().zip(means) {
            for (mean, output) in means.into_iter().zip(&self.affected) {
                // An output without an ablated token in its context keeps its clean value, to the last digit.
                if problem.row_length(*output) > input.first && input.positions[*output].is_some() {
                    values[input.number][*output] = mean;
                }
            }
        }
        Ok(())
    }

    /// The logits at all positions from the first to the last that is needed: `[inputs, positions, vocabulary]`.
    fn logits(&self, game: &Game<'_, '_>, replacement: Option<&Tensor>) -> Result<Tensor, Error> {
        let problem = game.problem;
        let positions = self.positions.map_or(0..0, |(low, high)| low..high + 1);
        let (embeddings, masked) = embeddings(game, self.inputs, self.shared, replacement)?;
        if let Some(cache) = &game.cache {
            let rest = (self.shared, &embeddings);
            return checked::variant_logits(&**cache, problem.vocabulary(), rest, masked.as_ref(), positions);
        }
        let n_input = match (&game.ablation, self.inputs.first()) {
            (Ablation::Deletion, Some(input)) => input.lengths(game).0,
            _ => problem.n_input(),
        };
        checked::logits(problem.model(), &embeddings, n_input, positions)
    }
}

/// One position's logits of each input: from `[inputs, positions, vocabulary]` to `[inputs, vocabulary]`.
fn pick(logits: &Tensor, at: &[i64]) -> Result<Tensor, Error> {
    if let Some(first) = at.first().filter(|first| at.iter().all(|i| i == *first)) {
        return Ok(logits.f_select(1, *first)?);
    }
    let (inputs, _, vocabulary) = logits.size3()?;
    let at = Tensor::f_from_slice(at)?.f_to(logits.device())?;
    let at = at.f_reshape([inputs, 1, 1])?.f_expand([inputs, 1, vocabulary], false)?;
    Ok(logits.f_gather(1, &at, false)?.f_squeeze_dim(1)?)
}
