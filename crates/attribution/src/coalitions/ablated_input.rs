//! The input with some players ablated: which tokens are left, and where outputs are predicted then.

use crate::coalitions::game::Game;
use crate::error::Error;
use crate::method::ablation::Ablation;
use tch::Tensor;

/// The input of one coalition.
pub(super) struct AblatedInput {
    /// The coalition's number.
    pub(super) number: usize,
    /// For each token of the clean input, whether it is ablated.
    pub(super) ablated: Vec<bool>,
    /// The first ablated token.
    pub(super) first: usize,
    /// For each output the position that predicts it, which deletions move; `None` where the model can't run on what is
    /// left.
    pub(super) positions: Vec<Option<usize>>,
}

impl AblatedInput {
    /// The input without some players; `None` where none is ablated.
    pub(super) fn new(game: &Game<'_, '_>, number: usize, players: &[usize]) -> Option<Self> {
        let mut ablated = vec![false; game.input.size()[1] as usize];
        for player in players {
            ablated[game.players()[*player].clone()].fill(true);
        }
        let first = ablated.iter().position(|ablated| *ablated)?;
        let problem = game.problem;
        let position = |output: usize| {
            let context = problem.row_length(output);
            if game.ablation != Ablation::Deletion {
                return Some(context - 1);
            }
            let lacks_needed = ablated[game.first_kept()..problem.n_input()].contains(&true);
            count_kept(&ablated[..context]).checked_sub(1).filter(|_| !lacks_needed)
        };
        let positions = (0..problem.n_output()).map(position).collect();
        Some(Self { number, ablated, first, positions })
    }

    /// How many inputs and how many tokens in all a deletion leaves; inputs of one length can run together.
    pub(super) fn lengths(&self, game: &Game<'_, '_>) -> (usize, usize) {
        if game.ablation != Ablation::Deletion {
            return (0, 0);
        }
        (count_kept(&self.ablated[..game.problem.n_input()]), count_kept(&self.ablated))
    }
}

fn count_kept(ablated: &[bool]) -> usize {
    ablated.iter().filter(|ablated| !**ablated).count()
}

/// The embeddings of some inputs after the first `shared` tokens, `[inputs, rest, hidden]`, and for a masking which of
/// all tokens are masked, `[inputs, tokens]`.
pub(super) fn embeddings(
    game: &Game<'_, '_>,
    inputs: &[AblatedInput],
    shared: usize,
    replacement: Option<&Tensor>,
) -> Result<(Tensor, Option<Tensor>), Error> {
    let (tokens, device) = (game.input.size()[1], game.input.device());
    let rest = |x: &Tensor| x.f_narrow(1, shared as i64, tokens - shared as i64);
    let mask = |from: usize| -> Result<Tensor, Error> {
        let rows: Vec<Tensor> =
            inputs.iter().map(|x| Tensor::f_from_slice(&x.ablated[from..])).collect::<Result<_, _>>()?;
        Ok(Tensor::f_stack(&rows, 0)?.f_to(device)?)
    };
    match (&game.ablation, replacement) {
        (Ablation::Embedding(_) | Ablation::Resampled { .. }, Some(replacement)) => {
            let replaced = mask(shared)?.f_unsqueeze(2)?;
            Ok((rest(replacement)?.f_where_self(&replaced, &rest(&game.input)?)?, None))
        }
        (Ablation::Masking, _) => {
            let rows = rest(&game.input)?.f_repeat([inputs.len() as i64, 1, 1])?;
            Ok((rows, Some(mask(0)?)))
        }
        _ => {
            let kept = |x: &AblatedInput| -> Result<Tensor, Error> {
                let kept: Vec<i64> = (shared as i64..tokens).filter(|i| !x.ablated[*i as usize]).collect();
                let kept = Tensor::f_from_slice(&kept)?.f_to(device)?;
                Ok(game.input.f_select(0, 0)?.f_index_select(0, &kept)?)
            };
            let rows: Vec<Tensor> = inputs.iter().map(kept).collect::<Result<_, _>>()?;
            Ok((Tensor::f_stack(&rows, 0)?, None))
        }
    }
}
