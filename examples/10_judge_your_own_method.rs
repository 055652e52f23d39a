//! Is a method of yours better than the built-in ones, on a model of yours? You will see tables of what the model's
//! answers lose without the tokens that each method names first, beside random orders, and a last line of what the
//! figures support.
//!
//! `cargo run --release -p saliency --example 10_judge_your_own_method`

use saliency::attribution::{Baseline, Error, Faithfulness};
use saliency::compare::{Table, judged};
use saliency::tch::{Device, Kind, Tensor};
use saliency::{Aggregate, Attributor, Comparison, LanguageModel, Method, Record, Sequence, target};
use saliency::{Card, Explanation, Limits, ModelError, Problem, TokenId};
use std::ops::Range;

/// The logit of token v is v times the sum of the numbers so far, each divided by its distance.
struct Fading;

impl LanguageModel for Fading {
    fn name(&self) -> &'static str {
        "fading"
    }
    fn limits(&self) -> Limits {
        Limits::new(64, 10)
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        let numbers: Vec<f64> = ids.iter().map(|&id| id.into()).collect();
        Ok(Tensor::f_from_slice(&numbers)?.f_unsqueeze(1)?)
    }
    fn logits(&self, embeddings: &Tensor, _: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        let (tokens, on) = (embeddings.size()[1], (Kind::Double, Device::Cpu));
        let places = Tensor::f_arange(tokens, on)?;
        let distance = places.f_unsqueeze(1)?.f_sub(&places)?.f_add_scalar(1.0)?;
        let weights = distance.f_reciprocal()?.f_tril(0)?;
        let sums =
            weights.f_matmul(embeddings)?.f_narrow(1, positions.start as i64, positions.len() as i64)?;
        Ok(sums.f_mul(&Tensor::f_arange(10, on)?)?.f_div_scalar(50.0)?)
    }
}

/// The method: the number itself, however far away it is.
#[derive(Debug)]
struct Size;

impl Method for Size {
    fn card(&self) -> Card {
        Card::new("size", "e_i")
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        problem.gradients(&mut |output, value, _| {
            let read = problem.row_length(output) as i64;
            let numbers = problem.embeddings().f_select(0, 0)?.f_narrow(0, 0, read)?;
            each(Explanation::new(output, numbers, value))
        })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let sequence = Sequence::from_ids(&[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8], &[9, 7, 9, 3, 2, 3, 8, 4])?;
    let attributor = Attributor::new().target("log-probability").aggregate(Aggregate::Sum);
    let ours = attributor.clone().with_method(Size).record(&Fading, &sequence)?;
    let built_in = ["gradient-x-input", "leave-one-out", "position"];
    let others = built_in.map(|name| attributor.clone().method(name).record(&Fading, &sequence));
    let records = [Ok(ours)].into_iter().chain(others).collect::<Result<Vec<Record>, _>>()?;

    let of_each: Vec<&Record> = records.iter().collect();
    let outputs: Vec<usize> = (0..sequence.n_output()).collect();
    let faithfulness = Faithfulness::new().operators(vec![Baseline::Zero.into()]);
    let target = target("log-probability")?;
    let found = faithfulness.measure(&Fading, &sequence, &*target, &of_each, &outputs, &mut |_| true)?;

    let mut scores = Comparison::of(&records)?.scores()?;
    // What the methods are held against, as the random orders are.
    scores.methods[3].control = true;
    scores.methods.push(saliency::schema::scores::ScoredMethod::control("random orders"));
    let scores = judged(scores.with_measurements(found.measurements))?;
    for table in Table::of(&scores) {
        println!("{}", table.to_text());
    }
    println!("{}", scores.verdict.unwrap_or_default());
    Ok(())
}
