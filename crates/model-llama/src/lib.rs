#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod config;
mod gguf;
mod known;
mod llama;
mod weights;

pub use config::{Config, ModelType};
pub use known::{KNOWN, SMOLLM2};
pub use llama::Llama;
/// Folders, tensors, tokenizers and prompts.
pub use saliency_checkpoint as checkpoint;
pub use saliency_transformer::{Activation, Rope, Scaling};

/// A model of Llama's family and its tokenizer.
pub type Checkpoint = saliency_checkpoint::Checkpoint<Llama>;
