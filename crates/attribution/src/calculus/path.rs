//! The straight path from a baseline to the input, and the integral of the gradient along it.

use crate::calculus::quadrature::Point;
use crate::calculus::quadrature::Quadrature;
use crate::error::Error;
use crate::method::baseline::Baseline;
use crate::model::checked;
use crate::model::inside::Inside;
use crate::problem::EachGradient;
use crate::problem::Problem;
use crate::problem::backward::{gradient_through, with_gradients};
use crate::problem::cost::Cost;
use std::ops::Range;
use tch::{Kind, Tensor};

/// What a path runs through.
pub(crate) enum Space<'a> {
    /// Token embeddings, before positions are added.
    Embeddings,
    /// Token embeddings with positions added, which move along.
    Positioned(&'a dyn Inside),
    /// The residual stream before a block.
    Residual(&'a dyn Inside, usize),
}

/// The share of max(|f(x)|, |f(baseline)|) below which a change of the target is taken for none, when a delta is
/// compared with it.
pub(crate) const FLOOR: f64 = 1e-4;
/// An error of so many roundings of f may be one: f at both ends is a sum of many terms, and may come of larger logits.
pub(crate) const ROUNDINGS: f64 = 64.0;
/// A stretch is halved this often at the most: to 1/65,536 of the path.
const DEPTH: u32 = 16;
/// Points that one output may take.
pub(crate) const MOST_POINTS: u32 = 512;

/// A path for some of the outputs.
pub(crate) struct Path<'p, 'a> {
    problem: &'p Problem<'a>,
    space: &'p Space<'a>,
    outputs: Range<usize>,
    /// Where it begins, and from there to the input: `[1, tokens, hidden]`.
    start: Tensor,
    way: Tensor,
}

/// The integral for one output.
pub(crate) struct Integral {
    /// The weighted sum of gradients, `[tokens, hidden]`.
    pub(crate) sum: Tensor,
    pub(crate) points: u32,
    /// Why it is not as exact as was asked for, or what is odd about it.
    pub(crate) note: Option<String>,
}

impl<'a> Space<'a> {
    /// Whose residual stream it is, and before which block.
    fn stream(&self) -> Option<(&'a dyn Inside, usize)> {
        match self {
            Self::Embeddings => None,
            Self::Positioned(inside) => Some((*inside, 0)),
            Self::Residual(inside, layer) => Some((*inside, *layer)),
        }
    }

    /// The input as a point of this space, outside any graph: `[1, tokens, hidden]`.
    pub(crate) fn input(&self, problem: &Problem<'_>) -> Result<Tensor, Error> {
        let _no_gradient = tch::no_grad_guard();
        match self.stream() {
            None => Ok(problem.embeddings()),
            Some((inside, layer)) => checked::residual(inside, layer, &problem.embeddings()),
        }
    }

    /// One of a baseline's points in this space, outside any graph: `[1, tokens, hidden]`.
    pub(crate) fn start(
        &self,
        problem: &Problem<'_>,
        baseline: &Baseline,
        draw: u32,
    ) -> Result<Tensor, Error> {
        let start = baseline.embeddings(problem, &problem.embeddings(), draw)?;
        match self {
            Self::Embeddings | Self::Positioned(_) => Ok(start),
            // What a residual stream has at a baseline of nothing: nothing, positions included.
            Self::Residual(..) if *baseline == Baseline::Zero => Ok(start),
            Self::Residual(inside, layer) => {
                let _no_gradient = tch::no_grad_guard();
                checked::residual(*inside, *layer, &start)
            }
        }
    }

    /// Values and gradients at a point, for some of the outputs.
    pub(crate) fn gradients_at(
        &self,
        problem: &Problem<'a>,
        point: &Tensor,
        outputs: Range<usize>,
        each: EachGradient<'_>,
    ) -> Result<(), Error> {
        let Some((inside, layer)) = self.stream() else {
            return problem.gradients_at(point, outputs, each);
        };
        let positions = problem.positions(&outputs);
        let leaf = point.f_detach()?.f_narrow(1, 0, positions.end as i64)?.f_contiguous()?;
        let leaf = leaf.f_set_requires_grad(true)?;
        problem.count(Cost::forwards(1.0))?;
        with_gradients(|| {
            let logits = checked::logits_from(inside, problem.vocabulary(), (layer, &leaf), positions)?;
            let model = (problem.model().name(), "Inside::logits_from");
            for (row, output) in outputs.enumerate() {
                let logits = logits.f_select(1, row as i64)?;
                let value = problem.value_of(&logits, output)?.f_select(0, 0)?;
                let what = || problem.target_in_words();
                let gradient = gradient_through(&value, &logits, &leaf, model, what)?;
                problem.count(Cost::new(0.0, 1.0))?;
                each(output, value.f_double_value(&[])?, gradient.f_select(0, 0)?)?;
            }
            Ok(())
        })
    }

    /// The target of some outputs at a point.
    pub(crate) fn values_at(
        &self,
        problem: &Problem<'a>,
        point: &Tensor,
        outputs: Range<usize>,
    ) -> Result<Vec<f64>, Error> {
        let _no_gradient = tch::no_grad_guard();
        let logits = match self.stream() {
            None => {
                let forward = problem.forward(point, outputs.clone())?;
                outputs.clone().map(|output| forward.logits_of(output)).collect::<Result<Vec<_>, _>>()?
            }
            Some((inside, layer)) => {
                problem.count(Cost::forwards(1.0))?;
                let positions = problem.positions(&outputs);
                let point = point.f_narrow(1, 0, positions.end as i64)?;
                let logits = checked::logits_from(inside, problem.vocabulary(), (layer, &point), positions)?;
                (0..outputs.len()).map(|row| logits.f_select(1, row as i64)).collect::<Result<_, _>>()?
            }
        };
        let value = |(output, logits): (usize, Tensor)| -> Result<f64, Error> {
            Ok(problem.value_of(&logits, output)?.f_double_value(&[0])?)
        };
        outputs.zip(logits).map(value).collect()
    }
}

impl<'p, 'a> Path<'p, 'a> {
    /// The path from `start` to `input`, both `[1, tokens, hidden]`, for some of the outputs.
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        space: &'p Space<'a>,
        outputs: Range<usize>,
        (start, input): (&Tensor, &Tensor),
    ) -> Result<Self, Error> {
        let read = problem.row_length(outputs.end - 1) as i64;
        let start = start.f_narrow(1, 0, read)?;
        let way = input.f_narrow(1, 0, read)?.f_sub(&start)?;
        Ok(Self { problem, space, outputs, start, way })
    }

    /// From the baseline to the input, for one output: `[read, hidden]`.
    pub(crate) fn way(&self, output: usize) -> Result<Tensor, Error> {
        Ok(self.way.f_select(0, 0)?.f_narrow(0, 0, self.problem.row_length(output) as i64)?)
    }

    fn point(&self, position: f64) -> Result<Tensor, Error> {
        place(&self.start, &self.way, position)
    }

    /// The target of every output at a place of the path.
    pub(crate) fn values(&self, position: f64) -> Result<Vec<f64>, Error> {
        self.space.values_at(self.problem, &self.point(position)?, self.outputs.clone())
    }

    /// The integral by given points, for every output.
    pub(crate) fn by_points(&self, points: &[Point]) -> Result<Vec<Integral>, Error> {
        let sums = self.sums(points, self.outputs.clone())?;
        let integral = |sum| Integral { sum, points: points.len() as u32, note: None };
        Ok(sums.into_iter().map(integral).collect())
    }

    /// Weighted sums of gradients for some of the outputs: `[read, hidden]` each.
    fn sums(&self, points: &[Point], outputs: Range<usize>) -> Result<Vec<Tensor>, Error> {
        let kind = sum_kind(self.way.kind());
        let mut sums: Vec<Tensor> = outputs
            .clone()
            .map(|output| self.way(output)?.f_to_kind(kind)?.f_zeros_like().map_err(Error::from))
            .collect::<Result<_, _>>()?;
        for point in points {
            let place = self.point(point.position)?;
            self.space.gradients_at(self.problem, &place, outputs.clone(), &mut |output, _, gradient| {
                let read = self.problem.row_length(output) as i64;
                let gradient = gradient.f_narrow(0, 0, read)?.f_to_kind(kind)?;
                let sum = &mut sums[output - outputs.start];
                let _ = sum.f_add_(&gradient.f_mul_scalar(point.weight)?)?;
                Ok(())
            })?;
        }
        Ok(sums)
    }

    /// The integral with as many points as each output needs for |Σ a − (f(x) − f(baseline))| to be at most `tolerance`
    /// of the change, where the path's stretches are halved until each adds up to the change over it.
    ///
    /// f at both ends of a stretch says exactly what its integral should add up to, so that the error of every stretch
    /// is known and points go to where the change is.
    pub(crate) fn by_tolerance(
        &self,
        tolerance: f64,
        (first, n): (&[f64], usize),
    ) -> Result<Vec<Integral>, Error> {
        let rule = Quadrature::GaussLegendre.points(n);
        let last = self.values(1.0)?;
        let mut integrals: Vec<Integral> = Vec::new();
        let mut states: Vec<State> = Vec::new();
        for (row, output) in self.outputs.clone().enumerate() {
            let sum = self.way(output)?.f_to_kind(sum_kind(self.way.kind()))?.f_zeros_like()?;
            integrals.push(Integral { sum, points: 0, note: None });
            let size = last[row].abs().max(first[row].abs());
            let scale = scale_of(last[row], first[row]);
            let noise = ROUNDINGS * epsilon(self.way.kind()) * size;
            let left = tolerance * scale;
            states.push(State {
                scale,
                left,
                noise,
                evaluated: 0,
                steepest: None,
                open: 0.0,
                rounded: false,
            });
        }
        let rows: Vec<usize> = (0..self.outputs.len()).collect();
        let whole = Stretch { from: 0.0, to: 1.0, depth: 0 };
        let ends = (first.to_vec(), last);
        let sums = self.stretch(&rule, &whole, &ends, &rows)?;
        let before = vec![f64::INFINITY; self.outputs.len()];
        self.refine(&rule, &whole, &ends, rows, sums, &before, &mut states, &mut integrals)?;
        for (integral, state) in integrals.iter_mut().zip(&states) {
            integral.note = state.note(tolerance);
        }
        Ok(integrals)
    }

    /// One stretch for some rows: the sum of gradients and how far it is from the change over the stretch.
    fn stretch(
        &self,
        rule: &[Point],
        stretch: &Stretch,
        (from, to): &(Vec<f64>, Vec<f64>),
        rows: &[usize],
    ) -> Result<Vec<(Tensor, f64)>, Error> {
        let width = stretch.to - stretch.from;
        let points: Vec<Point> = rule
            .iter()
            .map(|p| Point { position: stretch.from + p.position * width, weight: p.weight * width })
            .collect();
        let mut found = Vec::new();
        // Outputs side by side share their forward passes.
        for run in rows.chunk_by(|a, b| a + 1 == *b) {
            let outputs = self.outputs.start + run[0]..self.outputs.start + run[run.len() - 1] + 1;
            for (row, sum) in run.iter().zip(self.sums(&points, outputs)?) {
                let output = self.outputs.start + row;
                let total = sum.f_mul(&self.way(output)?)?.f_sum(Kind::Double)?.f_double_value(&[])?;
                found.push((sum, total - (to[*row] - from[*row])));
            }
        }
        Ok(found)
    }

    #[expect(clippy::too_many_arguments, reason = "the state of one recursion")]
    fn refine(
        &self,
        rule: &[Point],
        stretch: &Stretch,
        ends: &(Vec<f64>, Vec<f64>),
        rows: Vec<usize>,
        sums: Vec<(Tensor, f64)>,
        before: &[f64],
        states: &mut [State],
        integrals: &mut [Integral],
    ) -> Result<(), Error> {
        let n = rule.len() as u32;
        let mut open = Vec::new();
        let mut errors = vec![f64::INFINITY; self.outputs.len()];
        for (row, (sum, error)) in rows.into_iter().zip(sums) {
            let state = &mut states[row];
            state.evaluated += n;
            // Two halves, and every stretch on the way here has a half that waits.
            let needed = (2 + stretch.depth) * n;
            let hopeless = stretch.depth >= DEPTH || state.evaluated + needed > MOST_POINTS;
            // Half of what is left: as much stays for every other stretch.
            let allowed = if stretch.depth == 0 { state.left } else { 0.5 * state.left };
            // So small, and no smaller for being halved: f itself is not known better.
            let rounding = error.abs() > allowed
                && error.abs() <= state.noise
                && error.abs() >= 0.25 * before[row].abs();
            if error.abs() <= allowed || rounding || hopeless || !error.is_finite() {
                state.rounded |= rounding;
                state.left = (state.left - error.abs()).max(0.0);
                state.accept(stretch, error, (ends.1[row] - ends.0[row]).abs());
                let _ = integrals[row].sum.f_add_(&sum)?;
                integrals[row].points += n;
            } else {
                errors[row] = error;
                open.push(row);
            }
        }
        let Some((low, high)) = open.first().zip(open.last()) else { return Ok(()) };
        let middle = f64::midpoint(stretch.from, stretch.to);
        let outputs = self.outputs.start + low..self.outputs.start + high + 1;
        let values = self.space.values_at(self.problem, &self.point(middle)?, outputs)?;
        let mut between = vec![f64::NAN; self.outputs.len()];
        between[*low..=*high].copy_from_slice(&values);
        let depth = stretch.depth + 1;
        // The half towards the input first: what it leaves of the allowance is there for the other.
        let halves = [
            (Stretch { from: middle, to: stretch.to, depth }, (between.clone(), ends.1.clone())),
            (Stretch { from: stretch.from, to: middle, depth }, (ends.0.clone(), between)),
        ];
        for (half, ends) in halves {
            let sums = self.stretch(rule, &half, &ends, &open)?;
            self.refine(rule, &half, &ends, open.clone(), sums, &errors, states, integrals)?;
        }
        Ok(())
    }
}

/// A stretch of the path, and how often it was halved.
struct Stretch {
    from: f64,
    to: f64,
    depth: u32,
}

/// How far one output is with its tolerance.
struct State {
    /// What deltas are compared with.
    scale: f64,
    /// The error that may still be made.
    left: f64,
    /// The error that f's own rounding makes of any stretch.
    noise: f64,
    evaluated: u32,
    /// The narrow stretch with the largest change: from, to, change.
    steepest: Option<(f64, f64, f64)>,
    /// Errors that were accepted beyond the allowance.
    open: f64,
    /// Whether some were accepted because they are rounding.
    rounded: bool,
}

impl State {
    fn accept(&mut self, stretch: &Stretch, error: f64, change: f64) {
        self.open += error;
        if stretch.depth >= 6 && self.steepest.is_none_or(|(_, _, most)| change > most) {
            self.steepest = Some((stretch.from, stretch.to, change));
        }
    }

    fn note(&self, tolerance: f64) -> Option<String> {
        // Where nothing changes and nothing was left open, that is all that could be asked.
        let relative = if self.open == 0.0 { 0.0 } else { self.open.abs() / self.scale };
        let converged = relative <= tolerance;
        let steep = self.steepest.filter(|(_, _, change)| *change > 0.5 * self.scale);
        let place = steep.map(|(from, to, change)| {
            format!(
                "{:.0} % of the target's change lies between {from:.6} and {to:.6} of the path, where it is all but a jump",
                100.0 * change / self.scale
            )
        });
        if !converged && self.rounded {
            return Some(format!(
                "did not converge: the relative delta is {relative:.2e}, more than {tolerance:.2e}, after {} points: what is left \
                 is the rounding of the target; a model in float64 goes further",
                self.evaluated
            ));
        }
        let advice = "another baseline (eos, mean, another text) does not lead through that place";
        match (converged, place) {
            (true, None) => None,
            (true, Some(place)) => Some(format!("{place}; {advice}")),
            (false, place) => {
                let place = place.unwrap_or_else(|| "the target changes too fast along the path".into());
                Some(format!(
                    "did not converge: the relative delta is {relative:.2e}, more than {tolerance:.2e}, after {} points; \
                     {place}; {advice}",
                    self.evaluated
                ))
            }
        }
    }
}

/// What a delta is compared with: the change of the target, or where that is all but none a share of its size.
pub(crate) fn scale_of(value: f64, baseline: f64) -> f64 {
    (value - baseline).abs().max(FLOOR * value.abs().max(baseline.abs()))
}

/// The distance from 1 to the next number.
pub(crate) fn epsilon(kind: Kind) -> f64 {
    match kind {
        Kind::Double => f64::EPSILON,
        Kind::Half => 2.0_f64.powi(-10),
        Kind::BFloat16 => 2.0_f64.powi(-7),
        _ => f64::from(f32::EPSILON),
    }
}

/// `start + position · way`, rounded to their dtype once.
pub(crate) fn place(start: &Tensor, way: &Tensor, position: f64) -> Result<Tensor, Error> {
    let far = way.f_to_kind(sum_kind(way.kind()))?.f_mul_scalar(position)?;
    Ok(far.f_add(start)?.f_to_kind(way.kind())?)
}

/// The dtype of running sums: at least single precision.
pub(crate) fn sum_kind(kind: Kind) -> Kind {
    if kind == Kind::Double { Kind::Double } else { Kind::Float }
}
