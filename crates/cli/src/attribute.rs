//! `saliency attribute`: a text in, records out.

use crate::arguments::{AttributeArguments, Dtype, ExplainArguments, Format, SourceArguments};
use crate::failure::Failure;
use crate::output::{Destination, remark};
use crate::progress::Progress;
use crate::records::read_file;
use saliency::attribution::{Alternatives, Parameters, Target, TokenId, tch};
use saliency::{
    Attributor, Checkpoint, Generation, LanguageModel, Load, Record, Sampling, Sequence, method, target,
};
use saliency_schema::Kind;
use std::path::Path;

const DEFAULT_TOKENS: usize = 30;

pub(crate) fn run(arguments: &AttributeArguments, quiet: bool) -> Result<(), Failure> {
    if let Some(other) = arguments.stdin.as_deref().filter(|word| *word != "-") {
        return Err(Failure::Usage(format!(
            "{other:?} is neither a flag nor \"-\"; give the text with --text, --text-file or on standard input"
        )));
    }
    let destination = Destination::new(arguments.output.as_deref())?;
    let name = arguments.method.as_deref().unwrap_or("gradient-x-input");
    let source = Source { arguments: &arguments.source, from_stdin: arguments.stdin.is_some() };
    let records = records(&source, &arguments.explain, &[name], quiet)?;
    let mut bytes = Vec::new();
    match arguments.format {
        Format::Notebook => saliency::write_notebook(&records, &mut bytes)?,
        Format::Record if destination.has_extension("jsonl") => {
            for record in &records {
                saliency::write(std::slice::from_ref(record), &mut bytes)?;
            }
        }
        Format::Record => saliency::write(&records, &mut bytes)?,
    }
    destination.write(&bytes)
}

/// Where a text comes from.
pub(crate) struct Source<'a> {
    pub(crate) arguments: &'a SourceArguments,
    pub(crate) from_stdin: bool,
}

/// Every run by every method, runs in the outer order.
pub(crate) fn records(
    source: &Source<'_>,
    explain: &ExplainArguments,
    methods: &[&str],
    quiet: bool,
) -> Result<Vec<Record>, Failure> {
    // Everything that can be asked wrongly is found before the model is loaded.
    let mut attributors: Vec<_> =
        methods.iter().map(|name| attributor(name, explain)).collect::<Result<_, _>>()?;
    let contrasts = |alternatives| -> Result<Option<Box<dyn Target>>, Failure> {
        Ok(target(&explain.target)?.against(alternatives))
    };
    if !explain.alternative.is_empty() && contrasts(Alternatives::RunnerUp)?.is_none() {
        let why = format!("--alternative needs a contrast- target, and --target is {}", explain.target);
        return Err(Failure::Usage(why));
    }
    let generations = generations(source.arguments)?;
    let text = text(source)?;
    if let Some(threads) = source.arguments.threads {
        if threads == 0 {
            return Err(Failure::Usage("--threads is 0, and must be at least 1".into()));
        }
        tch::set_num_threads(threads.into());
    }
    let checkpoint = open(source.arguments)?;
    if !explain.alternative.is_empty() {
        let ids = explain.alternative.iter().map(|text| one_token(&checkpoint, text));
        let ids = Alternatives::Same(ids.collect::<Result<_, _>>()?);
        let against = |attributor: Attributor| -> Result<Attributor, Failure> {
            Ok(match contrasts(ids.clone())? {
                Some(target) => attributor.with_target(target),
                None => attributor,
            })
        };
        attributors = attributors.into_iter().map(against).collect::<Result<_, _>>()?;
    }
    let mut records = Vec::new();
    for generation in &generations {
        let sequence = sequence(&checkpoint, source.arguments, &text, generation, quiet)?;
        for attributor in &attributors {
            let progress = Progress::new("attributing", sequence.n_output(), quiet);
            let record = attributor.record_with(&checkpoint.model, &sequence, &mut |done, _| {
                progress.set(done);
                true
            })?;
            progress.finish();
            for note in &record.notes {
                remark(quiet, &format!("note: {note}"));
            }
            records.push(record);
        }
    }
    Ok(records)
}

/// The one token that a text is.
fn one_token(checkpoint: &Checkpoint, text: &str) -> Result<TokenId, Failure> {
    let tokens = checkpoint.tokenizer.encode(text, Kind::Output, 0)?;
    match &tokens[..] {
        [token] => Ok(token.id),
        several => {
            let pieces: Vec<_> = several.iter().map(|token| format!("{:?}", token.text)).collect();
            Err(Failure::Usage(format!(
                "--alternative {text:?} is {} tokens ({}), and must be one; mind the leading space",
                several.len(),
                pieces.join(", ")
            )))
        }
    }
}

fn attributor(name: &str, explain: &ExplainArguments) -> Result<Attributor, Failure> {
    let parameters = Parameters { steps: explain.steps, baseline: explain.baseline.clone() };
    let mut attributor = Attributor::new().with_method(method(name, &parameters)?).target(&explain.target)?;
    if let Some(aggregate) = explain.aggregate()? {
        attributor = attributor.aggregate(aggregate);
    }
    if let Some(normalize) = explain.normalize()? {
        attributor = attributor.normalize(normalize);
    }
    attributor.reduction()?;
    Ok(attributor)
}

fn generations(arguments: &SourceArguments) -> Result<Vec<Generation>, Failure> {
    let tokens = arguments.generate.unwrap_or(DEFAULT_TOKENS);
    if tokens == 0 {
        return Err(Failure::Usage("--generate is 0, and must be at least 1".into()));
    }
    if arguments.runs == 0 {
        return Err(Failure::Usage("--runs is 0, and must be at least 1".into()));
    }
    if !arguments.sample {
        if arguments.runs > 1 {
            let why = "--runs without --sample would give the same text again; add --sample";
            return Err(Failure::Usage(why.into()));
        }
        return Ok(vec![Generation::greedy(tokens)]);
    }
    let generation = |run| Generation {
        tokens,
        sampling: Sampling::Random {
            temperature: arguments.temperature.unwrap_or(1.0),
            top_k: arguments.top_k,
            top_p: arguments.top_p,
            seed: arguments.seed.unwrap_or(0).wrapping_add(run),
        },
    };
    let generations: Vec<_> = (0..arguments.runs).map(generation).collect();
    for generation in &generations {
        saliency::attribution::Sampler::new(&generation.sampling)?;
    }
    Ok(generations)
}

fn text(source: &Source<'_>) -> Result<String, Failure> {
    let arguments = source.arguments;
    let text = match (&arguments.text, &arguments.text_file) {
        (Some(text), _) => text.clone(),
        (None, Some(path)) => text_of(path)?,
        (None, None) if source.from_stdin => text_of(Path::new("-"))?,
        (None, None) => {
            return Err(Failure::Usage(
                "no text; give one with --text T, --text-file F, or - for standard input".into(),
            ));
        }
    };
    if text.is_empty() {
        let what = match &arguments.text_file {
            Some(path) => format!("{}: the text is empty", path.display()),
            None => "the text is empty".to_owned(),
        };
        return Err(Failure::Usage(format!("{what}; give at least one word")));
    }
    Ok(text)
}

/// A file's text without its one final newline.
fn text_of(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(read_file(path)?).map_err(|error| Failure::NotUtf8 {
        path: path.to_owned(),
        valid_up_to: error.utf8_error().valid_up_to(),
    })?;
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

fn open(arguments: &SourceArguments) -> Result<Checkpoint, Failure> {
    let kind = match arguments.dtype {
        Dtype::F32 => tch::Kind::Float,
        Dtype::F64 => tch::Kind::Double,
        Dtype::Bf16 => tch::Kind::BFloat16,
    };
    let load = Load { kind, device: device(&arguments.device)? };
    if arguments.model == "demo" {
        return Ok(Checkpoint::demo(&load)?);
    }
    Ok(Checkpoint::open(&arguments.model, &load)?)
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

fn sequence(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    text: &str,
    generation: &Generation,
    quiet: bool,
) -> Result<Sequence, Failure> {
    if let Some(continuation) = &arguments.continuation {
        return Ok(checkpoint.force(text, continuation)?);
    }
    let progress = Progress::new("generating", generation.tokens, quiet);
    let mut done = 0;
    let sequence = checkpoint.generate_with(text, generation, &mut |_| {
        done += 1;
        progress.set(done);
        true
    })?;
    progress.finish();
    if sequence.n_output() < generation.tokens {
        let end = checkpoint.model.end_of_text().map_or_else(String::new, |id| format!(" ({id})"));
        let (made, asked) = (sequence.n_output(), generation.tokens);
        remark(quiet, &format!("stopped at the end-of-text token{end} after {made} of {asked} tokens"));
    }
    Ok(sequence)
}
