//! The text and its continuations.

use crate::arguments::{Bos, SourceArguments};
use crate::failure::Failure;
use crate::interrupt;
use crate::output::remark;
use crate::progress::Progress;
use crate::records::read_file;
use crate::stream::Stream;
use saliency::{Checkpoint, Generation, LanguageModel, Prompt, Sampling, Sequence, Template};
use std::path::Path;

/// The default of `--generate`.
pub(crate) const DEFAULT_TOKENS: usize = 30;
/// The largest number of records in a file.
const MOST_RUNS: u64 = 10_000;

/// The source of the text.
pub(crate) struct Source<'a> {
    pub(crate) arguments: &'a SourceArguments,
    pub(crate) from_stdin: bool,
}

/// How each run is continued.
pub(crate) fn generations(arguments: &SourceArguments) -> Result<Vec<Generation>, Failure> {
    let tokens = arguments.generate.unwrap_or(DEFAULT_TOKENS);
    if tokens == 0 {
        return Err(Failure::Usage("--generate is 0, and must be at least 1".into()));
    }
    if arguments.runs == 0 || arguments.runs > MOST_RUNS {
        let runs = arguments.runs;
        return Err(Failure::Usage(format!("--runs is {runs}, and must be from 1 to {MOST_RUNS}")));
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

/// The text with its template and special tokens, as the model reads it.
pub(crate) fn prompt(arguments: &SourceArguments, text: &str) -> Prompt {
    let template = match (&arguments.template, arguments.task) {
        (Some(template), _) => Template::Filled(template.clone()),
        (None, Some(task)) => Template::Task(task),
        (None, None) if arguments.chat => Template::Chat { system: arguments.system.clone() },
        (None, None) => Template::Plain,
    };
    let mut prompt = Prompt::from(text).template(template).special_as_text(arguments.special_as_text);
    if let Some(question) = &arguments.question {
        prompt = prompt.question(question);
    }
    if let Some(date) = arguments.date {
        prompt = prompt.date(date);
    }
    match arguments.bos {
        Bos::Auto => prompt,
        Bos::Yes => prompt.bos(true),
        Bos::No => prompt.bos(false),
    }
}

/// The text from the arguments, a file or standard input.
pub(crate) fn text(source: &Source<'_>) -> Result<String, Failure> {
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
    if text.is_empty() && arguments.bos != Bos::Yes {
        let what = match &arguments.text_file {
            Some(path) => format!("{}: the text is empty", path.display()),
            None => "the text is empty".to_owned(),
        };
        return Err(Failure::Usage(format!(
            "{what}; give at least one word, or --bos yes for the beginning-of-text token alone"
        )));
    }
    Ok(text)
}

/// A file's text without its one final newline.
pub(crate) fn text_of(path: &Path) -> Result<String, Failure> {
    let text = String::from_utf8(read_file(path)?).map_err(|error| Failure::NotUtf8 {
        path: path.to_owned(),
        valid_up_to: error.utf8_error().valid_up_to(),
    })?;
    let text = text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned())
}

/// Prints a remark if a text contains special tokens: `<|endoftext|>` may be meant as plain characters.
pub(crate) fn say_special(
    checkpoint: &Checkpoint,
    arguments: &SourceArguments,
    text: &str,
    quiet: bool,
) -> Result<(), Failure> {
    if arguments.special_as_text {
        return Ok(());
    }
    let continuation = arguments.continuation.as_deref();
    for (what, text) in [("text", Some(text)), ("continuation", continuation)] {
        let found = text.filter(|text| !text.is_empty()).map(|text| checkpoint.tokenizer.special_in(text));
        let found = found.transpose()?.unwrap_or_default();
        if !found.is_empty() {
            let named: Vec<_> = found.iter().map(|name| format!("{name:?}")).collect();
            let (named, token) =
                (named.join(", "), if found.len() == 1 { "a special token" } else { "special tokens" });
            remark(
                quiet,
                &format!(
                    "the {what} contains {named}, read as {token}; --special-as-text reads plain characters"
                ),
            );
        }
    }
    Ok(())
}

/// The prompt with the continuation that is given, or else with those that are generated. The model reads the text once
/// for all.
pub(crate) fn continued<M: LanguageModel>(
    checkpoint: &Checkpoint<M>,
    arguments: &SourceArguments,
    prompt: Prompt,
    (continuation, generations): (Option<&str>, &[Generation]),
    quiet: bool,
) -> Result<Vec<Sequence>, Failure> {
    if let Some(continuation) = continuation {
        return Ok(vec![checkpoint.force(prompt, continuation)?]);
    }
    let all = generations.iter().fold(0, |all: usize, generation| all.saturating_add(generation.tokens));
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
            let why = end.map_or("a --stop text".to_owned(), |id| format!("the end-of-text token ({id})"));
            remark(quiet, &format!("stopped at {why} after {made} of {asked} tokens"));
        }
    }
    Ok(sequences)
}
