//! `integrated-hessians`: second derivatives along the path from a baseline, for pairs of tokens.

use crate::calculus::log_quadrature::against_log;
use crate::calculus::path::interpolate;
use crate::calculus::quadrature::{Point, gauss_legendre};
use crate::coalitions::game::spread_evenly;
use crate::error::Error;
use crate::method::Method;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card, RowKind};
use crate::method::explanation::Explanation;
use crate::method::parameters::{Parameters, check_count};
use crate::method::path_start::PathStart;
use crate::method::setters::setters;
use crate::method::strongest::{MOST, Strongest, pairs_among};
use crate::model::LanguageModel;
use crate::problem::Problem;
use crate::problem::backward::{Graph, gradient, with_gradients};
use crate::problem::cost::{Cost, Size};
use crate::problem::forward::Forward;
use saliency_schema::{Interaction, Segmentation};
use std::ops::Range;
use tch::{Kind, Tensor};

/// `Γ_ij = ∫₀¹ ∫₀¹ αβ d_iᵀ H_ij(e' + αβ d) d_j dα dβ` for segments `i ≠ j` of the input, signed: integrated gradients
/// of integrated gradients. `d = e − e'` goes from the baseline to the input, and `H_ij` holds the target's second
/// derivatives by the embeddings of `i` and those of `j`; all are summed over tokens and hidden dimensions. The main
/// effect is `Γ_ii`, which has the first derivatives besides: `+ ∫₀¹ ∫₀¹ d_iᵀ ∂f/∂e_i(e' + αβ d) dα dβ`.
///
/// A pair of the record is `Γ_ij + Γ_ji`, which are equal, so that main effects and pairs add up to f(x) −
/// f(baseline). A segment's number in the row is its main effect and half of each of its pairs, `Σ_j Γ_ij`, which is
/// its integrated gradient. The convergence delta is that of all of them together. Positive: the target is higher with
/// both than by the sum of their main effects. In units of the target. Half of a product `xy` is the pair's, and a
/// quarter the main effect of each.
///
/// The input's embeddings move; earlier outputs stay, and have no number. `∫∫ g(αβ) dα dβ = ∫ −ln t · g(t) dt`, so that
/// a single integral is left, at Gauss–Legendre points whose weights are exact for polynomials of a degree below their
/// number.
///
/// The record's inputs are the segments, one token each. For at most 128 segments, or for those of each output whose
/// integrated gradients are largest in size ([`strongest`](Self::strongest)). The model's logits are differentiated
/// twice by autograd; a model whose operations can't be is refused.
///
/// Cost: for each point one forward pass, and for each output one backward pass and one more for each segment that
/// takes part; where not all do, another forward pass and backward passes to find out which.
/// Source: Janizek, Sturmfels & Lee 2021, "Explaining Explanations: Axiomatic Feature Interactions for Deep Networks".
#[derive(Debug, Clone)]
#[doc(alias = "hessian")]
pub struct IntegratedHessians {
    steps: u32,
    start: PathStart,
    segments: Segmentation,
    strongest: Strongest,
}

/// Points on the path where nothing else is asked for, and the most.
const STEPS: u32 = 50;
const MOST_STEPS: u32 = 10_000;

/// One output's numbers, summed over the points so far.
#[derive(Clone)]
struct Sums {
    /// The segments that take part in pairs.
    chosen: Vec<usize>,
    /// `∫ d_iᵀ ∂f/∂e_i dt` of each segment: its integrated gradient.
    gradients: Vec<f64>,
    /// The first-order term of `Γ_ii` of each segment.
    first: Vec<f64>,
    /// `Γ_ij` but for its first-order term: a row of all segments for each that takes part.
    second: Vec<Vec<f64>>,
}

impl Sums {
    fn new(chosen: Vec<usize>, segments: usize) -> Self {
        let second = vec![vec![0.0; segments]; chosen.len()];
        Self { gradients: vec![0.0; segments], first: vec![0.0; segments], second, chosen }
    }

    /// Each segment's `Σ_j Γ_ij`; of one that takes no part, the integrated gradient that this is equal to.
    fn row(&self) -> Vec<f64> {
        let mut row = self.gradients.clone();
        for (i, second) in self.chosen.iter().zip(&self.second) {
            row[*i] = self.first[*i] + second.iter().sum::<f64>();
        }
        row
    }

    /// Main effects and pairs, of the first tokens of the segments.
    fn interactions(&self, segments: &[Range<usize>]) -> Vec<Interaction> {
        let token = |i: usize| segments[i].start;
        let main = self
            .chosen
            .iter()
            .enumerate()
            .map(|(at, &i)| Interaction::new(token(i), token(i), self.first[i] + self.second[at][i]));
        let pairs = pairs_among(self.chosen.len()).map(|(at, other)| {
            let (i, j) = (self.chosen[at], self.chosen[other]);
            Interaction::new(token(i), token(j), self.second[at][j] + self.second[other][i])
        });
        main.chain(pairs).collect()
    }
}

/// The path of the input's segments, and what is summed along it.
struct Along<'p, 'a> {
    problem: &'p Problem<'a>,
    method: &'static str,
    segments: Vec<Range<usize>>,
    /// Where the path begins, for each baseline of a distribution: `[1, tokens, hidden]`.
    starts: Vec<Tensor>,
    /// The clean input: `[1, tokens, hidden]`.
    input: Tensor,
}

impl IntegratedHessians {
    /// Pairs of the input's tokens, at 50 points from the baseline that suits the model.
    pub fn new() -> Self {
        let (start, segments) = (PathStart::default(), Segmentation::Tokens);
        Self { steps: STEPS, start, segments, strongest: Strongest::default() }
    }

    setters! {
        /// How many points of the path are looked at, 1 to 10,000. Default: 50.
        steps: u32 => steps;
        /// Where the path begins. Default: what suits the model
        /// ([`suited_baseline`](crate::LanguageModel::suited_baseline)).
        baseline: Baseline => start;
        /// The tokens that count as one. Default: single tokens.
        segments: Segmentation => segments;
        /// Pairs of that many segments alone, 2 to 128: for each output those whose integrated gradients are largest in
        /// size. All others move along the path, too. Default: all, of at most 128.
        strongest: u32 => strongest;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        Ok(Self {
            steps: parameters.steps.unwrap_or(STEPS),
            start: PathStart::from_parameters(parameters)?,
            segments: parameters.segments.clone().unwrap_or(Segmentation::Tokens),
            strongest: Strongest(parameters.strongest),
        })
    }

    /// The cost with so many segments and outputs.
    fn cost_of(&self, segments: usize, outputs: usize, draws: u32) -> Cost {
        let (points, outputs) = (f64::from(self.steps), outputs as f64);
        let taking_part = self.strongest.taking_part(segments);
        let pairs = Cost::new(points, points * outputs * (1 + taking_part) as f64);
        let choice =
            if taking_part < segments { Cost::new(points, points * outputs) } else { Cost::default() };
        (Cost::forwards(1.0) + pairs + choice) * f64::from(draws)
    }

    /// The points with their weights for `∫ g(t) dt` and for `∫ −ln t · g(t) dt`.
    fn points(&self) -> Vec<(Point, f64)> {
        let steps = self.steps as usize;
        let against_log = against_log(steps).into_iter().map(|point| point.weight);
        gauss_legendre(steps).into_iter().zip(against_log).collect()
    }
}

impl Default for IntegratedHessians {
    fn default() -> Self {
        Self::new()
    }
}

impl<'p, 'a> Along<'p, 'a> {
    fn new(problem: &'p Problem<'a>, method: &IntegratedHessians) -> Result<Self, Error> {
        let _no_gradient = tch::no_grad_guard();
        let sequence = problem.sequence();
        let all = method.segments.segments_in(sequence.tokens(), sequence.prompt())?.into_iter();
        let segments: Vec<_> = all.filter(|segment| segment.end <= problem.n_input()).collect();
        let input = problem.embeddings();
        let baseline = method.start.baseline(problem.model());
        let start = |draw| -> Result<Tensor, Error> {
            let absent = baseline.embeddings(problem, &input, draw)?;
            let start = input.f_detach_copy()?;
            for tokens in &segments {
                let own = |x: &Tensor| x.f_narrow(1, tokens.start as i64, tokens.len() as i64);
                own(&start)?.f_copy_(&own(&absent)?)?;
            }
            Ok(start)
        };
        let starts = (0..baseline.draws()).map(start).collect::<Result<_, _>>()?;
        Ok(Self { problem, method: method.name(), segments, starts, input })
    }

    /// Each output's target at the baseline: the mean over a distribution.
    fn values_at_start(&self) -> Result<Vec<f64>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let mut values = vec![0.0; self.problem.n_output()];
        for start in &self.starts {
            let forward = self.problem.forward(start, 0..values.len())?;
            for (output, value) in values.iter_mut().enumerate() {
                *value += self.problem.number(&forward, output)? / self.starts.len() as f64;
            }
        }
        Ok(values)
    }

    /// Calls `visit` with every point of every path, its difference from baseline to input, and its two weights.
    fn each_point(
        &self,
        points: &[(Point, f64)],
        mut visit: impl FnMut(&Tensor, &Tensor, (f64, f64, f64)) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let share = 1.0 / self.starts.len() as f64;
        for start in &self.starts {
            let difference = self.input.f_sub(start)?;
            for (Point { position, weight }, against_log) in points {
                let point = interpolate(start, &difference, *position)?;
                visit(&point, &difference, (*position, share * weight, share * against_log))?;
            }
        }
        Ok(())
    }

    /// From a number for each token to one for each segment.
    fn of_segments(&self, gradient: &Tensor, difference: &Tensor) -> Result<Vec<f64>, Error> {
        let difference = difference.f_narrow(1, 0, gradient.size()[1])?;
        let products = gradient.f_detach()?.f_mul(&difference)?;
        let tokens: Vec<f64> =
            Vec::try_from(products.f_sum_dim_intlist(&[0_i64, 2][..], false, Kind::Double)?)?;
        Ok(self.segments.iter().map(|segment| tokens[segment.clone()].iter().sum()).collect())
    }

    /// Each output's segments that take part in pairs, where these are not all.
    fn chosen(&self, points: &[(Point, f64)], strongest: Strongest) -> Result<Vec<Vec<usize>>, Error> {
        let (outputs, n) = (self.problem.n_output(), self.segments.len());
        if strongest.taking_part(n) == n {
            return Ok(vec![(0..n).collect(); outputs]);
        }
        let mut sums = vec![vec![0.0; n]; outputs];
        self.each_point(points, |point, difference, (_, weight, _)| {
            self.problem.gradients_at(point, 0..outputs, &mut |output, _, gradient| {
                let numbers = self.of_segments(&gradient.f_unsqueeze(0)?, difference)?;
                sums[output].iter_mut().zip(numbers).for_each(|(sum, number)| *sum += weight * number);
                Ok(())
            })
        })?;
        let numbers = |sums: &Vec<f64>| sums.iter().copied().map(Some).collect::<Vec<_>>();
        Ok(sums.iter().map(|sums| strongest.chosen(&numbers(sums))).collect())
    }

    /// Every output's sums over all points.
    fn sums(&self, points: &[(Point, f64)], chosen: Vec<Vec<usize>>) -> Result<Vec<Sums>, Error> {
        let outputs = chosen.len();
        let mut sums: Vec<Sums> =
            chosen.into_iter().map(|chosen| Sums::new(chosen, self.segments.len())).collect();
        self.each_point(points, |point, difference, weights| {
            let forward = self.problem.forward(point, 0..outputs)?;
            sums.iter_mut()
                .enumerate()
                .try_for_each(|(output, sums)| self.add(&forward, output, difference, weights, sums))
        })?;
        Ok(sums)
    }

    /// Adds one output's derivatives at one point.
    fn add(
        &self,
        forward: &Forward,
        output: usize,
        difference: &Tensor,
        (position, weight, against_log): (f64, f64, f64),
        sums: &mut Sums,
    ) -> Result<(), Error> {
        let (_, slope) = self.problem.gradient_by_autograd(forward, output, Graph::Continued)?;
        for (i, number) in self.of_segments(&slope, difference)?.into_iter().enumerate() {
            sums.gradients[i] += weight * number;
            sums.first[i] += against_log * number;
        }
        let products = slope.f_mul(&difference.f_narrow(1, 0, slope.size()[1])?)?;
        for (i, row) in sums.chosen.iter().zip(&mut sums.second) {
            let tokens = &self.segments[*i];
            let own = products.f_narrow(1, tokens.start as i64, tokens.len() as i64)?.f_sum(None)?;
            // None where the gradient is constant, as in a linear model.
            if let Some(second) = self.second(&own, forward)? {
                for (sum, number) in row.iter_mut().zip(self.of_segments(&second, difference)?) {
                    *sum += against_log * position * number;
                }
            }
            self.problem.count(Cost::new(0.0, 1.0))?;
        }
        Ok(())
    }

    /// The gradient of a sum of first derivatives: `[1, tokens, hidden]`.
    fn second(&self, sum: &Tensor, forward: &Forward) -> Result<Option<Tensor>, Error> {
        gradient(sum, forward.embeddings(), Graph::Kept).map_err(|error| match error {
            Error::Torch(why) => Error::NoSecondDerivative {
                method: self.method,
                model: self.problem.model().name().to_owned(),
                why: why.to_string(),
            },
            other => other,
        })
    }
}

impl Method for IntegratedHessians {
    fn card(&self) -> Card {
        Card {
            aliases: &["ih"],
            parameters: &["steps", "baseline", "segments", "strongest"],
            axioms: if matches!(self.segments, Segmentation::Tokens) {
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
            cost: "steps forward, m × steps × (n + 1) backward",
            source: "Janizek, Sturmfels & Lee 2021, Explaining Explanations",
            rows: RowKind::Numbers,
            linear_in_gradient: true,
            ..Card::new(
                "integrated-hessians",
                "∫∫ αβ d_iᵀ ∂²f/∂e_i∂e_j d_j dα dβ along the path from a baseline: pairs that add up to f(x) − \
                 f(baseline); rows as integrated-gradients",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.steps = Some(self.steps);
        description.baseline = self.start.name();
        let parameters = &mut description.parameters;
        parameters.insert("segments".to_owned(), self.segments.to_string().into());
        if let Some(strongest) = self.strongest.0 {
            parameters.insert("strongest".to_owned(), strongest.into());
        }
        description
    }
    fn check(&self) -> Result<(), Error> {
        check_count("steps", self.steps, MOST_STEPS)?;
        self.strongest.check()
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let start = self.start.bound_to(model)?;
        Some(Box::new(Self { start, ..self.clone() }))
    }
    fn interacting(&self) -> Option<&Segmentation> {
        Some(&self.segments)
    }
    /// Of a span an upper bound: earlier outputs count as inputs there, and do not take part.
    fn cost(&self, size: Size) -> Cost {
        self.cost_of(size.n_input, size.n_output, self.start.draws())
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        let along = Along::new(problem, self)?;
        let (n, outputs) = (along.segments.len(), problem.n_output());
        let cost = self.cost_of(n, outputs, along.starts.len() as u32);
        if self.strongest.taking_part(n) > MOST {
            return Err(Error::TooManySegments {
                method: self.name(),
                segments: n,
                passes: cost.passes(),
                most: MOST,
                instead: ", or ask for pairs of the strongest alone (strongest 20)",
            });
        }
        problem.work().foresee_left(cost);
        let points = self.points();
        let first = along.values_at_start()?;
        let sums = with_gradients(|| along.sums(&points, along.chosen(&points, self.strongest)?))?;
        for (output, (sums, first)) in sums.iter().zip(first).enumerate() {
            let segments = along.segments.iter().cloned();
            let row = spread_evenly(segments.zip(sums.row()), problem.n_input());
            let explanation = Explanation::of_numbers(output, &row, problem.value_at_input(output)?)?;
            each(Explanation {
                baseline_value: Some(first),
                steps: Some(self.steps),
                notes: self.start.note(problem.model()).into_iter().collect(),
                interactions: sums.interactions(&along.segments),
                ..explanation
            })?;
        }
        Ok(())
    }
}
