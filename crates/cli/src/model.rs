//! `--model`: a bundled model, smollm2, a folder, a GGUF file, or a name on the hub.

use crate::arguments::{Dtype, SourceArguments};
use crate::failure::Failure;
use crate::hub;
use crate::output::remark;
use saliency::attribution::tch;
use saliency::{Checkpoint, Load};
use std::path::Path;

/// Loads the requested model and prints its warnings.
pub(crate) fn open(arguments: &SourceArguments, quiet: bool) -> Result<Checkpoint, Failure> {
    let kind = match arguments.dtype {
        Dtype::F32 => tch::Kind::Float,
        Dtype::F64 => tch::Kind::Double,
        Dtype::Bf16 => tch::Kind::BFloat16,
    };
    let load = Load::new().kind(kind).device(device(&arguments.device)?);
    let model = &arguments.model;
    let checkpoint = if model == "demo" {
        saliency::demo(&load)?
    } else if model == "demo-t5" {
        saliency::demo_t5(&load)?
    } else if model == saliency::SMOLLM2.name {
        saliency::smollm2(&load)?
    } else if is_folder_or_gguf(Path::new(model)) || looks_like_a_path(model) {
        saliency::open(model, &load)?
    } else {
        saliency::open_as(hub::folder(model, quiet)?, model, &load)?
    };
    for warning in &checkpoint.warnings {
        remark(quiet, &format!("warning: {warning}"));
    }
    Ok(checkpoint)
}

/// Whether a name is that of a folder or of a GGUF file.
fn is_folder_or_gguf(path: &Path) -> bool {
    path.is_dir() || path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf"))
}

/// Whether a name can only be a path, because it is not a valid name on the hub.
fn looks_like_a_path(name: &str) -> bool {
    let before_revision = name.split('@').next().unwrap_or(name);
    name.starts_with(['/', '.', '~', '\\']) || name.contains('\\') || before_revision.matches('/').count() > 1
}

fn device(name: &str) -> Result<tch::Device, Failure> {
    let number = |n: &str| n.parse().ok().map(tch::Device::Cuda);
    let device = match name {
        "cpu" => Some(tch::Device::Cpu),
        "mps" => Some(tch::Device::Mps),
        "cuda" => Some(tch::Device::Cuda(0)),
        _ => name.strip_prefix("cuda:").and_then(number),
    };
    device.ok_or_else(|| {
        Failure::Usage(format!("--device {name:?} is unknown; there are: cpu, cuda, cuda:N, mps"))
    })
}
