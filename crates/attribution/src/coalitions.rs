//! Cooperative games over segments of a text, and linear models fitted to them.

mod ablated_input;
mod batch;
pub(crate) mod game;
pub(crate) mod lasso;
pub(crate) mod least_squares;
pub(crate) mod nested;
pub(crate) mod occluded;
pub(crate) mod regression;
