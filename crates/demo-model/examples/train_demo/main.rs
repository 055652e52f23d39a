//! Trains the bundled model again: its BPE with `tokenizers`, its weights with `tch`. You will see the loss fall, and
//! find a folder in Hugging Face's layout when it is done.
//!
//! ```text
//! python3 crates/demo-model/training/corpus.py FOLDER > corpus.txt        (says which packages FOLDER holds)
//! cargo run --release -p saliency-demo-model --example train_demo -- corpus.txt OUT
//! cargo run --release -p saliency-demo-model --example train_demo -- corpus.txt OUT --resume
//! ```
//!
//! The same text, seed, steps and threads give the same weights, also when the training was cut off and resumed from
//! the state that it leaves in OUT every five minutes. Everything is random but seeded: what step n reads depends on
//! the seed and n alone. The steps may even be set anew on resuming, as long as the learning rate has not begun to fall
//! (the last 30 %).

mod data;
mod names;
mod optimizer;

use data::Data;
use optimizer::Optimizer;
use saliency_checkpoint::EndOfText;
use saliency_model_gpt2::{Config, Gpt2};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::{Device, Kind, Tensor};
use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::{AddedToken, TokenizerBuilder, normalizers, processors};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const VOCABULARY: usize = 4096;
const CONTEXT: i64 = 512;
const END_OF_TEXT: &str = "<|endoftext|>";
/// Tokens in one step, in sequences of 128, 256 or 512.
const TOKENS_IN_STEP: i64 = 4096;
const WARM_UP_STEPS: f64 = 100.0;
/// The share of the steps over which the learning rate falls to zero, at the end.
const FALLING: f64 = 0.3;

struct Arguments {
    text: PathBuf,
    out: PathBuf,
    steps: u64,
    seed: u64,
    resume: bool,
    device: Device,
}

fn arguments() -> Outcome<Arguments> {
    let mut words = std::env::args().skip(1);
    let usage = "CORPUS OUT [--steps N] [--seed S] [--threads N] [--cuda] [--resume]";
    let mut next = |what| words.next().ok_or(format!("{what} is missing: {usage}"));
    let (text, out) = (next("CORPUS")?.into(), next("OUT")?.into());
    let mut arguments = Arguments { text, out, steps: 10_000, seed: 1, resume: false, device: Device::Cpu };
    while let Some(flag) = words.next() {
        let mut value = || words.next().ok_or(format!("{flag} has no value"));
        match flag.as_str() {
            "--steps" => arguments.steps = value()?.parse()?,
            "--seed" => arguments.seed = value()?.parse()?,
            "--threads" => tch::set_num_threads(value()?.parse()?),
            "--cuda" => arguments.device = Device::Cuda(0),
            "--resume" => arguments.resume = true,
            _ => return Err(format!("{flag} is unknown: {usage}").into()),
        }
    }
    Ok(arguments)
}

fn main() -> Outcome<()> {
    let arguments = arguments()?;
    let text = std::fs::read_to_string(&arguments.text)?;
    let documents: Vec<&str> = text.split(&format!("\n{END_OF_TEXT}\n")).collect();
    std::fs::create_dir_all(&arguments.out)?;
    let (training, held_out) = data::split(&documents);
    let tokenizer = train_tokenizer(&training, &arguments.out)?;
    let names = names::find(&text);
    println!(
        "{} names to train on, {} kept for tests: {}",
        names.known.len(),
        names.kept.len(),
        names.kept.join(" ")
    );
    let data = Data::new(&tokenizer, &training, &names, arguments.seed, arguments.device)?;
    let (held_out, held_out_bytes) = data::held_out(&tokenizer, &held_out, arguments.device)?;
    println!("{data}, {} held out", held_out.size()[0]);

    tch::manual_seed(arguments.seed.cast_signed());
    let config = config();
    let mut optimizer = Optimizer::new(variables(&config, arguments.device));
    println!("{} parameters", optimizer.parameters().values().map(Tensor::numel).sum::<usize>());
    let state = arguments.out.join("state.safetensors");
    let mut step = if arguments.resume { optimizer.restore(&state)? } else { 0 };

    let mut curve = curve(&arguments)?;
    let (begun, first) = (Instant::now(), step);
    let (mut saved, mut smooth) = (Instant::now(), f64::NAN);
    while step < arguments.steps {
        let length = [128, 256, 256, 512][(step % 4) as usize];
        let stretches = data.batch(arguments.seed, step, TOKENS_IN_STEP / length, length);
        // Computed in bfloat16, which is several times faster on processors that know it; kept in single precision.
        let half = optimizer
            .parameters()
            .iter()
            .map(|(name, p)| (name.clone(), p.to_kind(Kind::BFloat16)))
            .collect();
        let loss = loss(&Gpt2::from_tensors(config.clone(), half, "demo")?, &stretches)?;
        loss.backward();
        optimizer.step(schedule(step, arguments.steps));
        let value = loss.double_value(&[]);
        smooth = if smooth.is_nan() { value } else { 0.98 * smooth + 0.02 * value };
        step += 1;
        if step.is_multiple_of(50) {
            let seconds = begun.elapsed().as_secs_f64();
            let speed = ((step - first) as f64) * TOKENS_IN_STEP as f64 / seconds;
            println!("step {step}, {seconds:.0} s, loss {smooth:.3}, {speed:.0} tokens/s");
        }
        if step.is_multiple_of(500) || step == arguments.steps {
            let measured = measure(&config, &optimizer, &tokenizer, &names.kept, &held_out, held_out_bytes)?;
            let numbers = measured.map(|x| format!("{x:.3}")).join(",");
            writeln!(curve, "{step},{smooth:.3},{numbers}")?;
        }
        if saved.elapsed() > Duration::from_mins(5) {
            optimizer.save(&state, step)?;
            save(optimizer.parameters(), &config, &arguments.out)?;
            saved = Instant::now();
        }
    }
    save(optimizer.parameters(), &config, &arguments.out)
}

fn config() -> Config {
    let mut config = Config::new(VOCABULARY, CONTEXT as usize, 256, 4, 8);
    config.eos_token_id = Some(EndOfText::One(0));
    config
}

/// A byte-level BPE, as GPT-2 has it.
fn train_tokenizer(documents: &[&str], out: &Path) -> Outcome<tokenizers::Tokenizer> {
    let mut trainer = BpeTrainerBuilder::new()
        .vocab_size(VOCABULARY)
        .min_frequency(2)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(vec![AddedToken::from(END_OF_TEXT, true)])
        .show_progress(false)
        .build();
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None::<normalizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(ByteLevel::default().add_prefix_space(false)))
        .with_post_processor(None::<processors::PostProcessorWrapper>)
        .with_decoder(Some(ByteLevel::default()))
        .build()?;
    tokenizer.train(&mut trainer, documents.iter())?;
    let path = out.join("tokenizer.json");
    tokenizer.save(&path, false)?;
    tokenizers::Tokenizer::from_file(path)
}

/// GPT-2's initialisation: N(0, 0.02), the maps back to the residual stream scaled by 1/√(2 · `n_layer`).
fn variables(config: &Config, device: Device) -> BTreeMap<String, Tensor> {
    let (hidden, inner) = (config.n_embd as i64, config.inner() as i64);
    let mut tensors = BTreeMap::new();
    let mut add = |name: String, size: &[i64], scale: f64| {
        let value = if scale <= 0.0 {
            Tensor::zeros(size, (Kind::Float, device))
        } else if scale >= 1.0 {
            Tensor::ones(size, (Kind::Float, device))
        } else {
            Tensor::randn(size, (Kind::Float, device)) * scale
        };
        tensors.insert(name, value.set_requires_grad(true));
    };
    let residual = 0.02 / (2.0 * config.n_layer as f64).sqrt();
    add("wte.weight".into(), &[config.vocab_size as i64, hidden], 0.02);
    add("wpe.weight".into(), &[config.n_positions as i64, hidden], 0.01);
    let mut affine = |name: String, size: &[i64], scale| {
        add(format!("{name}.weight"), size, scale);
        add(format!("{name}.bias"), &size[size.len() - 1..], 0.0);
    };
    for i in 0..config.n_layer {
        affine(format!("h.{i}.ln_1"), &[hidden], 1.0);
        affine(format!("h.{i}.attn.c_attn"), &[hidden, 3 * hidden], 0.02);
        affine(format!("h.{i}.attn.c_proj"), &[hidden, hidden], residual);
        affine(format!("h.{i}.ln_2"), &[hidden], 1.0);
        affine(format!("h.{i}.mlp.c_fc"), &[hidden, inner], 0.02);
        affine(format!("h.{i}.mlp.c_proj"), &[inner, hidden], residual);
    }
    affine("ln_f".into(), &[hidden], 1.0);
    tensors
}

/// The learning rate's share: warm-up, then constant, then a line down to zero.
fn schedule(step: u64, steps: u64) -> f64 {
    let warm = (step + 1) as f64 / WARM_UP_STEPS;
    let left = (steps - step) as f64 / (FALLING * steps as f64);
    warm.min(left).min(1.0)
}

/// The mean cross-entropy of every next token, in nats.
fn loss(model: &Gpt2, stretches: &Tensor) -> Outcome<Tensor> {
    let length = stretches.size()[1] - 1;
    let logits = model.logits_at(&model.embed_ids(&stretches.narrow(1, 0, length))?, None)?;
    let logits = logits.flatten(0, 1).to_kind(Kind::Float);
    Ok(logits.cross_entropy_for_logits(&stretches.narrow(1, 1, length).flatten(0, 1)))
}

/// The table of the curve, begun or gone on with.
fn curve(arguments: &Arguments) -> Outcome<File> {
    let path = arguments.out.join("curve.csv");
    if arguments.resume && path.exists() {
        return Ok(File::options().append(true).open(path)?);
    }
    let mut file = File::create(path)?;
    writeln!(
        file,
        "step,training loss (smoothed, nats a token),held-out loss (nats a token),held-out bits a byte,\
         names perplexity first,names perplexity second"
    )?;
    Ok(file)
}

/// Nats a token and bits a byte on the held-out text, and the perplexities of repeated names; prints them.
fn measure(
    config: &Config,
    optimizer: &Optimizer,
    tokenizer: &tokenizers::Tokenizer,
    names: &[String],
    held_out: &Tensor,
    held_out_bytes: usize,
) -> Outcome<[f64; 4]> {
    let _no_gradient = tch::no_grad_guard();
    let tensors = optimizer.parameters().iter().map(|(name, p)| (name.clone(), p.shallow_clone())).collect();
    let model = Gpt2::from_tensors(config.clone(), tensors, "demo")?;
    let sequences = (held_out.size()[0] - 1) / CONTEXT;
    let mut sum = 0.0;
    for i in 0..sequences {
        sum += loss(&model, &held_out.narrow(0, i * CONTEXT, CONTEXT + 1).unsqueeze(0))?.double_value(&[]);
    }
    let nats = sum / sequences as f64;
    let bits = nats * held_out.size()[0] as f64 / std::f64::consts::LN_2 / held_out_bytes as f64;
    println!("held out: {nats:.3} nats a token, {bits:.3} bits a byte");
    let (first, second) = names::repeated(&model, tokenizer, names)?;
    println!("names that repeat: perplexity {first:.1} at first, {second:.2} the second time");
    Ok([nats, bits, first, second])
}

/// Weights in half precision under their names in a checkpoint; written under another name and renamed.
fn save(parameters: &BTreeMap<String, Tensor>, config: &Config, out: &Path) -> Outcome<()> {
    let _no_gradient = tch::no_grad_guard();
    let half = |(name, p): (&String, &Tensor)| (name.clone(), p.to_kind(Kind::Half).to(Device::Cpu));
    let tensors: Vec<(String, Tensor)> = parameters.iter().map(half).collect();
    let temporary = out.join("model.safetensors.part");
    Tensor::write_safetensors(&tensors, &temporary)?;
    std::fs::rename(temporary, out.join("model.safetensors"))?;
    std::fs::write(out.join("config.json"), serde_json::to_string_pretty(config)? + "\n")?;
    Ok(())
}
