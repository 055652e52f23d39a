//! `integrated-gradients`: the gradient along the straight path from a baseline to the input.

use crate::method::Parameters;
use crate::quadrature::gauss_legendre;
use crate::{Baseline, Error, Explanation, Method, Problem};
use std::ops::Range;
use tch::{Kind, Tensor};

/// `a_i = (e_i − e'_i) ⊙ ∫₀¹ ∂f/∂e_i(e' + α (e − e')) dα`, signed, by Gauss–Legendre quadrature.
///
/// All token embeddings move along the path together; positions stay. The attributions of a row add up to
/// f(x) − f(baseline) as far as the quadrature is exact; the convergence delta says how far that is.
/// In units of the target.
///
/// Cost: for each point one forward pass, shared by all outputs because the model is causal, and one backward
/// pass for each output. Points are batched. Memory: `[outputs, tokens, hidden]` for the running sums, in
/// portions of at most 512 MiB, each of which takes its own walk along the path.
///
/// Captum rounds the quadrature's weights to single precision, in float64 runs too. So does this method, so
/// that float64 rows can be compared with captum's to 1e-9; each row is then off by about 3e-8 of itself.
/// [`exact_weights`](Self::exact_weights) leaves them as they are.
///
/// Source: Sundararajan, Taly & Yan 2017, "Axiomatic Attribution for Deep Networks", eq. 1 and 3.
#[derive(Debug, Clone, PartialEq, Eq)]
#[doc(alias = "ig")]
pub struct IntegratedGradients {
    steps: u32,
    baseline: Baseline,
    exact_weights: bool,
}

/// Tokens that go through the model in one batch of path points.
const TOKENS_IN_BATCH: usize = 1024;
/// Bytes that the running sums of one walk along the path may take.
const SUM_BYTES: usize = 512 << 20;
/// Points on the path at the most.
const MAX_STEPS: u32 = 10_000;

impl IntegratedGradients {
    /// 50 points, zero baseline, weights in single precision: captum's and ecco's defaults.
    pub fn new() -> Self {
        Self { steps: 50, baseline: Baseline::Zero, exact_weights: false }
    }

    /// How many points of the path are looked at, 1 to 10,000. Default: 50.
    ///
    /// # Errors
    /// [`Error::Parameter`] for 0 or more than 10,000.
    pub fn steps(self, steps: u32) -> Result<Self, Error> {
        if (1..=MAX_STEPS).contains(&steps) {
            return Ok(Self { steps, ..self });
        }
        Err(Error::Parameter { name: "steps", value: steps.to_string(), range: "from 1 to 10000" })
    }

    /// Where the path begins. Default: [`Baseline::Zero`].
    #[must_use]
    pub fn baseline(self, baseline: Baseline) -> Self {
        Self { baseline, ..self }
    }

    /// Whether the weights keep all their digits in float64 runs. Default: `false`, as in captum.
    #[must_use]
    pub fn exact_weights(self, exact: bool) -> Self {
        Self { exact_weights: exact, ..self }
    }

    fn weight(&self, weight: f64) -> f64 {
        if self.exact_weights { weight } else { f64::from(weight as f32) }
    }

    pub(crate) fn from_parameters(parameters: &Parameters) -> Result<Box<dyn Method>, Error> {
        let mut method = Self::new();
        if let Some(steps) = parameters.steps {
            method = method.steps(steps)?;
        }
        if let Some(baseline) = &parameters.baseline {
            method = method.baseline(baseline.parse()?);
        }
        Ok(Box::new(method))
    }

    /// Walks the path once for some of the outputs.
    fn walk(
        &self,
        problem: &Problem<'_>,
        outputs: Range<usize>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let read = problem.row_length(outputs.end - 1) as i64;
        let input = problem.embeddings().f_narrow(1, 0, read)?;
        let start = self.baseline.embeddings(problem, &input)?;
        let way = input.f_sub(&start)?;
        let kind = sum_kind(input.kind());
        let size = [outputs.len() as i64, read, way.size()[2]];
        let sums = Tensor::f_zeros(size, (kind, input.device()))?;
        let points = gauss_legendre(self.steps as usize);
        for batch in points.chunks((TOKENS_IN_BATCH / read as usize).max(1)) {
            let column = |values: Vec<f64>| -> Result<Tensor, Error> {
                let tensor = Tensor::f_from_slice(&values)?.f_reshape([-1, 1, 1])?;
                Ok(tensor.f_to_kind(kind)?.f_to(input.device())?)
            };
            let alphas = column(batch.iter().map(|p| p.position).collect())?;
            let weights = column(batch.iter().map(|p| self.weight(p.weight)).collect())?;
            let path = way.f_mul(&alphas)?.f_add(&start)?.f_to_kind(input.kind())?;
            let forward = problem.forward(&path, outputs.clone())?;
            for (row, output) in outputs.clone().enumerate() {
                // Points of a batch do not see each other: the gradient of the sum holds each point's own.
                let total = problem.value(&forward, output)?.f_sum(None)?;
                let gradients = forward.gradient(&total)?.f_to_kind(kind)?;
                let sum = gradients.f_mul(&weights)?.f_sum_dim_intlist(&[0_i64][..], false, None)?;
                let _ = sums.f_select(0, row as i64)?.f_add_(&sum)?;
            }
        }
        let at_start = {
            let _no_gradient = tch::no_grad_guard();
            problem.forward(&start, outputs.clone())?
        };
        for (row, output) in outputs.enumerate() {
            let read = problem.row_length(output) as i64;
            let sum = sums.f_select(0, row as i64)?.f_narrow(0, 0, read)?;
            let vectors = sum.f_mul(&way.f_select(0, 0)?.f_narrow(0, 0, read)?)?;
            let value =
                |forward| -> Result<f64, Error> { Ok(problem.value(forward, output)?.f_double_value(&[0])?) };
            each(Explanation {
                output,
                vectors,
                value: value(problem.input())?,
                baseline_value: Some(value(&at_start)?),
                steps: Some(self.steps),
            })?;
        }
        Ok(())
    }
}

/// The dtype of running sums: at least single precision.
fn sum_kind(kind: Kind) -> Kind {
    if kind == Kind::Double { Kind::Double } else { Kind::Float }
}

impl Default for IntegratedGradients {
    fn default() -> Self {
        Self::new()
    }
}

impl Method for IntegratedGradients {
    fn name(&self) -> &'static str {
        "integrated-gradients"
    }
    fn aliases(&self) -> &'static [&'static str] {
        &["integrated_gradients", "ig"]
    }
    fn summary(&self) -> &'static str {
        "(e_i − e'_i) ⊙ ∫ ∂f/∂e_i dα: the gradient along the path from a baseline; adds up to f(x) − f(baseline)"
    }
    fn is_complete(&self) -> bool {
        true
    }
    fn describe(&self) -> saliency_schema::Method {
        let mut description = saliency_schema::Method::new(self.name());
        description.steps = Some(self.steps);
        description.baseline = Some(self.baseline.name().to_owned());
        description.parameters.insert("rule".to_owned(), "gauss-legendre".into());
        if self.exact_weights {
            description.parameters.insert("exact_weights".to_owned(), true.into());
        }
        description
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let size = problem.embeddings().size();
        let row_bytes = (size[1] * size[2]) as usize * 8;
        let portion = (SUM_BYTES / row_bytes.max(1)).max(1);
        let mut begin = 0;
        while begin < problem.n_output() {
            let end = (begin + portion).min(problem.n_output());
            self.walk(problem, begin..end, each)?;
            begin = end;
        }
        Ok(())
    }
}
