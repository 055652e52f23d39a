//! Coarse to fine and `context-cite` beside leave-one-out on a text of about 1,500 tokens, with SmolLM2: tokens that go
//! forward, seconds, and agreement with exact leave-one-out by sentences. docs/costs.md states what it printed.
//!
//! `SALIENCY_MODELS=DIR cargo xtask bench long_text NAIVE`: so many whole passes are made of naive leave-one-out by
//! words, such as 50, from which its cost is extrapolated. Takes an hour on two cores.
//!
//! The text is the paragraphs in `examples`, as many of the licence as fill it up, and a question; the answer is
//! generated and explained as one, by its log-probability. All methods delete, and nothing is held.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use saliency::attribution::methods::{CoarseToFine, ContextCite, LeaveOneOut};
use saliency::attribution::{Ablation, Levels, ModelError, Pass, PrefixCache, Size, Tape};
use saliency::schema::spearman;
use saliency::tch::{self, Tensor};
use saliency::{
    Attributor, Checkpoint, Generation, LanguageModel, Limits, Load, Method, Record, Segmentation, Sequence,
    TokenId, smollm2,
};
use std::cell::Cell;
use std::ops::Range;
use std::time::Instant;

const TOKENS: usize = 1500;
const QUESTION: &str = "Question: Which company is the primary contractor on NASA's rocket program?\nAnswer:";

fn main() {
    let Some(naive) = std::env::args().find_map(|word| word.parse().ok()) else {
        println!("not measured: it takes an hour; cargo xtask bench long_text NAIVE, such as 50");
        return;
    };
    let model = match smollm2(&Load::default()) {
        Ok(model) => model,
        Err(missing) => {
            println!("not measured: {missing}");
            return;
        }
    };
    let text = text(&model);
    let sequence = model.generate(&*text, &Generation::greedy(20)).unwrap();
    let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
    let count = |by: Segmentation| by.segments(&sequence.tokens()[..n_input]).unwrap().len();
    println!("{n_input} + {n_output} tokens, {} threads; the answer:", tch::get_num_threads());
    println!("{:?}", sequence.tokens()[n_input..].iter().map(|token| &*token.text).collect::<String>());
    for by in [Segmentation::Paragraphs, Segmentation::Sentences, Segmentation::Words] {
        println!("{by}: {}", count(by.clone()));
    }
    let context = sequence.ids().len() - 1;

    let words = Segmentation::Words.segments(&sequence.tokens()[..n_input]).unwrap();
    let seconds = naive_passes(&model.model, &sequence, &words, naive) / naive as f64;
    println!(
        "naive leave-one-out by words: {} tokens forward, {:.0} s ({naive} passes of {seconds:.2} s)",
        words.iter().map(|word| context - word.len()).sum::<usize>(),
        seconds * words.len() as f64
    );
    let size = Size::new(words.len(), n_output).with_shares_prefix(true);
    println!(
        "leave-one-out by words on cached prefixes: {:.0} passes of {}",
        LeaveOneOut::new().cost(size).forwards,
        words.len()
    );

    let levels = |spelled: &str| spelled.parse::<Levels>().unwrap();
    let exact =
        run("leave-one-out by sentences", CoarseToFine::new().refine(levels("sentences")), &model, &sequence);
    let two = CoarseToFine::new().refine(levels("paragraphs,sentences"));
    agree(&run("coarse to fine, to sentences", two, &model, &sequence), &exact);
    agree(&run("coarse to fine, to words", CoarseToFine::new(), &model, &sequence), &exact);
    let cite = || ContextCite::new().baseline(Ablation::Deletion);
    agree(
        &run("context-cite by sentences", cite().segments(Segmentation::Sentences), &model, &sequence),
        &exact,
    );
    agree(&run("context-cite by words", cite().segments(Segmentation::Words), &model, &sequence), &exact);
}

/// The examples' texts and paragraphs of the licence, and the question.
fn text(model: &Checkpoint) -> String {
    let of_line = |line: &str| -> String {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["text"].as_str().unwrap().to_owned()
    };
    let mut paragraphs: Vec<String> = include_str!("../examples/twelve.jsonl").lines().map(of_line).collect();
    for text in [
        include_str!("../examples/race-to-mars.txt"),
        include_str!("../examples/abigail.txt"),
        include_str!("../examples/story.txt"),
        include_str!("../examples/journey.txt"),
    ] {
        paragraphs.push(text.trim().to_owned());
    }
    let join = |paragraphs: &[String]| format!("{}\n\n{QUESTION}", paragraphs.join("\n\n"));
    for paragraph in include_str!("../LICENSE-APACHE")
        .split("\n\n")
        .map(|p| p.split_whitespace().collect::<Vec<_>>().join(" "))
    {
        paragraphs.push(paragraph);
        let tokens = model.force(&*join(&paragraphs), " x").unwrap().n_input();
        if tokens >= TOKENS {
            break;
        }
    }
    join(&paragraphs)
}

/// Whole passes without one word each, evenly chosen: seconds.
fn naive_passes(
    model: &dyn LanguageModel,
    sequence: &Sequence,
    words: &[Range<usize>],
    passes: usize,
) -> f64 {
    let _no_gradient = tch::no_grad_guard();
    let ids = &sequence.ids()[..sequence.ids().len() - 1];
    let begun = Instant::now();
    for pass in 0..passes {
        let word = &words[pass * words.len() / passes];
        let left = [&ids[..word.start], &ids[word.end..]].concat();
        let n_input = sequence.n_input() - word.len();
        let embeddings = model.embed(&left).unwrap().unsqueeze(0);
        let _ = model.logits(&embeddings, n_input, n_input - 1..left.len()).unwrap();
    }
    begun.elapsed().as_secs_f64()
}

/// A record of the answer as one, with the tokens that went forward for it, and seconds.
fn run(name: &str, method: impl Method + 'static, model: &Checkpoint, sequence: &Sequence) -> Record {
    let counted = Counted { model: &*model.model, tokens: Cell::new(0) };
    let attributor =
        Attributor::new().with_method(method).target("log-probability").span(0..sequence.n_output());
    let size = Size::new(sequence.n_input(), sequence.n_output()).with_shares_prefix(true);
    let foreseen = attributor.cost_on(sequence, size).unwrap().forwards;
    let begun = Instant::now();
    let record = attributor.record(&counted, sequence).unwrap();
    let seconds = begun.elapsed().as_secs_f64();
    println!(
        "{name}: {} tokens forward, {seconds:.0} s; at most {foreseen:.1} passes foreseen",
        counted.tokens.get()
    );
    for note in &record.notes {
        println!("  {note}");
    }
    record
}

/// Agreement by sentences.
fn agree(record: &Record, exact: &Record) {
    let sentences = exact.segments(&Segmentation::Sentences).unwrap();
    let of = |record: &Record| -> Vec<Option<f64>> {
        let row = &record.attributions[0];
        let inputs = sentences.iter().filter(|sentence| sentence.end <= record.n_input());
        inputs.map(|sentence| row[sentence.clone()].iter().copied().sum()).collect()
    };
    let (a, b) = (of(record), of(exact));
    let top = |numbers: &[Option<f64>]| {
        let mut places: Vec<usize> = (0..numbers.len()).collect();
        places.sort_by(|i, j| numbers[*j].map(f64::abs).partial_cmp(&numbers[*i].map(f64::abs)).unwrap());
        places.truncate(3);
        places
    };
    let (top_a, top_b) = (top(&a), top(&b));
    let shared = top_a.iter().filter(|place| top_b.contains(place)).count();
    println!(
        "  Spearman {:.3} over {} sentences, {shared} of the top 3 ({top_a:?}, exact {top_b:?})",
        spearman(&a, &b).unwrap_or(f64::NAN),
        a.len()
    );
}

/// A model that counts the tokens that go forward.
struct Counted<'m> {
    model: &'m dyn LanguageModel,
    tokens: Cell<i64>,
}

struct CountedCache<'c> {
    cache: Box<dyn PrefixCache + 'c>,
    tokens: &'c Cell<i64>,
}

fn count(tokens: &Cell<i64>, embeddings: &Tensor) {
    tokens.set(tokens.get() + embeddings.size()[..2].iter().product::<i64>());
}

impl LanguageModel for Counted<'_> {
    fn name(&self) -> &str {
        self.model.name()
    }
    fn limits(&self) -> Limits {
        self.model.limits()
    }
    fn embed(&self, ids: &[TokenId]) -> Result<Tensor, ModelError> {
        self.model.embed(ids)
    }
    fn logits(&self, x: &Tensor, n_input: usize, positions: Range<usize>) -> Result<Tensor, ModelError> {
        count(&self.tokens, x);
        self.model.logits(x, n_input, positions)
    }
    fn tape<'a>(
        &'a self,
        x: &Tensor,
        n_input: usize,
        positions: Range<usize>,
    ) -> Result<Option<Box<dyn Tape + 'a>>, ModelError> {
        count(&self.tokens, x);
        self.model.tape(x, n_input, positions)
    }
    fn prefix_cache<'a>(
        &'a self,
        x: &Tensor,
        n_input: usize,
    ) -> Result<Option<Box<dyn PrefixCache + 'a>>, ModelError> {
        count(&self.tokens, x);
        let wrap =
            |cache| Box::new(CountedCache { cache, tokens: &self.tokens }) as Box<dyn PrefixCache + 'a>;
        Ok(self.model.prefix_cache(x, n_input)?.map(wrap))
    }
    fn shares_prefix(&self) -> bool {
        self.model.shares_prefix()
    }
    fn footprint(&self, pass: Pass) -> Option<usize> {
        self.model.footprint(pass)
    }
}

impl PrefixCache for CountedCache<'_> {
    fn logits(
        &self,
        shared: usize,
        x: &Tensor,
        masked: Option<&Tensor>,
        positions: Range<usize>,
    ) -> Result<Tensor, ModelError> {
        count(self.tokens, x);
        self.cache.logits(shared, x, masked, positions)
    }
}
