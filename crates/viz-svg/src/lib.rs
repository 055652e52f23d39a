#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod bidi;
mod cells;
mod chart;
mod charts;
mod color;
mod error;
mod excerpt;
mod explained;
mod figure;
mod font;
#[cfg(any(feature = "png", feature = "pdf"))]
mod fonts;
#[cfg(any(feature = "png", feature = "pdf"))]
mod glyphs;
mod grid;
mod heat;
#[cfg(feature = "html")]
mod html;
mod invisible;
mod kind;
mod label;
mod legend;
mod live;
#[cfg(any(feature = "png", feature = "pdf"))]
mod missing;
mod notes;
mod number;
mod options;
mod pair;
mod palette;
mod panels;
mod paragraph;
#[cfg(feature = "pdf")]
mod pdf;
#[cfg(feature = "png")]
mod png;
mod prose;
mod rows;
mod scale;
mod scene;
mod segments;
mod sheet;
mod svg;
#[cfg(feature = "csv")]
mod table;
mod text;
mod theme;
mod view;

pub use chart::{Chart, chart, charts};
pub use charts::{Highlight, LongOutput, Minimap, Scatter, TallHeatmap, TallMultiple, Tokens};
pub use color::Color;
pub use error::Error;
pub use figure::{AsRecords, Figure};
#[cfg(feature = "html")]
pub use html::{Page, ToHtml};
pub use live::Live;
#[cfg(any(feature = "png", feature = "pdf"))]
pub use missing::Missing;
pub use options::{Options, State};
pub use palette::Palette;
#[cfg(feature = "pdf")]
pub use pdf::Pdf;
#[cfg(feature = "png")]
pub use png::Png;
pub use scale::{Paint, Pattern};
pub use scene::{Anchor, Item, Rect, Scene, Text};
#[cfg(feature = "csv")]
pub use table::LongTable;
pub use theme::Theme;

/// What charts are laid out with: the rooms between a record and a scene, for charts of your own.
///
/// `examples/stems.rs` is a whole chart made of them.
pub mod layout {
    pub use crate::cells::Cells;
    pub use crate::font::{fitted, width as text_width};
    pub use crate::label::{label, label_at};
    pub use crate::legend::Ends;
    pub use crate::number::short;
    pub use crate::paragraph::{Paragraph, Piece};
    pub use crate::rows::Rows;
    pub use crate::scale::{Scale, Value};
    pub use crate::sheet::Sheet;
    pub use crate::text::visible;
}

/// The code on the documentation's page of charts, compiled.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/charts.md")]
struct Gallery;
