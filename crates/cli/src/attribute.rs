//! `saliency attribute`: a text in, records out.

use crate::arguments::{AttributeArguments, ExplainArguments, Format, SourceArguments, WorkArguments};
use crate::estimate::Estimate;
use crate::failure::Failure;
use crate::output::{Destination, Prepared, remark};
use crate::request::Request;
use crate::text::{Source, continued, generations, prompt, say_special, text};
use crate::times::Times;
use crate::{estimate, interrupt, memory, model, vectors};
use saliency::attribution::{self, UnreducedRows, tch};
use saliency::{Attributor, Checkpoint, Generation, LanguageModel, Prompt, Record, Sequence};
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
    let Some(attributed) = attributed(&source, explain, &[name], work, (beside.is_some(), quiet))? else {
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
    quiet: bool,
) -> Result<Option<Vec<Record>>, Failure> {
    let attributed = attributed(source, explain, methods, work, (false, quiet))?;
    Ok(attributed.map(|attributed| attributed.into_iter().map(|(record, _)| record).collect()))
}

/// The same, with the unreduced attributions if `keeps_vectors`; `None` where only an estimate was asked for.
fn attributed(
    source: &Source<'_>,
    explain: &ExplainArguments,
    methods: &[&str],
    work: &WorkArguments,
    (keeps_vectors, quiet): (bool, bool),
) -> Result<Option<Vec<(Record, UnreducedRows)>>, Failure> {
    let mut times = Times::begin();
    // Mistakes in the arguments are found before the model is loaded.
    let asked = Asked::new(source, explain, methods, work)?;
    let checkpoint = asked.open(quiet)?;
    times.loaded();
    if work.dry_run {
        asked.foresee(&checkpoint, quiet)?.print()?;
        return Ok(None);
    }
    let attributed = asked.run(&checkpoint, None, &mut times, (keeps_vectors, quiet))?;
    if work.times {
        times.print();
    }
    Ok(Some(attributed))
}

/// Sets the number of threads, if one was given.
fn set_threads(arguments: &SourceArguments) -> Result<(), Failure> {
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

/// A text and what is asked of it, checked as far as that goes without a model.
pub(crate) struct Asked<'a> {
    source: &'a SourceArguments,
    work: &'a WorkArguments,
    request: Request<'a>,
    generations: Vec<Generation>,
    text: String,
    prompt: Prompt,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(
        source: &Source<'a>,
        explain: &'a ExplainArguments,
        methods: &[&'a str],
        work: &'a WorkArguments,
    ) -> Result<Self, Failure> {
        let request = Request::new(explain, methods, source.arguments.seed, work.partial)?;
        let generations = generations(source.arguments)?;
        let text = text(source)?;
        let prompt = prompt(source.arguments, &text);
        prompt.check()?;
        Ok(Self { source: source.arguments, work, request, generations, text, prompt })
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The model that is asked.
    pub(crate) fn open(&self, quiet: bool) -> Result<Checkpoint, Failure> {
        set_threads(self.source)?;
        model::open(self.source, quiet)
    }

    /// What it will take, and the text as it will be.
    pub(crate) fn foresee<'c>(
        self,
        checkpoint: &'c Checkpoint,
        quiet: bool,
    ) -> Result<Estimate<'a, 'c>, Failure> {
        let memory = self.memory(quiet);
        let request = self.request.check(checkpoint, &self.prompt, memory)?;
        Estimate::of(checkpoint, self.source, &self.text, &request)
    }

    /// The records of every run and method, run by run, with the unreduced attributions if `keeps_vectors`.
    pub(crate) fn run(
        self,
        checkpoint: &Checkpoint,
        mut each: Option<&mut EachRun<'_>>,
        times: &mut Times,
        (keeps_vectors, quiet): (bool, bool),
    ) -> Result<Vec<(Record, UnreducedRows)>, Failure> {
        let source = self.source;
        let continuation = source.continuation.as_deref();
        let memory = self.memory(quiet);
        let request = self.request.check(checkpoint, &self.prompt, memory)?;
        estimate::check_memory(checkpoint, source, (&self.text, continuation), &request)?;
        interrupt::listen();
        let mut records = Vec::new();
        say_special(checkpoint, source, &self.text, quiet)?;
        // What is generated is explained from where the text was read.
        let read = if continuation.is_none() { Some(checkpoint.read(self.prompt.clone())?) } else { None };
        let model: &dyn LanguageModel = read.as_ref().map_or(&checkpoint.model, |read| &read.model);
        let (prompt, generations) = (self.prompt, &self.generations);
        let sequences = match &read {
            Some(read) => continued(read, source, prompt, (None, generations), quiet)?,
            None => continued(checkpoint, source, prompt, (continuation, generations), quiet)?,
        };
        times.continued();
        for sequence in sequences {
            request.check_group(&sequence)?;
            let mut judged = Vec::new();
            for plan in request.plans(&checkpoint.model, &sequence)? {
                let begun = Instant::now();
                estimate::announce(checkpoint, &plan, &sequence, quiet)?;
                let partial = request.is_partial();
                let attributed = match plan.run(model, &sequence, (keeps_vectors, quiet)) {
                    Err(attribution::Error::Stopped) if partial && !records.is_empty() => {
                        return Ok(records);
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
                    (true, true) => return Ok(records),
                    (true, false) => return Err(Failure::Interrupted),
                    (false, _) => {}
                }
            }
            if let Some(each) = each.as_deref_mut() {
                each(&Attributed { model, sequence: &sequence, methods: judged })?;
            }
        }
        Ok(records)
    }

    fn memory(&self, quiet: bool) -> Option<usize> {
        self.work.memory.map(|memory| memory::left_of(memory, quiet))
    }
}
