//! Reads records from files and standard input, and groups their tokens.

use crate::arguments::GroupArguments;
use crate::failure::Failure;
use crate::output::remark;
use saliency::schema::scores;
use saliency::viz::layout::visible;
use saliency::{Record, Scores};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The records of all files, in order. Prints their notes, or with `only` those of that record.
pub(crate) fn read(paths: &[PathBuf], only: Option<usize>, quiet: bool) -> Result<Vec<Record>, Failure> {
    let mut records = Vec::new();
    let mut places = Vec::new();
    for path in paths {
        let read = saliency::read(&read_file(path)?);
        let read = read.map_err(|source| Failure::Record { path: path.clone(), source })?;
        let several = read.len() > 1;
        places.extend((0..read.len()).map(|k| {
            let of = if several { format!(", record {k}") } else { String::new() };
            format!(
                "{}{of}: ",
                if path == Path::new("-") { "standard input".into() } else { path.display().to_string() }
            )
        }));
        records.extend(read);
    }
    for (number, (record, place)) in records.iter().zip(&places).enumerate() {
        let place = if records.len() > 1 { place } else { "" };
        for note in record.notes.iter().filter(|_| only.is_none_or(|only| only == number)) {
            remark(quiet, &visible(&format!("note: {place}{note}")));
        }
    }
    Ok(records)
}

/// The scores of a file; `-` is standard input.
pub(crate) fn read_scores(path: &Path) -> Result<Scores, Failure> {
    let read = scores::read(&read_file(path)?);
    read.map_err(|source| Failure::ScoresFile { path: path.to_owned(), source })
}

/// The records after so many hops, if requested. Prints the notes on what signs have cancelled.
pub(crate) fn hopped(
    mut records: Vec<Record>,
    hops: Option<u32>,
    quiet: bool,
) -> Result<Vec<Record>, Failure> {
    let Some(hops) = hops else { return Ok(records) };
    for record in &mut records {
        let known = record.notes.len();
        *record = record.hops(hops)?;
        for note in record.notes.iter().skip(known) {
            remark(quiet, &visible(&format!("note: {note}")));
        }
    }
    Ok(records)
}

/// The records, grouped if requested.
pub(crate) fn grouped(mut records: Vec<Record>, group: &GroupArguments) -> Result<Vec<Record>, Failure> {
    if let Some((segmentation, reduce)) = group.asked() {
        for record in &mut records {
            *record = record.group(&segmentation, reduce)?;
        }
    }
    Ok(records)
}

/// A file's bytes; `-` is standard input.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(path)
    };
    bytes.map_err(|source| Failure::Read { path: path.to_owned(), source })
}
