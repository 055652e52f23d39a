//! `kl-divergence`: how far some of the context moves the prediction.

use crate::error::Error;
use crate::target::clean_run::CleanRun;
use crate::target::explained::Explained;
use crate::target::widened;
use crate::target::{OutputToken, Target};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};
use tch::Tensor;

/// `f = KL(p ‖ q) = Σ p (ln p − ln q)` over the vocabulary, in nats: `p` with the whole text, `q` without some of its
/// input tokens, which are left out so that later ones move up. `q` is found once and held.
///
/// Positive attributions move the prediction away from what it is without that context. Never below 0; 0 where the
/// context changes nothing.
///
/// Source: Sarti, Chrupała, Nissim & Bisazza 2024, "Quantifying the Plausibility of Context Reliance in Neural Machine
/// Translation", §3.1.
#[derive(Debug, Default)]
pub struct KlDivergence {
    without: Vec<Range<usize>>,
    /// `ln q`, `[outputs, vocabulary]`.
    reference: Option<Mutex<Tensor>>,
}

impl KlDivergence {
    /// Against the run without these ranges of input tokens.
    pub fn from_run_without(ranges: Vec<Range<usize>>) -> Self {
        Self { without: ranges, reference: None }
    }
}

impl Target for KlDivergence {
    fn name(&self) -> &'static str {
        "kl-divergence"
    }
    fn summary(&self) -> &'static str {
        "Σ p (ln p − ln q): how far the prediction is from that without some of the text, in nats"
    }
    fn asks_for_a_token(&self) -> bool {
        false
    }
    fn value(&self, logits: &Tensor, output: OutputToken) -> Result<Tensor, Error> {
        let reference = self.reference.as_ref().ok_or_else(nothing_left_out)?;
        let reference = reference.lock().unwrap_or_else(PoisonError::into_inner);
        let logarithms = widened(logits)?.f_log_softmax(-1, None)?;
        let apart = logarithms.f_sub(&reference.f_select(0, output.output as i64)?)?;
        Ok(logarithms.f_exp()?.f_mul(&apart)?.f_sum_dim_intlist(&[-1_i64][..], false, None)?)
    }
    fn bound_to(&self, clean: &CleanRun<'_>) -> Result<Option<Box<dyn Target>>, Error> {
        if self.without.is_empty() {
            return Err(nothing_left_out());
        }
        let reference = widened(&clean.logits_without(&self.without)?)?.f_log_softmax(-1, None)?;
        Ok(Some(Box::new(Self { without: self.without.clone(), reference: Some(Mutex::new(reference)) })))
    }
    fn without(&self, ranges: Vec<Range<usize>>) -> Option<Box<dyn Target>> {
        Some(Box::new(Self::from_run_without(ranges)))
    }
    fn explained(&self, _output: OutputToken) -> Explained {
        Explained { without: self.without.clone(), ..Explained::default() }
    }
    fn describe(&self) -> saliency_schema::Target {
        let mut target = saliency_schema::Target::new(self.name());
        let ranges: Vec<_> = self.without.iter().map(|r| vec![r.start, r.end]).collect();
        target.parameters.insert("without".to_owned(), ranges.into());
        target
    }
}

fn nothing_left_out() -> Error {
    let range = "ranges of input tokens to leave out, such as 0..5";
    Error::Parameter { name: "without", value: "missing".into(), range }
}
