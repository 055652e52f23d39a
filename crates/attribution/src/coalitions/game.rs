//! A cooperative game over segments of the text: from a coalition to the target when all other segments are ablated.

use crate::coalitions::ablated_input::AblatedInput;
use crate::coalitions::batch::Batch;
use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::parameters::Parameters;
use crate::method::resampled::resampled;
use crate::model::prefix_cache::PrefixCache;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;
use std::ops::Range;
use tch::Tensor;

/// The players of a game, and how one is ablated.
#[derive(Debug, Clone)]
pub(crate) struct GameRules {
    pub(crate) segments: Segmentation,
    pub(crate) ablation: Ablation,
}

/// The segments of one problem's text, and how to run it without some of them.
pub(crate) struct Game<'p, 'a> {
    pub(crate) problem: &'p Problem<'a>,
    players: Vec<Range<usize>>,
    pub(super) ablation: Ablation,
    /// The clean input: `[1, tokens, hidden]`.
    pub(super) input: Tensor,
    /// The embeddings that replace ablated ones, one for each baseline of a distribution; none for deletion or masking.
    pub(super) replacements: Vec<Tensor>,
    pub(super) cache: Option<Box<dyn PrefixCache + 'a>>,
    /// Every output's target at the clean input.
    clean_values: Vec<f64>,
}

impl GameRules {
    /// The segments and the ablation that were asked for, or tokens and the given ablation.
    pub(crate) fn from_parameters(parameters: &Parameters, ablation: Ablation) -> Self {
        let segments = parameters.segments.clone().unwrap_or(Segmentation::Tokens);
        Self { segments, ablation: parameters.baseline.clone().unwrap_or(ablation) }
    }

    pub(crate) fn describe(&self, name: &str) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(name);
        description.baseline = Some(self.ablation.to_string());
        description.parameters.insert("segments".to_owned(), self.segments.to_string().into());
        description
    }

    /// Single tokens, ablated in one way.
    pub(crate) fn tokens(ablation: Ablation) -> Self {
        Self { segments: Segmentation::Tokens, ablation }
    }

    /// Whether a token's number depends on that token's embedding alone: the number of a segment is shared by its
    /// tokens, a deletion moves later tokens, and a masked token no longer takes attention from others.
    pub(crate) fn judge_tokens_alone(&self) -> bool {
        matches!((&self.segments, &self.ablation), (Segmentation::Tokens, Ablation::Embedding(_)))
    }

    /// The cost of running coalitions without one player, given the first ablated token of each, for all outputs
    /// together.
    pub(crate) fn cost(&self, size: Size, first_ablated: impl Iterator<Item = usize>) -> Cost {
        self.cost_without(size, first_ablated.map(|first| (first, 1)))
    }

    /// The cost of running coalitions, given for each the first ablated token and how many are ablated.
    pub(crate) fn cost_without(&self, size: Size, ablated: impl Iterator<Item = (usize, usize)>) -> Cost {
        let baselines = match &self.ablation {
            Ablation::Embedding(baseline) => f64::from(baseline.draws()),
            Ablation::Resampled { draws, .. } => f64::from(*draws),
            Ablation::Deletion | Ablation::Masking => 1.0,
        };
        // The pass that samples.
        let own = if matches!(self.ablation, Ablation::Resampled { .. }) { 1.0 } else { 0.0 };
        // Without tokens at the end of its context, an output is predicted at a position before.
        let deletes = self.ablation == Ablation::Deletion;
        let shared = |(first, count): (usize, usize)| {
            let predicted = size.n_input.max(first + 1).saturating_sub(count + 1);
            if deletes { first.min(predicted) } else { first }
        };
        Cost::forwards(own + baselines * ablated.map(|ablated| size.rest(shared(ablated))).sum::<f64>())
    }
}

impl<'p, 'a> Game<'p, 'a> {
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        rules: &GameRules,
        method: &'static str,
    ) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let context = problem.row_length(problem.n_output() - 1);
        let sequence = problem.sequence();
        let players = rules.segments.segments_in(sequence.tokens(), sequence.prompt())?.into_iter();
        let players = players.filter(|p| p.start < context).map(|p| p.start..p.end.min(context)).collect();
        let input = problem.embeddings();
        let replacements = match &rules.ablation {
            Ablation::Embedding(baseline) => (0..baseline.draws())
                .map(|draw| baseline.embeddings(problem, &input, draw))
                .collect::<Result<_, _>>()?,
            Ablation::Resampled { draws, seed } => resampled(problem, &input, (*draws, *seed))?,
            Ablation::Deletion | Ablation::Masking => Vec::new(),
        };
        let cache = problem.prefix_cache()?;
        if rules.ablation == Ablation::Masking && cache.is_none() {
            return Err(Error::NoMasking { method, model: problem.model().name().to_owned() });
        }
        let clean_values = (0..problem.n_output()).map(|output| problem.value_at_input(output));
        let clean_values = clean_values.collect::<Result<_, _>>()?;
        let ablation = rules.ablation.clone();
        Ok(Self { problem, players, ablation, input, replacements, cache, clean_values })
    }

    /// The segments, over the context of the last output.
    pub(crate) fn players(&self) -> &[Range<usize>] {
        &self.players
    }

    /// The number of players that lie in an output's context, wholly or in part: they are the first.
    pub(crate) fn players_of(&self, output: usize) -> usize {
        let context = self.problem.row_length(output);
        self.players.iter().take_while(|p| p.start < context).count()
    }

    /// The number of players within the first so many tokens: they are the first.
    pub(crate) fn players_within(&self, tokens: usize) -> usize {
        self.players.iter().take_while(|p| p.end <= tokens).count()
    }

    /// Refuses games whose empty coalition leaves no text, or not all that the model needs.
    pub(crate) fn check_can_be_empty(&self, playing: usize) -> Result<(), Error> {
        let needed = |player: &Range<usize>| player.end > self.first_kept();
        let needed = self.players[..playing].iter().any(needed) && self.problem.model().kept_inputs() > 0;
        if self.ablation != Ablation::Deletion || playing < self.players_of(0) && !needed {
            return Ok(());
        }
        let range = "an embedding or masking here: without these tokens there is nothing to read";
        Err(Error::Parameter { name: "baseline", value: "deletion".into(), range })
    }

    /// The first token of a player.
    pub(crate) fn first_token(&self, player: usize) -> usize {
        self.players[player].start
    }

    /// The part of a player that lies in an output's context.
    pub(crate) fn tokens_of(&self, player: usize, output: usize) -> Range<usize> {
        let p = &self.players[player];
        p.start..p.end.min(self.problem.row_length(output))
    }

    /// For each output, whether the model can predict it without some players.
    pub(crate) fn predicted_without(&self, players: &[usize]) -> Vec<bool> {
        match AblatedInput::new(self, 0, players) {
            Some(left) => left.positions.iter().map(Option::is_some).collect(),
            None => vec![true; self.problem.n_output()],
        }
    }

    /// From a number for each player to a row: each player's number spread evenly over its tokens in the output's
    /// context.
    pub(crate) fn spread(&self, output: usize, numbers: &[f64]) -> Vec<f64> {
        let tokens = (0..self.players_of(output)).map(|player| self.tokens_of(player, output));
        spread_evenly(tokens.zip(numbers.iter().copied()), self.problem.row_length(output))
    }

    /// As [`spread`](Self::spread), over the input's tokens alone: earlier outputs have no number.
    pub(crate) fn spread_over_input(&self, output: usize, numbers: &[f64]) -> Vec<f64> {
        let mut row = self.spread(output, numbers);
        row.truncate(self.problem.n_input());
        row
    }

    /// Every output's target for each coalition, given by the players that are ablated: the mean over the baselines of
    /// a distribution. `NaN` where the model can't run on what is left. At most `later` more coalitions will be asked
    /// for.
    pub(crate) fn values(&self, ablated: &[Vec<usize>], later: usize) -> Result<Vec<Vec<f64>>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let mut values = vec![self.clean_values.clone(); ablated.len()];
        let coalitions = ablated.iter().enumerate();
        let mut inputs: Vec<AblatedInput> =
            coalitions.filter_map(|(number, players)| AblatedInput::new(self, number, players)).collect();
        let batches = Batch::all(self, &mut inputs);
        let passes = batches.iter().map(Batch::passes).sum::<f64>() + later as f64;
        self.problem.work().foresee_left(Cost::forwards(self.baselines() as f64 * passes));
        for batch in &batches {
            batch.run(self, &mut values)?;
        }
        Ok(values)
    }

    /// The number of texts that are run for one coalition.
    pub(super) fn baselines(&self) -> usize {
        self.replacements.len().max(1)
    }

    /// The first of the inputs that can't be deleted.
    pub(super) fn first_kept(&self) -> usize {
        self.problem.n_input().saturating_sub(self.problem.model().kept_inputs())
    }
}

/// A row of so many tokens, in which each segment's number is spread evenly over its tokens.
pub(crate) fn spread_evenly(segments: impl Iterator<Item = (Range<usize>, f64)>, length: usize) -> Vec<f64> {
    let mut row = vec![0.0; length];
    for (tokens, number) in segments {
        let share = number / tokens.len() as f64;
        row[tokens].fill(share);
    }
    row
}
