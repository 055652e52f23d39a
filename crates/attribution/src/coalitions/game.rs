//! A cooperative game over segments of the text: what the target is when some of them are away.

use crate::error::Error;
use crate::method::ablation::Ablation;
use crate::method::parameters::Parameters;
use crate::model::Pass;
use crate::model::checked;
use crate::model::prefix_cache::PrefixCache;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;
use std::ops::Range;
use tch::{Kind, Tensor};

/// The players: segments of the text that are there or away.
#[derive(Debug, Clone)]
pub(crate) struct GameRules {
    pub(crate) segments: Segmentation,
    pub(crate) ablation: Ablation,
}

/// Segments of one problem's text, and how to run it without some of them.
pub(crate) struct Game<'p, 'a> {
    problem: &'p Problem<'a>,
    players: Vec<Range<usize>>,
    ablation: Ablation,
    input: Tensor,
    /// What stands in absent places, one for each draw; none for a deletion or a masking.
    fillings: Vec<Tensor>,
    variants: Option<Box<dyn PrefixCache + 'a>>,
    /// Every output's target when nobody is away.
    untouched: Vec<f64>,
}

/// One coalition, as it will run.
struct AblatedInput {
    /// Its number among those asked for.
    number: usize,
    /// For each token that is read, whether it is absent.
    absent: Vec<bool>,
    /// The first absent token.
    first: usize,
    /// For each output, the position in the variant that predicts it; `None` where nothing is left to read.
    places: Vec<Option<usize>>,
}

/// Coalitions that run together.
struct Batch<'v> {
    variants: &'v [AblatedInput],
    /// Outputs that any of them changes.
    touched: Vec<usize>,
    /// The first and the last of the positions that predict those; `None` where nothing can be read.
    positions: Option<(usize, usize)>,
    /// Tokens that no pass is needed for.
    shared: usize,
    /// What it costs, for one draw.
    passes: f64,
}

impl<'v> Batch<'v> {
    fn new(game: &Game<'_, '_>, variants: &'v [AblatedInput]) -> Self {
        let read = game.input.size()[1] as f64;
        let earliest = variants.iter().map(|v| v.first).min().unwrap_or(0);
        let outputs = 0..game.problem.n_output();
        let touched: Vec<usize> = outputs.filter(|r| game.problem.row_length(*r) > earliest).collect();
        let places = || variants.iter().flat_map(|v| touched.iter().filter_map(|r| v.places[*r]));
        let positions = places().min().zip(places().max());
        let shared = match positions {
            Some((low, _)) if game.variants.is_some() => earliest.min(low),
            _ => 0,
        };
        let share = if positions.is_some() { 1.0 - shared as f64 / read } else { 0.0 };
        Self { passes: variants.len() as f64 * share, variants, touched, positions, shared }
    }
}

impl GameRules {
    /// Segments and ablation as they are given, and a method's own way of taking away otherwise.
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

    /// Single tokens that are taken away in one way.
    pub(crate) fn tokens(ablation: Ablation) -> Self {
        Self { segments: Segmentation::Tokens, ablation }
    }

    /// Whether a token's number is about that token's embedding and nothing else: a segment's is shared by its tokens,
    /// a deletion moves later tokens, and what is masked no longer takes attention from others.
    pub(crate) fn judge_tokens_alone(&self) -> bool {
        matches!((&self.segments, &self.ablation), (Segmentation::Tokens, Ablation::Embedding(_)))
    }

    /// The cost of running coalitions whose first absent token is known, for all outputs together.
    pub(crate) fn cost(&self, size: Size, first_absent: impl Iterator<Item = usize>) -> Cost {
        let draws = match &self.ablation {
            Ablation::Embedding(baseline) => f64::from(baseline.draws()),
            _ => 1.0,
        };
        // A deleted token that an output ends with leaves that output to the position before.
        let deletes = self.ablation == Ablation::Deletion;
        let shared = |first: usize| first - usize::from(deletes && first > 0 && first + 1 >= size.n_input);
        Cost::forwards(draws * first_absent.map(|first| size.rest(shared(first))).sum::<f64>())
    }
}

impl<'p, 'a> Game<'p, 'a> {
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        rules: &GameRules,
        method: &'static str,
    ) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let read = problem.row_length(problem.n_output() - 1);
        let sequence = problem.sequence();
        let players = rules.segments.segments_in(sequence.tokens(), sequence.prompt())?;
        let players =
            players.into_iter().filter(|p| p.start < read).map(|p| p.start..p.end.min(read)).collect();
        let input = problem.embeddings();
        let fillings = match &rules.ablation {
            Ablation::Embedding(baseline) => (0..baseline.draws())
                .map(|draw| baseline.embeddings(problem, &input, draw))
                .collect::<Result<_, _>>()?,
            Ablation::Deletion | Ablation::Masking => Vec::new(),
        };
        let variants = problem.prefix_cache()?;
        if rules.ablation == Ablation::Masking && variants.is_none() {
            return Err(Error::NoMasking { method, model: problem.model().name().to_owned() });
        }
        let untouched = (0..problem.n_output()).map(|r| problem.value_at_input(r));
        let untouched = untouched.collect::<Result<_, _>>()?;
        Ok(Self { problem, players, ablation: rules.ablation.clone(), input, fillings, variants, untouched })
    }

    /// The segments, over the tokens that any output has read.
    pub(crate) fn players(&self) -> &[Range<usize>] {
        &self.players
    }

    /// How many players an output has read, wholly or in part: the first so many.
    pub(crate) fn players_of(&self, output: usize) -> usize {
        let read = self.problem.row_length(output);
        self.players.iter().take_while(|p| p.start < read).count()
    }

    /// How many players lie within the first so many tokens: the first so many.
    pub(crate) fn players_within(&self, tokens: usize) -> usize {
        self.players.iter().take_while(|p| p.end <= tokens).count()
    }

    /// Refuses coalitions of nobody where nothing would be left to read, or not all that the model needs.
    pub(crate) fn check_can_be_empty(&self, playing: usize) -> Result<(), Error> {
        let goes = |player: &Range<usize>| player.end > self.first_kept();
        let needed = self.players[..playing].iter().any(goes) && self.problem.model().kept_inputs() > 0;
        if self.ablation != Ablation::Deletion || playing < self.players_of(0) && !needed {
            return Ok(());
        }
        let range = "an embedding or masking here: without these tokens there is nothing to read";
        Err(Error::Parameter { name: "baseline", value: "deletion".into(), range })
    }

    /// The share of a player that an output has read.
    fn seen(&self, player: usize, output: usize) -> Range<usize> {
        let p = &self.players[player];
        p.start..p.end.min(self.problem.row_length(output))
    }

    /// A number for each player of an output, spread evenly over its tokens: one for each token that the output has
    /// read.
    pub(crate) fn spread(&self, output: usize, numbers: &[f64]) -> Vec<f64> {
        let mut row = vec![0.0; self.problem.row_length(output)];
        for (player, number) in numbers.iter().enumerate().take(self.players_of(output)) {
            let tokens = self.seen(player, output);
            let share = number / tokens.len() as f64;
            row[tokens].fill(share);
        }
        row
    }

    /// The same for the input's tokens alone: of earlier outputs nothing is said.
    pub(crate) fn spread_over_input(&self, output: usize, numbers: &[f64]) -> Vec<f64> {
        let mut row = self.spread(output, numbers);
        row.truncate(self.problem.n_input());
        row
    }

    /// Every output's target when the given players are away, for each coalition: the mean over the baseline's draws
    /// where it is a distribution. `NaN` where what is left can't be read. At most so many coalitions will be asked for
    /// `later`.
    pub(crate) fn values(&self, coalitions: &[Vec<usize>], later: usize) -> Result<Vec<Vec<f64>>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let outputs = self.problem.n_output();
        let mut values = vec![self.untouched.clone(); coalitions.len()];
        let mut variants: Vec<AblatedInput> =
            coalitions.iter().enumerate().filter_map(|(number, away)| self.variant(number, away)).collect();
        // Those that run together have the same number of tokens, and a first difference close by.
        variants.sort_by_key(|v| (self.length(v), v.first, v.number));
        let read = self.input.size()[1] as usize;
        let mut rest = &variants[..];
        let mut batches = Vec::new();
        while let Some(leader) = rest.first() {
            let tokens = read - if self.variants.is_some() { leader.first } else { 0 };
            let size =
                self.problem.batch(Pass { tokens: tokens.max(1), positions: outputs, backward: false });
            let alike = rest.iter().take_while(|v| self.length(v) == self.length(leader)).count();
            let (batch, others) = rest.split_at(size.min(alike));
            batches.push(Batch::new(self, batch));
            rest = others;
        }
        let passes = batches.iter().map(|batch| batch.passes).sum::<f64>() + later as f64;
        self.problem.work().foresee_left(Cost::forwards(self.draws() as f64 * passes));
        for batch in &batches {
            self.run(batch, &mut values)?;
        }
        Ok(values)
    }

    /// How many texts stand for one coalition.
    fn draws(&self) -> usize {
        self.fillings.len().max(1)
    }

    /// How long a variant is: inputs and all tokens that are kept.
    fn length(&self, variant: &AblatedInput) -> (usize, usize) {
        if self.ablation != Ablation::Deletion {
            return (0, 0);
        }
        let n_input = self.problem.n_input();
        let kept = |absent: &[bool]| absent.iter().filter(|absent| !**absent).count();
        (kept(&variant.absent[..n_input]), kept(&variant.absent))
    }

    /// The first of the inputs that can't be left out.
    fn first_kept(&self) -> usize {
        self.problem.n_input().saturating_sub(self.problem.model().kept_inputs())
    }

    /// `None` where nobody is away.
    fn variant(&self, number: usize, away: &[usize]) -> Option<AblatedInput> {
        let mut absent = vec![false; self.input.size()[1] as usize];
        for player in away {
            absent[self.players[*player].clone()].fill(true);
        }
        let first = absent.iter().position(|absent| *absent)?;
        let place = |output: usize| {
            let read = self.problem.row_length(output);
            if self.ablation != Ablation::Deletion {
                return Some(read - 1);
            }
            let unreadable = absent[self.first_kept()..self.problem.n_input()].contains(&true);
            let kept = absent[..read].iter().filter(|absent| !**absent).count();
            kept.checked_sub(1).filter(|_| !unreadable)
        };
        let places = (0..self.problem.n_output()).map(place).collect();
        Some(AblatedInput { number, absent, first, places })
    }

    /// Runs some variants together.
    fn run(&self, batch: &Batch<'_>, values: &mut [Vec<f64>]) -> Result<(), Error> {
        let problem = self.problem;
        let Batch { variants: batch, touched, positions, shared, passes } = batch;
        for variant in *batch {
            for output in touched {
                if variant.places[*output].is_none() {
                    values[variant.number][*output] = f64::NAN;
                }
            }
        }
        let Some((low, high)) = *positions else { return Ok(()) };
        let (shared, draws) = (*shared, self.draws());
        let mut means = vec![vec![0.0; touched.len()]; batch.len()];
        for draw in 0..draws {
            let (embeddings, masked) = self.embeddings(batch, shared, self.fillings.get(draw))?;
            let logits = if let Some(variants) = &self.variants {
                let (vocabulary, rest) = (problem.vocabulary(), (shared, &embeddings));
                checked::variant_logits(&**variants, vocabulary, rest, masked.as_ref(), low..high + 1)?
            } else {
                let gone = match self.ablation {
                    Ablation::Deletion => problem.n_input() - self.length(&batch[0]).0,
                    _ => 0,
                };
                let n_input = problem.n_input() - gone;
                checked::logits(problem.model(), &embeddings, n_input, low..high + 1)?
            };
            for (column, output) in touched.iter().enumerate() {
                let at = batch.iter().map(|v| v.places[*output].map_or(0, |place| place - low) as i64);
                let logits = pick(&logits, &at.collect::<Vec<_>>())?;
                let found = problem.value_of(&logits, *output)?;
                let found: Vec<f64> = Vec::try_from(found.f_to_kind(Kind::Double)?)?;
                for (mean, value) in means.iter_mut().zip(found) {
                    mean[column] += value / draws as f64;
                }
            }
            problem.count(Cost::forwards(*passes))?;
        }
        for (variant, means) in batch.iter().zip(means) {
            for (mean, output) in means.into_iter().zip(touched) {
                // An output that has read none of what is away is as it was, to the last digit.
                if problem.row_length(*output) > variant.first && variant.places[*output].is_some() {
                    values[variant.number][*output] = mean;
                }
            }
        }
        Ok(())
    }

    /// The tokens after the shared ones, and which of all are masked.
    fn embeddings(
        &self,
        batch: &[AblatedInput],
        shared: usize,
        filling: Option<&Tensor>,
    ) -> Result<(Tensor, Option<Tensor>), Error> {
        let (read, device) = (self.input.size()[1], self.input.device());
        let rest = |x: &Tensor| x.f_narrow(1, shared as i64, read - shared as i64);
        let flags = |from: usize| -> Result<Tensor, Error> {
            let rows: Vec<Tensor> =
                batch.iter().map(|v| Tensor::f_from_slice(&v.absent[from..])).collect::<Result<_, _>>()?;
            Ok(Tensor::f_stack(&rows, 0)?.f_to(device)?)
        };
        match (&self.ablation, filling) {
            (Ablation::Embedding(_), Some(filling)) => {
                Ok((rest(filling)?.f_where_self(&flags(shared)?.f_unsqueeze(2)?, &rest(&self.input)?)?, None))
            }
            (Ablation::Masking, _) => {
                let rows = rest(&self.input)?.f_repeat([batch.len() as i64, 1, 1])?;
                Ok((rows, Some(flags(0)?)))
            }
            _ => {
                let kept = |v: &AblatedInput| -> Result<Tensor, Error> {
                    let kept: Vec<i64> = (shared as i64..read).filter(|i| !v.absent[*i as usize]).collect();
                    let kept = Tensor::f_from_slice(&kept)?.f_to(device)?;
                    Ok(self.input.f_select(0, 0)?.f_index_select(0, &kept)?)
                };
                let rows: Vec<Tensor> = batch.iter().map(kept).collect::<Result<_, _>>()?;
                Ok((Tensor::f_stack(&rows, 0)?, None))
            }
        }
    }
}

/// One position's logits of each variant: from `[batch, positions, vocabulary]` to `[batch, vocabulary]`.
fn pick(logits: &Tensor, at: &[i64]) -> Result<Tensor, Error> {
    if let Some(first) = at.first().filter(|first| at.iter().all(|i| i == *first)) {
        return Ok(logits.f_select(1, *first)?);
    }
    let (batch, _, vocabulary) = logits.size3()?;
    let at = Tensor::f_from_slice(at)?.f_to(logits.device())?;
    let at = at.f_reshape([batch, 1, 1])?.f_expand([batch, 1, vocabulary], false)?;
    Ok(logits.f_gather(1, &at, false)?.f_squeeze_dim(1)?)
}
