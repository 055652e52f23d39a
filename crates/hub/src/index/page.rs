//! A project's page on a package index: JSON (PEP 691) or HTML (PEP 503).

use serde::Deserialize;

/// The formats that are read, JSON before HTML.
pub(crate) const FORMATS: &str =
    "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1";

/// A file of the project.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct Link {
    /// Its name.
    #[serde(rename = "filename")]
    pub(crate) file: String,
    /// Its address, which may be relative to the page's.
    #[serde(rename = "url")]
    pub(crate) address: String,
}

#[derive(Deserialize)]
struct Page {
    files: Vec<Link>,
}

/// Whether this is the content type of a page in JSON.
pub(crate) fn is_json(content_type: &str) -> bool {
    let plain = content_type.split(';').next().unwrap_or_default().trim();
    plain == "application/json" || plain.ends_with("+json")
}

pub(crate) fn of_json(text: &str) -> Result<Vec<Link>, serde_json::Error> {
    Ok(serde_json::from_str::<Page>(text)?.files)
}

/// The links of a page in HTML. A file's name is the last part of its address.
pub(crate) fn of_html(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin + 1..];
        let Some(end) = rest.find('>') else { break };
        let mut tag = rest[..end].split_ascii_whitespace();
        if tag.next().is_some_and(|name| name.eq_ignore_ascii_case("a")) {
            links.extend(reference(&rest[..end]).map(|address| {
                let path = address.split(['#', '?']).next().unwrap_or_default();
                let file = path.rsplit('/').next().unwrap_or_default().to_owned();
                Link { file, address }
            }));
        }
        rest = &rest[end..];
    }
    links
}

/// The value of `href` in a tag.
fn reference(tag: &str) -> Option<String> {
    // Same length: only ASCII letters change.
    let at = tag.to_ascii_lowercase().find("href")?;
    let value = tag[at + 4..].trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?;
    Some(value.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::{Link, is_json, of_html, of_json};

    fn link(file: &str, address: &str) -> Link {
        Link { file: file.to_owned(), address: address.to_owned() }
    }

    /// The examples of PEP 691 and PEP 503, shortened.
    #[test]
    fn both_forms_of_a_page_are_read() {
        let json = r#"{"meta": {"api-version": "1.0"}, "name": "holygrail", "files": [
            {"filename": "holygrail-1.0.tar.gz", "url": "https://example.com/files/holygrail-1.0.tar.gz",
             "hashes": {"sha256": "..."}, "requires-python": ">=3.7"},
            {"filename": "holygrail-1.0-py3-none-any.whl", "url": "../files/holygrail-1.0-py3-none-any.whl",
             "hashes": {}, "dist-info-metadata": true}]}"#;
        let expected = [
            link("holygrail-1.0.tar.gz", "https://example.com/files/holygrail-1.0.tar.gz"),
            link("holygrail-1.0-py3-none-any.whl", "../files/holygrail-1.0-py3-none-any.whl"),
        ];
        assert_eq!(of_json(json).expect("it is valid"), expected);
        let html = r#"<!DOCTYPE html><html><body><abbr>a</abbr>
            <A class="x" HREF = 'https://example.com/files/holygrail-1.0.tar.gz#sha256=ab'>holygrail-1.0.tar.gz</A><br/>
            <a href="../files/holygrail-1.0-py3-none-any.whl?a=1&amp;b=2#sha256=cd" data-requires-python="&gt;=3.7">x</a>
            <a>none</a><a href=unquoted>no</a>"#;
        let found = of_html(html);
        assert_eq!(
            found.iter().map(|l| &l.file).collect::<Vec<_>>(),
            expected.iter().map(|l| &l.file).collect::<Vec<_>>()
        );
        assert_eq!(found[1].address, "../files/holygrail-1.0-py3-none-any.whl?a=1&b=2#sha256=cd");
    }

    #[test]
    fn damaged_pages_have_no_links() {
        assert!(of_json("{}").is_err() && of_json("<html>").is_err());
        for text in ["", "<", "<a", "<a href", "<a href=", "<a href=\"", "<é a href='x'>"] {
            assert_eq!(of_html(text), [], "{text}");
        }
    }

    #[test]
    fn the_content_type_tells_them_apart() {
        assert!(is_json("application/vnd.pypi.simple.v1+json") && is_json("application/json; charset=utf-8"));
        assert!(!is_json("text/html") && !is_json("application/vnd.pypi.simple.v1+html"));
    }
}
