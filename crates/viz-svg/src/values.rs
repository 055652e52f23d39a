//! From records to the numbers that a chart shows: what is drawn, in which state, of which kind.

pub(crate) mod cells;
pub(crate) mod excerpt;
pub(crate) mod explained;
pub(crate) mod kind;
pub(crate) mod number;
pub(crate) mod rows;
pub(crate) mod view;
