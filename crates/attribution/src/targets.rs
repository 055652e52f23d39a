//! The targets, one in a file. A new one adds its line to the table below.

use crate::target::Target;

/// Declares each target's file and lists it, in the order of a list for people.
macro_rules! table {
    ($($file:ident::$name:ident),* $(,)?) => {
        $(mod $file; pub use $file::$name;)*
        pub(crate) const TABLE: &[fn() -> Box<dyn Target>] = &[$(|| Box::new($name::default())),*];
    };
}

table! {
    probability::Probability,
    logit::Logit,
    log_probability::LogProbability,
    entropy::Entropy,
    cross_entropy::CrossEntropy,
    contrast_logit::ContrastLogit,
    contrast_probability::ContrastProbability,
    contrast_log_probability::ContrastLogProbability,
    kl_divergence::KlDivergence,
}
