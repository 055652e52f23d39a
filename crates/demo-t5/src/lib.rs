#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

use saliency_checkpoint::{Bundled, Checkpoint, Error, Load};
use saliency_model_t5::T5;

const FILES: Bundled = Bundled::new(
    include_bytes!("../model/config.json"),
    include_bytes!("../model/tokenizer.json"),
    include_bytes!("../model/model.safetensors"),
);

/// The bundled T5, called `demo-t5`. It answers questions about short made-up stories and summarises them, in the words
/// of the tasks that it was trained on ([`Task`](saliency_checkpoint::Task)); of any other text it knows nothing.
///
/// # Errors
/// A device that is not there.
pub fn open(load: &Load) -> Result<Checkpoint<T5>, Error> {
    Checkpoint::open_bundled(&FILES, "demo-t5", load)
}
