//! `replacements`: how the target changes when each word is replaced by others.

use crate::coalitions::occluded::Occluded;
use crate::error::Error;
use crate::method::Method;
use crate::method::card::{Axiom, Card, Family, RowKind};
use crate::method::explanation::Explanation;
use crate::method::likely::likely;
use crate::method::parameters::{Parameters, check_count};
use crate::method::replace_by::ReplaceBy;
use crate::method::replaced::Replaced;
use crate::method::setters::setters;
use crate::model::generation::Generation;
use crate::model::prefix_cache::PrefixCache;
use crate::model::{LanguageModel, Pass, checked};
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use saliency_schema::Segmentation;
use std::cmp::Ordering;
use std::ops::Range;
use tch::{Kind, Tensor};

/// `a_s = f(x) − mean over k of f(x with s replaced by the k-th text)`, signed: one number for each segment of the
/// input, with the rest of the text unchanged, and in [`Explanation::replacements`] each replacement with its own
/// change `f(x with the replacement) − f(x)`. Segments are words by default; a segment's number is spread evenly over
/// its tokens.
///
/// Replacements ([`ReplaceBy`]) are the tokens that the model finds the most probable in the segment's place, seen from
/// the text *before* it alone (a decoder does not see what follows, so that a replacement may not fit it); texts of the
/// user's; or nothing, which deletes. A likely token is of the segment's kind: with a space before it or not, of
/// letters or not. A segment at the text's beginning has no likely replacement and no number; nor have earlier outputs.
///
/// In units of the target. Positive: the segment raises the target against what replaces it. Rows do not add up to
/// anything. With `continuations`, the model's greedy continuation of the replaced input is given for so many of the
/// replacements with the largest change over all outputs. With `strongest`, only so many segments are replaced: those
/// without which the sum of the outputs' targets changes most (`occlusion`, by zeros); the others have no number.
///
/// Cost: one forward pass for each replacement, all outputs together, those of a segment in batches and from the
/// segment on where the model has a prefix cache; one more for the likely tokens; the generations that are asked for;
/// and with `strongest` one for each segment, to choose.
/// Source: Li, Monroe & Jurafsky 2016, "Understanding Neural Networks through Representation Erasure" (deletion); Kim,
/// Yi, Kim & Yoon 2020, "Interpretation of NLP models through input marginalization" (likely replacements, there of a
/// masked model and weighted by their probabilities).
#[derive(Debug, Clone)]
#[doc(alias = "counterfactual")]
pub struct Replacements {
    /// Chosen for the model where it is not given.
    by: Option<ReplaceBy>,
    segments: Segmentation,
    continuations: u32,
    /// How many segments are replaced; `None`: all.
    strongest: Option<u32>,
}

impl Default for Replacements {
    fn default() -> Self {
        Self::new()
    }
}

impl Replacements {
    /// Words, each by its eight most probable tokens, or deleted from an encoder's source; no continuations.
    pub fn new() -> Self {
        Self { by: None, segments: Segmentation::Words, continuations: 0, strongest: None }
    }

    setters! {
        /// What segments are replaced by. Default: the eight most probable tokens; nothing in an encoder's source.
        replace_by: Option<ReplaceBy> => by;
        /// The tokens that are replaced together. Default: words.
        segments: Segmentation => segments;
        /// How many of the replacements with the largest change are continued, greedily, by as many tokens as there are
        /// outputs. Default: 0.
        continuations: u32 => continuations;
        /// That many segments alone, 1 to 10,000: those without which the target changes most. Default: all.
        strongest: u32 => strongest;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let default = Self::new();
        Ok(Self {
            by: parameters.replace_by.clone(),
            segments: parameters.segments.clone().unwrap_or(default.segments),
            continuations: parameters.continuations.unwrap_or(default.continuations),
            strongest: parameters.strongest,
        })
    }
}

impl Replacements {
    /// What segments of a model's text are replaced by: an encoder does not predict its source.
    fn by(&self, kept_inputs: usize) -> ReplaceBy {
        let default = if kept_inputs > 0 { ReplaceBy::Deletion } else { ReplaceBy::Likely(8) };
        self.by.clone().unwrap_or(default)
    }

    /// How many of some segments are replaced.
    fn count_of(&self, segments: usize) -> usize {
        self.strongest.map_or(segments, |strongest| segments.min(strongest as usize))
    }
}

impl Method for Replacements {
    fn card(&self) -> Card {
        Card {
            family: Family::Perturbation,
            parameters: &["replace_by", "segments", "continuations", "strongest"],
            axioms: &[Axiom::Linearity, Axiom::ImplementationInvariance],
            cost: "n · k forward",
            source: "Li, Monroe & Jurafsky 2016, Erasure; Kim et al. 2020, Input marginalization",
            rows: RowKind::Numbers,
            ..Card::new(
                "replacements",
                "f(x) − mean of f(x with s replaced): by words that the model finds likely, by yours, or by nothing",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.parameters.insert("replace_by".to_owned(), self.by(0).to_string().into());
        description.parameters.insert("segments".to_owned(), self.segments.to_string().into());
        if self.continuations > 0 {
            description.parameters.insert("continuations".to_owned(), self.continuations.into());
        }
        if let Some(strongest) = self.strongest {
            description.parameters.insert("strongest".to_owned(), strongest.into());
        }
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.by(0).check()?;
        if self.continuations > 0 {
            check_count("continuations", self.continuations, 10_000)?;
        }
        self.strongest.map_or(Ok(()), |strongest| check_count("strongest", strongest, 10_000))
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let kept = model.kept_inputs();
        (self.by.is_none() && kept > 0)
            .then(|| Box::new(Self { by: Some(self.by(kept)), ..self.clone() }) as Box<dyn Method>)
    }
    /// Of words that are single tokens and have as many replacements as are asked for: an upper bound; with
    /// `strongest`, as if those stood first.
    fn cost(&self, size: Size) -> Cost {
        let by = self.by(0);
        let first = usize::from(matches!(by, ReplaceBy::Likely(_)));
        let all = size.n_input.saturating_sub(first);
        let count = self.count_of(all);
        let replaced: f64 = (first..first + count).map(|first| size.rest(first)).sum();
        let continued = f64::from(self.continuations) * continued(size.n_output, size.context());
        let passes = Cost::forwards(first as f64 + by.count() as f64 * replaced + continued);
        if count < all { passes + Occluded::new(&self.segments).cost(size, first) } else { passes }
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let outputs = problem.n_output();
        let by = self.by(problem.model().kept_inputs());
        let segments = self.segments_of(problem, &by)?;
        let mut replaced = replaced(&by, problem, &segments)?;
        let values = (0..outputs).map(|r| problem.value_at_input(r)).collect::<Result<Vec<_>, _>>()?;
        let found = {
            let runs = Runs::new(problem, &replaced)?;
            let looked = f64::from(u8::from(matches!(by, ReplaceBy::Likely(_))));
            let count = replaced.len().min(self.continuations as usize) as f64;
            let continued = count * continued(problem.sequence().n_output(), runs.context());
            problem.work().foresee_left(Cost::forwards(looked + runs.passes() + continued));
            problem.count(Cost::forwards(looked))?;
            runs.values()?
        };
        let change = |of: &[Option<f64>], output: usize| Some(of[output]? - values[output]);
        self.continue_the_strongest(problem, &mut replaced, |i| {
            (0..outputs).filter_map(|output| change(&found[i], output)).sum::<f64>().abs()
        })?;
        for (output, value) in values.iter().enumerate() {
            let mut row = vec![0.0; problem.n_input()];
            let mut known = vec![false; problem.n_input()];
            for segment in &segments {
                let of_segment = (0..replaced.len()).filter(|i| replaced[*i].tokens == *segment);
                let changes: Vec<f64> = of_segment.filter_map(|i| change(&found[i], output)).collect();
                if !changes.is_empty() {
                    let mean = changes.iter().sum::<f64>() / changes.len() as f64;
                    row[segment.clone()].fill(-mean / segment.len() as f64);
                    known[segment.clone()].fill(true);
                }
            }
            let missing = (0..problem.n_input()).filter(|token| !known[*token]).collect();
            let with_change =
                |(i, one): (usize, &Replaced)| Replaced { change: change(&found[i], output), ..one.clone() };
            let mut explanation = Explanation::of_numbers(output, &row, *value)?.with_missing(missing);
            explanation =
                explanation.with_replacements(replaced.iter().enumerate().map(with_change).collect());
            if let ReplaceBy::Likely(_) = by {
                explanation = explanation.with_note(
                    "words were replaced by tokens that the model finds likely there from the text before them alone: \
                     what follows may not fit them",
                );
            }
            each(explanation)?;
        }
        Ok(())
    }
}

impl Replacements {
    /// The segments of the input that are replaced, of those that can be.
    fn segments_of(&self, problem: &Problem<'_>, by: &ReplaceBy) -> Result<Vec<Range<usize>>, Error> {
        let sequence = problem.sequence();
        let fixed = problem.n_input() - problem.model().kept_inputs();
        let segments = self.segments.segments_in(sequence.tokens(), sequence.prompt())?;
        // The first token has no prediction.
        let first = usize::from(matches!(by, ReplaceBy::Likely(_)));
        let can_be = |segment: &Range<usize>| segment.start >= first && segment.end <= fixed;
        let segments: Vec<_> = segments.into_iter().filter(can_be).collect();
        let count = self.count_of(segments.len());
        if count == segments.len() {
            return Ok(segments);
        }
        let later = count * by.count() + first;
        Occluded::new(&self.segments).strongest(problem, &segments, count, (self.name(), later))
    }

    /// Continues the replacements with the largest changes.
    fn continue_the_strongest(
        &self,
        problem: &Problem<'_>,
        replaced: &mut [Replaced],
        size: impl Fn(usize) -> f64,
    ) -> Result<(), Error> {
        let mut ranked: Vec<usize> = (0..replaced.len()).collect();
        ranked.sort_by(|a, b| size(*b).partial_cmp(&size(*a)).unwrap_or(Ordering::Equal));
        let generation = Generation::greedy(problem.sequence().n_output());
        let (model, context) = (problem.model(), problem.row_length(problem.n_output() - 1));
        for i in ranked.into_iter().take(self.continuations as usize) {
            let (text, n_input) = replaced[i].text(problem.sequence());
            if n_input + generation.tokens > model.limits().context {
                continue;
            }
            replaced[i].continuation = Some(model.generate(&text[..n_input], &generation, &mut |_| true)?);
            problem.count(Cost::forwards(continued(generation.tokens, context)))?;
        }
        Ok(())
    }
}

/// What one continuation takes, in passes of the clean text.
fn continued(tokens: usize, context: usize) -> f64 {
    1.0 + tokens as f64 / context as f64
}

/// Every replacement of every segment.
fn replaced(
    by: &ReplaceBy,
    problem: &Problem<'_>,
    segments: &[Range<usize>],
) -> Result<Vec<Replaced>, Error> {
    let whole = |segment: &Range<usize>| segment.len() == problem.n_input() - problem.model().kept_inputs();
    Ok(match by {
        ReplaceBy::Deletion => {
            let left = segments.iter().filter(|segment| !whole(segment));
            left.map(|segment| Replaced::new(segment.clone(), Vec::new())).collect()
        }
        ReplaceBy::Texts(texts) => {
            let by = |segment: &Range<usize>| {
                let segment = segment.clone();
                texts.iter().map(move |ids| Replaced::new(segment.clone(), ids.clone()))
            };
            segments.iter().flat_map(by).collect()
        }
        ReplaceBy::Likely(count) => likely(problem, segments, *count as usize)?,
    })
}

/// The texts of replacements, run through the model: those of one segment and one length together.
struct Runs<'p, 'a> {
    problem: &'p Problem<'a>,
    cache: Option<Box<dyn PrefixCache + 'a>>,
    replaced: &'p [Replaced],
    batches: Vec<Vec<usize>>,
}

impl<'p, 'a> Runs<'p, 'a> {
    fn new(problem: &'p Problem<'a>, replaced: &'p [Replaced]) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let mut runs = Self { problem, cache: problem.prefix_cache()?, replaced, batches: Vec::new() };
        let context = problem.model().limits().context;
        let fits = |i: &usize| {
            let (text, n_input) = replaced[*i].text(problem.sequence());
            n_input > 0 && text.len() <= context
        };
        let order: Vec<usize> = (0..replaced.len()).filter(fits).collect();
        let alike = |a: &usize, b: &usize| {
            let (a, b) = (&replaced[*a], &replaced[*b]);
            a.tokens == b.tokens && a.ids.len() == b.ids.len()
        };
        for alike in order.chunk_by(alike) {
            let tokens = runs.context() + replaced[alike[0]].ids.len();
            let pass = Pass { tokens, positions: problem.sequence().n_output(), backward: false };
            runs.batches.extend(alike.chunks(problem.batch(pass)).map(<[usize]>::to_vec));
        }
        Ok(runs)
    }

    /// Tokens of a pass of the clean text.
    fn context(&self) -> usize {
        self.problem.row_length(self.problem.n_output() - 1)
    }

    /// How many tokens a batch has in common with the clean text. The last of them runs again where a deletion leaves
    /// nothing to run before an output.
    fn shared(&self, batch: &[usize]) -> usize {
        let one = &self.replaced[batch[0]];
        let n_input = self.problem.n_input() + one.ids.len() - one.tokens.len();
        if self.cache.is_some() { one.tokens.start.min(n_input - 1) } else { 0 }
    }

    /// What a batch takes, in passes of the clean text.
    fn passes_of(&self, batch: &[usize]) -> f64 {
        batch.len() as f64 * (1.0 - self.shared(batch) as f64 / self.context() as f64)
    }

    fn passes(&self) -> f64 {
        self.batches.iter().map(|batch| self.passes_of(batch)).sum()
    }

    /// Every output's target with each replacement: `[replacements][outputs]`; `None` where the model can't run on the
    /// text, because it is too long or nothing is left.
    fn values(&self) -> Result<Vec<Vec<Option<f64>>>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let mut values = vec![vec![None; self.problem.n_output()]; self.replaced.len()];
        for batch in &self.batches {
            self.run(batch, &mut values)?;
            self.problem.count(Cost::forwards(self.passes_of(batch)))?;
        }
        Ok(values)
    }

    fn run(&self, batch: &[usize], values: &mut [Vec<Option<f64>>]) -> Result<(), Error> {
        let problem = self.problem;
        let texts: Vec<_> = batch.iter().map(|i| self.replaced[*i].text(problem.sequence())).collect();
        let Some((first, n_input)) = texts.first() else { return Ok(()) };
        let (outputs, shared) = (problem.sequence().n_output(), self.shared(batch));
        let rest = shared..first.len() - 1;
        let embeddings: Vec<Tensor> =
            texts.iter().map(|(text, _)| problem.embed(&text[rest.clone()])).collect::<Result<_, _>>()?;
        let embeddings = Tensor::f_stack(&embeddings, 0)?;
        let positions = n_input - 1..n_input + outputs - 1;
        let logits = match &self.cache {
            Some(cache) => {
                let rest = (shared, &embeddings);
                checked::variant_logits(&**cache, problem.vocabulary(), rest, None, positions)?
            }
            None => checked::logits(problem.model(), &embeddings, *n_input, positions)?,
        };
        let outputs = 0..problem.n_output();
        for output in outputs {
            let mut sums = vec![0.0; batch.len()];
            for member in problem.members(output) {
                let found = problem.value_of(&logits.f_select(1, member as i64)?, member)?;
                let found: Vec<f64> = Vec::try_from(found.f_to_kind(Kind::Double)?)?;
                for (sum, value) in sums.iter_mut().zip(found) {
                    *sum += value;
                }
            }
            for (i, sum) in batch.iter().zip(sums) {
                values[*i][output] = Some(sum);
            }
        }
        Ok(())
    }
}
