//! The page's HTML document, under a content security policy that allows its own script and style alone.

use crate::page::escape::{escaped, inert, marked_up};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

const SCRIPT: &str = include_str!("page.min.js");
/// The same with what only some pages have: a rule, replacements, pairs, columns of words, rows that unfold.
const MORE_SCRIPT: &str = include_str!("page-more.min.js");
const STYLE: &str = include_str!("page.min.css");
const MORE_STYLE: &str = include_str!("page-more.min.css");
const BAR: &str = include_str!("bar.html");
const HELP: &str = include_str!("help.html");
const MORE_HELP: &str = include_str!("help-more.html");

/// What a document is made of; all but `title` and `description` is HTML, or CSS.
pub(crate) struct Document {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) heading: String,
    pub(crate) facts: String,
    pub(crate) sentence: String,
    pub(crate) body: String,
    /// The colours of the text at rest.
    pub(crate) colors: String,
    /// Whether the page has what its smaller script does not know.
    pub(crate) has_more: bool,
}

impl Document {
    /// The document with the script's data.
    pub(crate) fn written(&self, data: &Value) -> String {
        let (script, more) = if self.has_more { (MORE_SCRIPT, MORE_STYLE) } else { (SCRIPT, "") };
        let (keys, below) = HELP.split_once("</dl>").unwrap_or((HELP, ""));
        let keys = if self.has_more { [keys, MORE_HELP].concat() } else { keys.to_owned() };
        let style = format!("{STYLE}{more}{}", self.colors);
        let policy = format!(
            "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; \
             form-action 'none'",
            hash(script),
            hash(&style)
        );
        let (title, description) = (escaped(&self.title), marked_up(&self.description));
        let Self { heading, facts, sentence, body, .. } = self;
        format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n<title>{title}</title>\n\
             <meta name=\"description\" content=\"{description}\">\n\
             <style>{style}</style>\n</head>\n<body>\n<header>\n<h1>{heading}</h1>\n<p class=\"facts\"><span id=\"saliency-facts\">{facts}</span> <span id=\"saliency-hint\"></span></p>\n\
             <p class=\"sentence\" id=\"saliency-sentence\">{sentence}</p>\n</header>\n{BAR}<main>\n{body}</main>\n{keys}</dl>{below}\
             <script type=\"application/json\" id=\"saliency-data\">{}</script>\n<script>{script}</script>\n</body>\n</html>\n",
            inert(data)
        )
    }
}

fn hash(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text))
}
