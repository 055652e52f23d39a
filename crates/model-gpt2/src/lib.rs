#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod attention;
mod block;
mod cache;
mod config;
mod gguf;
mod gpt2;
mod inside;
mod known;
mod prefix_cache;
mod pullback;
mod weights;

pub use config::{Activation, Config};
pub use gpt2::Gpt2;
pub use known::KNOWN;
/// Folders, tensors, tokenizers and prompts.
pub use saliency_checkpoint as checkpoint;

/// GPT-2 and its tokenizer.
pub type Checkpoint = saliency_checkpoint::Checkpoint<Gpt2>;
