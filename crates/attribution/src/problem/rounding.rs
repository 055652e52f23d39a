//! How far rounding takes the differences that perturbation methods are made of.

use crate::calculus::rounding::epsilon;
use crate::error::Error;
use crate::problem::Problem;
use crate::problem::backward::{Graph, gradient, with_gradients};
use tch::Kind;

/// The error of a difference, in roundings of its terms: where it matters, rows of perturbation methods in float32 were
/// never further from those in float64 (`crates/model-gpt2/tests/rounding.rs`).
const ROUNDINGS: f64 = 3.0;

impl Problem<'_> {
    /// About how far rounding takes a difference of the target at one output, where the model computes in float32 or
    /// float64: a few times `ε (|f| + Σ_v |∂f/∂z_v · z_v|)`, for the rounding of the target and of its logits. `None`
    /// where that is unknown: for a target without a gradient, such as a rank.
    pub(crate) fn rounding(&self, output: usize) -> Result<Option<f64>, Error> {
        let kind = self.kind();
        if !matches!(kind, Kind::Float | Kind::Double) {
            return Ok(None);
        }
        with_gradients(|| {
            let leaf = self.input().logits_of(output)?.f_detach()?.f_set_requires_grad(true)?;
            let value = self.value_of(&leaf, output)?.f_select(0, 0)?;
            // An error counts as no gradient: methods that take values alone never ask the target for one.
            let Some(slope) = gradient(&value, &leaf, Graph::Dropped).unwrap_or(None) else {
                return Ok(None);
            };
            let parts = slope.f_mul(&leaf.f_detach()?)?.f_abs()?.f_sum(Kind::Double)?.f_double_value(&[])?;
            Ok(Some(ROUNDINGS * epsilon(kind) * (value.f_double_value(&[])?.abs() + parts)))
        })
    }
}
