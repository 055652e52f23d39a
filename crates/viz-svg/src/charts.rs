//! The charts, one in a file. A new one adds its line to the table below.

use crate::chart::Chart;
use crate::figure::{AsRecords, Figure};

/// Declares each chart's file and lists it, in the order in which lists show them.
macro_rules! table {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(
            mod $file;
            pub use $file::$name;

            impl $name {
                /// This chart of one record or several, with default options.
                pub fn new<R: AsRecords + ?Sized>(records: &R) -> Figure<'_, Self> {
                    Figure::new(Self, records)
                }
            }
        )*
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
    input_focused::InputFocused,
    interesting::Interesting,
    map::Map,
    profile::Profile,
    segments::Segments,
    rivals::Rivals,
    ledger::Ledger,
    vectors::Vectors,
    interactions::Interactions,
    perturbation::Perturbation,
    methods::Methods,
    agreement::Agreement,
    faithfulness::Faithfulness,
    convergence::Convergence,
    ribbon::Ribbon,
    tokens::Tokens,
}
