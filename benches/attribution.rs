//! Attribution beside plain libtorch, in one run: the ratio is what counts, the seconds are the machine's.
//!
//! | shape | why |
//! | --- | --- |
//! | `gpt2-small/184+30` | the notebook's paragraph and continuation, on GPT-2 small's shape, random weights |
//!
//! Each line of the summary compares the medians of runs that took turns. `cargo bench --bench attribution`
//! (after `cargo xtask libtorch`); two
//! threads. `-- --cuda` runs on a GPU, `-- --criterion` adds criterion's own statistics.
#![allow(clippy::unwrap_used, reason = "a benchmark fails by panicking")]
#![allow(missing_docs, reason = "criterion's macros make undocumented items")]

use criterion::{Criterion, criterion_group};
use saliency::attribution::tch::{self, Device, Kind, Tensor};
use saliency::attribution::{LanguageModel, Sequence};
use saliency::gpt2::{Config, Gpt2};
use saliency::{Attributor, Generation};
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

const N_INPUT: usize = 184;
const N_OUTPUT: usize = 30;
/// How often runs take turns, where `--turns N` does not say.
const TURNS: usize = 5;

/// GPT-2 small's shape with seeded random weights.
fn gpt2_small(device: Device) -> Gpt2 {
    tch::manual_seed(0);
    let config = Config::new(50257, 1024, 768, 12, 12);
    let random = |size: &[i64]| Tensor::randn(size, (Kind::Float, device)) * 0.02;
    let mut tensors = BTreeMap::new();
    let mut affine = |name: String, weight: &[i64]| {
        let norm = weight.len() == 1;
        let tensor = if norm { Tensor::ones(weight, (Kind::Float, device)) } else { random(weight) };
        tensors.insert(format!("{name}.weight"), tensor);
        tensors.insert(format!("{name}.bias"), random(&weight[weight.len() - 1..]));
    };
    for i in 0..12 {
        affine(format!("h.{i}.ln_1"), &[768]);
        affine(format!("h.{i}.attn.c_attn"), &[768, 2304]);
        affine(format!("h.{i}.attn.c_proj"), &[768, 768]);
        affine(format!("h.{i}.ln_2"), &[768]);
        affine(format!("h.{i}.mlp.c_fc"), &[768, 3072]);
        affine(format!("h.{i}.mlp.c_proj"), &[3072, 768]);
    }
    affine("ln_f".into(), &[768]);
    tensors.insert("wte.weight".into(), random(&[50257, 768]));
    tensors.insert("wpe.weight".into(), random(&[1024, 768]));
    Gpt2::from_tensors(config, tensors, "gpt2-small's shape").unwrap()
}

fn sequence() -> Sequence {
    let ids: Vec<u32> = (0..(N_INPUT + N_OUTPUT) as u32).map(|i| i * 7919 % 50257).collect();
    Sequence::from_ids(&ids[..N_INPUT], &ids[N_INPUT..]).unwrap()
}

/// What anyone would write with libtorch alone: one forward pass, one backward pass for each output, and the
/// norms. `every_position` also computes logits where no output needs them.
fn plain(model: &Gpt2, sequence: &Sequence, every_position: bool) -> Vec<Vec<f64>> {
    let ids = sequence.ids();
    let read = &ids[..ids.len() - 1];
    let embeddings = tch::no_grad(|| model.embed(read).unwrap().unsqueeze(0)).set_requires_grad(true);
    let outputs = N_INPUT - 1..N_INPUT + N_OUTPUT - 1;
    let logits = if every_position {
        model.logits_at(&embeddings, None).unwrap().narrow(1, outputs.start as i64, N_OUTPUT as i64)
    } else {
        model.logits_at(&embeddings, Some(outputs)).unwrap()
    };
    let row = |r: usize| {
        let f = logits.get(0).get(r as i64).softmax(0, None).get(i64::from(ids[N_INPUT + r]));
        let gradient = Tensor::run_backward(&[f], &[&embeddings], true, false).remove(0);
        let norms = tch::no_grad(|| (gradient * &embeddings).get(0).norm_scalaropt_dim(2, [1], false));
        Vec::try_from(norms.to_kind(Kind::Double)).unwrap()
    };
    (0..N_OUTPUT).map(row).collect()
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

fn ratios(device: Device) {
    let (model, sequence, attributor) = (gpt2_small(device), sequence(), Attributor::new());
    let mut times: [Vec<f64>; 4] = Default::default();
    let turns = turns();
    for turn in 0..=turns {
        let turn_times = [
            seconds(|| drop(black_box(attributor.record(&model, &sequence).unwrap()))),
            seconds(|| drop(black_box(plain(&model, &sequence, false)))),
            seconds(|| drop(black_box(plain(&model, &sequence, true)))),
            seconds(|| {
                let ids = &sequence.ids()[..N_INPUT];
                black_box(model.generate(ids, &Generation::greedy(N_OUTPUT), &mut |_| true).unwrap());
            }),
        ];
        // The first turn warms caches and threads up.
        if turn > 0 {
            times.iter_mut().zip(turn_times).for_each(|(all, one)| all.push(one));
        }
    }
    let [ours, plain, every, generation] = times.map(median);
    println!("gpt2-small/184+30, median of {turns} turns, {device:?}, {} threads", tch::get_num_threads());
    println!("  gradient-x-input, our record:                     {ours:.3} s");
    println!(
        "  30 plain backward passes, logits where needed:    {plain:.3} s   ours / plain {:.3}",
        ours / plain
    );
    println!(
        "  30 plain backward passes, logits everywhere:      {every:.3} s   ours / plain {:.3}",
        ours / every
    );
    println!("  generation of the 30 tokens (cached), for scale:  {generation:.3} s");
}

fn turns() -> usize {
    let mut arguments = std::env::args().skip_while(|a| a != "--turns").skip(1);
    arguments.next().map_or(TURNS, |n| n.parse().unwrap())
}

fn gradient_x_input(criterion: &mut Criterion) {
    let (model, sequence, attributor) = (gpt2_small(Device::Cpu), sequence(), Attributor::new());
    let mut group = criterion.benchmark_group("gpt2-small/184+30");
    group.sample_size(10);
    group.bench_function("gradient-x-input", |b| b.iter(|| attributor.record(&model, &sequence).unwrap()));
    group.finish();
}

criterion_group!(benches, gradient_x_input);

fn main() {
    tch::set_num_threads(2);
    let asked = |flag: &str| std::env::args().any(|a| a == flag);
    ratios(if asked("--cuda") { Device::Cuda(0) } else { Device::Cpu });
    if asked("--criterion") {
        benches();
    }
}
