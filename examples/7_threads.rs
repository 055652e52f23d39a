//! Several texts on two threads. You will see two times: one model with two threads of libtorch's, and two models with
//! one thread each, whose texts wait for nobody.
//!
//! An attributor goes to any thread. A model serves one thread at a time: each thread opens its own. Models of one
//! folder share the pages of its weights, where they are stored in the dtype that is computed in.
//!
//! `cargo run --release -p saliency --example 7_threads`

use saliency::{Attributor, Generation, Load, Record, tch};
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const TEXTS: [&str; 8] = [
    "And God said, Let there be",
    "In the beginning",
    "And it came to pass, when",
    "Blessed is the man that",
    "And Abigail said unto",
    "The children of Israel went",
    "Now these are the names of",
    "And the evening and the morning were",
];

/// Attributes some texts with a model of this thread's own, on so many threads of libtorch's.
fn attribute(attributor: &Attributor, texts: &[&str], threads: i32) -> Outcome<Vec<Record>> {
    tch::set_num_threads(threads);
    let demo = saliency::demo(&Load::default())?;
    let record = |text: &&str| {
        let sequence = demo.generate(*text, &Generation::greedy(8))?;
        Ok(attributor.record(&demo.model, &sequence)?)
    };
    texts.iter().map(record).collect()
}

fn main() -> Outcome<()> {
    let attributor = Attributor::new().method("integrated-gradients").target("logit").check()?;
    let begun = Instant::now();
    let one = attribute(&attributor, &TEXTS, 2)?;
    println!("one model, two threads of libtorch's: {:.2} s", begun.elapsed().as_secs_f64());

    let begun = Instant::now();
    let two = std::thread::scope(|scope| -> Outcome<Vec<Record>> {
        let halves: Vec<_> = TEXTS.chunks(TEXTS.len() / 2).collect();
        let threads = halves.iter().map(|texts| scope.spawn(|| attribute(&attributor, texts, 1)));
        let threads: Vec<_> = threads.collect();
        let mut records = Vec::new();
        for thread in threads {
            records.extend(thread.join().map_err(|_| "a thread panicked")??);
        }
        Ok(records)
    })?;
    println!("two models, one thread each: {:.2} s", begun.elapsed().as_secs_f64());

    let texts = |records: &[Record]| records.iter().map(|record| record.tokens.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&one), texts(&two));
    Ok(())
}
