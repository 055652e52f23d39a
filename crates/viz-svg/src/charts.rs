//! The charts, one in a file.

mod highlight;
mod tall_heatmap;

pub use highlight::Highlight;
pub use tall_heatmap::TallHeatmap;
