//! `shapley-interaction`: what two segments gain together beyond the sum of their gains, averaged over coalitions.

use crate::calculus::moments::Moments;
use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::interaction_index::InteractionIndex;
use crate::method::parameters::{Parameters, check_count};
use crate::method::setters::setters;
use crate::method::strongest::pairs_among;
use crate::methods::perturbation::shapley::{exact, of_all_coalitions, orders};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::{Interaction, Segmentation};

/// A weighted mean of `Δ_ij(S) = f(S ∪ ij) − f(S ∪ i) − f(S ∪ j) + f(S)` over the coalitions `S` of the other segments,
/// signed: by the Shapley interaction index, or by the Shapley–Taylor index ([`InteractionIndex`], which has both
/// formulas). Positive: the target is higher with both than by the sum of what each does without the other, in the mean
/// over the others that are present. Negative: lower. In units of the target.
///
/// The row is the Shapley values in both cases. So is the main effect beside the Shapley interaction index; beside the
/// Shapley–Taylor index it is `f(i) − f(∅)`, and with it all pairs add up to f(x) − f(∅), exactly, sampled too.
///
/// Exact over all 2ⁿ coalitions for up to 9 segments, or as many as are asked for, up to 12
/// ([`exact`](Self::exact)); otherwise, for up to 50, the mean over random orders, each followed by its reverse, with the
/// standard error of every number. In an order, `S` is what precedes the earlier of `i` and `j`, which is how the
/// Shapley–Taylor index draws it; for the Shapley interaction index each term is weighted by
/// `n / (2 (n − 1 − |S|))`, the ratio of the two probabilities.
///
/// The record's inputs are the segments, one token each; earlier outputs are never ablated and have no number.
///
/// Cost: 2ⁿ forward passes, or samples · n · (n + 1), all outputs together, in batches.
/// Source: Grabisch & Roubens 1999, "An axiomatic approach to the concept of interaction among players in cooperative
/// games"; Sundararajan, Dhamdhere & Agarwal 2020, "The Shapley Taylor Interaction Index".
#[derive(Debug, Clone)]
#[doc(alias = "sii")]
#[doc(alias = "sti")]
pub struct ShapleyInteraction {
    rules: GameRules,
    index: InteractionIndex,
    /// The most players for which all coalitions are run.
    exact: u32,
    /// Pairs of orders; `None`: exact for few players.
    samples: Option<u32>,
    seed: u64,
}

/// The most players for which all coalitions are run, where nothing else is asked for, and where it is.
const EXACT: u32 = 9;
const MOST_EXACT: u32 = 12;
/// Pairs of orders with more players.
const PAIRS: u32 = 10;
/// The most players.
const MOST: usize = 50;

/// The sums of one output over the orders so far.
#[derive(Clone)]
struct Sums {
    values: Vec<Moments>,
    main_effects: Vec<Moments>,
    /// The pair `i < j` is number `i · n + j`.
    pairs: Vec<Moments>,
}

impl Default for ShapleyInteraction {
    fn default() -> Self {
        Self::new()
    }
}

impl ShapleyInteraction {
    /// The Shapley interaction index over the input's tokens, ablated to [`Baseline::Zero`]; exact up to 9 of them, 10
    /// pairs of orders beyond.
    pub fn new() -> Self {
        let rules = GameRules::tokens(Ablation::Embedding(Baseline::Zero));
        Self { rules, index: InteractionIndex::Sii, exact: EXACT, samples: None, seed: 0 }
    }

    setters! {
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => rules.segments;
        /// How a segment is ablated. Default: [`Baseline::Zero`].
        baseline: impl Into<Ablation> => rules.ablation;
        /// Which index. Default: the Shapley interaction index.
        index: InteractionIndex => index;
        /// The seed of the orders. Default: 0.
        seed: u64 => seed;
        /// That many pairs of orders, 1 to a million, instead of all coalitions. Default: all coalitions of up to 9
        /// segments, 10 pairs beyond.
        samples: u32 => samples;
    }

    /// The most segments of which all coalitions are run, 0 to 12. Default: 9.
    #[must_use]
    pub fn exact(self, exact: u32) -> Self {
        Self { exact, ..self }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self {
            rules: GameRules::from_parameters(parameters, Baseline::Zero.into()),
            index: parameters.interaction.unwrap_or_default(),
            exact: parameters.exact.unwrap_or(EXACT),
            samples: parameters.samples,
            seed: parameters.seed.unwrap_or(0),
        })
    }

    /// Whether all coalitions of so many players are run.
    fn is_exact(&self, players: usize) -> bool {
        self.samples.is_none() && players <= self.exact as usize
    }

    /// The passes of so many players.
    fn passes(&self, players: usize) -> f64 {
        if self.is_exact(players) {
            // All coalitions but the whole text, which is the clean run.
            return ((1_usize << players) - 1) as f64;
        }
        let n = players as f64;
        f64::from(self.samples.unwrap_or(PAIRS)) * n * (n + 1.0)
    }

    /// The pairs and main effects of one output from all coalitions' values.
    fn exact_pairs(
        &self,
        n: usize,
        value: impl Fn(usize) -> f64,
        shapley: &[f64],
    ) -> Vec<(usize, usize, f64)> {
        let mut pairs = vec![0.0; n * n];
        let weights = self.index.weights(n);
        for mask in 0..1_usize << n {
            let (f, size) = (value(mask), mask.count_ones() as usize);
            for i in 0..n {
                for j in i + 1..n {
                    let (with_i, with_j) = (mask >> i & 1, mask >> j & 1);
                    let weight = weights[size - with_i - with_j];
                    pairs[i * n + j] += if with_i == with_j { weight * f } else { -weight * f };
                }
            }
        }
        let main_effect = |i: usize| match self.index {
            InteractionIndex::Sii => shapley[i],
            InteractionIndex::ShapleyTaylor => value(1 << i) - value(0),
        };
        let main_effects = (0..n).map(|i| (i, i, main_effect(i)));
        main_effects.chain(pairs_among(n).map(|(i, j)| (i, j, pairs[i * n + j]))).collect()
    }

    fn all(
        &self,
        (game, n): (&Game<'_, '_>, usize),
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let values = of_all_coalitions(game, n)?;
        let outputs = 0..problem.n_output();
        for output in outputs {
            let value = |mask: usize| values[mask][output];
            let shapley = exact(n, value);
            let token = |player| game.first_token(player);
            let pairs = self.exact_pairs(n, value, &shapley).into_iter();
            let interactions = pairs.map(|(i, j, value)| Interaction::new(token(i), token(j), value));
            let row = game.spread_over_input(output, &shapley);
            let explanation = Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?;
            each(explanation.with_baseline_value(value(0)).with_interactions(interactions.collect()))?;
        }
        Ok(())
    }

    fn sampled(
        &self,
        (game, n): (&Game<'_, '_>, usize),
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let (pairs, outputs) = (self.samples.unwrap_or(PAIRS), problem.n_output());
        let mut sums = vec![Sums::new(n); outputs];
        let mut empty = vec![f64::NAN; outputs];
        for pair in 0..pairs {
            let mut found = vec![Sample::new(n); outputs];
            for (half, order) in orders(self.seed, pair, n).into_iter().enumerate() {
                let later = (2 * (pairs - pair) as usize - half - 1) * n * (n + 1) / 2;
                // Coalition number `at(k, l)` is the first `k` of the order with the one at place `l`, `l ≥ k`; the
                // last is nobody.
                let at = |k: usize, l: usize| k * n - k * (k + 1) / 2 + l;
                let places = (0..n).flat_map(|k| (k..n).map(move |l| (k, l)));
                let absent = |(k, l): (usize, usize)| [&order[k..l], &order[l + 1..]].concat();
                let ablated: Vec<Vec<usize>> = places.map(absent).chain([order.clone()]).collect();
                let values = game.values(&ablated, later)?;
                for (output, found) in found.iter_mut().enumerate() {
                    let nobody = values[ablated.len() - 1][output];
                    empty[output] = nobody;
                    let first = |k: usize| if k == 0 { nobody } else { values[at(k - 1, k - 1)][output] };
                    let with = |k: usize, l: usize| values[at(k, l)][output];
                    for k in 0..n {
                        found.values[order[k]] += 0.5 * (with(k, k) - first(k));
                        found.main_effects[order[k]] += 0.5 * (with(0, k) - nobody);
                        for l in k + 1..n {
                            let beyond = with(k + 1, l) - first(k + 1) - with(k, l) + first(k);
                            let (i, j) = (order[k].min(order[l]), order[k].max(order[l]));
                            found.pairs[i * n + j] += 0.5 * self.index.weight_in_orders(n, k) * beyond;
                        }
                    }
                }
            }
            sums.iter_mut().zip(&found).for_each(|(sums, found)| sums.add(found));
        }
        for (output, sums) in sums.iter().enumerate() {
            let of = |number: fn(&Moments) -> f64| sums.values.iter().map(number).collect::<Vec<_>>();
            let row = game.spread_over_input(output, &of(Moments::mean));
            let errors = game.spread_over_input(output, &of(Moments::error));
            let main_effects = match self.index {
                InteractionIndex::Sii => &sums.values,
                InteractionIndex::ShapleyTaylor => &sums.main_effects,
            };
            let interaction = |(i, j): (usize, usize), found: &Moments| {
                let error = Some(found.error()).filter(|_| pairs > 1);
                let pair = Interaction::new(game.first_token(i), game.first_token(j), found.mean());
                pair.with_standard_error(error)
            };
            let main_effects = main_effects.iter().enumerate().map(|(i, found)| interaction((i, i), found));
            let of_pairs = pairs_among(n).map(|(i, j)| interaction((i, j), &sums.pairs[i * n + j]));
            each(Explanation {
                baseline_value: Some(empty[output]),
                samples: Some(pairs),
                standard_errors: Some(errors).filter(|_| pairs > 1),
                interactions: main_effects.chain(of_pairs).collect(),
                ..Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?
            })?;
        }
        Ok(())
    }
}

/// One output's numbers by one pair of orders.
#[derive(Clone)]
struct Sample {
    values: Vec<f64>,
    main_effects: Vec<f64>,
    pairs: Vec<f64>,
}

impl Sample {
    fn new(n: usize) -> Self {
        Self { values: vec![0.0; n], main_effects: vec![0.0; n], pairs: vec![0.0; n * n] }
    }
}

impl Sums {
    fn new(n: usize) -> Self {
        let zero = |count: usize| vec![Moments::default(); count];
        Self { values: zero(n), main_effects: zero(n), pairs: zero(n * n) }
    }

    fn add(&mut self, sample: &Sample) {
        let add = |moments: &mut [Moments], numbers: &[f64]| {
            moments.iter_mut().zip(numbers).for_each(|(moments, number)| moments.add(*number));
        };
        add(&mut self.values, &sample.values);
        add(&mut self.main_effects, &sample.main_effects);
        add(&mut self.pairs, &sample.pairs);
    }
}

impl Method for ShapleyInteraction {
    fn card(&self) -> Card {
        Card {
            aliases: &["sii", "shapley-interactions"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments", "interaction", "exact", "samples", "seed"],
            axioms: if self.rules.judge_tokens_alone() {
                &[
                    Axiom::Completeness,
                    Axiom::Dummy,
                    Axiom::Symmetry,
                    Axiom::Linearity,
                    Axiom::ImplementationInvariance,
                ]
            } else {
                &[Axiom::Completeness, Axiom::Linearity, Axiom::ImplementationInvariance]
            },
            cost: "2ⁿ forward, or samples × n (n + 1)",
            source: "Grabisch & Roubens 1999, Interaction among players; Sundararajan, Dhamdhere & Agarwal 2020",
            rows: RowKind::Numbers,
            ..Card::new(
                "shapley-interaction",
                "f(S ∪ ij) − f(S ∪ i) − f(S ∪ j) + f(S), averaged over coalitions: pairs beyond their sum; rows as shapley",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules.describe(self.name());
        let parameters = &mut description.parameters;
        parameters.insert("interaction".to_owned(), self.index.name().into());
        parameters.insert("exact".to_owned(), self.exact.into());
        if let Some(samples) = self.samples {
            parameters.insert("samples".to_owned(), samples.into());
        }
        parameters.insert("seed".to_owned(), self.seed.into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        if self.exact > MOST_EXACT {
            let value = self.exact.to_string();
            return Err(Error::Parameter { name: "exact", value, range: "from 0 to 12" });
        }
        self.samples.map_or(Ok(()), |pairs| check_count("samples", pairs, 1_000_000))
    }
    fn interacting(&self) -> Option<&Segmentation> {
        Some(&self.rules.segments)
    }
    fn reseeded(&self, seed: u64) -> Option<Box<dyn Method>> {
        Some(Box::new(self.clone().seed(seed)))
    }
    fn cost(&self, size: Size) -> Cost {
        // An upper bound where the model caches the tokens before the first ablated one.
        self.rules.cost(size, std::iter::once(0)) * self.passes(size.n_input)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let game = Game::new(problem, &self.rules, self.name())?;
        let n = game.players_within(problem.n_input());
        if n > MOST {
            return Err(Error::TooManySegments {
                method: self.name(),
                segments: n,
                passes: self.passes(n),
                most: MOST,
                instead: "; occlusion-pairs takes fewer",
            });
        }
        game.check_can_be_empty(n)?;
        if self.is_exact(n) {
            self.all((&game, n), problem, each)
        } else {
            self.sampled((&game, n), problem, each)
        }
    }
}
