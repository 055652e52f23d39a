#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod agreement;
mod comparison;
mod controls;
mod counterparts;
mod error;
mod evidence;
mod judged;
mod measure;
mod measures;
mod metric;
mod percentile;
mod pooled;
mod resampler;
mod row;
pub mod statistics;
mod table;
mod texts;
mod verdict;

pub use comparison::Comparison;
pub use error::Error;
pub use evidence::{Evidence, Found};
pub use judged::judged;
pub use measure::{Measure, Parameters, measure, measures};
pub use metric::{METRICS, Metric, metric};
pub use pooled::pooled;
pub use resampler::Resampler;
pub use row::{Row, Sign, rows};
pub use table::Table;
pub use verdict::verdict;

// Of which types stand in this crate's public signatures.
pub use saliency_schema;
