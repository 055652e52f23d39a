//! Toy models whose gradients have a closed form (feature `testing`).

mod linear;
mod saturating;

pub use linear::Linear;
pub use saturating::Saturating;
