//! What the way back propagates: the gradient, relevance by the rules of AttnLRP (Achtibat et al. 2024) and CP-LRP (Ali
//! et al. 2022), or the gradient as GIM modifies it (Edin et al. 2025).

use crate::activation::Activation;
use saliency_attribution::BackwardRule;
use tch::{TchError, Tensor};

/// Whether a rule is one of those here.
pub(crate) fn knows(rule: BackwardRule) -> bool {
    use BackwardRule::{AttnLrp, CpLrp, Gim, Gradient};
    matches!(rule, Gradient | AttnLrp | CpLrp | Gim)
}

/// What goes back of a gradient to values, and to the scores' two factors each.
pub(crate) fn to_values_and_scores(rule: BackwardRule) -> (f64, f64) {
    match rule {
        // Half to each factor of pattern times values, and of the pattern's half again half to queries and to keys.
        BackwardRule::AttnLrp | BackwardRule::Gim => (0.5, 0.25),
        BackwardRule::CpLrp => (1.0, 0.0),
        // The gradient; rules that are not known here never come this far.
        _ => (1.0, 1.0),
    }
}

/// The temperature at which a softmax is gone back through, where it is not the one of the way there.
pub(crate) fn temperature(rule: BackwardRule) -> Option<f64> {
    (rule == BackwardRule::Gim).then_some(2.0)
}

/// What goes back of a gradient to the gate and to the other factor of its product.
pub(crate) fn to_gate_and_factor(rule: BackwardRule) -> (f64, f64) {
    match rule {
        BackwardRule::AttnLrp => (0.5, 0.5),
        BackwardRule::CpLrp => (0.0, 1.0),
        _ => (1.0, 1.0),
    }
}

/// The activation and its derivative; or the slope of the line from zero, `f(x)/x`, by a rule that keeps relevance.
pub(crate) fn with_slope(
    activation: Activation,
    x: &Tensor,
    rule: BackwardRule,
) -> Result<(Tensor, Tensor), TchError> {
    let (y, slope) = activation.with_derivative(x)?;
    if !matches!(rule, BackwardRule::AttnLrp | BackwardRule::CpLrp) {
        return Ok((y, slope));
    }
    // At zero the line is the tangent.
    let line = y.f_div(x)?.f_where_self(&x.f_ne(0.0)?, &slope)?;
    Ok((y, line))
}
