//! The bundled model: a small GPT-2 of our own, inside the library. [Its card](https://github.com/saliency-rs/saliency/blob/main/crates/demo-model/model/README.md)
//! says what it was trained on and what it can do.
//!
//! ```
//! use saliency_checkpoint::Load;
//!
//! let demo = saliency_demo_model::open(&Load::default())?;
//! let sequence = demo.force("And Abigail said unto", " David")?;
//! assert_eq!(sequence.n_output(), 1);
//! # Ok::<(), saliency_checkpoint::Error>(())
//! ```
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

use saliency_checkpoint::{Bundled, Checkpoint, Error, Load};
use saliency_model_gpt2::Gpt2;

const FILES: Bundled = Bundled::new(
    include_bytes!("../model/config.json"),
    include_bytes!("../model/tokenizer.json"),
    include_bytes!("../model/model.safetensors"),
);

/// The bundled model, called `demo`. It writes sentences in the manner of what it was trained on, and looks back at
/// names; what it attributes says nothing about GPT-2.
///
/// # Errors
/// A device that is not there.
pub fn open(load: &Load) -> Result<Checkpoint<Gpt2>, Error> {
    Checkpoint::open_bundled(&FILES, "demo", load)
}

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
