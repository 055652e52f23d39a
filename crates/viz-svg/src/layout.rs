//! What charts are laid out with: the steps between a record and a scene, for charts of your own.
//!
//! `examples/stems.rs` is a complete chart made of them.

pub(crate) mod above_panels;
pub(crate) mod account;
pub(crate) mod axis;
pub(crate) mod bar_table;
pub(crate) mod border_medians;
pub(crate) mod caption;
pub(crate) mod cells;
pub(crate) mod chips;
pub(crate) mod color_bar;
pub(crate) mod colored_text;
pub(crate) mod column_names;
pub(crate) mod curve_plot;
pub(crate) mod distance_plot;
pub(crate) mod dot_names;
pub(crate) mod entry_table;
pub(crate) mod grid;
pub(crate) mod heatmap;
pub(crate) mod legend;
pub(crate) mod matrix;
pub(crate) mod mirrored_bars;
pub(crate) mod notes;
pub(crate) mod overview;
pub(crate) mod ribbon_text;
pub(crate) mod scatter_plot;
pub(crate) mod segment_matrix;
pub(crate) mod sheet;
pub(crate) mod step_plot;
pub(crate) mod strips;
pub(crate) mod triangle;
pub(crate) mod word_columns;
pub(crate) mod word_map;
pub(crate) mod word_places;

pub use crate::layout::cells::Cells;
pub use crate::layout::color_bar::Ends;
pub use crate::layout::sheet::Sheet;
pub use crate::paint::scale::{Scale, Value};
pub use crate::text::font::{fitted, width as text_width};
pub use crate::text::label::{label, label_at};
pub use crate::text::paragraph::{Paragraph, Piece};
pub use crate::text::visible;
pub use crate::values::number::short;
pub use crate::values::rows::Rows;
