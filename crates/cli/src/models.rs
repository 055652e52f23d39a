//! `saliency models`: the bundled model, smollm2, those in the hub's cache, and published ones of families that are
//! read; `--fetch` downloads smollm2.

use crate::arguments::{ListArguments, ModelsArguments};
use crate::failure::Failure;
use crate::hub;
use crate::output::print;
use saliency::checkpoint::Family;
use saliency::{FAMILIES, LanguageModel, Load, SMOLLM2};
use serde_json::json;
use std::fmt::Write as _;

pub(crate) fn run(arguments: &ModelsArguments, quiet: bool) -> Result<(), Failure> {
    match arguments.fetch.as_deref() {
        None => list(&arguments.list),
        Some(name) if name == SMOLLM2.name => {
            let file = hub::fetch_smollm2(arguments.index.as_deref(), quiet)?;
            print(format!("{}\n", file.display()).as_bytes())
        }
        Some(name) => Err(Failure::Usage(format!(
            "--fetch {name:?}: {} is what is fetched so; a model on the hub is fetched where --model names it",
            SMOLLM2.name
        ))),
    }
}

/// The bundled model, smollm2, those in the cache, and published ones that are known to work.
fn list(arguments: &ListArguments) -> Result<(), Failure> {
    let demo = saliency::demo(&Load::default())?;
    let (limits, inside) = (demo.model.limits(), demo.model.inside());
    let (blocks, heads) = inside.map_or((0, 0), |inside| (inside.layers(), inside.heads()));
    let embedding = demo.model.embed(&[0]).map_err(saliency::attribution::Error::Model)?;
    let hidden = embedding.size().last().copied().unwrap_or(0);
    let cache = hub::cache();
    if arguments.json {
        let bundled = json!({
            "name": "demo", "sha256": demo.model.sha256(), "blocks": blocks, "hidden": hidden,
            "heads": heads, "context": limits.context, "vocabulary": limits.vocabulary,
        });
        let known = FAMILIES.iter().flat_map(Family::known).map(|known| {
            let (blocks, hidden, heads) = known.shape;
            json!({
                "name": known.id, "millions": known.millions, "blocks": blocks, "hidden": hidden, "heads": heads,
                "summary": known.summary,
            })
        });
        let (blocks, hidden, heads) = SMOLLM2.shape;
        let pinned = json!({
            "name": SMOLLM2.name, "sha256": SMOLLM2.sha256, "blocks": blocks, "hidden": hidden, "heads": heads,
            "summary": SMOLLM2.summary, "file": SMOLLM2.find(),
        });
        let all = json!({
            "bundled": bundled, "pinned": [pinned], "cache": cache.folder, "cached": cache.json, "unread": cache.unread,
            "known": known.collect::<Vec<_>>(),
            "gguf": FAMILIES.iter().flat_map(Family::gguf_architectures).collect::<Vec<_>>(),
        });
        return print(format!("{all:#}\n").as_bytes());
    }
    let mut text = format!(
        "Bundled (--model demo, the default)\ndemo  {} blocks, {} hidden dimensions, {} heads, context {}\n\n{}\nIn the cache{}\n",
        blocks,
        hidden,
        heads,
        limits.context,
        pinned(),
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
    let architectures: Vec<&str> = FAMILIES.iter().flat_map(Family::gguf_architectures).copied().collect();
    let _ = writeln!(
        text,
        "\nAlso readable, by --model FILE.gguf: GGUF files with general.architecture {}",
        architectures.join(", ")
    );
    print(text.as_bytes())
}

/// What there is to say of smollm2, and where it is or how to get it.
fn pinned() -> String {
    let (name, summary, (blocks, hidden, heads)) = (SMOLLM2.name, SMOLLM2.summary, SMOLLM2.shape);
    let there = match SMOLLM2.find() {
        Some(file) => file.display().to_string(),
        None => format!("not here: {}", SMOLLM2.get),
    };
    format!(
        "From the package index (--model {name})\n{name}  {blocks} blocks, {hidden} hidden dimensions, {heads} heads: \
         {summary}\n{there}\n"
    )
}
