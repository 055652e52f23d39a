//! From records to the numbers that a chart shows: what is drawn, in which state, of which kind.

pub(crate) mod agreement;
pub(crate) mod bins;
pub(crate) mod curves;
pub(crate) mod description;
pub(crate) mod entries;
pub(crate) mod excerpt;
pub(crate) mod explained;
pub(crate) mod jacobi;
pub(crate) mod kept;
pub(crate) mod kind;
pub(crate) mod names;
pub(crate) mod number;
pub(crate) mod pairs;
pub(crate) mod panels;
pub(crate) mod parts;
pub(crate) mod pca;
pub(crate) mod perturbed;
pub(crate) mod provenance;
pub(crate) mod resting;
pub(crate) mod rows;
pub(crate) mod stop_words;
pub(crate) mod view;
pub(crate) mod words;
