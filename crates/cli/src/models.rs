//! `saliency models`: the bundled model, those in the hub's cache, and published ones of families that are read.

use crate::arguments::ListArguments;
use crate::failure::Failure;
use crate::output::print;
use saliency::checkpoint::Family;
use saliency::hub::Hub;
use saliency::{FAMILIES, LanguageModel, Load};
use serde_json::json;
use std::fmt::Write as _;

/// `saliency models`: the bundled model, those in the cache, and published ones that are known to work.
pub(crate) fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let demo = saliency::demo(&Load::default())?;
    let (limits, inside) = (demo.model.limits(), demo.model.inside());
    let (blocks, heads) = inside.map_or((0, 0), |inside| (inside.layers(), inside.heads()));
    let embedding = demo.model.embed(&[0]).map_err(saliency::attribution::Error::Model)?;
    let hidden = embedding.size().last().copied().unwrap_or(0);
    let mut unread = Vec::new();
    let hub = Hub::from_env().map_err(|error| unread.push(error.to_string())).ok();
    let cached = hub.as_ref().map(|hub| hub.cached_with(&mut |error| unread.push(error.to_string())));
    let cached = cached.unwrap_or_default();
    let cache = hub.as_ref().map(Hub::cache);
    if arguments.json {
        let bundled = json!({
            "name": "demo", "sha256": demo.model.sha256(), "blocks": blocks, "hidden": hidden,
            "heads": heads, "context": limits.context, "vocabulary": limits.vocabulary,
        });
        let cached = cached.iter().map(|model| {
            json!({
                "name": model.id.to_string(), "revisions": model.revisions, "commit": model.commit,
                "folder": model.folder, "bytes": model.bytes, "whole": model.complete,
            })
        });
        let known = FAMILIES.iter().flat_map(Family::known).map(|known| {
            let (blocks, hidden, heads) = known.shape;
            json!({
                "name": known.id, "millions": known.millions, "blocks": blocks, "hidden": hidden, "heads": heads,
                "summary": known.summary,
            })
        });
        let all = json!({
            "bundled": bundled, "cache": cache, "cached": cached.collect::<Vec<_>>(), "unread": unread,
            "known": known.collect::<Vec<_>>(),
        });
        return print(format!("{all:#}\n").as_bytes());
    }
    let mut text = format!(
        "Bundled (--model demo, the default)\ndemo  {} blocks, {} hidden dimensions, {} heads, context {}\n\nIn the cache{}\n",
        blocks,
        hidden,
        heads,
        limits.context,
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
    for family in FAMILIES {
        let _ = writeln!(
            text,
            "\nAlso readable, by name on the hub or from a folder: any {} in Hugging Face's layout with safetensors, such as",
            family.name()
        );
        let width = family.known().iter().map(|known| known.id.len()).max().unwrap_or(0);
        for known in family.known() {
            let (blocks, hidden, _) = known.shape;
            let _ = writeln!(
                text,
                "{:width$}  {:>4} million, {blocks:>2} blocks of {hidden:>4}: {}",
                known.id, known.millions, known.summary
            );
        }
    }
    print(text.as_bytes())
}
