//! What `layer-gradient-x-activation` finds from every layer in one pass: the target's derivative along each residual
//! stream, and what runs from each layer find.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_attribution::testing::Transformer;
use saliency_attribution::{
    Aggregate, AttentionView, Attributor, Inside, LanguageModel, Limits, ModelError, Normalize, Parameters,
    ReadOut, Sequence,
};
use saliency_schema::Record;
use std::ops::Range;
use tch::Tensor;

const NAME: &str = "layer-gradient-x-activation";
const INPUTS: [u32; 4] = [1, 4, 0, 2];
const OUTPUTS: [u32; 3] = [3, 5, 1];
const LAYERS: usize = 3;

fn model() -> Transformer {
    Transformer::new(6, LAYERS as i64)
}

fn sequence() -> Sequence {
    Sequence::from_ids(&INPUTS, &OUTPUTS).unwrap()
}

fn attributor(layer: usize) -> Attributor {
    let method = Attributor::new().method_with(NAME, Parameters::new().layer(layer));
    method.target("log-probability").aggregate(Aggregate::Sum).normalize(Normalize::None)
}

fn by_layer(record: &Record, output: usize) -> Vec<f64> {
    record.outputs[output].by_layer.iter().map(|x| x.unwrap()).collect()
}

/// The log-probability of each output with residual stream `layer` times a factor.
fn scaled(layer: usize, factor: f64) -> Vec<f64> {
    let _no_gradient = tch::no_grad_guard();
    let model = model();
    let ids = [&INPUTS[..], &OUTPUTS[..2]].concat();
    let embeddings = model.embed(&ids).unwrap().unsqueeze(0);
    let stream = model.residual(layer, &embeddings).unwrap() * factor;
    let logits = model.logits_from(layer, &stream, 3..6).unwrap().log_softmax(-1, None);
    (0..3).map(|row| logits.double_value(&[0, row, i64::from(OUTPUTS[row as usize])])).collect()
}

/// `Σ_i ⟨h_i, ∂f/∂h_i⟩ = d f(s h) / ds at s = 1`, by central differences with one more term: of fourth order.
#[test]
fn sums_by_layer_are_derivatives_along_the_stream() {
    let record = attributor(0).record(&model(), &sequence()).unwrap();
    for layer in 0..=LAYERS {
        let h = 3e-4;
        let at = |steps: f64| scaled(layer, 1.0 + steps * h);
        let (near, far) = ((at(1.0), at(-1.0)), (at(2.0), at(-2.0)));
        for output in 0..3 {
            let slope = |(more, less): &(Vec<f64>, Vec<f64>)| more[output] - less[output];
            let expected = (8.0 * slope(&near) - slope(&far)) / (12.0 * h);
            let found = by_layer(&record, output)[layer];
            assert!((found - expected).abs() < 1e-9, "layer {layer}, output {output}: {found} {expected}");
            // The last norm forgets the stream's size, but for its epsilon.
            assert!(layer < LAYERS || expected.abs() < 1e-3, "{expected}");
        }
        assert_eq!(by_layer(&record, 0).len(), LAYERS + 1);
    }
}

#[test]
fn each_is_the_sum_of_a_run_from_there() {
    let first = attributor(0).record(&model(), &sequence()).unwrap();
    for layer in 0..=LAYERS {
        let record = attributor(layer).record(&model(), &sequence()).unwrap();
        let without = attributor(layer).record(&WithoutBlocks(model()), &sequence()).unwrap();
        for output in 0..3 {
            let own = |record: &Record| -> f64 { record.attributions[output].iter().flatten().sum() };
            let expected = own(&without);
            for found in [by_layer(&first, output)[layer], own(&record), by_layer(&record, output)[layer]] {
                assert!((found - expected).abs() < 1e-10, "layer {layer}: {found} {expected}");
            }
            for (a, b) in record.attributions[output].iter().zip(&without.attributions[output]) {
                assert!((a.unwrap() - b.unwrap()).abs() < 1e-10, "layer {layer}: {a:?} {b:?}");
            }
        }
        assert!(without.outputs.iter().all(|output| output.by_layer.is_empty()));
    }
}

/// A span's are the sums of its outputs'.
#[test]
fn of_a_span_they_are_added_up() {
    let each = attributor(1).record(&model(), &sequence()).unwrap();
    for outputs in [0..2, 1..3, 2..3] {
        let span = attributor(1).span(outputs.clone()).record(&model(), &sequence()).unwrap();
        for layer in 0..=LAYERS {
            let expected: f64 = outputs.clone().map(|output| by_layer(&each, output)[layer]).sum();
            let found = by_layer(&span, 0)[layer];
            assert!((found - expected).abs() < 1e-12, "{outputs:?}, layer {layer}: {found} {expected}");
        }
    }
}

/// The same model, which does not run its blocks one by one.
#[derive(Debug)]
struct WithoutBlocks(Transformer);

impl LanguageModel for WithoutBlocks {
    fn name(&self) -> &str {
        self.0.name()
    }
    fn limits(&self) -> Limits {
        self.0.limits()
    }
    fn embed(&self, ids: &[u32]) -> Result<Tensor, ModelError> {
        self.0.embed(ids)
    }
    fn logits(&self, embeddings: &Tensor, n: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        self.0.logits(embeddings, n, positions)
    }
    fn inside(&self) -> Option<&dyn Inside> {
        Some(self)
    }
}

impl Inside for WithoutBlocks {
    fn layers(&self) -> usize {
        self.0.layers()
    }
    fn heads(&self) -> usize {
        self.0.heads()
    }
    fn residual(&self, layer: usize, embeddings: &Tensor) -> Result<Tensor, ModelError> {
        self.0.residual(layer, embeddings)
    }
    fn logits_from(
        &self,
        layer: usize,
        residual: &Tensor,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        self.0.logits_from(layer, residual, positions)
    }
    fn attention_at(&self, layer: usize, residual: &Tensor) -> Result<AttentionView, ModelError> {
        self.0.attention_at(layer, residual)
    }
    fn feed_forward(&self, layer: usize, attended: &Tensor) -> Result<Tensor, ModelError> {
        self.0.feed_forward(layer, attended)
    }
    fn read_out(&self, residual: &Tensor, weights: &Tensor) -> Result<ReadOut, ModelError> {
        self.0.read_out(residual, weights)
    }
}
