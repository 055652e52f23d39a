#![doc = include_str!("../README.md")]
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
