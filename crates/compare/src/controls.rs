//! What methods are held against: random orders or chance, and others such as `position`.

use saliency_schema::scores::{ScoredMethod, Scores};

/// What chance alone gives: random orders where tokens are removed, and `chance` of known evidence.
pub(crate) fn chance(scores: &Scores, of_evidence: bool) -> Option<usize> {
    let is = |method: &ScoredMethod| if of_evidence { is_chance(method) } else { is_random(method) };
    scores.methods.iter().position(is)
}

/// Every other control.
pub(crate) fn others(scores: &Scores) -> impl Iterator<Item = usize> {
    let is_other = |method: &ScoredMethod| method.control && !is_random(method) && !is_chance(method);
    (0..scores.methods.len()).filter(move |method| is_other(&scores.methods[*method]))
}

fn is_random(method: &ScoredMethod) -> bool {
    method.control && method.name.starts_with("random")
}

fn is_chance(method: &ScoredMethod) -> bool {
    method.control && method.name == "chance"
}
