//! `saliency compare --texts`: methods are judged on every text of a file, and the scores put together.

use crate::arguments::{CompareArguments, ExplainArguments, SourceArguments};
use crate::attribute::Asked;
use crate::compare::agreement;
use crate::failure::Failure;
use crate::finished_texts::{FinishedTexts, TextId};
use crate::foreseen::Foreseen;
use crate::judge::{Judge, JudgedText, judged_text};
use crate::output::{print, remark};
use crate::pace::Pace;
use crate::text::Source;
use crate::texts::{self, TextLine};
use crate::times::Times;
use saliency::compare::pooled;
use saliency::{Record, Scores};
use std::collections::BTreeSet;
use std::path::Path;

/// Every text of a file: those that are not finished are judged, one after another, and then all are put together.
/// `None` where only an estimate was asked for.
pub(crate) fn all(
    arguments: &CompareArguments,
    (explain, names): (&ExplainArguments, &[&str]),
    path: &Path,
    quiet: bool,
) -> Result<Option<JudgedText>, Failure> {
    if arguments.source.runs > 1 {
        return Err(Failure::Usage("--runs is for one text; leave it out with --texts".into()));
    }
    let texts = texts::read(path)?;
    let folder = arguments.output.as_deref().unwrap_or(Path::new("."));
    let journal = folder.join("texts.jsonl");
    let mut finished = FinishedTexts::read(journal.clone())?;
    let of = |text: &TextLine| arguments.source.with_text(&text.text, text.continuation.as_deref());
    let sources: Vec<SourceArguments> = texts.iter().map(of).collect();
    let in_line = |text: &TextLine| {
        let (path, line) = (path.to_owned(), text.line);
        let finished = journal.clone();
        move |source| match source {
            Failure::Interrupted => Failure::TextsInterrupted { path: finished },
            source => Failure::InLine { path, line, source: Box::new(source) },
        }
    };
    // Of every text, mistakes are found before the first one runs.
    let mut asked = Vec::new();
    for (source, text) in sources.iter().zip(&texts) {
        let source = Source { arguments: source, from_stdin: false };
        asked.push(Asked::new(&source, explain, names, &arguments.work).map_err(in_line(text))?);
    }
    let mut checkpoint = None;
    let mut foreseen = Foreseen::default();
    // One text's pace stands for all.
    let mut pace: Option<(Pace, usize)> = None;
    let mut judged = Vec::new();
    let count = texts.len();
    for (number, (asked, text)) in asked.into_iter().zip(&texts).enumerate() {
        let id = TextId::new(arguments, explain, text);
        if let Some(found) = finished.take(&id)? {
            check_methods(judged.first(), &found).map_err(in_line(text))?;
            judged.push(found);
            continue;
        }
        if checkpoint.is_none() {
            checkpoint = Some(asked.open(quiet)?);
        }
        let Some(checkpoint) = &checkpoint else { continue };
        if arguments.work.dry_run {
            let estimate = asked.foresee(checkpoint, quiet).map_err(in_line(text))?;
            let tokens = estimate.sequence.ids().len();
            let (pace, of) = match &mut pace {
                Some(pace) => pace,
                none => none.insert((estimate.pace().map_err(in_line(text))?, tokens)),
            };
            foreseen.add(&estimate, &Judge::new(arguments, quiet), (pace, tokens as f64 / *of as f64));
            continue;
        }
        remark(quiet, &format!("text {} of {count}", number + 1));
        let found = judged_text(arguments, asked, checkpoint, &mut Times::begin(), quiet);
        let found = found.map_err(in_line(text))?;
        check_methods(judged.first(), &found).map_err(in_line(text))?;
        finished.append(&id, &found)?;
        judged.push(found);
    }
    if arguments.work.dry_run {
        print(foreseen.lines(count, judged.len()).as_bytes())?;
        return Ok(None);
    }
    let (records, scores): (Vec<Vec<Record>>, Vec<Scores>) =
        judged.into_iter().map(|judged| (judged.records, judged.scores)).unzip();
    let records = records.concat();
    let scores = pooled(agreement(arguments, &records)?, &scores)?;
    Ok(Some(JudgedText { records, scores }))
}

/// That a text has the methods of the first one: the first text that lacks one says so, and not the end of a long run.
fn check_methods(first: Option<&JudgedText>, found: &JudgedText) -> Result<(), Failure> {
    let Some(first) = first else { return Ok(()) };
    let names = |judged: &JudgedText| -> BTreeSet<String> {
        judged.scores.methods.iter().map(|method| method.name.clone()).collect()
    };
    let (there, here) = (names(first), names(found));
    let lacks_here = there.difference(&here).map(|name| (name, "this text"));
    let lacks_there = here.difference(&there).map(|name| (name, "the first text"));
    let Some((name, which)) = lacks_here.chain(lacks_there).next() else { return Ok(()) };
    Err(Failure::Usage(format!(
        "{name} is left out of {which}, and all texts need the same methods; leave it out of --methods, or the text out \
         of the file"
    )))
}
