//! Trains the bundled model again: its BPE with `tokenizers`, its weights with `tch`. You will see the loss fall,
//! and find a folder in Hugging Face's layout, written anew every two minutes.
//!
//! ```text
//! python3 examples/demo-model/corpus.py FOLDER > corpus.txt        (says which packages FOLDER holds)
//! cargo run --release -p saliency-model-gpt2 --example train_demo -- corpus.txt OUT --minutes 30
//! ```

use saliency_model_gpt2::{Config, Gpt2};
use std::collections::BTreeMap;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tch::nn::{OptimizerConfig, VarStore};
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
const LEARNING_RATE: f64 = 2e-3;
const WARM_UP: f64 = 0.02;
/// Every 20th document is kept out of training, to measure on.
const HELD_OUT: usize = 20;

struct Arguments {
    text: PathBuf,
    out: PathBuf,
    minutes: f64,
    seed: i64,
    device: Device,
}

fn arguments() -> Outcome<Arguments> {
    let mut words = std::env::args().skip(1);
    let mut next =
        |what| words.next().ok_or(format!("{what} is missing: CORPUS OUT [--minutes M] [--seed S] [--cuda]"));
    let (text, out) = (next("CORPUS")?.into(), next("OUT")?.into());
    let mut arguments = Arguments { text, out, minutes: 30.0, seed: 1, device: Device::Cpu };
    while let Some(flag) = words.next() {
        let mut value = || words.next().ok_or(format!("{flag} has no value"));
        match flag.as_str() {
            "--minutes" => arguments.minutes = value()?.parse()?,
            "--seed" => arguments.seed = value()?.parse()?,
            "--threads" => tch::set_num_threads(value()?.parse()?),
            "--cuda" => arguments.device = Device::Cuda(0),
            _ => return Err(format!("{flag} is unknown").into()),
        }
    }
    Ok(arguments)
}

fn main() -> Outcome<()> {
    let arguments = arguments()?;
    tch::manual_seed(arguments.seed);
    let text = std::fs::read_to_string(&arguments.text)?;
    let documents: Vec<&str> = text.split(&format!("\n{END_OF_TEXT}\n")).collect();
    std::fs::create_dir_all(&arguments.out)?;
    let tokenizer = train_tokenizer(&documents, &arguments.out)?;
    let encode = |held_out: bool| -> Outcome<(Tensor, usize)> {
        let (mut ids, mut bytes) = (Vec::new(), 0);
        for (i, document) in documents.iter().enumerate() {
            if i.is_multiple_of(HELD_OUT) == held_out {
                ids.push(0);
                ids.extend(tokenizer.encode(*document, false)?.get_ids().iter().map(|&id| i64::from(id)));
                bytes += document.len() + 1;
            }
        }
        Ok((Tensor::from_slice(&ids).to(arguments.device), bytes))
    };
    let (training, _) = encode(false)?;
    let (held_out, held_out_bytes) = encode(true)?;
    println!("{} training tokens, {} held out", training.size()[0], held_out.size()[0]);

    let config = config();
    let store = VarStore::new(arguments.device);
    let model = Gpt2::from_tensors(config.clone(), variables(&config, &store), "demo")?;
    let parameters: i64 = store.trainable_variables().iter().map(|v| v.numel() as i64).sum();
    println!("{parameters} parameters");
    let mut optimizer =
        tch::nn::AdamW { wd: 0.05, beta2: 0.98, ..Default::default() }.build(&store, LEARNING_RATE)?;

    let (begun, time) = (Instant::now(), Duration::from_secs_f64(arguments.minutes * 60.0));
    let (mut saved, mut smooth, mut step) = (Instant::now(), f64::NAN, 0_u64);
    while begun.elapsed() < time {
        let done = begun.elapsed().as_secs_f64() / time.as_secs_f64();
        optimizer.set_lr(LEARNING_RATE * schedule(done));
        let length = [128, 256, 256, 512][(step % 4) as usize];
        let loss = loss(&model, &batch(&training, TOKENS_IN_STEP / length, length))?;
        optimizer.backward_step_clip_norm(&loss, 1.0);
        let value = loss.double_value(&[]);
        smooth = if smooth.is_nan() { value } else { 0.98 * smooth + 0.02 * value };
        step += 1;
        if step.is_multiple_of(50) {
            let speed = step as f64 * TOKENS_IN_STEP as f64 / begun.elapsed().as_secs_f64();
            println!(
                "step {step}, {:.0} s, loss {smooth:.3}, {speed:.0} tokens/s",
                begun.elapsed().as_secs_f64()
            );
        }
        if saved.elapsed() > Duration::from_mins(2) {
            save(&store, &config, &arguments.out)?;
            saved = Instant::now();
        }
    }
    save(&store, &config, &arguments.out)?;
    let nats = tch::no_grad(|| evaluate(&model, &held_out))?;
    let bits = nats * held_out.size()[0] as f64 / std::f64::consts::LN_2 / held_out_bytes as f64;
    println!("{step} steps; held out: {nats:.3} nats a token, {bits:.3} bits a byte");
    Ok(())
}

fn config() -> Config {
    let mut config = Config::new(VOCABULARY, CONTEXT as usize, 256, 4, 8);
    config.eos_token_id = Some(saliency_model_gpt2::EndOfText::One(0));
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
fn variables(config: &Config, store: &VarStore) -> BTreeMap<String, Tensor> {
    let (hidden, inner) = (config.n_embd as i64, config.inner() as i64);
    let mut tensors = BTreeMap::new();
    let mut add = |name: String, size: &[i64], scale: f64| {
        let value = if scale <= 0.0 {
            Tensor::zeros(size, (Kind::Float, store.device()))
        } else if scale >= 1.0 {
            Tensor::ones(size, (Kind::Float, store.device()))
        } else {
            Tensor::randn(size, (Kind::Float, store.device())) * scale
        };
        tensors.insert(name.clone(), store.root().var_copy(&name.replace('.', "/"), &value));
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

/// Warm-up, then a cosine down to a twentieth.
fn schedule(done: f64) -> f64 {
    if done < WARM_UP {
        return (done / WARM_UP).max(0.01);
    }
    let cosine = (std::f64::consts::PI * (done - WARM_UP) / (1.0 - WARM_UP)).cos();
    0.05 + 0.95 * 0.5 * (1.0 + cosine)
}

/// Random stretches of the text, one token longer than what is read: `[sequences, length + 1]`.
fn batch(ids: &Tensor, sequences: i64, length: i64) -> Tensor {
    let begins = Tensor::randint(ids.size()[0] - length - 1, [sequences, 1], (Kind::Int64, ids.device()));
    let places = begins + Tensor::arange(length + 1, (Kind::Int64, ids.device()));
    ids.index_select(0, &places.flatten(0, 1)).reshape([sequences, length + 1])
}

/// The mean cross-entropy of every next token, in nats.
fn loss(model: &Gpt2, stretches: &Tensor) -> Outcome<Tensor> {
    let length = stretches.size()[1] - 1;
    let logits = model.logits_at(&model.embed_ids(&stretches.narrow(1, 0, length))?, None)?;
    Ok(logits.flatten(0, 1).cross_entropy_for_logits(&stretches.narrow(1, 1, length).flatten(0, 1)))
}

fn evaluate(model: &Gpt2, ids: &Tensor) -> Outcome<f64> {
    let sequences = (ids.size()[0] - 1) / CONTEXT;
    let mut sum = 0.0;
    for i in 0..sequences {
        sum += loss(model, &ids.narrow(0, i * CONTEXT, CONTEXT + 1).unsqueeze(0))?.double_value(&[]);
    }
    Ok(sum / sequences as f64)
}

/// Weights in half precision under their names in a checkpoint; written under another name and renamed.
fn save(store: &VarStore, config: &Config, out: &Path) -> Outcome<()> {
    let half = |(name, tensor): (String, Tensor)| {
        (name.replace('/', "."), tensor.to_kind(Kind::Half).to(Device::Cpu))
    };
    let mut tensors: Vec<(String, Tensor)> =
        tch::no_grad(|| store.variables().into_iter().map(half).collect());
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let temporary = out.join("model.safetensors.part");
    Tensor::write_safetensors(&tensors, &temporary)?;
    std::fs::rename(temporary, out.join("model.safetensors"))?;
    std::fs::write(out.join("config.json"), serde_json::to_string_pretty(config)? + "\n")?;
    Ok(())
}
