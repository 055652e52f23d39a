//! `integrated-gradients`: the gradient along the straight path from a baseline to the input.

use crate::calculus::path::{Integral, Path};
use crate::calculus::quadrature::{Point, Quadrature};
use crate::calculus::refinement::MOST_POINTS;
use crate::calculus::space::Space;
use crate::error::Error;
use crate::method::Method;
use crate::method::baseline::Baseline;
use crate::method::card::{Axiom, Card};
use crate::method::explanation::Explanation;
use crate::method::parameters::{Parameters, check_count};
use crate::method::path_start::PathStart;
use crate::method::positions::Positions;
use crate::method::setters::setters;
use crate::model::LanguageModel;
use crate::model::checked;
use crate::model::inside::Inside;
use crate::problem::Problem;
use crate::problem::cost::{Cost, Size};
use crate::rows::notes::with_new;
use std::ops::Range;
use tch::{Kind, Tensor};

/// `a_i = (e_i − e'_i) ⊙ ∫₀¹ ∂f/∂e_i(e' + α (e − e')) dα`, signed, by a quadrature rule.
///
/// All token embeddings move along the path together; positions stay, or move too ([`positions`](Self::positions)). The
/// attributions of a row add up to f(x) − f(baseline) up to the error of the quadrature, which the convergence delta
/// states. In units of the target.
///
/// With a [`tolerance`](Self::tolerance), intervals of the path are halved until each adds up to the change of the
/// target over it, so that points go where f changes. Every output gets as many points as it needs, at most 512, and
/// its row states how many. If that is not enough, or most of the change lies in a very short part of the path, a note
/// says so.
///
/// Cost: for each point one forward pass, shared by all outputs because the model is causal, and one backward pass for
/// each output. Memory: `[outputs, tokens, hidden]` for the running sums, in chunks of outputs that fit; the path is
/// integrated once for each chunk.
///
/// Captum rounds Gauss–Legendre weights to single precision, in float64 runs too. So does this method, so that float64
/// rows can be compared with captum's to 1e-9; the relative error of each row is then about 3e-8.
/// [`exact_weights`](Self::exact_weights) keeps all digits; with a tolerance they are always kept.
///
/// Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1 and 3; for baselines that
/// are a distribution, Erion et al. 2021, "Improving Performance of Deep Learning Models with Axiomatic Attribution
/// Priors and Expected Gradients".
#[derive(Debug, Clone, PartialEq)]
#[doc(alias = "ig")]
pub struct IntegratedGradients {
    integration: Integration,
    positions: Positions,
}

/// How an integral along a path is taken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Integration {
    /// `None`: the default, which is 50, or 8 for each interval with a tolerance.
    pub(super) steps: Option<u32>,
    pub(super) start: PathStart,
    pub(super) rule: Quadrature,
    pub(super) tolerance: Option<f64>,
    pub(super) exact_weights: bool,
}

/// The most points on the path.
const MAX_STEPS: u32 = 10_000;

impl IntegratedGradients {
    /// 50 Gauss–Legendre points from the baseline that suits the model, weights in single precision: captum's and
    /// ecco's defaults, whose baseline is zero.
    pub fn new() -> Self {
        Self { integration: Integration::default(), positions: Positions::Stay }
    }

    setters! {
        /// How many points of the path are looked at, 1 to 10,000; with a tolerance, on each stretch. Default: 50, and
        /// 8 with a tolerance.
        steps: u32 => integration.steps;
        /// How large |Σ a − (f(x) − f(baseline))| may be beside |f(x) − f(baseline)|, or beside 10⁻⁴ of the larger of
        /// |f(x)| and |f(baseline)| where that is more; a number between 0 and 1. Default: none; a fixed number of
        /// points.
        tolerance: f64 => integration.tolerance;
        /// Where the points lie. Default: [`Quadrature::GaussLegendre`], the only one with a tolerance.
        rule: Quadrature => integration.rule;
        /// Where the path begins. /// Default: what suits the model
        /// ([`suited_baseline`](crate::LanguageModel::suited_baseline)).
        baseline: Baseline => integration.start;
        /// Whether positions move along the path, in models that add them to embeddings; others are refused when it
        /// runs. Default: [`Positions::Stay`].
        positions: Positions => positions;
        /// Whether the weights keep all their digits in float64 runs. Default: `false`, as in captum.
        exact_weights: bool => integration.exact_weights;
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let integration = Integration::from_parameters(parameters)?;
        Ok(Self { integration, positions: parameters.positions.unwrap_or_default() })
    }
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Integration {
    fn default() -> Self {
        Self {
            steps: None,
            start: PathStart::default(),
            rule: Quadrature::GaussLegendre,
            tolerance: None,
            exact_weights: false,
        }
    }
}

impl Integration {
    pub(super) fn from_parameters(parameters: &Parameters) -> Result<Self, Error> {
        let default = Self::default();
        Ok(Self {
            steps: parameters.steps,
            start: PathStart::from_parameters(parameters)?,
            rule: parameters.rule.unwrap_or(default.rule),
            tolerance: parameters.tolerance,
            exact_weights: false,
        })
    }

    /// Refuses what is out of its range, and what a tolerance does not go with.
    pub(super) fn check(&self) -> Result<(), Error> {
        check_count("steps", self.count(), MAX_STEPS)?;
        let Some(tolerance) = self.tolerance else { return Ok(()) };
        if !(tolerance > 0.0 && tolerance < 1.0) {
            let value = tolerance.to_string();
            return Err(Error::Parameter { name: "tolerance", value, range: "above 0 and below 1" });
        }
        if self.rule != Quadrature::GaussLegendre {
            let value = self.rule.name().to_owned();
            return Err(Error::Parameter { name: "rule", value, range: "gauss-legendre with a tolerance" });
        }
        check_count("steps", self.count(), MOST_POINTS)
    }

    /// The same for one model; `None` where nothing is left to it.
    pub(super) fn bound_to(&self, model: &dyn LanguageModel) -> Option<Self> {
        Some(Self { start: self.start.bound_to(model)?, ..self.clone() })
    }

    /// Points on the path, or on each interval with a tolerance.
    pub(super) fn count(&self) -> u32 {
        self.steps.unwrap_or(if self.tolerance.is_some() { 8 } else { 50 })
    }

    fn points(&self) -> Vec<Point> {
        let mut points = self.rule.points(self.count() as usize);
        if self.rule == Quadrature::GaussLegendre && !self.exact_weights {
            for point in &mut points {
                point.weight = f64::from(point.weight as f32);
            }
        }
        points
    }

    pub(super) fn cost(&self, size: Size) -> Cost {
        let points = f64::from(self.count());
        // f(baseline), and with a tolerance f at the end of the path.
        let ends = if self.tolerance.is_some() { 2.0 } else { 1.0 };
        Cost::new(points + ends, points * size.n_output as f64) * f64::from(self.start.draws())
    }

    pub(super) fn describe(&self, description: &mut saliency_schema::Method) {
        description.steps = Some(self.count()).filter(|_| self.tolerance.is_none());
        description.baseline = self.start.name();
        let parameters = &mut description.parameters;
        parameters.insert("rule".to_owned(), self.rule.name().into());
        if let Some(tolerance) = self.tolerance {
            parameters.insert("tolerance".to_owned(), tolerance.into());
            parameters.insert("steps_on_a_stretch".to_owned(), self.count().into());
        }
    }

    /// Integrates along the path for each chunk of outputs.
    pub(super) fn attribute<'a>(
        &self,
        problem: &Problem<'a>,
        space: &Space<'a>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.check()?;
        if self.tolerance.is_some() {
            problem.work().leave_open();
        }
        let input = space.input(problem)?;
        let numbers = (input.size()[1] * input.size()[2]) as usize;
        problem.foresee_chunks(numbers, |size| self.cost(size));
        for outputs in problem.chunks(numbers) {
            self.attribute_chunk(problem, space, &input, outputs, each)?;
        }
        Ok(())
    }

    fn attribute_chunk<'a>(
        &self,
        problem: &Problem<'a>,
        space: &Space<'a>,
        input: &Tensor,
        outputs: Range<usize>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let baseline = self.start.baseline(problem.model());
        let draws = baseline.draws();
        let mut explanations: Vec<Explanation> = Vec::new();
        for draw in 0..draws {
            let start = space.start(problem, &baseline, draw)?;
            let path = Path::new(problem, space, outputs.clone(), (&start, input))?;
            let first = path.values(0.0)?;
            let integrals: Vec<Integral> = match self.tolerance {
                Some(tolerance) => path.by_tolerance(tolerance, (&first, self.count() as usize))?,
                None => path.by_points(&self.points())?,
            };
            for ((output, integral), first) in outputs.clone().zip(integrals).zip(first) {
                let attributions = integral.sum.f_mul(&path.difference(output)?)?;
                if draw == 0 {
                    let value = problem.value_at_input(output)?;
                    explanations.push(Explanation {
                        baseline_value: Some(first),
                        steps: Some(integral.points),
                        tolerance: self.tolerance,
                        notes: self.start.note(problem.model()).into_iter().chain(integral.note).collect(),
                        ..Explanation::new(output, attributions, value)
                    });
                } else {
                    let so_far = &mut explanations[output - outputs.start];
                    let _ = so_far.attributions.f_add_(&attributions)?;
                    so_far.baseline_value = so_far.baseline_value.map(|sum| sum + first);
                    so_far.steps = so_far.steps.max(Some(integral.points));
                    let notes = std::mem::take(&mut so_far.notes);
                    so_far.notes = with_new(notes, integral.note.into_iter().collect());
                }
            }
        }
        for mut explanation in explanations {
            if draws > 1 {
                explanation.attributions =
                    explanation.attributions.f_to_kind(Kind::Double)?.f_div_scalar(f64::from(draws))?;
                explanation.baseline_value = explanation.baseline_value.map(|sum| sum / f64::from(draws));
            }
            each(explanation)?;
        }
        Ok(())
    }
}

impl Method for IntegratedGradients {
    fn card(&self) -> Card {
        Card {
            aliases: &["ig"],
            parameters: &["steps", "tolerance", "rule", "baseline", "positions"],
            axioms: match self.positions {
                Positions::Stay => &[
                    Axiom::Completeness,
                    Axiom::Dummy,
                    Axiom::Symmetry,
                    Axiom::Linearity,
                    Axiom::ImplementationInvariance,
                ],
                // Which inside the positions move in depends on the implementation.
                Positions::Move => &[Axiom::Completeness, Axiom::Linearity],
            },
            cost: "steps forward, m × steps backward",
            source: "Sundararajan, Taly & Yan 2017, Axiomatic Attribution for Deep Networks",
            linear_in_gradient: true,
            ..Card::new(
                "integrated-gradients",
                "(e_i − e'_i) ⊙ ∫ ∂f/∂e_i dα: the gradient along the path from a baseline; adds up to f(x) − \
                 f(baseline)",
            )
        }
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        self.integration.describe(&mut description);
        if self.integration.exact_weights {
            description.parameters.insert("exact_weights".to_owned(), true.into());
        }
        description.parameters.insert("positions".to_owned(), self.positions.name().into());
        description
    }
    fn check(&self) -> Result<(), Error> {
        self.integration.check()
    }
    fn bound_to(&self, model: &dyn LanguageModel) -> Option<Box<dyn Method>> {
        let integration = self.integration.bound_to(model)?;
        Some(Box::new(Self { integration, ..self.clone() }))
    }
    fn cost(&self, size: Size) -> Cost {
        self.integration.cost(size)
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let space = match self.positions {
            Positions::Stay => Space::Embeddings,
            Positions::Move => {
                let inside = problem.inside("integrated-gradients with moving positions")?;
                check_positions(problem, inside)?;
                Space::Positioned(inside)
            }
        };
        self.integration.attribute(problem, &space, each)
    }
}

/// Refuses to move the positions of a model that adds none to its embeddings: it has rotary positions, or none.
fn check_positions(problem: &Problem<'_>, inside: &dyn Inside) -> Result<(), Error> {
    let _no_gradient = tch::no_grad_guard();
    let embeddings = problem.embeddings();
    if !checked::residual(inside, 0, &embeddings)?.f_equal(&embeddings)? {
        return Ok(());
    }
    let range = "stay: this model adds no positions to its embeddings";
    Err(Error::Parameter { name: "positions", value: Positions::Move.name().to_owned(), range })
}
