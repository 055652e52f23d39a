//! Attribution beside plain libtorch and beside the bare matrix products, in one run: the ratio is what counts, the
//! seconds are the machine's.
//!
//! | shape | why |
//! | --- | --- |
//! | `gpt2-small/184+30` | the notebook's paragraph and continuation, on GPT-2 small's shape, random weights |
//! | `gpt2-small/184+1` | one output of it, for integrated gradients |
//! | `gpt2-small/900+100` | a long text, for memory and for the cost of an output |
//! | `smollm2/183+30`, … | the same on SmolLM2's shape: `--model smollm2` |
//! | `t5-small/201+40` | gradients alone, on T5 small's shape: `--model t5-small` |
//!
//! Each line of the summary compares the medians of runs that took turns. `cargo xtask bench attribution [PART…]`, with
//! the parts `gradients`, `span`, `paths`, `all-paths` (minutes), `occlusion`, `long`, `memory`; all but `all-paths`
//! where none is named. Two threads. `--turns N` for more than 3 turns; `--cuda` runs the gradients on a GPU,
//! `--criterion` adds criterion's own statistics.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

mod bare;
mod measured;

use bare::{Bare, Pair};
use criterion::{Criterion, criterion_group};
use measured::{GPT2_SMALL, Measured, SMOLLM2, T5_SMALL};
use saliency::attribution::methods::{IntegratedGradients, Occlusion};
use saliency::tch::{self, Device, Kind, Tensor};
use saliency::{Attributor, Generation};
use saliency::{LanguageModel, Method, Sequence};
use std::hint::black_box;
use std::time::Instant;

/// What can be asked for.
const PARTS: [&str; 7] = ["gradients", "span", "paths", "all-paths", "occlusion", "long", "memory"];
/// How often runs take turns, where `--turns N` does not say.
const TURNS: usize = 3;
/// The vocabulary that token numbers are taken from.
const VOCABULARY: u32 = 32000;

fn sequence(n_input: usize, n_output: usize) -> Sequence {
    let ids: Vec<u32> = (0..(n_input + n_output) as u32).map(|i| i * 7919 % VOCABULARY).collect();
    Sequence::from_ids(&ids[..n_input], &ids[n_input..]).unwrap()
}

/// What anyone would write with libtorch alone: one forward pass, one backward pass for each output, and the
/// norms. `every_position` also computes logits where no output needs them.
fn plain(model: &dyn LanguageModel, sequence: &Sequence, every_position: bool) -> Vec<Vec<f64>> {
    let ids = sequence.ids();
    let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
    let read = &ids[..ids.len() - 1];
    let embeddings = tch::no_grad(|| model.embed(read).unwrap().unsqueeze(0)).set_requires_grad(true);
    let outputs = n_input - 1..n_input + n_output - 1;
    let logits = if every_position {
        model.logits(&embeddings, n_input, 0..read.len()).unwrap().narrow(
            1,
            outputs.start as i64,
            n_output as i64,
        )
    } else {
        model.logits(&embeddings, n_input, outputs).unwrap()
    };
    let row = |r: usize| {
        let f = logits.get(0).get(r as i64).softmax(0, None).get(i64::from(ids[n_input + r]));
        let gradient = Tensor::run_backward(&[f], &[&embeddings], true, false).remove(0);
        let norms = tch::no_grad(|| (gradient * &embeddings).get(0).norm_scalaropt_dim(2, [1], false));
        Vec::try_from(norms.to_kind(Kind::Double)).unwrap()
    };
    (0..n_output).map(row).collect()
}

/// Every input token away once, each in a forward pass of its own, logits where outputs need them.
fn plain_occlusion(model: &dyn LanguageModel, sequence: &Sequence) {
    let ids = sequence.ids();
    let (n_input, n_output) = (sequence.n_input(), sequence.n_output());
    let _no_gradient = tch::no_grad_guard();
    let embeddings = model.embed(&ids[..ids.len() - 1]).unwrap().unsqueeze(0);
    for token in 0..n_input {
        let without = embeddings.copy();
        let _ = without.narrow(1, token as i64, 1).zero_();
        let outputs = n_input - 1..n_input + n_output - 1;
        let logits = model.logits(&without, n_input, outputs).unwrap();
        let _ = black_box(logits.softmax(-1, None));
    }
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Medians of pieces of work that take turns. A first turn warms caches and threads up.
fn in_turns<const N: usize>(turns: usize, work: [&dyn Fn(); N]) -> [f64; N] {
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for turn in 0..=turns {
        for (times, work) in times.iter_mut().zip(work) {
            let time = seconds(work);
            if turn > 0 {
                times.push(time);
            }
        }
    }
    times.map(median)
}

fn line(what: &str, seconds: f64, beside: &[(&str, f64)]) {
    let ratios: Vec<_> =
        beside.iter().map(|(name, other)| format!("{:.3} of {name}", seconds / other)).collect();
    println!("  {what:<58} {seconds:>8.3} s  {}", ratios.join(", "));
}

fn gradients(measured: &Measured, model: &dyn LanguageModel, device: Device, turns: usize) {
    let Measured { name, n_input, n_output, .. } = *measured;
    let (sequence, attributor) = (sequence(n_input, n_output), Attributor::new());
    let (bare, pair) = (Bare::new(measured.shape), Pair::new(measured.shape));
    let (tokens, m) = ((n_input + n_output - 1) as i64, n_output as i64);
    let products = || {
        let _no_gradient = tch::no_grad_guard();
        if measured.pair {
            // The last input is the decoder's start token.
            pair.forward(n_input as i64 - 1, m);
            pair.backward(n_input as i64 - 1, m);
        } else {
            bare.forward(1, tokens, m);
            bare.backward(1, tokens, m);
        }
    };
    let [ours, plain_times, every, products, generation] = in_turns(
        turns,
        [
            &|| drop(black_box(attributor.record(model, &sequence).unwrap())),
            &|| drop(black_box(plain(model, &sequence, false))),
            &|| drop(black_box(plain(model, &sequence, true))),
            &products,
            &|| {
                let ids = &sequence.ids()[..n_input];
                black_box(model.generate(ids, &Generation::greedy(n_output), &mut |_| true).unwrap());
            },
        ],
    );
    println!("{name}/{n_input}+{n_output}, gradient-x-input, median of {turns} turns, {device:?}");
    let beside = [("bare products", products), ("plain passes", plain_times)];
    line("our record", ours, &beside);
    line("plain backward passes, logits where needed", plain_times, &beside[..1]);
    line("plain backward passes, logits everywhere", every, &[]);
    line("bare products", products, &[]);
    line("generation of the outputs, cached, for scale", generation, &[]);
}

/// All outputs as one beside one output that has read as much, and beside every output for itself.
fn span(measured: &Measured, model: &dyn LanguageModel, turns: usize) {
    let Measured { name, n_input, n_output, .. } = *measured;
    let (all, one) = (sequence(n_input, n_output), sequence(n_input + n_output - 1, 1));
    println!("{name}/{n_input}+{n_output}, a span, median of {turns} turns");
    for method in ["gradient-x-input", "attn-lrp", "gim"] {
        let attributor = Attributor::new().method(method).target("log-probability");
        let spanned = attributor.clone().span(0..n_output);
        let record = |attributor: &Attributor, sequence: &Sequence| {
            drop(black_box(attributor.record(model, sequence).unwrap()));
        };
        let [span, one, each] = in_turns(
            turns,
            [&|| record(&spanned, &all), &|| record(&attributor, &one), &|| record(&attributor, &all)],
        );
        line(&format!("{method}, 30 outputs as one"), span, &[("one output", one), ("each of 30", each)]);
        line(&format!("{method}, one output"), one, &[]);
        line(&format!("{method}, each of 30 outputs"), each, &[]);
    }
}

fn paths(measured: &Measured, model: &dyn LanguageModel, all: bool, turns: usize) {
    let (name, n_input) = (measured.name, measured.n_input);
    let one = sequence(n_input, 1);
    let ig = || Box::new(IntegratedGradients::new()) as Box<dyn Method>;
    let fixed = Attributor::new().with_method(ig());
    let tolerance = IntegratedGradients::new().tolerance(0.01);
    let tolerant = Attributor::new().with_method(tolerance);
    if measured.pair {
        return;
    }
    let bare = Bare::new(measured.shape);
    let products = || {
        let _no_gradient = tch::no_grad_guard();
        for _ in 0..50 {
            bare.forward(1, n_input as i64, 1);
            bare.backward(1, n_input as i64, 1);
        }
    };
    let steps = std::cell::Cell::new(None);
    let [ours, products, by_tolerance] = in_turns(
        turns,
        [&|| drop(black_box(fixed.record(model, &one).unwrap())), &products, &|| {
            steps.set(tolerant.record(model, &one).unwrap().outputs[0].steps);
        }],
    );
    println!("{name}/{n_input}+1, integrated-gradients, 50 steps, median of {turns} turns");
    line("our record", ours, &[("bare products", products)]);
    line("bare products of 50 points", products, &[]);
    let what = format!("--tolerance 0.01: {} points", steps.get().unwrap_or(0));
    line(&what, by_tolerance, &[("50 points", ours)]);
    if all {
        let sequence = sequence(n_input, measured.n_output);
        let time = seconds(|| drop(black_box(fixed.record(model, &sequence).unwrap())));
        println!("{name}/{n_input}+30, integrated-gradients, 50 steps, once");
        line("our record of all 30 outputs", time, &[("30 times one output", 30.0 * ours)]);
    }
}

fn occlusion(measured: &Measured, model: &dyn LanguageModel, turns: usize) {
    let (name, n_input) = (measured.name, measured.n_input);
    let sequence = sequence(n_input, measured.n_output);
    let attributor = Attributor::new().with_method(Occlusion::new());
    let [ours, plain] = in_turns(
        turns,
        [&|| drop(black_box(attributor.record(model, &sequence).unwrap())), &|| {
            plain_occlusion(model, &sequence);
        }],
    );
    println!("{name}/{n_input}+30, occlusion, median of {turns} turns");
    line("our record (outputs occluded too)", ours, &[("full forward passes", plain)]);
    line("a full forward pass for each input, logits where needed", plain, &[]);
}

fn long(measured: &Measured, model: &dyn LanguageModel, turns: usize) {
    let (name, n_input) = (measured.name, measured.n_input);
    let attributor = Attributor::new();
    let (short, long) = (sequence(n_input, measured.n_output), sequence(900, 100));
    if measured.pair {
        return;
    }
    let bare = Bare::new(measured.shape);
    let products = |n_input: i64, m: i64| {
        let _no_gradient = tch::no_grad_guard();
        bare.forward(1, n_input + m - 1, m);
        bare.backward(1, n_input + m - 1, m);
    };
    let [short, long, short_bare, long_bare] = in_turns(
        turns,
        [
            &|| drop(black_box(attributor.record(model, &short).unwrap())),
            &|| drop(black_box(attributor.record(model, &long).unwrap())),
            &|| products(n_input as i64, measured.n_output as i64),
            &|| products(900, 100),
        ],
    );
    // Tokens that an output has read, in the mean.
    let texts = (900.0 + 49.5) / (n_input as f64 + 14.5);
    println!("{name}, gradient-x-input, median of {turns} turns; the text is {texts:.2} times as long");
    for (what, short, long) in [("an output", short, long), ("its bare products", short_bare, long_bare)] {
        let (short, long) = (short / 30.0, long / 100.0);
        line(&format!("{n_input}+30, {what}"), short, &[]);
        line(
            &format!("900+100, {what}"),
            long,
            &[("the short text", short), ("in proportion", short * texts)],
        );
    }
}

/// Runs one attribution in a process of its own and prints the most memory that it had.
fn peak(measured: &Measured, name: &str) {
    let (model, n_input) = ((measured.model)(Device::Cpu), measured.n_input);
    let (attributor, sequence) = match name {
        "integrated-gradients" => {
            let method = IntegratedGradients::new().steps(4);
            (Attributor::new().with_method(method), sequence(n_input, measured.n_output))
        }
        "long" => (Attributor::new(), sequence(900, 100)),
        "occlusion" => {
            (Attributor::new().with_method(Occlusion::new()), sequence(n_input, measured.n_output))
        }
        _ => (Attributor::new(), sequence(n_input, measured.n_output)),
    };
    black_box(attributor.record(&*model, &sequence).unwrap());
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or("VmHWM: not known here");
    println!("  {name:<24} {}", line.trim_start_matches("VmHWM:").trim());
}

fn memory(measured: &Measured) {
    println!("{}, most memory of the whole process (weights 0.5 GB)", measured.name);
    for name in ["gradient-x-input", "integrated-gradients", "occlusion", "long"] {
        let program = std::env::current_exe().unwrap();
        let status = std::process::Command::new(program)
            .args(["--peak", name, "--model", measured.name])
            .status()
            .unwrap();
        assert!(status.success());
    }
}

fn value_of(flag: &str) -> Option<String> {
    std::env::args().skip_while(|a| a != flag).nth(1)
}

fn measured() -> &'static Measured {
    let name = value_of("--model").unwrap_or_else(|| GPT2_SMALL.name.to_owned());
    let known = [&GPT2_SMALL, &SMOLLM2, &T5_SMALL];
    known
        .into_iter()
        .find(|measured| measured.name == name)
        .unwrap_or_else(|| panic!("no --model {name} is measured"))
}

fn gradient_x_input(criterion: &mut Criterion) {
    let measured = measured();
    let (model, n_input) = ((measured.model)(Device::Cpu), measured.n_input);
    let (sequence, attributor) = (sequence(n_input, measured.n_output), Attributor::new());
    let mut group = criterion.benchmark_group(format!("{}/{n_input}+30", measured.name));
    group.sample_size(10);
    group.bench_function("gradient-x-input", |b| b.iter(|| attributor.record(&*model, &sequence).unwrap()));
    group.finish();
}

criterion_group!(benches, gradient_x_input);

fn main() {
    tch::set_num_threads(2);
    if let Some(name) = value_of("--peak") {
        return peak(measured(), &name);
    }
    let measured = measured();
    let asked = |flag: &str| std::env::args().any(|a| a == flag);
    let any = PARTS.iter().any(|part| asked(part));
    let part = |name: &str| asked(name) || !any && name != "all-paths";
    let turns = value_of("--turns").map_or(TURNS, |n| n.parse().unwrap());
    let device = if asked("--cuda") { Device::Cuda(0) } else { Device::Cpu };
    println!("{} threads; seconds are this machine's, now", tch::get_num_threads());
    {
        let model = &*(measured.model)(device);
        if part("gradients") {
            gradients(measured, model, device, turns);
        }
        if part("span") {
            span(measured, model, turns);
        }
        if part("paths") || asked("all-paths") {
            paths(measured, model, asked("all-paths"), turns);
        }
        if part("occlusion") {
            occlusion(measured, model, turns);
        }
        if part("long") {
            long(measured, model, turns);
        }
    }
    if part("memory") {
        memory(measured);
    }
    if asked("--criterion") {
        benches();
    }
}
