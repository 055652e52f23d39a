//! `--model`: the bundled model, a folder, or a name on the hub.

use crate::arguments::{Dtype, ListArguments, SourceArguments};
use crate::failure::Failure;
use crate::hub;
use crate::output::{print, remark};
use saliency::attribution::tch;
use saliency::gpt2::KNOWN;
use saliency::{Checkpoint, LanguageModel, Load};
use serde_json::json;
use std::fmt::Write as _;
use std::path::Path;

/// Loads the requested model and prints its warnings.
pub(crate) fn open(arguments: &SourceArguments, quiet: bool) -> Result<Checkpoint, Failure> {
    let kind = match arguments.dtype {
        Dtype::F32 => tch::Kind::Float,
        Dtype::F64 => tch::Kind::Double,
        Dtype::Bf16 => tch::Kind::BFloat16,
    };
    let load = Load { kind, device: device(&arguments.device)? };
    let model = &arguments.model;
    let checkpoint = if model == "demo" {
        Checkpoint::demo(&load)?
    } else if Path::new(model).is_dir() || looks_like_a_path(model) {
        Checkpoint::open(model, &load)?
    } else {
        Checkpoint::open_as(hub::folder(model, quiet)?, model, &load)?
    };
    for warning in &checkpoint.warnings {
        remark(quiet, &format!("warning: {warning}"));
    }
    Ok(checkpoint)
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

/// `saliency models`: the bundled model, those in the cache, and published ones that are known to work.
pub(crate) fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let demo = Checkpoint::demo(&Load::default())?;
    let config = demo.model.config();
    let cache = hub::cache();
    if arguments.json {
        let bundled = json!({
            "name": "demo", "sha256": demo.model.sha256(), "blocks": config.n_layer, "hidden": config.n_embd,
            "heads": config.n_head, "context": config.n_positions, "vocabulary": config.vocab_size,
        });
        let known = KNOWN.map(|known| {
            let (blocks, hidden, heads) = known.shape;
            json!({
                "name": known.id, "millions": known.millions, "blocks": blocks, "hidden": hidden, "heads": heads,
                "summary": known.summary,
            })
        });
        let all = json!({
            "bundled": bundled, "cache": cache.folder, "cached": cache.json, "unread": cache.unread, "known": known,
        });
        return print(format!("{all:#}\n").as_bytes());
    }
    let mut text = format!(
        "Bundled (--model demo, the default)\ndemo  {} blocks, {} hidden dimensions, {} heads, context {}\n\nIn the cache{}\n",
        config.n_layer,
        config.n_embd,
        config.n_head,
        config.n_positions,
        cache.folder.map(|folder| format!(", {}", folder.display())).unwrap_or_default()
    );
    if cache.lines.is_empty() && cache.unread.is_empty() {
        text += "nothing\n";
    }
    for line in &cache.lines {
        let _ = writeln!(text, "{line}");
    }
    for error in &cache.unread {
        let _ = writeln!(text, "not read: {error}");
    }
    text += "\nAlso readable, by name on the hub or from a folder: any GPT-2 in Hugging Face's layout with safetensors, such as\n";
    let width = KNOWN.iter().map(|known| known.id.len()).max().unwrap_or(0);
    for known in KNOWN {
        let (blocks, hidden, _) = known.shape;
        let _ = writeln!(
            text,
            "{:width$}  {:>4} million, {blocks:>2} blocks of {hidden:>4}: {}",
            known.id, known.millions, known.summary
        );
    }
    print(text.as_bytes())
}
