//! `coarse-to-fine`: leave-one-out of paragraphs, then of the sentences of the strongest, then of the words of those.

use crate::coalitions::game::{Game, GameRules, spread_evenly};
use crate::coalitions::nested::Nested;
use crate::error::Error;
use crate::method::Method;
use crate::method::ablation::Ablation;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::held::Held;
use crate::method::levels::Levels;
use crate::method::parameters::{Parameters, check_count};
use crate::method::setters::setters;
use crate::method::strongest::Strongest;
use crate::model::sequence::Sequence;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;
use std::collections::BTreeMap;
use std::ops::Range;

/// `a_s = f(x) − f(x with s deleted)`, signed, for the segments `s` of a coarse level; then for the parts, at the next
/// level, of the `keep` segments whose numbers are the largest in size; and so on. With `keep` of all segments it is
/// `leave-one-out` of the finest level.
///
/// A segment that is not refined keeps its own number, spread evenly over its tokens; in a refined one each part has
/// its number instead. A note says which were refined. Each output has its own choice; a span is explained as one, by
/// the sum of its targets, with one choice for all. Held tokens ([`Held`]) are never ablated and have no number; nor
/// have earlier outputs, and an encoder–decoder's start token.
///
/// In units of the target. Positive: the segment raises the target. Rows do not add up to anything. A word that matters
/// is missed where its paragraph does not: where another one says the same, for example.
///
/// Cost: one forward pass for each segment of the coarsest level, and for each part of those that are refined, all
/// outputs together, in batches, and from the segment on where the model has a prefix cache. A part that is all of its
/// segment has its number, and the only segment of a level but the finest is not run.
/// Source: Liu, Kandpal & Raffel 2025, "`AttriBoT`: A Bag of Tricks for Efficiently Approximating Leave-One-Out Context
/// Attribution".
#[derive(Debug, Clone)]
pub struct CoarseToFine {
    ablation: Ablation,
    refine: Levels,
    keep: u32,
    hold: Held,
}

/// How many segments of a level are refined where nobody says.
const KEEP: u32 = 3;
/// Segments that a note names.
const NAMED: usize = 24;

impl Default for CoarseToFine {
    fn default() -> Self {
        Self::new()
    }
}

impl CoarseToFine {
    /// Paragraphs, sentences, words, deleted; three are refined at each level, and nothing is held.
    pub fn new() -> Self {
        Self { ablation: Ablation::Deletion, refine: Levels::default(), keep: KEEP, hold: Held::new() }
    }

    setters! {
        /// How a segment is ablated. Default: [`Ablation::Deletion`].
        baseline: impl Into<Ablation> => ablation;
        /// The levels, from coarse to fine. Default: paragraphs, sentences, words.
        refine: impl Into<Levels> => refine;
        /// How many segments of a level are refined, 1 to 10,000. Default: 3.
        keep: u32 => keep;
        /// What is never ablated. Default: nothing.
        hold: Held => hold;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let default = Self::new();
        Ok(Self {
            ablation: parameters.baseline.clone().unwrap_or(default.ablation),
            refine: parameters.refine.clone().unwrap_or(default.refine),
            keep: parameters.keep.unwrap_or(default.keep),
            hold: parameters.hold.clone().unwrap_or(default.hold),
        })
    }

    /// The game over some segments.
    fn rules(&self, segments: Vec<Range<usize>>) -> GameRules {
        GameRules { segments: Segmentation::Spans(segments), ablation: self.ablation.clone() }
    }
}

impl Method for CoarseToFine {
    fn card(&self) -> Card {
        Card {
            family: Family::Perturbation,
            parameters: &["baseline", "refine", "keep", "hold"],
            axioms: &[Axiom::ImplementationInvariance],
            cost: "n forward, of the parts of few segments",
            cost_is_a_bound: true,
            source: "Liu et al. 2025, AttriBoT: A Bag of Tricks for Efficiently Approximating Leave-One-Out",
            rows: RowKind::Numbers,
            additive: false,
            explains_spans: true,
            ..Card::new(
                "coarse-to-fine",
                "f(x) − f(x with s deleted): of paragraphs, then of parts of those that matter most",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = self.rules(Vec::new()).describe(self.name());
        description.parameters.remove("segments");
        description.parameters.insert("refine".to_owned(), self.refine.to_string().into());
        description.parameters.insert("keep".to_owned(), self.keep.into());
        if !self.hold.is_empty() {
            description.parameters.insert("hold".to_owned(), self.hold.to_string().into());
        }
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.refine.check()?;
        check_count("keep", self.keep, 10_000)
    }
    /// Of one paragraph of one sentence, whose words are single tokens.
    fn cost(&self, size: Size) -> Cost {
        self.rules(Vec::new()).cost(size, 0..size.n_input)
    }
    /// If the segments that are refined are those that cost most: an upper bound of texts that run alone. On cached
    /// prefixes, those of a batch begin at the earliest of their differences, which may add some percent.
    fn cost_on(&self, sequence: &Sequence, size: Size, rows: usize) -> Result<Cost, Error> {
        let (rules, nested) = (self.rules(Vec::new()), Nested::new(sequence, &self.refine, &self.hold, 0)?);
        let cost = |segments: &[Range<usize>]| {
            rules.cost_without(size, segments.iter().map(|segment| (segment.start, segment.len())))
        };
        let run = nested.at_most(0, rows * self.keep as usize, |segments| cost(segments).forwards);
        Ok(cost(&run))
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let kept = problem.model().kept_inputs();
        let nested = Nested::new(problem.sequence(), &self.refine, &self.hold, kept)?;
        let rules = self.rules(nested.finest().to_vec());
        let game = Game::new(problem, &rules, self.name())?;
        let spans = match problem.span_as_one() {
            Some(span) => vec![span],
            None => (0..problem.n_output()).map(|output| output..output + 1).collect(),
        };
        let mut losses = Losses { game, spans, of: BTreeMap::new() };
        let mut rows: Vec<Row> = losses.spans.iter().map(|_| Row::new(&nested)).collect();
        let parents = rows.len() * self.keep as usize;
        for level in 0..nested.depth() {
            let last = level + 1 == nested.depth();
            let alone = |row: &&Row| row.reached.len() == 1 && !last;
            let wanted = rows.iter().filter(|row| !alone(row)).flat_map(|row| row.reached.iter().cloned());
            let later = nested.at_most(level + 1, parents, |segments| segments.len() as f64).len();
            losses.find(wanted, later)?;
            for (number, row) in rows.iter_mut().enumerate() {
                row.take(&losses, number);
                if !last {
                    row.refine(&nested, level + 1, self.keep);
                }
            }
        }
        let said = refined(&rows);
        for (row, span) in rows.into_iter().zip(&losses.spans) {
            let value = span.clone().map(|member| problem.value_at_input(member));
            let value = value.sum::<Result<f64, Error>>()?;
            // The last member's context is that of all.
            let explanation = row.explanation(span.end - 1, problem.n_input(), value)?;
            each(explanation.with_note(said.clone()))?;
        }
        Ok(())
    }
}

/// What the target loses without a segment, for each row; `None` where the model can't run on what is left.
struct Losses<'p, 'a> {
    game: Game<'p, 'a>,
    /// The outputs that each row explains.
    spans: Vec<Range<usize>>,
    of: BTreeMap<(usize, usize), Vec<Option<f64>>>,
}

impl Losses<'_, '_> {
    /// Runs the text without each of some segments, where that is not known yet.
    fn find(&mut self, segments: impl Iterator<Item = Range<usize>>, later: usize) -> Result<(), Error> {
        let mut places: Vec<_> = segments.map(|segment| (segment.start, segment.end)).collect();
        places.retain(|place| !self.of.contains_key(place));
        places.sort_unstable();
        places.dedup();
        let game = &self.game;
        let players = |(start, end): &(usize, usize)| -> Vec<usize> {
            let first = game.players().partition_point(|player| player.start < *start);
            let within = game.players()[first..].iter().take_while(|player| player.start < *end);
            (first..first + within.count()).collect()
        };
        let ablated: Vec<Vec<usize>> = places.iter().map(players).collect();
        let values = game.values(&ablated, later)?;
        for ((place, ablated), values) in places.into_iter().zip(&ablated).zip(values) {
            let predicted = game.predicted_without(ablated);
            let loss = |span: &Range<usize>| -> Result<Option<f64>, Error> {
                if !predicted[span.clone()].iter().all(|predicted| *predicted) {
                    return Ok(None);
                }
                let each =
                    span.clone().map(|output| Ok(game.problem.value_at_input(output)? - values[output]));
                each.sum::<Result<f64, Error>>().map(Some)
            };
            self.of.insert(place, self.spans.iter().map(loss).collect::<Result<_, _>>()?);
        }
        Ok(())
    }

    fn get(&self, segment: &Range<usize>, row: usize) -> Option<f64> {
        self.of.get(&(segment.start, segment.end))?.get(row).copied().flatten()
    }
}

/// One row while it is refined.
struct Row {
    /// The segments of the level that it has come to.
    reached: Vec<Range<usize>>,
    /// Segments with their numbers, where they are known, coarse ones first.
    numbers: Vec<(Range<usize>, Option<f64>)>,
    /// Segments that were taken apart.
    refined: Vec<Range<usize>>,
}

impl Row {
    fn new(nested: &Nested) -> Self {
        Self { reached: nested.coarsest().to_vec(), numbers: Vec::new(), refined: Vec::new() }
    }

    /// Takes the numbers of the segments that it has come to.
    fn take(&mut self, losses: &Losses<'_, '_>, row: usize) {
        self.numbers.extend(self.reached.iter().map(|segment| (segment.clone(), losses.get(segment, row))));
    }

    /// Goes on to the parts of the `keep` strongest segments.
    fn refine(&mut self, nested: &Nested, level: usize, keep: u32) {
        let losses: Vec<_> =
            self.numbers[self.numbers.len() - self.reached.len()..].iter().map(|(_, x)| *x).collect();
        let chosen = Strongest(Some(keep)).chosen(&losses);
        let chosen: Vec<_> = chosen.into_iter().map(|place| self.reached[place].clone()).collect();
        self.reached =
            chosen.iter().flat_map(|segment| nested.within(level, segment).iter().cloned()).collect();
        self.refined.extend(chosen.into_iter().filter(|segment| !self.reached.contains(segment)));
    }

    fn explanation(self, output: usize, n_input: usize, value: f64) -> Result<Explanation, Error> {
        let mut known = vec![false; n_input];
        for (tokens, number) in &self.numbers {
            known[tokens.clone()].fill(number.is_some());
        }
        let numbers = self.numbers.into_iter().map(|(tokens, number)| (tokens, number.unwrap_or(0.0)));
        let row = spread_evenly(numbers, n_input);
        let missing = (0..n_input).filter(|token| !known[*token]).collect();
        Ok(Explanation::of_numbers(output, &row, value)?.with_missing(missing))
    }
}

/// Which segments were taken apart, in words.
fn refined(rows: &[Row]) -> String {
    let mut places: Vec<_> = rows.iter().flat_map(|row| &row.refined).map(|s| (s.start, s.end)).collect();
    places.sort_unstable();
    places.dedup();
    if places.is_empty() {
        return "no segment was taken apart: the numbers are those of the coarsest level".to_owned();
    }
    let named: Vec<_> = places.iter().take(NAMED).map(|(start, end)| format!("{start}-{end}")).collect();
    let and = if places.len() > NAMED { ", …" } else { "" };
    let rows = if rows.len() > 1 { " for one output or another" } else { "" };
    format!("taken apart{rows}: tokens {}{and}; other segments' tokens share a number", named.join(", "))
}
