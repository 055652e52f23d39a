#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod cells;
mod chart;
mod charts;
mod color;
mod error;
mod font;
mod heat;
mod html;
mod legend;
mod number;
mod options;
mod pair;
mod palette;
mod panels;
mod paragraph;
#[cfg(feature = "png")]
mod png;
mod prose;
mod rows;
mod scale;
mod scene;
mod svg;
mod text;
mod theme;

pub use chart::{Chart, chart, charts};
pub use charts::{Highlight, LongOutput, Minimap, Scatter, TallHeatmap, TallMultiple, Tokens};
pub use color::Color;
pub use error::Error;
pub use html::page;
pub use options::{Options, State};
pub use palette::Palette;
pub use scale::{Paint, Pattern};
pub use scene::{Anchor, Item, Rect, Scene, Text};
pub use theme::Theme;
