//! Reading: files of records, and standard input; and putting their tokens together.

use crate::arguments::GroupArguments;
use crate::failure::Failure;
use saliency::Record;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The records of all files, in order, grouped where that is asked for.
pub(crate) fn read(paths: &[PathBuf], group: &GroupArguments) -> Result<Vec<Record>, Failure> {
    let mut records = Vec::new();
    for path in paths {
        let read = saliency::read(&read_file(path)?);
        records.extend(read.map_err(|source| Failure::Record { path: path.clone(), source })?);
    }
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
