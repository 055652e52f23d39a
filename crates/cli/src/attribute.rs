//! `saliency attribute`: a text in, records out.

use crate::arguments::{AttributeArguments, Bos, ExplainArguments, Format, SourceArguments, WorkArguments};
use crate::asked::Asked;
use crate::failure::Failure;
use crate::output::{Destination, remark};
use crate::progress::Progress;
use crate::records::read_file;
use crate::stream::Stream;
use crate::{estimate, interrupt, memory, model};
use saliency::attribution::{self, Segmentation, tch};
use saliency::schema::Reduce;
use saliency::{Checkpoint, Generation, LanguageModel, Prompt, Record, Sampling, Sequence, Template};
use std::path::Path;

/// Outputs where nothing else is asked for.
pub(crate) const DEFAULT_TOKENS: usize = 30;

pub(crate) fn run(arguments: &AttributeArguments, quiet: bool) -> Result<(), Failure> {
    if let Some(other) = arguments.stdin.as_deref().filter(|word| *word != "-") {
        return Err(Failure::Usage(format!(
            "{other:?} is neither a flag nor \"-\"; give the text with --text, --text-file or on standard input"
        )));
    }
    let destination = Destination::new(arguments.output.as_deref())?;
    let name = arguments.method.as_deref().unwrap_or("gradient-x-input");
    let source = Source { arguments: &arguments.source, from_stdin: arguments.stdin.is_some() };
    let Some(records) = records(&source, &arguments.explain, &[name], Some(&arguments.work), quiet)? else {
        return Ok(());
    };
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
    destination.write(&bytes)?;
    // What is there was written; whoever interrupted still learns that it is not all.
    if interrupt::came() { Err(Failure::Partial) } else { Ok(()) }
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
    work: Option<&WorkArguments>,
    quiet: bool,
) -> Result<Option<Vec<Record>>, Failure> {
    // Everything that can be asked wrongly is found before the model is loaded.
    let mut asked = Asked::new(explain, methods, source.arguments.seed)?;
    let generations = generations(source.arguments)?;
    let text = text(source)?;
    if let Some(threads) = source.arguments.threads {
        if threads == 0 {
            return Err(Failure::Usage("--threads is 0, and must be at least 1".into()));
        }
        tch::set_num_threads(threads.into());
    }
    let checkpoint = model::open(source.arguments, quiet)?;
    asked.look_up(&checkpoint)?;
    if let Some(memory) = work.and_then(|work| work.memory) {
        asked.memory = Some(memory::left_of(memory, quiet));
    }
    asked.partial = work.is_some_and(|work| work.partial);
    if work.is_some_and(|work| work.dry_run) {
        estimate::print(&checkpoint, source.arguments, &text, &asked)?;
        return Ok(None);
    }
    interrupt::listen();
    let mut records = Vec::new();
    for sequence in sequences(&checkpoint, source.arguments, &text, &generations, quiet)? {
        asked.check_group(&sequence)?;
        for method in &asked.methods {
            let attributor = asked.attributor(method, sequence.n_output())?;
            let progress = Progress::new("attributing", 1000, quiet);
            let made = attributor.record_with(&checkpoint.model, &sequence, &mut |done| {
                progress.set((done.share * 1000.0) as usize);
                !interrupt::came()
            });
            progress.finish();
            let mut record = match made {
                Err(attribution::Error::Stopped) if asked.partial && !records.is_empty() => {
                    return Ok(Some(records));
                }
                Err(attribution::Error::Stopped) => return Err(Failure::Interrupted),
                made => made?,
            };
            if let Some((segmentation, reduce)) = &asked.group {
                record = regrouped(&record, segmentation, *reduce)?;
            }
            for note in &record.notes {
                remark(quiet, &format!("note: {note}"));
            }
            records.push(record);
            match (interrupt::came(), asked.partial) {
                (true, true) => return Ok(Some(records)),
                (true, false) => return Err(Failure::Interrupted),
                (false, _) => {}
            }
        }
    }
    Ok(Some(records))
}

/// Tokens put together after the fact.
fn regrouped(record: &Record, segmentation: &Segmentation, reduce: Reduce) -> Result<Record, Failure> {
    let mut record = record.regroup(&segmentation.segments(&record.tokens)?, reduce)?;
    if let Some(regrouped) = &mut record.regrouped {
        regrouped.by = Some(segmentation.to_string());
    }
    Ok(record)
}

fn generations(arguments: &SourceArguments) -> Result<Vec<Generation>, Failure> {
    let tokens = arguments.generate.unwrap_or(DEFAULT_TOKENS);
    if tokens == 0 {
        return Err(Failure::Usage("--generate is 0, and must be at least 1".into()));
    }
    if arguments.runs == 0 {
        return Err(Failure::Usage("--runs is 0, and must be at least 1".into()));
    }
    let sampling = |run| {
        if !arguments.sample {
            return Sampling::Greedy;
        }
        Sampling::Random {
            temperature: arguments.temperature.unwrap_or(1.0),
            top_k: arguments.top_k,
            top_p: arguments.top_p,
            min_p: arguments.min_p,
            seed: arguments.seed.unwrap_or(0).wrapping_add(run),
        }
    };
    if !arguments.sample && arguments.runs > 1 {
        let why = "--runs without --sample would give the same text again; add --sample";
        return Err(Failure::Usage(why.into()));
    }
    let generation = |run| {
        let mut generation = Generation::new(tokens, sampling(run));
        generation.at_least = arguments.at_least.unwrap_or(0);
        generation.stop.clone_from(&arguments.stop);
        generation.repetition_penalty = arguments.repetition_penalty.unwrap_or(1.0);
        generation
    };
    let generations: Vec<_> = (0..arguments.runs).map(generation).collect();
    generations.iter().try_for_each(Generation::check)?;
    Ok(generations)
}

/// The text as the model is to read it.
pub(crate) fn prompt(arguments: &SourceArguments, text: &str) -> Prompt {
    let template = match (&arguments.template, arguments.chat) {
        (Some(template), _) => Template::Filled(template.clone()),
        (None, true) => Template::Chat { system: arguments.system.clone() },
        (None, false) => Template::Plain,
    };
    let prompt = Prompt::from(text).template(template);
    match arguments.bos {
        Bos::Auto => prompt,
        Bos::Yes => prompt.bos(true),
        Bos::No => prompt.bos(false),
    }
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

/// The text and its continuations, for which it is read once.
fn sequences(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    text: &str,
    generations: &[Generation],
    quiet: bool,
) -> Result<Vec<Sequence>, Failure> {
    let prompt = prompt(arguments, text);
    if let Some(continuation) = &arguments.continuation {
        return Ok(vec![checkpoint.force(prompt, continuation)?]);
    }
    let all = generations.iter().map(|generation| generation.tokens).sum();
    let progress = Progress::new("generating", all, quiet || arguments.stream);
    let (mut done, mut stream, mut streamed) = (0, Stream::new(), None);
    let sequences = checkpoint.generate_runs(prompt, generations, &mut |run, id| {
        done += 1;
        progress.set(done);
        if arguments.stream {
            if streamed.is_some_and(|before| before != run) {
                stream.end();
            }
            streamed = Some(run);
            stream.add(&checkpoint.tokenizer.bytes_of(id));
        }
        !interrupt::came()
    });
    progress.finish();
    if streamed.is_some() {
        stream.end();
    }
    if interrupt::came() {
        return Err(Failure::Interrupted);
    }
    let sequences = sequences?;
    for (sequence, generation) in sequences.iter().zip(generations) {
        let (made, asked) = (sequence.n_output(), generation.tokens);
        if made < asked {
            let ends = checkpoint.model.ends_of_text();
            let end = sequence.ids().last().filter(|id| ends.contains(id));
            let why = end.map_or("a text of --stop".to_owned(), |id| format!("the end-of-text token ({id})"));
            remark(quiet, &format!("stopped at {why} after {made} of {asked} tokens"));
        }
    }
    Ok(sequences)
}
