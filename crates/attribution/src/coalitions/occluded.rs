//! The segments whose absence changes the target most: a choice of some for a method that takes more passes for each.

use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::strongest::Strongest;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;
use std::ops::Range;

/// Segments by what the target loses when vectors of zeros stand in their place.
pub(crate) struct Occluded(GameRules);

impl Occluded {
    pub(crate) fn new(segments: &Segmentation) -> Self {
        Self(GameRules { segments: segments.clone(), ablation: Ablation::Embedding(Baseline::Zero) })
    }

    /// The passes of so many segments of one token, from token `first` on.
    pub(crate) fn cost(&self, size: Size, first: usize) -> Cost {
        self.0.cost(size, first..size.n_input)
    }

    /// Of some segments of the text the `count` with the largest sum over all outputs, in size; in the text's order. At
    /// most `later` more passes will be made.
    pub(crate) fn strongest(
        &self,
        problem: &Problem<'_>,
        segments: &[Range<usize>],
        count: usize,
        (method, later): (&'static str, usize),
    ) -> Result<Vec<Range<usize>>, Error> {
        let game = Game::new(problem, &self.0, method)?;
        let players = game.players().iter().enumerate().filter(|(_, player)| segments.contains(player));
        let (players, tokens): (Vec<Vec<usize>>, Vec<Range<usize>>) =
            players.map(|(player, tokens)| (vec![player], tokens.clone())).unzip();
        let outputs = 0..problem.n_output();
        let clean = outputs.map(|output| problem.value_at_input(output)).sum::<Result<f64, Error>>()?;
        let values = game.values(&players, later)?;
        let losses: Vec<_> = values.iter().map(|values| Some(clean - values.iter().sum::<f64>())).collect();
        let chosen = Strongest(Some(count as u32)).chosen(&losses);
        Ok(chosen.into_iter().map(|place| tokens[place].clone()).collect())
    }
}
