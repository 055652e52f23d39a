#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod config;
mod gguf;
mod gpt2;
mod known;
mod weights;

pub use config::Config;
pub use gpt2::Gpt2;
pub use known::KNOWN;
/// Folders, tensors, tokenizers and prompts.
pub use saliency_checkpoint as checkpoint;
pub use saliency_transformer::Activation;

/// GPT-2 and its tokenizer.
pub type Checkpoint = saliency_checkpoint::Checkpoint<Gpt2>;
