//! The attribution record: what one run of one method says about one text, as plain, checked data.
//!
//! - [`Record`] is the whole thing: [`Token`]s (inputs, then outputs), one ragged row of attributions for
//!   every output, and what produced them ([`Model`], [`Method`], [`Target`], aggregate, normalisation).
//! - [`read`] takes JSON in any of the forms that the format allows (one record, an array, one a line,
//!   and the notebook's own) and checks it; [`write`](fn@write) and [`write_notebook`] give it back.
//! - `json_schema` (feature `json-schema`) is the published JSON Schema, generated from the types.
//!
//! This crate knows neither libtorch nor drawing.
//!
//! ```
//! let text = r#"{"format": "saliency-record", "version": 1,
//!   "tokens": [{"id": 7, "text": "Hello", "kind": "input"}, {"id": 9, "text": " world", "kind": "output"}],
//!   "attributions": [[0.25]]}"#;
//! let records = saliency_schema::read(text.as_bytes())?;
//! assert_eq!(records[0].n_input(), 1);
//! assert_eq!(records[0].attributions[0], [Some(0.25)]);
//! # Ok::<(), saliency_schema::Error>(())
//! ```
//!
//! # Features
//! - `json-schema`: the JSON Schema, through `schemars`.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod check;
mod error;
#[cfg(feature = "json-schema")]
mod json_schema;
mod notebook;
mod number;
mod read;
mod record;
mod token;
mod write;

pub use check::Caps;
pub use error::Error;
#[cfg(feature = "json-schema")]
pub use json_schema::json_schema;
pub use read::read;
pub use record::{Method, Model, Output, Record, Target};
pub use token::{Kind, Token};
pub use write::{write, write_notebook};

/// The value of a record's `format` field.
pub const FORMAT: &str = "saliency-record";
/// The newest record version that this crate reads, and the one it writes.
pub const VERSION: u32 = 1;
