//! The charts, one in a file. A new one adds its line to the table below.

use crate::Chart;

/// Declares each chart's file and lists it, in the order of a list for people.
macro_rules! table {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*
        pub(crate) const TABLE: &[&dyn Chart] = &[$(&$name),*];
    };
}

table! {
    highlight::Highlight,
    minimap::Minimap,
    tall_heatmap::TallHeatmap,
    tall_multiple::TallMultiple,
    long_output::LongOutput,
    scatter::Scatter,
    tokens::Tokens,
}
