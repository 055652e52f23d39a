//! Every method on one continuation. You will see, for each, the token that the first output took most from, and for
//! the complete ones how far their sum is from the change in the target.
//!
//! `cargo run --release -p saliency --example 3_compare_methods`

use saliency::{Aggregate, Attributor, Generation, Load, methods};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let demo = saliency::demo(&Load::default())?;
    let sequence =
        demo.generate("And God said, Let there be light: and there was", &Generation::greedy(1))?;
    println!("{}", sequence.text());
    for method in methods() {
        let name = method.name();
        let attributor =
            Attributor::new().with_method(method).target("log-probability").aggregate(Aggregate::L2);
        let record = attributor.record(&demo.model, &sequence)?;
        let row = record.attributions[0].iter().map(|x| x.unwrap_or(f64::NAN)).enumerate();
        let (token, value) = row.max_by(|a, b| a.1.total_cmp(&b.1)).ok_or("an empty row")?;
        let delta =
            record.outputs[0].delta.map_or(String::new(), |delta| format!(", convergence delta {delta:.1e}"));
        println!("{name:22} most from {:?}: {value:.3}{delta}", record.tokens[token].text);
    }
    Ok(())
}
