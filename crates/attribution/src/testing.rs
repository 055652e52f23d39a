//! Toy models whose values, gradients and attributions have a closed form, a transformer that differs from GPT-2, and a
//! check of any model (feature `testing`).

mod check_model;
mod disguised;
mod encoder_decoder;
mod jump;
mod linear;
mod power;
mod saturating;
mod transformer;

pub use check_model::{Broken, check_model};
pub use disguised::Disguised;
pub use encoder_decoder::EncoderDecoder;
pub use jump::Jump;
pub use linear::Linear;
pub use power::Power;
pub use saturating::Saturating;
pub use transformer::Transformer;

use tch::{Device, Kind, Tensor};

/// `row · i + column · j + shift` over a grid, in float64.
fn grid((rows, row): (i64, f64), (columns, column): (i64, f64), shift: f64) -> Tensor {
    let axis = |n: i64| Tensor::arange(n, (Kind::Double, Device::Cpu));
    axis(rows).unsqueeze(1) * row + axis(columns) * column + shift
}
