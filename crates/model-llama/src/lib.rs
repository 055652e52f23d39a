#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod activation;
mod attention;
mod block;
mod cache;
mod config;
mod gguf;
mod known;
mod llama;
mod prefix_cache;
mod rope;
mod weights;

pub use activation::Activation;
pub use config::{Config, ModelType};
pub use known::KNOWN;
pub use llama::Llama;
pub use rope::{Rope, Scaling};
/// Folders, tensors, tokenizers and prompts.
pub use saliency_checkpoint as checkpoint;

/// A model of Llama's family and its tokenizer.
pub type Checkpoint = saliency_checkpoint::Checkpoint<Llama>;
