//! The measures, one in a file. A new one adds its name to the table below.

use crate::measure::Measure;

/// Declares each measure's file and lists it, in the order in which tables show them.
macro_rules! table {
    ($($file:ident),* $(,)?) => {
        $(mod $file;)*
        pub(crate) const TABLE: &[Measure] = &[$($file::MEASURE),*];
    };
}

table! {
    spearman,
    kendall,
    top_k_overlap,
    rank_biased_overlap,
    pearson,
    cosine,
    sign_agreement,
}
