#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod checkpoint;
mod end_of_text;
mod error;
mod family;
mod folder;
mod gguf;
mod known;
mod load;
mod pinned;
mod prompt;
mod stop;
mod tensors;
mod tokenizer;

pub use architecture::{Architecture, Identity};
pub use checkpoint::{Bundled, Checkpoint};
pub use end_of_text::EndOfText;
pub use error::Error;
pub use family::Family;
pub use gguf::{FromGguf, Layout};
pub use known::Known;
pub use load::Load;
pub use pinned::Pinned;
pub use prompt::date::Date;
pub use prompt::task::Task;
pub use prompt::{Prompt, Template};
/// The libtorch binding that tensors in this crate's interface come from.
pub use saliency_attribution::tch;
/// GGUF files, which [`FromGguf`] reads.
pub use saliency_gguf;
pub use tensors::digest::WeightsDigest;
pub use tensors::source::TensorSource;
pub use tokenizer::Tokenizer;
/// The tokenizer library, whose errors [`Error`] holds.
pub use tokenizers;
