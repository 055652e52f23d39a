//! `occlusion`: what the target loses when a token's embedding is taken away.

use crate::{Aggregate, Baseline, Error, Explanation, Method, Normalize, Parameters, Problem};
use std::ops::Range;
use tch::{Kind, Tensor};

/// Tokens that go through the model together.
const TOKENS_IN_BATCH: usize = 4096;
/// Logits that are held together.
const LOGITS_IN_BATCH: usize = 1 << 26;

/// `a_i = f(x) − f(x with e_i := e'_i)`, signed: one number a token, with every other token as it is. Its position stays.
///
/// In units of the target. Positive: the token raises the target. The rows do not add up to anything: what two tokens say
/// together is taken away twice.
///
/// Cost: one forward pass for each token, all outputs together, in batches; no backward pass.
/// Source: Zeiler & Fergus 2014, "Visualizing and Understanding Convolutional Networks"; for text, Li, Monroe & Jurafsky
/// 2016, "Understanding Neural Networks through Representation Erasure".
#[derive(Debug, Clone, Copy)]
#[doc(alias = "feature_ablation")]
pub struct Occlusion {
    baseline: Baseline,
}

impl Default for Occlusion {
    fn default() -> Self {
        Self::new()
    }
}

impl Occlusion {
    /// Occlusion by [`Baseline::Zero`].
    pub fn new() -> Self {
        Self { baseline: Baseline::Zero }
    }

    /// What stands in the token's place. Default: [`Baseline::Zero`].
    #[must_use]
    pub fn baseline(self, baseline: Baseline) -> Self {
        Self { baseline }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
        let mut method = Self::new();
        if let Some(baseline) = &parameters.baseline {
            method = method.baseline(baseline.parse()?);
        }
        Parameters { baseline: None, ..parameters.clone() }.none_for(method)
    }
}

impl Method for Occlusion {
    fn name(&self) -> &'static str {
        "occlusion"
    }
    fn aliases(&self) -> &'static [&'static str] {
        &["feature-ablation", "feature_ablation", "erasure"]
    }
    fn summary(&self) -> &'static str {
        "f(x) − f(x without e_i): what the target loses with the token's embedding"
    }
    fn default_reduction(&self) -> (Aggregate, Normalize) {
        (Aggregate::Sum, Normalize::None)
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.baseline = Some(self.baseline.name().to_owned());
        description
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let outputs = problem.n_output();
        let all = problem.row_length(outputs - 1);
        let n_input = problem.row_length(0);
        let logits = outputs * problem.vocabulary();
        let size = (TOKENS_IN_BATCH / all).min(LOGITS_IN_BATCH / logits.max(1)).max(1);
        let (values, columns) = {
            let _no_gradient = tch::no_grad_guard();
            let input = problem.embeddings();
            let empty = self.baseline.embeddings(problem, &input)?;
            let value = |output| -> Result<f64, Error> {
                Ok(problem.value(problem.input(), output)?.f_double_value(&[0])?)
            };
            let values = (0..outputs).map(value).collect::<Result<Vec<_>, _>>()?;
            // What each token's absence leaves of each output; outputs before the token have not read it.
            let mut columns: Vec<Vec<f64>> = Vec::with_capacity(all);
            let mut begin = 0;
            while begin < all {
                let end = (begin + size).min(all);
                let first = (begin + 1).saturating_sub(n_input);
                let left = without(problem, (&input, &empty), begin as i64..end as i64, first)?;
                for row in 0..left.size()[0] {
                    let mut column = vec![f64::NAN; first];
                    column.extend(Vec::<f64>::try_from(left.f_select(0, row)?)?);
                    columns.push(column);
                }
                begin = end;
            }
            (values, columns)
        };
        for (output, value) in values.into_iter().enumerate() {
            let row: Vec<f64> =
                columns[..problem.row_length(output)].iter().map(|left| value - left[output]).collect();
            let vectors = Tensor::f_from_slice(&row)?.f_unsqueeze(1)?;
            each(Explanation { output, vectors, value, baseline_value: None, steps: None })?;
        }
        Ok(())
    }
}

/// The targets of the outputs from `first` on without each of some tokens, whose place `empty` takes: `[tokens, outputs]`.
fn without(
    problem: &Problem<'_>,
    (input, empty): (&Tensor, &Tensor),
    tokens: Range<i64>,
    first: usize,
) -> Result<Tensor, Error> {
    let batch = input.f_repeat([tokens.end - tokens.start, 1, 1])?;
    for (row, token) in tokens.enumerate() {
        let mut place = batch.f_select(0, row as i64)?.f_select(0, token)?;
        place.f_copy_(&empty.f_select(0, 0)?.f_select(0, token)?)?;
    }
    let outputs = first..problem.n_output();
    let forward = problem.forward(&batch, outputs.clone())?;
    let values = outputs.map(|output| problem.value(&forward, output)).collect::<Result<Vec<_>, _>>()?;
    Ok(Tensor::f_stack(&values, 1)?.f_to_kind(Kind::Double)?)
}
