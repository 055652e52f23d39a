//! Vector–Jacobian products of many outputs in one batch: one forward pass that remembers what they need, and a walk
//! back through the blocks in which all outputs share every matrix product.
//!
//! Autograd takes one output at a time, with one sequence's rows in each product; here a product has the rows of all
//! outputs together. Only for float32 and float64, where both give the same to rounding.

pub(crate) mod attention;
pub(crate) mod block;
pub(crate) mod feed_forward;
pub(crate) mod norm;
pub(crate) mod pair;
pub(crate) mod rule;
pub(crate) mod tape;

use saliency_attribution::BackwardRule;
use tch::Kind;

/// Whether the batched way back keeps as many digits as autograd does.
pub fn serves(kind: Kind) -> bool {
    matches!(kind, Kind::Float | Kind::Double)
}

/// Whether it serves a rule in a dtype: of the gradient, as many digits as autograd keeps; and rules that are known
/// here.
pub(crate) fn serves_by(rule: BackwardRule, kind: Kind) -> bool {
    rule::knows(rule) && (rule != BackwardRule::Gradient || serves(kind))
}
