//! GPT-2 on libtorch: Hugging Face checkpoints, tokens with exact byte offsets, generation with a key/value
//! cache, and [`LanguageModel`](saliency_attribution::LanguageModel) for attribution.
//!
//! - [`Checkpoint`] is what most want: a folder in, a model and its tokenizer out, [`Checkpoint::generate`] and
//!   [`Checkpoint::force`] to get a [`Sequence`](saliency_attribution::Sequence) to attribute.
//! - [`Gpt2`] is the network, [`Config`] its shape, [`Tokenizer`] the byte-level BPE.
//!
//! It knows no attribution method and draws nothing.
//!
//! # Features
//! - `demo`: carry the bundled model (about 9 MB) inside the library.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod attention;
mod block;
mod cache;
mod checkpoint;
mod config;
#[cfg(feature = "demo")]
mod demo;
mod error;
mod gpt2;
mod inside;
mod known;
mod prefix_cache;
mod prompt;
mod pullback;
mod stored;
mod tokenizer;
mod tokenizer_settings;
mod weights;

pub use checkpoint::{Checkpoint, Load};
pub use config::{Activation, Config, EndOfText};
pub use error::Error;
pub use gpt2::Gpt2;
pub use known::{KNOWN, Known};
pub use prompt::{Prompt, Template};
pub use tokenizer::Tokenizer;
