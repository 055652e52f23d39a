//! A model of your own behind the trait: here one that counts. You will see a row of attributions that anyone can check
//! by hand. In a test of yours, `saliency::attribution::testing::check_model` (feature `testing`) holds such a model to
//! everything that the trait promises.
//!
//! `cargo run -p saliency --example 4_your_own_model`

use saliency::tch::{Device, Kind, Tensor};
use saliency::{Aggregate, Attributor, LanguageModel, Sequence};
use saliency::{Limits, ModelError, TokenId};
use std::ops::Range;

/// The logit of token v is v times the weighted sum of the numbers so far; the newest weighs most.
struct Counting;

impl LanguageModel for Counting {
    fn name(&self) -> &'static str {
        "counting"
    }
    fn limits(&self) -> Limits {
        Limits::new(16, 10)
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let numbers: Vec<f64> = ids.iter().map(|&id| id.into()).collect();
        Ok(Tensor::f_from_slice(&numbers)?.f_unsqueeze(1)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let weights =
            Tensor::f_arange(embeddings.size()[1], (Kind::Double, Device::Cpu))?.f_add_scalar(1.0)?;
        let sums = embeddings.f_mul(&weights.f_unsqueeze(1)?)?.f_cumsum(1, None)?;
        let sums = sums.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        Ok(sums.f_mul(&Tensor::f_arange(10, (Kind::Double, Device::Cpu))?)?)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sequence = Sequence::from_ids(&[3, 1, 4], &[2])?;
    let attributor = Attributor::new().target("logit").aggregate(Aggregate::Sum);
    let record = attributor.record(&Counting, &sequence)?;
    // 2 · 1 · 3, 2 · 2 · 1, 2 · 3 · 4
    println!("{:?}", record.attributions[0]);
    assert_eq!(record.attributions[0], [Some(6.0), Some(4.0), Some(24.0)]);
    Ok(())
}
