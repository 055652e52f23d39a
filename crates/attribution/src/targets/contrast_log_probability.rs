//! `contrast-log-probability`: the produced token's log-probability less an alternative's.

use crate::target::contrast::contrast;
use crate::targets::log_probability::LogProbability;
use crate::targets::logit::Logit;

contrast! {
    /// `f = ln p_t − ln p_a`, with `a` the alternative: the runner-up at the clean input, a given token, or the mean
    /// over several. Positive attributions speak for the produced token *rather than* the other. In nats. It equals
    /// `contrast-logit`: the normalisation cancels.
    ///
    /// Source: Yin & Neubig 2022, "Interpreting Language Models with Contrastive Explanations".
    ContrastLogProbability, LogProbability, "contrast-log-probability", "ln p_t − ln p_a: the produced token's log-probability less an alternative's", logits of Logit
}
