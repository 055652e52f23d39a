#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod activation;
mod attention;
mod backward;
mod block;
mod cache;
mod decoder;
mod decoder_attention;
mod encoder_decoder;
mod feed_forward;
mod generation;
mod inside;
mod linear;
mod norm;
mod positions;
mod prefix_cache;
mod projection;
mod randomize;
mod reading;
mod relative;
mod rope;

pub use activation::Activation;
pub use attention::{Attention, Precision, Shape};
pub use backward::serves;
pub use block::Block;
pub use decoder::Decoder;
pub use encoder_decoder::{EncoderDecoder, Stack};
pub use feed_forward::FeedForward;
pub use linear::Linear;
pub use norm::Norm;
pub use positions::Positions;
pub use projection::Projection;
pub use relative::RelativeBias;
pub use rope::{Frequencies, Rope, Scaling};
