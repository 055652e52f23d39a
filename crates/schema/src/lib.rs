#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "sentences")]
mod abbreviations;
mod align;
mod borders;
mod check;
#[cfg(feature = "sentences")]
mod crossing;
mod distance;
mod error;
mod excerpt;
mod explained;
mod hops;
mod interaction;
#[cfg(feature = "json-schema")]
mod json_schema;
mod labels;
mod ledger;
mod notebook;
mod number;
mod object;
mod output;
mod prompt;
mod provenance;
mod quantile;
mod ragged;
mod rank;
mod read;
mod record;
mod regroup;
mod replacement;
#[doc = include_str!("../SCORES.md")]
pub mod scores;
#[cfg(feature = "segments")]
mod segmentation;
#[cfg(feature = "sentences")]
mod sentences;
mod source;
mod token;
mod vectors;
#[cfg(feature = "segments")]
mod words;
mod write;

pub use align::{AlignedBy, Alignment};
pub use check::Caps;
#[cfg(feature = "sentences")]
pub use crossing::Crossing;
pub use distance::{DistanceCell, DistanceProfile, Relative, RelativeCell};
pub use error::Error;
pub use excerpt::Excerpt;
pub use explained::{Explained, Named, Without};
pub use interaction::Interaction;
#[cfg(feature = "json-schema")]
pub use json_schema::json_schema;
pub use labels::labels;
pub use ledger::Ledger;
pub use output::Output;
pub use prompt::{Part, Prompt};
pub use provenance::{Method, Model, Target};
pub use quantile::quantile;
pub use rank::{ranks, spearman};
pub use read::read;
pub use record::Record;
pub use regroup::{Reduce, Regrouped};
pub use replacement::Replacement;
pub use scores::Scores;
#[cfg(feature = "segments")]
pub use segmentation::Segmentation;
#[cfg(feature = "sentences")]
pub use sentences::sentence_starts;
pub use token::{Kind, Token};
pub use vectors::Vectors;
pub use write::{write, write_notebook};

// Crates of which types stand in this one's public signatures, or whose traits they implement.
#[cfg(feature = "segments")]
pub use regex;
#[cfg(feature = "json-schema")]
pub use schemars;
pub use serde;
pub use serde_json;

/// The value of a record's `format` field.
pub const FORMAT: &str = "saliency-record";
/// The newest record version that this crate reads, and the one it writes.
pub const VERSION: u32 = 1;
