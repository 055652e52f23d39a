//! The texts that were judged before: a file of JSON lines, of each text its records and then its scores.

use crate::arguments::{CompareArguments, ExplainArguments, SourceArguments};
use crate::failure::Failure;
use crate::judge::JudgedText;
use crate::records::read_file;
use crate::texts::TextLine;
use saliency::schema::scores;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::PathBuf;

/// The setting that tells, in this file alone, with which arguments a text was judged.
const ARGUMENTS: &str = "arguments_sha256";
/// How each of its lines begins.
const BEGINNING: &[u8] = b"{\"format\":\"saliency-";

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
    /// The bytes of whole texts; what follows them was interrupted, and is overwritten by the next text.
    whole: u64,
    file: Option<File>,
}

impl FinishedTexts {
    /// Reads the file, if there is one.
    pub(crate) fn read(path: PathBuf) -> Result<Self, Failure> {
        let mut found = Self { path, texts: BTreeMap::new(), whole: 0, file: None };
        let bytes = match read_file(&found.path) {
            Err(Failure::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Ok(found);
            }
            bytes => bytes?,
        };
        let mut end = 0;
        let mut records = Vec::new();
        for (number, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            end += line.len() as u64;
            let other = || {
                let (path, line) = (found.path.display(), number + 1);
                let why = "neither a record nor scores, and so no finished text; name another folder";
                Failure::Usage(format!("{path}, line {line}: {why}"))
            };
            if !line.ends_with(b"\n") {
                // Cut off while it was written, or a file of somebody else's, which is left alone.
                let is_own = line.iter().zip(BEGINNING).all(|(a, b)| a == b);
                return if is_own { Ok(found) } else { Err(other()) };
            }
            match scores::read(line) {
                Ok(scores) => {
                    let digest = scores.texts.first().and_then(|text| text.sha256.clone());
                    let records = std::mem::take(&mut records);
                    found.texts.insert(digest.unwrap_or_default(), JudgedText { records, scores });
                    found.whole = end;
                }
                Err(_) => records.extend(saliency::read(line).map_err(|_| other())?),
            }
        }
        Ok(found)
    }

    /// A text that was judged with the same arguments.
    pub(crate) fn take(&mut self, id: &TextId) -> Result<Option<JudgedText>, Failure> {
        let Some(mut found) = self.texts.remove(&id.text) else { return Ok(None) };
        let arguments = found.scores.settings.remove(ARGUMENTS);
        if arguments.as_ref().and_then(|own| own.as_str()) == Some(&*id.arguments) {
            return Ok(Some(found));
        }
        let path = self.path.display();
        Err(Failure::Usage(format!(
            "{path}: its texts were judged with other arguments; name another folder, or delete the file"
        )))
    }

    /// Appends a text, and waits until it is on the disk.
    pub(crate) fn append(&mut self, id: &TextId, text: &JudgedText) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for record in &text.records {
            saliency::write(std::slice::from_ref(record), &mut lines)?;
        }
        let scores = text.scores.clone().with_setting(ARGUMENTS, id.arguments.clone());
        scores::write(&scores, &mut lines)?;
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
            let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
            file.set_len(self.whole)?;
            file.seek(io::SeekFrom::End(0))?;
            self.file = Some(file);
        }
        self.file.as_mut().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// SHA-256 of some texts one after another, with a zero byte between them, in hexadecimal.
pub(crate) fn digest(parts: &[&str]) -> String {
    base16ct::lower::encode_string(&Sha256::digest(parts.join("\0")))
}
