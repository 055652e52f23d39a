//! The texts that were judged before: a file of JSON lines, of each text its records and then its scores.

use crate::arguments::{CompareArguments, ExplainArguments, SourceArguments};
use crate::failure::Failure;
use crate::judge::JudgedText;
use crate::records::read_file;
use crate::texts::TextLine;
use saliency::schema::scores;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;

/// The setting that tells with which arguments a text was judged.
const ARGUMENTS: &str = "arguments_sha256";

/// Which text, and how it is judged.
pub(crate) struct TextId {
    text: String,
    arguments: String,
}

impl TextId {
    /// Of everything that the numbers depend on.
    pub(crate) fn new(arguments: &CompareArguments, explain: &ExplainArguments, text: &TextLine) -> Self {
        let source = SourceArguments { threads: None, ..arguments.source.with_text("", None) };
        let numbers = (arguments.quick, &arguments.outputs, arguments.k, arguments.resamples);
        let asked = format!("{source:?} {explain:?} {:?} {numbers:?}", arguments.methods);
        let continuation = text.continuation.as_deref().unwrap_or_default();
        let arguments = digest(&[env!("CARGO_PKG_VERSION"), &asked, continuation]);
        Self { text: digest(&[&text.text]), arguments }
    }
}

/// What stands in the file, by the texts' digests; and the file, to which more is appended.
pub(crate) struct FinishedTexts {
    path: PathBuf,
    texts: BTreeMap<String, JudgedText>,
    file: Option<File>,
}

impl FinishedTexts {
    /// Reads the file, if there is one. A text whose last line is missing was interrupted, and is dropped.
    pub(crate) fn read(path: PathBuf) -> Result<Self, Failure> {
        let mut found = Self { path, texts: BTreeMap::new(), file: None };
        let bytes = match read_file(&found.path) {
            Err(Failure::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(found);
            }
            bytes => bytes?,
        };
        let (mut kept, mut end) = (0, 0);
        let mut records = Vec::new();
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            end += line.len();
            if !line.ends_with(b"\n") {
                break;
            }
            match scores::read(line) {
                Ok(scores) => {
                    let digest = scores.texts.first().and_then(|text| text.sha256.clone());
                    let records = std::mem::take(&mut records);
                    found.texts.insert(digest.unwrap_or_default(), JudgedText { records, scores });
                    kept = end;
                }
                Err(_) => records.extend(saliency::read(line).map_err(|_| {
                    let (path, line) = (found.path.display(), number + 1);
                    Failure::Usage(format!(
                        "{path}, line {line}: neither a record nor scores; delete the file, or name another folder"
                    ))
                })?),
            }
        }
        if kept < bytes.len() {
            let cut = OpenOptions::new().write(true).open(&found.path);
            let cut = cut.and_then(|file| file.set_len(kept as u64));
            cut.map_err(|source| Failure::Write { path: found.path.clone(), source })?;
        }
        Ok(found)
    }

    /// A text that was judged with the same arguments.
    pub(crate) fn take(&mut self, id: &TextId) -> Result<Option<JudgedText>, Failure> {
        let Some(found) = self.texts.remove(&id.text) else { return Ok(None) };
        if found.scores.settings.get(ARGUMENTS).and_then(|own| own.as_str()) == Some(&*id.arguments) {
            return Ok(Some(found));
        }
        let path = self.path.display();
        Err(Failure::Usage(format!(
            "{path}: its texts were judged with other arguments; name another folder, or delete the file"
        )))
    }

    /// Appends a text, and waits until it is on the disk.
    pub(crate) fn append(&mut self, id: &TextId, text: &mut JudgedText) -> Result<(), Failure> {
        text.scores.settings.insert(ARGUMENTS.to_owned(), id.arguments.clone().into());
        let mut lines = Vec::new();
        for record in &text.records {
            saliency::write(std::slice::from_ref(record), &mut lines)?;
        }
        scores::write(&text.scores, &mut lines)?;
        let written = self.opened().and_then(|file| {
            file.write_all(&lines)?;
            file.sync_data()
        });
        written.map_err(|source| Failure::Write { path: self.path.clone(), source })
    }

    fn opened(&mut self) -> io::Result<&mut File> {
        if self.file.is_none() {
            if let Some(folder) = self.path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            self.file = Some(OpenOptions::new().create(true).append(true).open(&self.path)?);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// SHA-256 of some texts one after another, with a zero byte between them, in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    let digest = Sha256::digest(parts.join("\0"));
    digest.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
