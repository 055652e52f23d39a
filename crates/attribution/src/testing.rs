//! Toy models whose gradients have a closed form (feature `testing`).

mod linear;

pub use linear::Linear;
