#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod config;
mod known;
mod t5;
mod weights;

pub use config::{Config, ModelType};
pub use known::KNOWN;
/// Folders, tensors, tokenizers and prompts.
pub use saliency_checkpoint as checkpoint;
pub use saliency_transformer::Activation;
pub use t5::T5;

/// A model of T5's family and its tokenizer.
pub type Checkpoint = saliency_checkpoint::Checkpoint<T5>;
