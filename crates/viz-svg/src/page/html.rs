//! The page's HTML document, under a content security policy that allows its own script and style alone.

use crate::layout::notes;
use crate::options::Options;
use crate::page::escape::{escaped, inert};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::Record;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

const SCRIPT: &str = include_str!("page.min.js");
const STYLE: &str = include_str!("page.min.css");
const TOOLS: &str = include_str!("tools.html");
const ASIDE: &str = include_str!("aside.html");

/// The document. `title` and `body` are HTML.
pub(crate) fn document(title: &str, body: &str, data: &Value) -> String {
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    );
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1>{title}</h1>\n{TOOLS}</header>\n<main>\n<div>\n{body}</div>\n{ASIDE}</main>\n\
         <script type=\"application/json\" id=\"saliency-data\">{}</script>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        inert(data)
    )
}

/// The records' notes, whole.
pub(crate) fn noted(records: &[Record], options: &Options) -> String {
    let notes = notes::of(records, options);
    if notes.is_empty() {
        return String::new();
    }
    let list = notes.iter().fold(String::new(), |mut list, note| {
        let of = note.panels.as_ref().map(|names| format!("<b>{}</b>: ", escaped(names)));
        let _ = writeln!(list, "<li>{}{}</li>", of.unwrap_or_default(), escaped(&note.text));
        list
    });
    format!("<div id=\"saliency-notes\">\n<h2>Notes</h2>\n<ul>\n{list}</ul>\n</div>\n")
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
