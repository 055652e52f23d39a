//! `saliency report`: every chart of some records on one page.

use crate::arguments::ReportArguments;
use crate::attribute;
use crate::draw::{options, relative_to};
use crate::failure::Failure;
use crate::interrupt;
use crate::output::write_whole;
use crate::records;
use crate::text::Source;
use saliency::viz::{Options, Png, Rule};
use saliency::{Chart, Page, Record, ToHtml, charts};
use std::collections::BTreeSet;
use std::path::PathBuf;

pub(crate) fn run(arguments: &ReportArguments, quiet: bool) -> Result<(), Failure> {
    let has_text = arguments.source.text.is_some() || arguments.source.text_file.is_some();
    if arguments.records.is_empty() && !has_text {
        return Err(Failure::Usage(
            "nothing to report on; give record files, --text T or --text-file F".into(),
        ));
    }
    let look = options(&arguments.look)?;
    let folder = &arguments.output;
    // Created before the work, which may be long, and removed again if the work fails.
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder).map_err(|source| Failure::Write { path: folder.clone(), source })?;
    // A font that cannot be read is reported before the work, too.
    let result = arguments.fonts.png(2.0).and_then(|png| write(arguments, look, &png, has_text, quiet));
    if is_new && (result.is_err() || arguments.work.dry_run) {
        // A folder that is not empty stays.
        let _ = std::fs::remove_dir(folder);
    }
    result
}

fn write(
    arguments: &ReportArguments,
    look: Options,
    png: &Png,
    has_text: bool,
    quiet: bool,
) -> Result<(), Failure> {
    let options;
    let records = if has_text {
        let methods: Vec<_> = arguments.methods.iter().map(String::as_str).collect();
        let methods = if methods.is_empty() { vec!["gradient-x-input"] } else { methods };
        let source = Source { arguments: &arguments.source, from_stdin: false };
        match attribute::records(&source, &arguments.explain, &methods, &arguments.work, quiet)? {
            Some(records) => {
                options = relative_to(look, &arguments.look, &records);
                records
            }
            // Only an estimate was requested.
            None => return Ok(()),
        }
    } else {
        let records = records::read(&arguments.records, None, quiet)?;
        options = relative_to(look, &arguments.look, &records);
        records::grouped(records, &arguments.explain.group)?
    };
    // The page is written last: once it exists, so do the files that it links to.
    let mut missing = BTreeSet::new();
    for (name, bytes) in files(&records, &options, png, &mut missing)? {
        write_whole(&arguments.output.join(name), &bytes)?;
    }
    arguments.fonts.say_missing(missing, quiet);
    // The finished rows were drawn; the exit code tells that some are missing.
    if interrupt::came() { Err(Failure::Partial) } else { Ok(()) }
}

/// Every file of the report, the page last; characters without a glyph are added to `missing`.
fn files(
    records: &[Record],
    options: &Options,
    png: &Png,
    missing: &mut BTreeSet<char>,
) -> Result<Vec<(PathBuf, Vec<u8>)>, Failure> {
    let mut files = Vec::new();
    let mut add = |chart: &dyn Chart, records: &[Record], number: Option<usize>| -> Result<(), Failure> {
        // Pairs are no attributions: neither a rule nor a profile is of them.
        let plain = Options { relative: None, rule: Rule::new(), ..options.clone() };
        let options = if chart.draws_attributions() { options } else { &plain };
        let scene = chart.draw(records, options)?;
        let stem = number.map_or_else(|| chart.name().to_owned(), |k| format!("{}-{k}", chart.name()));
        files.push((PathBuf::from(format!("{stem}.svg")), scene.to_svg().into_bytes()));
        files.push((PathBuf::from(format!("{stem}.png")), png.paint(&scene)?));
        missing.extend(png.missing(&scene));
        Ok(())
    };
    let page = charts().iter().filter(|chart| compares(**chart, records));
    let page = page.fold(Page::report(records).options(options.clone()), |page, chart| page.chart(*chart));
    for chart in charts().iter().filter(|chart| !chart.needs_scores()) {
        if chart.needs_several() && records.len() < 2 {
            continue;
        }
        // What the records have nothing for, such as replacements, is left out.
        let complete: Vec<_> =
            records.iter().enumerate().filter(|(_, record)| chart.lacks(record).is_none()).collect();
        if chart.takes_several() {
            if complete.len() == records.len() {
                add(*chart, records, None)?;
            }
            continue;
        }
        for (number, record) in complete {
            add(*chart, std::slice::from_ref(record), (records.len() > 1).then_some(number))?;
        }
    }
    files.push((PathBuf::from("index.html"), page.to_html()?.into_bytes()));
    Ok(files)
}

/// Whether a chart shows how several records differ, so that a page of them has it under its first screen.
pub(crate) fn compares(chart: &dyn Chart, records: &[Record]) -> bool {
    let of_several = chart.needs_several() || chart.name() == "convergence";
    of_several && records.len() > 1 && records.iter().all(|record| chart.lacks(record).is_none())
}
