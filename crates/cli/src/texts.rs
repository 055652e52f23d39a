//! `--texts FILE.jsonl`: a text a line.

use crate::failure::Failure;
use crate::text::text_of;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// A text, and the continuation that it is given.
pub(crate) struct TextLine {
    /// Its line in the file, from 1.
    pub(crate) line: usize,
    pub(crate) text: String,
    pub(crate) continuation: Option<String>,
}

/// The texts of a file: a JSON object a line, with `text` and maybe `continuation`. Empty lines are skipped.
pub(crate) fn read(path: &Path) -> Result<Vec<TextLine>, Failure> {
    let file = text_of(path)?;
    let refuse = |line: usize, why: &str| Failure::Usage(format!("{}, line {line}: {why}", path.display()));
    let mut texts: Vec<TextLine> = Vec::new();
    let mut lines = BTreeMap::new();
    for (place, json) in file.lines().enumerate().filter(|(_, json)| !json.trim().is_empty()) {
        let line = place + 1;
        let found = text(json).map_err(|why| refuse(line, &why))?;
        // Records of texts that differ in white space alone are records of one text.
        let letters: String = found.0.chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(same) = lines.insert(letters, line) {
            return Err(refuse(
                line,
                &format!("the text is the same as that of line {same}, up to white space; drop one"),
            ));
        }
        texts.push(TextLine { line, text: found.0, continuation: found.1 });
    }
    if texts.is_empty() {
        return Err(Failure::Usage(format!(
            "{}: there is no text; write a line such as {{\"text\": \"Once upon a time\"}} for each",
            path.display()
        )));
    }
    Ok(texts)
}

/// The text and the continuation of a line.
fn text(json: &str) -> Result<(String, Option<String>), String> {
    let shape = "write {\"text\": \"…\"}, with \"continuation\": \"…\" where it is not to be generated";
    let value: Value = serde_json::from_str(json).map_err(|error| format!("{error}; {shape}"))?;
    let Value::Object(fields) = value else { return Err(format!("it is no JSON object; {shape}")) };
    let (mut text, mut continuation) = (None, None);
    for (name, value) in fields {
        let (known, place) = match &*name {
            "text" => ("text", &mut text),
            "continuation" => ("continuation", &mut continuation),
            other => return Err(format!("the field {other:?} is not known; {shape}")),
        };
        match value {
            Value::String(value) if !value.is_empty() => *place = Some(value),
            _ => return Err(format!("{known:?} is not a text of at least one character")),
        }
    }
    Ok((text.ok_or_else(|| format!("\"text\" is missing; {shape}"))?, continuation))
}
