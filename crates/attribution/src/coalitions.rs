//! Cooperative games over segments of a text, and linear models fitted to them.

pub(crate) mod game;
pub(crate) mod least_squares;
pub(crate) mod regression;
