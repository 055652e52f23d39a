//! The text as real text: a span for each token, in the paragraphs of the page. The script builds those of further
//! records in the same way (`script/paragraph.js`).

use crate::page::escape::marked_up;
use crate::text::clusters;
use saliency_schema::Record;
use std::fmt::Write as _;

/// Every token's text: invisible characters have a visible stand-in, ends of lines are `\n`. A character that several
/// tokens hold is the first one's.
pub(crate) fn texts(record: &Record) -> Vec<String> {
    let mut texts = vec![String::new(); record.tokens.len()];
    for cluster in clusters(&record.tokens) {
        let Some((owner, _)) = cluster.parts.first() else { continue };
        texts[*owner].push_str(if cluster.ends_line { "\n" } else { &cluster.text });
    }
    texts
}

/// A token's text in three: the white space before it, what is coloured, and the ends of lines after a token of white
/// space alone, which is shown by stand-ins.
fn parts(text: &str) -> (&str, String, String) {
    let body = text.trim_start_matches([' ', '\n']);
    if !body.is_empty() || text.is_empty() {
        return (&text[..text.len() - body.len()], body.to_owned(), String::new());
    }
    let shown = text.replace(' ', "␣").replace('\n', "⏎");
    ("", shown, text.chars().filter(|c| *c == '\n').collect())
}

/// The paragraphs: one, or the source's and the answer's with their headings. `class` is that of each token's colour.
pub(crate) fn paragraphs(
    record: &Record,
    texts: &[String],
    class: impl Fn(usize) -> Option<String>,
) -> String {
    let n_input = record.n_input();
    let mut page = String::new();
    let heading = |page: &mut String, text: &str| {
        let _ = writeln!(page, "<h2>{text}</h2>");
    };
    if record.source().is_some() {
        heading(&mut page, "Source");
    }
    page.push_str("<p>");
    for (token, text) in texts.iter().enumerate() {
        if record.source() == Some(token) {
            page.push_str("</p>\n");
            heading(&mut page, "Answer");
            page.push_str("<p>");
        }
        let (lead, body, trail) = parts(text);
        let kind = if token < n_input { "" } else { "o" };
        let class = class(token).map(|class| format!(" class=\"{class}\"")).unwrap_or_default();
        let _ = write!(page, "{lead}<span data-t=\"{kind}\"{class}>{}</span>{trail}", marked_up(&body));
    }
    page.push_str("</p>\n");
    page
}
