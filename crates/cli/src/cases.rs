//! `--cases FILE.jsonl`: a text a line whose answer comes from known words of it.

use crate::failure::Failure;
use crate::text::text_of;
use saliency::compare::Evidence;
use serde::Deserialize;
use std::ops::Range;
use std::path::Path;

/// A text, its answer, and where the answer comes from.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    /// Its line in the file, from 1.
    #[serde(skip)]
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) answer: String,
    evidence: Place,
    #[serde(default)]
    candidates: Vec<[usize; 2]>,
    pub(crate) exchanged: Exchanged,
}

/// The text with other evidence, and the answer that this makes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exchanged {
    pub(crate) text: String,
    pub(crate) answer: String,
}

/// Bytes of the text from and to, or words that occur once in it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Place {
    Words(String),
    Bytes(Vec<[usize; 2]>),
}

impl Case {
    /// Where the evidence stands, and what it is looked for among.
    pub(crate) fn evidence(&self) -> Result<Evidence, String> {
        let bytes = match &self.evidence {
            Place::Words(words) => {
                let mut found = self.text.match_indices(words.as_str());
                match (found.next(), found.next()) {
                    (Some((at, _)), None) if !words.is_empty() => {
                        std::iter::once(at..at + words.len()).collect()
                    }
                    (None, _) => return Err(format!("the evidence {words:?} does not occur in the text")),
                    _ => {
                        return Err(format!(
                            "the evidence {words:?} occurs more than once; write bytes: [[FROM, TO]]"
                        ));
                    }
                }
            }
            Place::Bytes(ranges) => self.within(ranges)?,
        };
        if bytes.is_empty() {
            return Err("there is no evidence; write bytes of the text: [[FROM, TO]]".to_owned());
        }
        Ok(Evidence::at(bytes).among(self.within(&self.candidates)?))
    }

    fn within(&self, ranges: &[[usize; 2]]) -> Result<Vec<Range<usize>>, String> {
        let one = |&[from, to]: &[usize; 2]| match self.text.get(from..to) {
            Some(words) if !words.is_empty() => Ok(from..to),
            _ => Err(format!(
                "[{from}, {to}] are no characters of the text, which has {} bytes",
                self.text.len()
            )),
        };
        ranges.iter().map(one).collect()
    }
}

/// The cases of a file. Empty lines are skipped.
pub(crate) fn read(path: &Path) -> Result<Vec<Case>, Failure> {
    let file = text_of(path)?;
    let shape =
        r#"write {"text": "…", "answer": "…", "evidence": "…", "exchanged": {"text": "…", "answer": "…"}}"#;
    let mut cases = Vec::new();
    for (place, json) in file.lines().enumerate().filter(|(_, json)| !json.trim().is_empty()) {
        let line = place + 1;
        let refuse = |why: String| Failure::Usage(format!("{}, line {line}: {why}", path.display()));
        let case: Case = serde_json::from_str(json).map_err(|error| refuse(format!("{error}; {shape}")))?;
        case.evidence().map_err(refuse)?;
        let texts = [&case.text, &case.answer, &case.exchanged.text, &case.exchanged.answer];
        if texts.iter().any(|text| text.is_empty()) {
            return Err(refuse(format!("a text or an answer is empty; {shape}")));
        }
        if case.answer.trim() == case.exchanged.answer.trim() {
            return Err(refuse(
                "the exchanged evidence makes the same answer; it must make another".to_owned(),
            ));
        }
        cases.push(Case { line, ..case });
    }
    if cases.is_empty() {
        return Err(Failure::Usage(format!("{}: there is no case; {shape}, one a line", path.display())));
    }
    Ok(cases)
}
