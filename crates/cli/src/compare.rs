//! `saliency compare`: how far methods agree, as tables, as a page, and in plain words.

use crate::arguments::CompareArguments;
use crate::draw::{options, relative_to};
use crate::failure::Failure;
use crate::judge;
use crate::known_evidence;
use crate::output::{print, write_whole};
use crate::records;
use crate::report::compares;
use saliency::compare::Table;
use saliency::schema::scores;
use saliency::viz::Options;
use saliency::{Comparison, Page, Record, Scores, ToHtml, charts};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

pub(crate) fn run(arguments: &CompareArguments, quiet: bool) -> Result<(), Failure> {
    if let Some(path) = &arguments.cases {
        return known_evidence::run(arguments, path, quiet);
    }
    let look = options(&arguments.look)?;
    let source = &arguments.source;
    let has_text = source.text.is_some() || source.text_file.is_some() || arguments.texts.is_some();
    let (records, scores) = if has_text {
        match judge::run(arguments, quiet)? {
            Some(judged) => (judged.records, judged.scores),
            // Only an estimate was requested.
            None => return Ok(()),
        }
    } else if arguments.records.is_empty() {
        return Err(Failure::Usage(
            "nothing to compare; give record files, or --text T or --text-file F with --methods A,B".into(),
        ));
    } else {
        let records = records::read(&arguments.records, None, quiet)?;
        let records = records::grouped(records, &arguments.explain.group)?;
        let scores = agreement(arguments, &records)?;
        (records, scores)
    };
    let look = relative_to(look, &arguments.look, &records);
    let printed = printed(arguments, &scores)?;
    if let Some(folder) = &arguments.output {
        write(arguments, folder, &records, look, scores, quiet)?;
    }
    print(&printed)
}

/// What is printed of scores, in the form that was asked for.
pub(crate) fn printed(arguments: &CompareArguments, scores: &Scores) -> Result<Vec<u8>, Failure> {
    if arguments.json {
        json(scores)
    } else if arguments.csv {
        csv(scores)
    } else {
        Ok(tables(scores, arguments.markdown).into_bytes())
    }
}

/// The files that every folder of scores has.
pub(crate) fn files(scores: &Scores) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    Ok(vec![("scores.json".to_owned(), json(scores)?), ("scores.csv".to_owned(), csv(scores)?)])
}

/// How far the records agree.
pub(crate) fn agreement(arguments: &CompareArguments, records: &[Record]) -> Result<Scores, Failure> {
    let seed = arguments.source.seed.unwrap_or(0);
    let comparison = Comparison::of(records)?.resamples(arguments.resamples).seed(seed);
    Ok(arguments.k.into_iter().fold(comparison, Comparison::k).scores()?)
}

fn json(scores: &Scores) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    scores::write(scores, &mut bytes)?;
    Ok(bytes)
}

fn csv(scores: &Scores) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    Table::write_csv(scores, &mut bytes).map_err(Failure::Stdout)?;
    Ok(bytes)
}

/// The tables, what is to be known of them, and last what they support.
fn tables(scores: &Scores, markdown: bool) -> String {
    let table = |table: Table| if markdown { table.to_markdown() } else { table.to_text() };
    let mut parts: Vec<String> = Table::of(scores).into_iter().map(table).collect();
    parts.extend(scores.caveats.iter().map(|caveat| format!("note: {caveat}\n")));
    parts.extend(scores.verdict.iter().map(|verdict| format!("{verdict}\n")));
    parts.join("\n")
}

/// Every file, or none: all are made before the first is written, and the page is written last.
fn write(
    arguments: &CompareArguments,
    folder: &Path,
    records: &[Record],
    look: Options,
    scores: Scores,
    quiet: bool,
) -> Result<(), Failure> {
    let png = arguments.fonts.png(2.0)?;
    let mut files = files(&scores)?;
    let options = Options { scores: Some(Arc::new(scores)), ..look };
    let mut missing = BTreeSet::new();
    for chart in charts().iter().filter(|chart| chart.takes_scores()) {
        let scene = chart.draw(records, &options)?;
        files.push((format!("{}.svg", chart.name()), scene.to_svg().into_bytes()));
        files.push((format!("{}.png", chart.name()), png.paint(&scene)?));
        missing.extend(png.missing(&scene));
    }
    let page = Page::report(records).options(options);
    let shown = charts().iter().filter(|chart| chart.takes_scores() || compares(**chart, records));
    let page = shown.fold(page, |page, chart| page.chart(*chart));
    files.push(("index.html".to_owned(), page.to_html()?.into_bytes()));
    let written = write_files(folder, &files);
    arguments.fonts.say_missing(missing, quiet);
    written
}

/// Writes files into a folder, which is made if there is none.
pub(crate) fn write_files(folder: &Path, files: &[(String, Vec<u8>)]) -> Result<(), Failure> {
    let is_new = !folder.exists();
    let failed = |source| Failure::Write { path: folder.to_owned(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let written = files.iter().try_for_each(|(name, bytes)| write_whole(&folder.join(name), bytes));
    if is_new && written.is_err() {
        let _ = std::fs::remove_dir_all(folder);
    }
    written
}
