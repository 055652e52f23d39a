#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "segments")]
mod abbreviations;
mod align;
mod check;
mod error;
mod excerpt;
mod explained;
#[cfg(feature = "json-schema")]
mod json_schema;
mod notebook;
mod number;
mod object;
mod part;
mod read;
mod record;
mod regroup;
#[cfg(feature = "segments")]
mod segmentation;
mod token;
#[cfg(feature = "segments")]
mod words;
mod write;

pub use align::{AlignedBy, Alignment};
pub use check::Caps;
pub use error::Error;
pub use excerpt::Excerpt;
pub use explained::{Explained, Named, Without};
#[cfg(feature = "json-schema")]
pub use json_schema::json_schema;
pub use part::Part;
pub use read::read;
pub use record::{Method, Model, Output, Prompt, Record, Regrouped, Target};
pub use regroup::Reduce;
#[cfg(feature = "segments")]
pub use segmentation::Segmentation;
pub use token::{Kind, Token};
pub use write::{write, write_notebook};

/// The value of a record's `format` field.
pub const FORMAT: &str = "saliency-record";
/// The newest record version that this crate reads, and the one it writes.
pub const VERSION: u32 = 1;
