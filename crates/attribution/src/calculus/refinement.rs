//! Adaptive quadrature along a path: intervals are halved until the convergence delta is within a tolerance.

use crate::calculus::delta::scale_of;
use crate::calculus::path::{Integral, Path};
use crate::calculus::quadrature::{Point, Quadrature};
use crate::calculus::rounding::{ROUNDINGS, epsilon};
use crate::error::Error;
use tch::{Kind, Tensor};

/// The most points that one output may take.
pub(crate) const MOST_POINTS: u32 = 512;
/// How often an interval may be halved: down to 1/65,536 of the path.
const DEPTH: u32 = 16;
/// Halvings after which an interval is narrow enough to be named in a note.
const NARROW: u32 = 6;

impl Path<'_, '_> {
    /// The integral with as many points as each output needs for |Σ a − (f(x) − f(baseline))| to be at most `tolerance`
    /// of the change. `first` are the values at the path's start, `n` the Gauss–Legendre points of each interval.
    ///
    /// f at both ends of an interval is exactly what its integral should add up to. So the error of every interval is
    /// known, intervals with too large an error are halved, and points go where f changes.
    pub(crate) fn by_tolerance(
        &self,
        tolerance: f64,
        (first, n): (&[f64], usize),
    ) -> Result<Vec<Integral>, Error> {
        let last = self.values(1.0)?;
        let mut refinement = Refinement::new(self, tolerance, n, (first, &last))?;
        let whole = Interval { from: 0.0, to: 1.0, depth: 0, values: (first.to_vec(), last) };
        let rows: Vec<usize> = (0..self.outputs().len()).collect();
        let estimates = refinement.estimates(&whole, &rows)?;
        refinement.refine(&whole, estimates, &vec![f64::INFINITY; rows.len()])?;
        let Refinement { mut integrals, states, .. } = refinement;
        for (integral, state) in integrals.iter_mut().zip(&states) {
            integral.note = state.note(tolerance);
        }
        Ok(integrals)
    }
}

/// The integrals of all outputs while intervals are halved. Rows number the path's outputs from 0.
struct Refinement<'r, 'p, 'a> {
    path: &'r Path<'p, 'a>,
    /// The points of each interval, on 0 to 1.
    rule: Vec<Point>,
    states: Vec<State>,
    integrals: Vec<Integral>,
}

/// An interval of the path.
struct Interval {
    from: f64,
    to: f64,
    /// How often the path was halved to get here.
    depth: u32,
    /// Every row's target at both ends; NaN for rows that are finished.
    values: (Vec<f64>, Vec<f64>),
}

/// The integral over one interval for one row.
struct Estimate {
    row: usize,
    /// The weighted sum of gradients.
    sum: Tensor,
    /// By how much it misses the change of the target over the interval.
    error: f64,
}

/// What is known of one row.
struct State {
    /// What the delta is divided by.
    scale: f64,
    /// The error that may still be made.
    allowance: f64,
    /// The error that the rounding of f may cause in any interval.
    noise: f64,
    /// Points evaluated, also in intervals that were halved later.
    evaluated: u32,
    /// The narrow interval with the largest change: from, to, change.
    steepest: Option<(f64, f64, f64)>,
    /// The sum of the errors of accepted intervals: the convergence delta.
    delta: f64,
    /// Whether an error beyond the allowance was accepted because it is rounding.
    rounded: bool,
}

impl<'r, 'p, 'a> Refinement<'r, 'p, 'a> {
    fn new(
        path: &'r Path<'p, 'a>,
        tolerance: f64,
        n: usize,
        (first, last): (&[f64], &[f64]),
    ) -> Result<Self, Error> {
        let zero = |output| Ok(Integral { sum: path.zero(output)?, points: 0, note: None });
        let integrals = path.outputs().map(zero).collect::<Result<_, Error>>()?;
        let state = |(first, last): (&f64, &f64)| {
            let scale = scale_of(*last, *first);
            State {
                scale,
                allowance: tolerance * scale,
                noise: ROUNDINGS * epsilon(path.kind()) * last.abs().max(first.abs()),
                evaluated: 0,
                steepest: None,
                delta: 0.0,
                rounded: false,
            }
        };
        let states = first.iter().zip(last).map(state).collect();
        Ok(Self { path, rule: Quadrature::GaussLegendre.points(n), states, integrals })
    }

    /// The integral over an interval, for some rows.
    fn estimates(&self, interval: &Interval, rows: &[usize]) -> Result<Vec<Estimate>, Error> {
        let width = interval.to - interval.from;
        let scaled =
            |p: &Point| Point { position: interval.from + p.position * width, weight: p.weight * width };
        let points: Vec<Point> = self.rule.iter().map(scaled).collect();
        let first = self.path.outputs().start;
        let mut estimates = Vec::new();
        // Consecutive outputs share their forward passes.
        for group in rows.chunk_by(|a, b| a + 1 == *b) {
            let outputs = first + group[0]..first + group[group.len() - 1] + 1;
            for (&row, sum) in group.iter().zip(self.path.sums(&points, outputs)?) {
                let parts = sum.f_mul(&self.path.difference(first + row)?)?;
                let total = parts.f_sum(Kind::Double)?.f_double_value(&[])?;
                let error = total - (interval.values.1[row] - interval.values.0[row]);
                estimates.push(Estimate { row, sum, error });
            }
        }
        Ok(estimates)
    }

    /// Accepts an interval's estimates, or halves it for the rows whose error is too large. `before` has every row's
    /// error over the interval that this one is a half of.
    fn refine(&mut self, interval: &Interval, estimates: Vec<Estimate>, before: &[f64]) -> Result<(), Error> {
        let n = self.rule.len() as u32;
        let mut open = Vec::new();
        let mut errors = vec![f64::INFINITY; self.states.len()];
        for estimate in estimates {
            let (row, error) = (estimate.row, estimate.error);
            let state = &mut self.states[row];
            state.evaluated += n;
            if state.accepts(interval.depth, n, error, before[row]) {
                let change = (interval.values.1[row] - interval.values.0[row]).abs();
                state.accept(interval, error, change);
                let integral = &mut self.integrals[row];
                let _ = integral.sum.f_add_(&estimate.sum)?;
                integral.points += n;
            } else {
                errors[row] = error;
                open.push(row);
            }
        }
        // The half towards the input first: what it leaves of the allowance is there for the other.
        for half in self.halves(interval, &open)?.into_iter().flatten() {
            let estimates = self.estimates(&half, &open)?;
            self.refine(&half, estimates, &errors)?;
        }
        Ok(())
    }

    /// Both halves of an interval, the later first, with the values of some rows between them; `None` for no row.
    fn halves(&self, interval: &Interval, rows: &[usize]) -> Result<Option<[Interval; 2]>, Error> {
        let Some((low, high)) = rows.first().zip(rows.last()) else { return Ok(None) };
        let middle = f64::midpoint(interval.from, interval.to);
        let first = self.path.outputs().start;
        let values = self.path.values_of(middle, first + low..first + high + 1)?;
        let mut between = vec![f64::NAN; self.states.len()];
        between[*low..=*high].copy_from_slice(&values);
        let (from, to) = interval.values.clone();
        let depth = interval.depth + 1;
        Ok(Some([
            Interval { from: middle, to: interval.to, depth, values: (between.clone(), to) },
            Interval { from: interval.from, to: middle, depth, values: (from, between) },
        ]))
    }
}

impl State {
    /// Whether an interval is not halved again: its error is small enough, or halving it would not help. An error
    /// beyond the allowance that is accepted as rounding is remembered.
    fn accepts(&mut self, depth: u32, n: u32, error: f64, before: f64) -> bool {
        // Both halves, and a half that waits at every interval above.
        let needed = (2 + depth) * n;
        let exhausted = depth >= DEPTH || self.evaluated + needed > MOST_POINTS;
        // Half of what is left, so that as much stays for all other intervals.
        let allowed = if depth == 0 { self.allowance } else { 0.5 * self.allowance };
        // As small as rounding, and not much smaller for being halved: f itself is not known any better.
        let rounding =
            error.abs() > allowed && error.abs() <= self.noise && error.abs() >= 0.25 * before.abs();
        let accepted = error.abs() <= allowed || rounding || exhausted || !error.is_finite();
        self.rounded |= rounding;
        accepted
    }

    fn accept(&mut self, interval: &Interval, error: f64, change: f64) {
        self.allowance = (self.allowance - error.abs()).max(0.0);
        self.delta += error;
        if interval.depth >= NARROW && self.steepest.is_none_or(|(_, _, most)| change > most) {
            self.steepest = Some((interval.from, interval.to, change));
        }
    }

    fn note(&self, tolerance: f64) -> Option<String> {
        // Without any error there is none to compare, even where the scale is zero.
        let relative = if self.delta == 0.0 { 0.0 } else { self.delta.abs() / self.scale };
        let converged = relative <= tolerance;
        let steep = self.steepest.filter(|(_, _, change)| *change > 0.5 * self.scale);
        let place = steep.map(|(from, to, change)| {
            format!(
                "{:.0} % of the target's change lies between {from:.6} and {to:.6} of the path, where it is all but a \
                 jump",
                100.0 * change / self.scale
            )
        });
        if !converged && self.rounded {
            return Some(format!(
                "did not converge: the relative delta is {relative:.2e}, more than {tolerance:.2e}, after {} points: \
                 what is left is the rounding of the target; a model in float64 goes further",
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
                    "did not converge: the relative delta is {relative:.2e}, more than {tolerance:.2e}, after {} \
                     points; {place}; {advice}",
                    self.evaluated
                ))
            }
        }
    }
}
