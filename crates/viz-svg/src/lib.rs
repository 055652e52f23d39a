#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod chart;
mod charts;
mod error;
mod figure;
pub mod layout;
mod options;
#[cfg(feature = "html")]
mod page;
mod paint;
mod redraw;
mod scene;
mod text;
mod values;
mod write;

pub use chart::{Chart, chart, charts};
pub use charts::{
    Agreement, Convergence, Faithfulness, Highlight, InputFocused, Interactions, Interesting, Ledger,
    LongOutput, Map, Methods, Minimap, Perturbation, Profile, Ribbon, Rivals, Scatter, Segments, TallHeatmap,
    TallMultiple, Tokens, Vectors,
};
pub use error::Error;
pub use figure::{AsRecords, Figure};
pub use options::look::Look;
pub use options::rule::Rule;
pub use options::{Options, State, States};
#[cfg(feature = "html")]
pub use page::{Page, ToHtml};
pub use paint::color::Color;
pub use paint::palette::Palette;
pub use paint::scale::{Paint, Pattern};
pub use paint::theme::Theme;
pub use redraw::Redraw;
pub use scene::{Anchor, Item, Rect, Scene, Text};
#[cfg(any(feature = "png", feature = "pdf"))]
pub use write::missing::Missing;
#[cfg(feature = "pdf")]
pub use write::pdf::Pdf;
#[cfg(feature = "png")]
pub use write::png::Png;
#[cfg(feature = "csv")]
pub use write::table::LongTable;

// The crate whose types are in this one's public signatures.
pub use saliency_schema;
