//! The straight path from a baseline to the input, and the integral of the gradient along it by fixed points.

use crate::calculus::quadrature::Point;
use crate::calculus::rounding::sum_kind;
use crate::calculus::space::Space;
use crate::error::Error;
use crate::problem::Problem;
use std::ops::Range;
use tch::{Kind, Tensor};

/// A path for some of the outputs.
pub(crate) struct Path<'p, 'a> {
    problem: &'p Problem<'a>,
    space: &'p Space<'a>,
    outputs: Range<usize>,
    /// Where it begins: `[1, tokens, hidden]`.
    start: Tensor,
    /// From there to the input: `[1, tokens, hidden]`.
    difference: Tensor,
}

/// The integral for one output.
pub(crate) struct Integral {
    /// The weighted sum of gradients, `[tokens, hidden]`.
    pub(crate) sum: Tensor,
    pub(crate) points: u32,
    /// Why it is not as exact as was asked for, or what is odd about it.
    pub(crate) note: Option<String>,
}

impl<'p, 'a> Path<'p, 'a> {
    /// The path from `start` to `input`, both `[1, tokens, hidden]`, for some of the outputs.
    pub(crate) fn new(
        problem: &'p Problem<'a>,
        space: &'p Space<'a>,
        outputs: Range<usize>,
        (start, input): (&Tensor, &Tensor),
    ) -> Result<Self, Error> {
        let context = problem.row_length(outputs.end - 1) as i64;
        let start = start.f_narrow(1, 0, context)?;
        let difference = input.f_narrow(1, 0, context)?.f_sub(&start)?;
        Ok(Self { problem, space, outputs, start, difference })
    }

    /// The outputs that it is for.
    pub(crate) fn outputs(&self) -> Range<usize> {
        self.outputs.clone()
    }

    /// The dtype of its points.
    pub(crate) fn kind(&self) -> Kind {
        self.difference.kind()
    }

    /// From the baseline to the input, over one output's context: `[context, hidden]`.
    pub(crate) fn difference(&self, output: usize) -> Result<Tensor, Error> {
        let context = self.problem.row_length(output) as i64;
        Ok(self.difference.f_select(0, 0)?.f_narrow(0, 0, context)?)
    }

    fn point(&self, position: f64) -> Result<Tensor, Error> {
        interpolate(&self.start, &self.difference, position)
    }

    /// The target of every output at a point of the path.
    pub(crate) fn values(&self, position: f64) -> Result<Vec<f64>, Error> {
        self.values_of(position, self.outputs())
    }

    /// The target of some of the outputs at a point of the path.
    pub(crate) fn values_of(&self, position: f64, outputs: Range<usize>) -> Result<Vec<f64>, Error> {
        self.space.values_at(self.problem, &self.point(position)?, outputs)
    }

    /// The integral by given points, for every output.
    pub(crate) fn by_points(&self, points: &[Point]) -> Result<Vec<Integral>, Error> {
        let sums = self.sums(points, self.outputs())?;
        let integral = |sum| Integral { sum, points: points.len() as u32, note: None };
        Ok(sums.into_iter().map(integral).collect())
    }

    /// A sum of gradients for one output, zero so far: `[context, hidden]`.
    pub(crate) fn zero(&self, output: usize) -> Result<Tensor, Error> {
        Ok(self.difference(output)?.f_to_kind(sum_kind(self.kind()))?.f_zeros_like()?)
    }

    /// Weighted sums of gradients for some of the outputs: `[context, hidden]` each.
    pub(crate) fn sums(&self, points: &[Point], outputs: Range<usize>) -> Result<Vec<Tensor>, Error> {
        let kind = sum_kind(self.kind());
        let mut sums: Vec<Tensor> =
            outputs.clone().map(|output| self.zero(output)).collect::<Result<_, _>>()?;
        for point in points {
            let at = self.point(point.position)?;
            self.space.gradients_at(self.problem, &at, outputs.clone(), &mut |output, _, gradient| {
                let context = self.problem.row_length(output) as i64;
                let gradient = gradient.f_narrow(0, 0, context)?.f_to_kind(kind)?;
                let sum = &mut sums[output - outputs.start];
                let _ = sum.f_add_(&gradient.f_mul_scalar(point.weight)?)?;
                Ok(())
            })?;
        }
        Ok(sums)
    }
}

/// `start + position · difference`, rounded to their dtype once.
pub(crate) fn interpolate(start: &Tensor, difference: &Tensor, position: f64) -> Result<Tensor, Error> {
    let scaled = difference.f_to_kind(sum_kind(difference.kind()))?.f_mul_scalar(position)?;
    Ok(scaled.f_add(start)?.f_to_kind(difference.kind())?)
}
