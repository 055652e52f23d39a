//! How long one pass takes on this machine, measured on a text.

use crate::failure::Failure;
use saliency::attribution::Problem;
use saliency::attribution::targets::Logit;
use saliency::{Generation, LanguageModel, Sequence};
use std::time::Instant;

/// The number of outputs whose backward pass is timed.
const TIMED: usize = 4;
/// The number of tokens whose generation is timed.
const GENERATED: usize = 2;

/// Seconds of one pass.
pub(crate) struct Pace {
    pub(crate) forward: f64,
    pub(crate) backward: f64,
    /// Of one generated token; 0 where none is generated.
    pub(crate) token: f64,
}

impl Pace {
    pub(crate) fn measure(
        model: &dyn LanguageModel,
        sequence: &Sequence,
        generates: bool,
    ) -> Result<Self, Failure> {
        let begun = Instant::now();
        let mut problem = Problem::new(model, sequence, &Logit)?;
        let mut forward = begun.elapsed().as_secs_f64();
        // Once more, warm, unless that would take long.
        if forward < 2.0 {
            let begun = Instant::now();
            problem = Problem::new(model, sequence, &Logit)?;
            forward = begun.elapsed().as_secs_f64();
        }
        let outputs = 0..TIMED.min(sequence.n_output());
        let begun = Instant::now();
        problem.gradients_at(&problem.embeddings(), outputs.clone(), &mut |_, _, _| Ok(()))?;
        let backward = (begun.elapsed().as_secs_f64() - forward).max(0.0) / outputs.len() as f64;
        let token = if generates { seconds_a_token(model, sequence)? } else { 0.0 };
        Ok(Self { forward, backward, token })
    }
}

fn seconds_a_token(model: &dyn LanguageModel, sequence: &Sequence) -> Result<f64, Failure> {
    let begun = Instant::now();
    model.generate(&sequence.ids()[..1], &Generation::greedy(GENERATED), &mut |_| true)?;
    Ok(begun.elapsed().as_secs_f64() / GENERATED as f64)
}
