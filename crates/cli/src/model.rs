//! `--model`: the bundled model, a folder, or a name on the hub.

use crate::arguments::{Dtype, ListArguments, SourceArguments};
use crate::failure::Failure;
use crate::output::{print, remark};
use crate::progress::Progress;
use saliency::attribution::tch;
use saliency::gpt2::KNOWN;
use saliency::hub::{FetchEvent, Hub, HubId, Snapshot};
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
        let id: HubId = model.parse().map_err(|error| {
            Failure::Usage(format!(
                "--model {model:?} is neither demo, nor a folder, nor a name on the hub: {error}"
            ))
        })?;
        let snapshot = fetch(&id, quiet)
            .map_err(|source| Failure::Fetch { model: model.clone(), source: Box::new(source) })?;
        Checkpoint::open_as(snapshot.folder, model, &load)?
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

fn fetch(id: &HubId, quiet: bool) -> Result<Snapshot, saliency::hub::Error> {
    let hub = Hub::from_env()?;
    let mut bar: Option<(String, Progress)> = None;
    let snapshot = hub.get(id, &mut |event| match event {
        FetchEvent::Bytes { file, done, total } => {
            if bar.as_ref().is_none_or(|(of, _)| of != file) {
                if let Some((_, bar)) = &bar {
                    bar.finish();
                }
                bar = Some((file.to_owned(), Progress::bytes(file, total, quiet)));
            }
            if let Some((_, bar)) = &bar {
                bar.set(done as usize);
            }
        }
        FetchEvent::Waiting { status, wait } => {
            let reason =
                if status == 0 { "closed the connection".to_owned() } else { format!("answered {status}") };
            remark(quiet, &format!("the hub {reason}; trying again in {} s", wait.as_secs_f64().ceil()));
        }
        _ => {}
    });
    if let Some((_, bar)) = &bar {
        bar.finish();
    }
    snapshot
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
    let mut unread = Vec::new();
    let hub = Hub::from_env().map_err(|error| unread.push(error.to_string())).ok();
    let cached = hub.as_ref().map(|hub| hub.cached_with(&mut |error| unread.push(error.to_string())));
    let cached = cached.unwrap_or_default();
    let cache = hub.as_ref().map(Hub::cache);
    if arguments.json {
        let bundled = json!({
            "name": "demo", "sha256": demo.model.sha256(), "blocks": config.n_layer, "hidden": config.n_embd,
            "heads": config.n_head, "context": config.n_positions, "vocabulary": config.vocab_size,
        });
        let cached = cached.iter().map(|model| {
            json!({
                "name": model.id.to_string(), "revisions": model.revisions, "commit": model.commit,
                "folder": model.folder, "bytes": model.bytes, "whole": model.complete,
            })
        });
        let known = KNOWN.map(|known| {
            let (blocks, hidden, heads) = known.shape;
            json!({
                "name": known.id, "millions": known.millions, "blocks": blocks, "hidden": hidden, "heads": heads,
                "summary": known.summary,
            })
        });
        let all = json!({
            "bundled": bundled, "cache": cache, "cached": cached.collect::<Vec<_>>(), "unread": unread, "known": known,
        });
        return print(format!("{all:#}\n").as_bytes());
    }
    let mut text = format!(
        "Bundled (--model demo, the default)\ndemo  {} blocks, {} hidden dimensions, {} heads, context {}\n\nIn the cache{}\n",
        config.n_layer,
        config.n_embd,
        config.n_head,
        config.n_positions,
        cache.map(|cache| format!(", {}", cache.display())).unwrap_or_default()
    );
    if cached.is_empty() && unread.is_empty() {
        text += "nothing\n";
    }
    for model in &cached {
        let revisions = if model.revisions.is_empty() { &model.commit } else { &model.revisions.join(", ") };
        let incomplete =
            if model.complete { "" } else { ", incomplete: weights are missing or in another format" };
        let _ = writeln!(text, "{}  {revisions}, {:.1} MB{incomplete}", model.id, model.bytes as f64 / 1e6);
    }
    for error in &unread {
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
