//! The scale of a convergence delta.

/// Below this share of max(|f(x)|, |f(baseline)|) a change of the target counts as none.
const FLOOR: f64 = 1e-4;

/// What a convergence delta is divided by: the change of the target, or where that is close to nothing a share of its
/// size.
pub(crate) fn scale_of(value: f64, baseline: f64) -> f64 {
    (value - baseline).abs().max(FLOOR * value.abs().max(baseline.abs()))
}
