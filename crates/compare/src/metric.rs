//! The metrics that methods are judged by, and which direction is better.

use saliency_schema::scores::Better;

/// A metric of faithfulness, or of known evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metric {
    /// Its name: lower case with hyphens.
    pub name: &'static str,
    /// Which direction is better.
    pub better: Better,
    /// What it is, in a line.
    pub summary: &'static str,
    /// Whether it says how well known evidence is found, and not what the model does without tokens.
    pub of_evidence: bool,
}

const fn higher(name: &'static str, summary: &'static str) -> Metric {
    Metric { name, better: Better::Higher, summary, of_evidence: false }
}

const fn lower(name: &'static str, summary: &'static str) -> Metric {
    Metric { name, better: Better::Lower, summary, of_evidence: false }
}

const fn evidence(name: &'static str, summary: &'static str) -> Metric {
    Metric { name, better: Better::Higher, summary, of_evidence: true }
}

/// Every metric, in the order in which tables show them. What decides in a [`verdict`](crate::verdict()) is the first
/// one that was measured.
pub const METRICS: &[Metric] = &[
    higher("aopc-comprehensiveness", "mean drop of the target as the most relevant tokens go"),
    higher("comprehensiveness", "drop of the target without the most relevant tokens"),
    lower("aopc-sufficiency", "mean drop of the target with the most relevant tokens alone"),
    lower("sufficiency", "drop of the target with the most relevant tokens alone"),
    lower("deletion-area", "area under the target as the most relevant tokens go"),
    higher("insertion-area", "area under the target as the most relevant tokens come"),
    higher("area-between", "area between the curves of least and most relevant tokens first"),
    lower("log-odds", "log-probability lost without the most relevant tokens"),
    higher("soft-nc", "change of the prediction with tokens kept by one minus their attribution"),
    higher("soft-ns", "what of the prediction stays with tokens kept by their attribution"),
    lower("infidelity", "squared error of the attributions’ predictions of changes"),
    lower("sensitivity-max", "largest change of the attributions near the input"),
    higher("tau-leave-one-out", "Kendall’s τ-b with leaving one token out"),
    higher("aopc-comprehensiveness-released", "aopc-comprehensiveness as ERASER’s code has it, without 0 %"),
    lower("aopc-sufficiency-released", "aopc-sufficiency as ERASER’s code has it, without 0 %"),
    higher("lds", "rank correlation of predicted and true targets of random subsets"),
    evidence("pointing-game", "share of the cases in which the strongest candidate is the evidence"),
    evidence("reciprocal-rank", "1 over the rank of the best evidence among the candidates"),
    evidence("evidence-mass", "share of the sizes of all attributions that the evidence has"),
];

/// The metric of that name.
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}
