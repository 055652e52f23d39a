//! GPT-2 on libtorch: its configuration, its tensors, its network with a key/value cache, and
//! [`LanguageModel`](saliency_attribution::LanguageModel) for attribution.
//!
//! - [`Checkpoint`] opens a folder: a model and its tokenizer, [`Checkpoint::generate`](saliency_checkpoint::Checkpoint::generate) and
//!   [`Checkpoint::force`](saliency_checkpoint::Checkpoint::force) for a [`Sequence`](saliency_attribution::Sequence) to attribute.
//! - [`Gpt2`] is the network, [`Config`] its shape.
//!
//! Files and tokenizers are `saliency-checkpoint`'s, whose types appear here: it is re-exported as [`checkpoint`]. This
//! crate knows no attribution method and draws nothing.
//!
//! ```no_run
//! use saliency_attribution::{Attributor, Generation};
//! use saliency_model_gpt2::{Checkpoint, checkpoint::Load};
//!
//! let gpt2 = Checkpoint::open("path/to/gpt2", &Load::default())?;
//! let sequence = gpt2.generate("The race to Mars", &Generation::greedy(30))?;
//! let record = Attributor::new().record(&gpt2.model, &sequence)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod attention;
mod block;
mod cache;
mod config;
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

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
