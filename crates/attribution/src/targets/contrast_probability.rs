//! `contrast-probability`: the produced token's probability less an alternative's.

use crate::target::contrast::contrast;
use crate::targets::probability::Probability;

contrast! {
    /// `f = p_t − p_a`, with `a` the alternative: the runner-up at the clean input, a given token, or the mean over
    /// several. Positive attributions speak for the produced token *rather than* the other. In shares of 1.
    ///
    /// Source: Yin & Neubig 2022, "Interpreting Language Models with Contrastive Explanations".
    ContrastProbability, Probability, "contrast-probability", "p_t − p_a: the produced token's probability less an alternative's"
}
