//! A method of your own: gradient × (input − mean input). You will see its row beside gradient × input's.
//!
//! `cargo run --release -p saliency --example 5_your_own_method`

use saliency::attribution::Error;
use saliency::{Attributor, Generation, Load, Method};
use saliency::{Card, Explanation, Problem};

#[derive(Debug)]
struct GradientXDeviation;

impl Method for GradientXDeviation {
    fn card(&self) -> Card {
        Card::new("gradient-x-deviation", "(e_i − mean e) ⊙ ∂f/∂e_i")
    }
    fn attribute(
        &self,
        problem: &Problem<'_>,
        each: &mut dyn FnMut(Explanation) -> Result<(), Error>,
    ) -> Result<(), Error> {
        problem.gradients(&mut |output, value, gradient| {
            let read = problem.row_length(output) as i64;
            let input = problem.embeddings().f_select(0, 0)?.f_narrow(0, 0, read)?;
            let deviation = input.f_sub(&input.f_mean_dim(&[0_i64][..], true, None)?)?;
            let vectors = gradient.f_narrow(0, 0, read)?.f_mul(&deviation)?;
            each(Explanation::new(output, vectors, value))
        })
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let demo = saliency::demo(&Load::default())?;
    let sequence = demo.generate("And the evening and the morning were the", &Generation::greedy(1))?;
    let ours = Attributor::new().with_method(GradientXDeviation).record(&demo.model, &sequence)?;
    let plain = Attributor::new().record(&demo.model, &sequence)?;
    for (token, (a, b)) in plain.tokens.iter().zip(ours.attributions[0].iter().zip(&plain.attributions[0])) {
        println!("{:12} {:.3} {:.3}", token.text, a.unwrap_or(f64::NAN), b.unwrap_or(f64::NAN));
    }
    Ok(())
}
