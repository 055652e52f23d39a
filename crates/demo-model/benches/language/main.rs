//! How well the bundled model knows the language it was trained on, in bits per byte of held-out text, beside two that
//! are no networks: `xz -9` that has read the training text, and a modified Kneser–Ney 5-gram over the model's own
//! tokens.
//!
//! `cargo xtask bench language CORPUS`, with the text that `crates/demo-model/training/corpus.py` makes. Every 20th
//! document is held out, as in the training. Each of the network's predictions reads at least half a context, where the
//! document before is that long.
#![allow(missing_docs, reason = "a program")]

#[allow(unused_imports, dead_code, reason = "their tests run in tests/language.rs")]
mod kneser_ney;
#[allow(unused_imports, dead_code, reason = "their tests run in tests/language.rs")]
mod xz;

use kneser_ney::{KneserNey, SEPARATOR};
use saliency_attribution::LanguageModel;
use saliency_checkpoint::{Checkpoint, Load};
use saliency_model_gpt2::Gpt2;
use std::error::Error;
use tch::{Kind, Tensor};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const END_OF_TEXT: &str = "\n<|endoftext|>\n";
const HELD_OUT: usize = 20;
const ORDERS: [usize; 3] = [3, 5, 6];

fn main() -> Outcome<()> {
    // Cargo adds --bench.
    let Some(corpus) = std::env::args().skip(1).find(|word| !word.starts_with("--")) else {
        println!("language: not run; give the training text: cargo xtask bench language CORPUS");
        return Ok(());
    };
    let text = std::fs::read_to_string(&corpus).map_err(|error| format!("{corpus}: {error}"))?;
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for (i, document) in text.split(END_OF_TEXT).enumerate() {
        if i.is_multiple_of(HELD_OUT) { &mut held_out } else { &mut training }.push(document);
    }
    let demo = saliency_demo_model::open(&Load::default())?;
    let vocabulary = demo.model.limits().vocabulary;
    let ids = |documents: &[&str]| -> Outcome<Vec<u32>> {
        let mut ids = Vec::new();
        for document in documents {
            ids.push(SEPARATOR);
            ids.extend(
                demo.tokenizer.encode(document, saliency_schema::Kind::Input, 0)?.iter().map(|t| t.id),
            );
        }
        Ok(ids)
    };
    let (training_ids, held_out_ids) = (ids(&training)?, ids(&held_out)?);
    let bytes = |documents: &[&str]| {
        documents.iter().flat_map(|d| [d.as_bytes(), b"\n"]).collect::<Vec<_>>().concat()
    };
    let held_out_bytes = bytes(&held_out);
    println!(
        "held out: {} documents, {} bytes, {} tokens",
        held_out.len(),
        held_out_bytes.len(),
        held_out_ids.len()
    );
    let print =
        |name: &str, bits: f64| println!("{name:28} {:.4} bits a byte", bits / held_out_bytes.len() as f64);
    print("the bundled model", nats(&demo, &held_out_ids)? / std::f64::consts::LN_2);
    for order in ORDERS {
        let nats = KneserNey::train(&training_ids, order, vocabulary).nats(&held_out_ids);
        print(&format!("Kneser–Ney, order {order}"), nats / std::f64::consts::LN_2);
    }
    match xz::primed_bits(&bytes(&training), &held_out_bytes) {
        Ok(bits) => print("xz -9 after the training text", bits),
        Err(why) => println!("{why}"),
    }
    Ok(())
}

/// −ln p of every token but the first, in windows of a context that overlap by half.
fn nats(demo: &Checkpoint<Gpt2>, ids: &[u32]) -> Outcome<f64> {
    let _no_gradient = tch::no_grad_guard();
    let context = demo.model.limits().context;
    let (mut sum, mut done) = (0.0, 1);
    while done < ids.len() {
        let begins = if done == 1 { 0 } else { done - context / 2 };
        let window = &ids[begins..ids.len().min(begins + context + 1)];
        let logits = demo.model.logits_at(
            &demo.model.embed(&window[..window.len() - 1])?.unsqueeze(0),
            Some(done - begins - 1..window.len() - 1),
        )?;
        let next: Vec<i64> = window[done - begins..].iter().map(|&id| id.into()).collect();
        let n = next.len();
        let loss =
            logits.select(0, 0).to_kind(Kind::Double).cross_entropy_for_logits(&Tensor::from_slice(&next));
        sum += loss.double_value(&[]) * n as f64;
        done += n;
    }
    Ok(sum)
}
