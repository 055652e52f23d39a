//! The page: LIT's client, with the records that it shows, and what answers it in a server's place.

use crate::client::Client;
use crate::error::Error;
use crate::examples::{Example, Model, examples};
use crate::folder;
use crate::info::{Info, signed};
use crate::ordered::Ordered;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use saliency_schema::Record;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::Path;

const FORM: &str = include_str!("page/index.html");
/// What answers the client from the records in the page.
const RECORDS: &str = include_str!("page/records.js");
/// What is changed in the client.
const CHANGES: &str = include_str!("page/changes.js");
/// LIT's licence, Apache-2.0, which is one of this crate's, too.
pub(crate) const LICENCE: &str = include_str!("../LICENSE-APACHE");

/// Families that LIT's styles name, as the fonts that are there.
const FAMILIES: [(&str, &str); 4] =
    [("Roboto", SANS), ("Google Sans", SANS), ("Roboto Mono", MONO), ("Share Tech Mono", MONO)];
const SANS: &str = "local('Roboto'), local('Arial'), local('Liberation Sans'), local('DejaVu Sans')";
const MONO: &str =
    "local('Roboto Mono'), local('Courier New'), local('Liberation Mono'), local('DejaVu Sans Mono')";
/// The icon font's styles, as LIT names them.
const ICONS: [&str; 2] = ["Material Icons", "Material Icons Outlined"];

/// Records as a folder that shows them in LIT's own client.
#[derive(Debug, Clone)]
pub struct Page {
    /// What the script reads, as JSON.
    records: String,
}

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    info: Info,
    datasets: Ordered<Vec<Row<'a>>>,
    models: Ordered<Ordered<&'a Example>>,
    /// The labels of the methods whose values have a sign.
    signed: Vec<&'a str>,
}

/// A row of LIT's table.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    data: RowData<'a>,
    meta: Meta,
}

#[derive(Serialize)]
struct RowData<'a> {
    prompt: &'a str,
    continuation: &'a str,
    notes: String,
    /// No column: by this the script knows the example again.
    example: &'a str,
    _id: &'a str,
    _meta: Meta,
}

/// That an example is none that was added in the client.
#[derive(Serialize)]
struct Meta {
    added: bool,
}

impl<'a> Row<'a> {
    fn of(example: &'a Example) -> Self {
        Self {
            id: &example.id,
            data: RowData {
                prompt: &example.prompt,
                continuation: &example.response,
                notes: example.notes.join("\n"),
                example: &example.id,
                _id: &example.id,
                _meta: Meta { added: false },
            },
            meta: Meta { added: false },
        }
    }
}

impl Page {
    /// The page of these records. Those of the same model and the same tokens are one example, on which each is a
    /// method. Values that are missing or not finite are shown as 0, and the example's notes say so.
    ///
    /// # Errors
    /// There is no record, or one has no output.
    pub fn new(records: &[Record]) -> Result<Self, Error> {
        let (models, labelled) = examples(records)?;
        let data = Data {
            info: Info::of(&models, &labelled, false),
            datasets: Ordered::of(models.iter().map(|model| (&*model.name, rows(model)))),
            models: Ordered::of(models.iter().map(|model| {
                (&*model.name, Ordered::of(model.examples.iter().map(|example| (&*example.id, example))))
            })),
            signed: signed(&labelled),
        };
        Ok(Self { records: serde_json::to_string(&data)? })
    }

    /// `index.html`, with the client's icon font in it. It asks for nothing but what lies beside it, and its policy
    /// forbids anything else.
    pub fn to_html(&self, client: &Client) -> String {
        // From the disk, too.
        html(client, &self.records, RECORDS, "'self' file:", "'none'")
    }

    /// Writes the page and the client's files into a folder, which is made if it is not there: all of them, or none.
    /// Files of the same names are replaced, and others stay.
    ///
    /// # Errors
    /// The folder can't be made or written to.
    pub fn write(&self, client: &Client, folder: impl AsRef<Path>) -> Result<(), Error> {
        let html = self.to_html(client);
        let mut files: Vec<(&Path, &[u8])> =
            client.files.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
        files.push((Path::new("LICENSE"), LICENCE.as_bytes()));
        // Once it is there, so is all that it needs.
        files.push((Path::new("index.html"), html.as_bytes()));
        folder::write(folder.as_ref(), &files)
    }
}

/// The page with this data and these answers to the client, whose files come from `files`, and which may ask `server`.
pub(crate) fn html(client: &Client, data: &str, answers: &str, files: &str, server: &str) -> String {
    let script = format!("\n(() => {{\n\"use strict\";\n{answers}\n{CHANGES}}})();\n");
    let parts = [
        ("{policy}", policy(&script, files, server)),
        ("{fonts}", fonts(client)),
        ("{records}", in_html(data)),
        ("{script}", script),
    ];
    // From the left, so that nothing is looked for in what was put in.
    let (mut html, mut rest) = (String::new(), FORM);
    for (name, value) in parts {
        let (before, after) = rest.split_once(name).unwrap_or((rest, ""));
        html += before;
        html += &value;
        rest = after;
    }
    html + rest
}

fn rows(model: &Model) -> Vec<Row<'_>> {
    model.examples.iter().map(Row::of).collect()
}

/// JSON that neither ends nor opens an element, and is no line break to an old script engine.
fn in_html(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string cannot fail.
                let _ = write!(text, "\\u{:04x}", c as u32);
            }
            _ => text.push(c),
        }
    }
    text
}

/// This page's script, known by its hash; the client's; pictures and styles; and nothing from elsewhere.
fn policy(script: &str, files: &str, server: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(script));
    format!(
        "default-src 'none'; script-src {files} 'sha256-{hash}'; style-src 'unsafe-inline'; img-src {files} data: \
         blob:; font-src data:; connect-src {server}; base-uri 'none'; form-action 'none'"
    )
}

fn fonts(client: &Client) -> String {
    let mut css = String::new();
    let mut face = |family: &str, source: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(css, "@font-face {{ font-family: '{family}'; src: {source}; }}");
    };
    for (family, source) in FAMILIES {
        face(family, source);
    }
    for (family, font) in ICONS.iter().zip(client.icons.iter().flatten()) {
        face(family, &format!("url(data:font/woff2;base64,{}) format('woff2')", STANDARD.encode(font)));
    }
    css.trim_end().to_owned()
}
