//! What the way back propagates: the gradient, or relevance by the rules of AttnLRP (Achtibat et al. 2024).

use crate::activation::Activation;
use saliency_attribution::BackwardRule;
use tch::{TchError, Tensor};

/// Whether a rule is one of those here.
pub(crate) fn knows(rule: BackwardRule) -> bool {
    matches!(rule, BackwardRule::Gradient | BackwardRule::AttnLrp | BackwardRule::CpLrp)
}

/// What goes back of a gradient to values, and to the scores' two factors each.
pub(crate) fn to_values_and_scores(rule: BackwardRule) -> (f64, f64) {
    match rule {
        // Half to each factor of pattern times values, and of the pattern's half again half to queries and to keys.
        BackwardRule::AttnLrp => (0.5, 0.25),
        BackwardRule::CpLrp => (1.0, 0.0),
        // The gradient; rules that are not known here never come this far.
        _ => (1.0, 1.0),
    }
}

/// What goes back of a gradient to each factor of a gate's product.
pub(crate) fn to_factors(rule: BackwardRule) -> f64 {
    if rule == BackwardRule::Gradient { 1.0 } else { 0.5 }
}

/// The activation and its derivative; or the slope of the line from zero, `f(x)/x`, by a rule that keeps relevance.
pub(crate) fn with_slope(
    activation: Activation,
    x: &Tensor,
    rule: BackwardRule,
) -> Result<(Tensor, Tensor), TchError> {
    let (y, slope) = activation.with_derivative(x)?;
    if rule == BackwardRule::Gradient {
        return Ok((y, slope));
    }
    // At zero the line is the tangent.
    let line = y.f_div(x)?.f_where_self(&x.f_ne(0.0)?, &slope)?;
    Ok((y, line))
}
