//! `saliency attribute`: a text in, records out.

use crate::arguments::{AttributeArguments, ExplainArguments, Format, SourceArguments, WorkArguments};
use crate::failure::Failure;
use crate::output::{Destination, Prepared, remark};
use crate::request::Request;
use crate::text::{Source, continued, generations, prompt, say_special, text};
use crate::times::Times;
use crate::{estimate, interrupt, memory, model, vectors};
use saliency::attribution::{self, UnreducedRows, tch};
use saliency::{Attributor, LanguageModel, Record, Sequence};
use std::time::Instant;

pub(crate) fn run(arguments: &AttributeArguments, quiet: bool) -> Result<(), Failure> {
    if let Some(other) = arguments.stdin.as_deref().filter(|word| *word != "-") {
        return Err(Failure::Usage(format!(
            "{other:?} is neither a flag nor \"-\"; give the text with --text, --text-file or on standard input"
        )));
    }
    let destination = Destination::new(arguments.output.as_deref())?;
    let beside = arguments.vectors.as_deref().map(|path| Destination::new(Some(path))).transpose()?;
    if beside.as_ref().is_some_and(|beside| beside.is(&destination)) {
        return Err(Failure::Usage("--vectors and -o name the same file; name two different ones".into()));
    }
    if arguments.format == Format::Notebook && destination.has_extension("jsonl") {
        return Err(Failure::Usage("--format notebook is one JSON array; name a .json file".into()));
    }
    if beside.is_some() && arguments.explain.rivals.is_some() {
        return Err(Failure::Usage(
            "--vectors keeps the vectors of one record, and --rivals makes several".into(),
        ));
    }
    let name = arguments.method.as_deref().unwrap_or("gradient-x-input");
    let source = Source { arguments: &arguments.source, from_stdin: arguments.stdin.is_some() };
    let (explain, work) = (&arguments.explain, &arguments.work);
    let Some(attributed) = attribute_all(&source, explain, &[name], work, None, (beside.is_some(), quiet))?
    else {
        return Ok(());
    };
    let (records, vectors): (Vec<Record>, Vec<UnreducedRows>) = attributed.into_iter().unzip();
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
    // Both files are written before either is renamed.
    let vectors = if beside.is_some() { vectors::safetensors(&records, &vectors)? } else { Vec::new() };
    let beside = beside.as_ref().map(|beside| beside.prepare(&vectors)).transpose()?;
    destination.prepare(&bytes)?.finish()?;
    beside.map_or(Ok(()), Prepared::finish)?;
    // The finished rows were written; the exit code tells that some are missing.
    if interrupt::came() { Err(Failure::Partial) } else { Ok(()) }
}

/// The records of every run and method, run by run.
pub(crate) fn records(
    source: &Source<'_>,
    explain: &ExplainArguments,
    methods: &[&str],
    work: &WorkArguments,
    each: Option<&mut EachRun<'_>>,
    quiet: bool,
) -> Result<Option<Vec<Record>>, Failure> {
    let attributed = attribute_all(source, explain, methods, work, each, (false, quiet))?;
    Ok(attributed.map(|attributed| attributed.into_iter().map(|(record, _)| record).collect()))
}

/// Sets the number of threads, if one was given.
pub(crate) fn set_threads(arguments: &SourceArguments) -> Result<(), Failure> {
    match arguments.threads {
        None => {}
        Some(0) => return Err(Failure::Usage("--threads is 0, and must be at least 1".into())),
        Some(threads) => tch::set_num_threads(threads.into()),
    }
    Ok(())
}

/// What is done for each run of a text while the model is there. Methods that the model can't serve are then left out,
/// and said.
pub(crate) type EachRun<'e> = dyn FnMut(&Attributed<'_>) -> Result<(), Failure> + 'e;

/// One run of a text, and what methods made of it, token by token.
pub(crate) struct Attributed<'a> {
    pub(crate) model: &'a dyn LanguageModel,
    pub(crate) sequence: &'a Sequence,
    pub(crate) methods: Vec<Judged>,
}

/// A method of a run: how it ran, and its record.
pub(crate) struct Judged {
    pub(crate) attributor: Attributor,
    pub(crate) record: Record,
    pub(crate) passes: f64,
    pub(crate) seconds: f64,
}

/// The same, with the unreduced attributions if `keeps_vectors`.
fn attribute_all(
    source: &Source<'_>,
    explain: &ExplainArguments,
    methods: &[&str],
    work: &WorkArguments,
    mut each: Option<&mut EachRun<'_>>,
    (keeps_vectors, quiet): (bool, bool),
) -> Result<Option<Vec<(Record, UnreducedRows)>>, Failure> {
    let mut times = Times::begin();
    // Mistakes in the arguments are found before the model is loaded.
    let request = Request::new(explain, methods, source.arguments.seed, work.partial)?;
    let generations = generations(source.arguments)?;
    let text = text(source)?;
    let filled = prompt(source.arguments, &text);
    filled.check()?;
    set_threads(source.arguments)?;
    let checkpoint = model::open(source.arguments, quiet)?;
    times.loaded();
    let memory = work.memory.map(|memory| memory::left_of(memory, quiet));
    let request = request.check(&checkpoint, &filled, memory)?;
    if work.dry_run {
        estimate::print(&checkpoint, source.arguments, &text, &request)?;
        return Ok(None);
    }
    let whole = (&*text, source.arguments.continuation.as_deref());
    estimate::check_memory(&checkpoint, source.arguments, whole, &request)?;
    interrupt::listen();
    let mut records = Vec::new();
    say_special(&checkpoint, source.arguments, &text, quiet)?;
    let continuation = source.arguments.continuation.as_deref();
    // What is generated is explained from where the text was read.
    let read = if continuation.is_none() { Some(checkpoint.read(filled.clone())?) } else { None };
    let model: &dyn LanguageModel = read.as_ref().map_or(&checkpoint.model, |read| &read.model);
    let sequences = match &read {
        Some(read) => continued(read, source.arguments, filled, (None, &generations), quiet)?,
        None => continued(&checkpoint, source.arguments, filled, (continuation, &generations), quiet)?,
    };
    times.continued();
    for sequence in sequences {
        request.check_group(&sequence)?;
        let mut judged = Vec::new();
        for plan in request.plans(&checkpoint.model, &sequence)? {
            let begun = Instant::now();
            estimate::announce(&checkpoint, &plan, &sequence, quiet)?;
            let partial = request.is_partial();
            let attributed = match plan.run(model, &sequence, (keeps_vectors, quiet)) {
                Err(attribution::Error::Stopped) if partial && !records.is_empty() => {
                    return Ok(Some(records));
                }
                Err(attribution::Error::Stopped) if partial => return Err(Failure::TooEarly),
                Err(attribution::Error::Stopped) => return Err(Failure::Interrupted),
                Err(error) if each.is_some() => {
                    remark(quiet, &format!("{} is left out: {error}", plan.name()));
                    continue;
                }
                attributed => attributed?,
            };
            for (record, vectors) in attributed {
                if each.is_some() {
                    judged.push(Judged {
                        attributor: plan.attributor().clone(),
                        record: record.clone(),
                        passes: plan.passes(),
                        seconds: begun.elapsed().as_secs_f64(),
                    });
                }
                records.push((request.finished(record, quiet)?, vectors));
            }
            match (interrupt::came(), partial) {
                (true, true) => return Ok(Some(records)),
                (true, false) => return Err(Failure::Interrupted),
                (false, _) => {}
            }
        }
        if let Some(each) = each.as_deref_mut() {
            each(&Attributed { model, sequence: &sequence, methods: judged })?;
        }
    }
    if work.times {
        times.print();
    }
    Ok(Some(records))
}
