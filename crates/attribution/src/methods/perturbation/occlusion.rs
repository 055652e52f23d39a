//! `occlusion`: what the target loses when a piece of the text is ablated.

use crate::coalitions::game::{Game, GameRules};
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::Parameters;
use crate::method::setters::setters;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;

/// `a_s = f(x) − f(x without s)`, signed: one number a segment, with the rest of the text unchanged. Segments are
/// tokens, words, sentences, lines or your own; a segment's number is spread evenly over its tokens. How a segment is
/// removed is an [`Ablation`]: another embedding in its place, deletion, or masking.
///
/// In units of the target. Positive: the segment raises the target. Rows do not add up to anything: the joint effect of
/// two segments is counted twice.
///
/// Cost: one forward pass for each segment, all outputs together, in batches, and from the segment on where the model
/// has a prefix cache; no backward pass.
/// Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks"; for text, Li, Monroe &
/// Jurafsky 2016, "Understanding Neural Networks through Representation Erasure".
#[derive(Debug, Clone)]
#[doc(alias = "feature_ablation")]
pub struct Occlusion {
    rules: GameRules,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self::new()
    }
}

impl Occlusion {
    /// Tokens, occluded by [`Baseline::Zero`].
    pub fn new() -> Self {
        Self { rules: GameRules::tokens(Ablation::Embedding(Baseline::Zero)) }
    }

    setters! {
        /// How a segment is ablated. Default: [`Baseline::Zero`].
        baseline: impl Into<Ablation> => rules.ablation;
        /// The tokens that are ablated together. Default: single tokens.
        segments: Segmentation => rules.segments;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self { rules: GameRules::from_parameters(parameters, Baseline::Zero.into()) })
    }
}

impl Method for Occlusion {
    fn card(&self) -> Card {
        Card {
            aliases: &["feature-ablation", "erasure"],
            family: Family::Perturbation,
            parameters: &["baseline", "segments"],
            axioms: if self.rules.judge_tokens_alone() {
                &[Axiom::Dummy, Axiom::Symmetry, Axiom::Linearity, Axiom::ImplementationInvariance]
            } else {
                &[Axiom::Linearity, Axiom::ImplementationInvariance]
            },
            cost: "n forward",
            source: "Zeiler & Fergus 2014, Visualizing and Understanding; Li, Monroe & Jurafsky 2016, Erasure",
            rows: RowKind::Numbers,
            ..Card::new("occlusion", "f(x) − f(x without s): what the target loses with a token or a segment")
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        self.rules.describe(self.name())
    }
    fn cost(&self, size: Size) -> Cost {
        self.rules.cost(size, 0..size.context())
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        one_at_a_time(&self.rules, problem, self.name(), each)
    }
}

/// Every segment ablated, one at a time.
pub(super) fn one_at_a_time(
    rules: &GameRules,
    problem: &Problem<'_>,
    method: &'static str,
    each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
) -> Result<(), Error> {
    let game = Game::new(problem, rules, method)?;
    let coalitions: Vec<_> = (0..game.players().len()).map(|player| vec![player]).collect();
    let ablated = game.values(&coalitions, 0)?;
    let predicted: Vec<_> = (0..coalitions.len()).map(|player| game.predicted_without(&[player])).collect();
    for output in 0..problem.n_output() {
        let value = problem.value_at_input(output)?;
        let (mut numbers, mut missing) = (Vec::new(), Vec::new());
        for (player, values) in ablated[..game.players_of(output)].iter().enumerate() {
            if predicted[player][output] {
                numbers.push(value - values[output]);
            } else {
                numbers.push(0.0);
                missing.extend(game.tokens_of(player, output));
            }
        }
        let explanation = Explanation::of_numbers(output, &game.spread(output, &numbers), value)?;
        let explanation = match &missing[..] {
            [] => explanation,
            [one] => explanation
                .with_note(format!("token {one} has no number: nothing can be predicted without it")),
            [first, .., last] => explanation.with_note(format!(
                "tokens {first} to {last} have no number: nothing can be predicted without them"
            )),
        };
        each(explanation.with_missing(missing))?;
    }
    Ok(())
}
