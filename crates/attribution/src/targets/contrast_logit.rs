//! `contrast-logit`: the produced token's logit less an alternative's.

use crate::target::contrast::contrast;
use crate::targets::logit::Logit;

contrast! {
    /// `f = z_t − z_a`, with `a` the alternative: the runner-up at the clean input, a given token, or the mean over
    /// several. Positive attributions speak for the produced token *rather than* the other. Unlike a logit alone it
    /// sees what the other token gains.
    ///
    /// Source: Yin & Neubig 2022, "Interpreting Language Models with Contrastive Explanations".
    ContrastLogit, Logit, "contrast-logit", "z_t − z_a: the produced token's logit less an alternative's"
}
