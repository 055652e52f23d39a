//! `cargo xtask real-gpt2`: whether GPT-2's real weights give the reference runs' rows, or a stand-in its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use safetensors::tensor::{Dtype, TensorView};

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::program;
use crate::step;
use crate::workspace::Workspace;

const EXAMPLE: &str = "6_real_gpt2";

/// Which weights.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    /// A folder, or an id on the hub.
    At(String),
    /// Made here, of the same shape.
    StandIn,
}

impl Weights {
    pub(crate) fn parse(args: &[String]) -> Result<Self, String> {
        match args {
            [flag] if flag == "--stand-in" => Ok(Self::StandIn),
            [at] if !at.starts_with('-') => Ok(Self::At(at.clone())),
            _ => Err("`real-gpt2` takes the folder or hub id of GPT-2's weights, or --stand-in".to_owned()),
        }
    }
}

/// Runs the comparison in release mode.
pub(crate) fn run(workspace: &Workspace, weights: &Weights) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let mut command = workspace.cargo("build");
    command.args(["--release", "--package", "saliency", "--features", "hub", "--example", EXAMPLE]);
    libtorch.tell(&mut command);
    compare(workspace, &libtorch, weights, command)
}

/// The comparison on a stand-in, by the example as the tests' profile has it.
pub(crate) fn on_stand_in(workspace: &Workspace, libtorch: &Libtorch, selection: &[String]) -> Result<()> {
    let mut command = workspace.cargo("build");
    command.args(selection).args(["--example", EXAMPLE]);
    libtorch.tell(&mut command);
    compare(workspace, libtorch, &Weights::StandIn, command)
}

/// Builds the example by `build` and runs it.
fn compare(workspace: &Workspace, libtorch: &Libtorch, weights: &Weights, build: Command) -> Result<()> {
    let mut command = Command::new(program::built(build, EXAMPLE)?);
    command.current_dir(workspace.root());
    match weights {
        Weights::At(at) => {
            command.arg(at);
        }
        Weights::StandIn => {
            command.arg(stand_in(workspace)?).arg(workspace.root().join("tests/stand-in"));
        }
    }
    libtorch.tell(&mut command);
    step::run(&mut command)
}

/// The stand-in's folder, made if it is not there: GPT-2 small's shape, every number from a counter through
/// `SplitMix64`. `tests/stand-in/generate.py` makes the same bits and says what a peer answers on them.
fn stand_in(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.target().join("stand-in");
    let weights = folder.join("model.safetensors");
    if weights.exists() {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).at("make", &folder)?;
    fs::write(folder.join("config.json"), "{\"model_type\": \"gpt2\"}\n").at("write", &folder)?;
    // Its tokens are forced, so that any tokenizer does.
    let tokenizer = workspace.root().join("crates/model-gpt2/tests/parity/gpt2-a/tokenizer.json");
    fs::copy(&tokenizer, folder.join("tokenizer.json")).at("copy", &tokenizer)?;
    let part = folder.join("model.safetensors.part");
    write_weights(&part).at("write", &part)?;
    fs::rename(&part, &weights).at("rename", &part)?;
    Ok(folder)
}

fn write_weights(path: &Path) -> std::io::Result<()> {
    let tensors: Vec<_> = tensors()
        .into_iter()
        .enumerate()
        .map(|(tensor, (name, shape))| {
            let bytes = numbers(tensor as u64, shape.iter().product(), &name);
            (name, shape, bytes)
        })
        .collect();
    let views = tensors.iter().filter_map(|(name, shape, bytes)| {
        Some((name, TensorView::new(Dtype::F32, shape.clone(), bytes).ok()?))
    });
    safetensors::serialize_to_file(views, None, path).map_err(std::io::Error::other)
}

/// Names and shapes, in the order that numbers the tensors.
fn tensors() -> Vec<(String, Vec<usize>)> {
    let mut all =
        vec![("wte.weight".to_owned(), vec![50257, 768]), ("wpe.weight".to_owned(), vec![1024, 768])];
    let mut affine = |name: String, shape: &[usize]| {
        all.push((format!("{name}.weight"), shape.to_vec()));
        all.push((format!("{name}.bias"), shape[shape.len() - 1..].to_vec()));
    };
    for i in 0..12 {
        affine(format!("h.{i}.ln_1"), &[768]);
        affine(format!("h.{i}.attn.c_attn"), &[768, 2304]);
        affine(format!("h.{i}.attn.c_proj"), &[768, 768]);
        affine(format!("h.{i}.ln_2"), &[768]);
        affine(format!("h.{i}.mlp.c_fc"), &[768, 3072]);
        affine(format!("h.{i}.mlp.c_proj"), &[3072, 768]);
    }
    affine("ln_f".to_owned(), &[768]);
    all
}

/// A tensor's numbers, little endian.
fn numbers(tensor: u64, n: usize, name: &str) -> Vec<u8> {
    let norm = name.contains("ln_");
    let scale = match name {
        "wpe.weight" => 0.015_625,
        _ if norm => 0.25,
        _ => 0.031_25,
    };
    let shift = if norm && name.ends_with("weight") { 1.0 } else { 0.0 };
    let mut bytes = Vec::with_capacity(4 * n);
    for i in 0..n as u64 {
        let x = uniform((tensor << 40) + i) * scale + shift;
        bytes.extend_from_slice(&x.to_le_bytes());
    }
    bytes
}

/// The upper 24 bits of `SplitMix64` (Steele, Lea and Flood 2014), in [-1, 1).
fn uniform(counter: u64) -> f32 {
    let mut z = counter.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    (z >> 40) as f32 * 2.0_f32.powi(-23) - 1.0
}

#[cfg(test)]
mod tests {
    use super::{Weights, tensors, uniform};

    #[test]
    fn the_stand_in_has_gpt2s_size_and_splitmixs_numbers() {
        let numbers: usize = tensors().iter().map(|(_, shape)| shape.iter().product::<usize>()).sum();
        // As the model's card says: 124M.
        assert_eq!(numbers, 124_439_808);
        // The generator's published first outputs for the seed 0: e220a8397b1dcdaf, 6e789e6aa1b965f4.
        let upper = |x: u64| (x >> 40) as f32 / 8_388_608.0 - 1.0;
        assert!((uniform(0) - upper(0xe220_a839_7b1d_cdaf)).abs() < f32::EPSILON);
        assert!((uniform(1) - upper(0x6e78_9e6a_a1b9_65f4)).abs() < f32::EPSILON);
    }

    #[test]
    fn one_argument_says_which_weights() {
        let parse =
            |line: &str| Weights::parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parse("gpt2"), Ok(Weights::At("gpt2".into())));
        assert_eq!(parse("--stand-in"), Ok(Weights::StandIn));
        assert!(parse("").is_err());
        assert!(parse("--other").is_err());
        assert!(parse("a b").is_err());
    }
}
