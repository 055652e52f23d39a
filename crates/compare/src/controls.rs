//! What methods are held against: random orders, and others such as `position`.

use saliency_schema::scores::{ScoredMethod, Scores};

/// The random orders.
pub(crate) fn random_orders(scores: &Scores) -> Option<usize> {
    scores.methods.iter().position(is_random)
}

/// Every control that is no random order.
pub(crate) fn others(scores: &Scores) -> impl Iterator<Item = usize> {
    let is_other = |method: &ScoredMethod| method.control && !is_random(method);
    (0..scores.methods.len()).filter(move |method| is_other(&scores.methods[*method]))
}

fn is_random(method: &ScoredMethod) -> bool {
    method.control && method.name.starts_with("random")
}
