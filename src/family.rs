//! The families of networks that are read, a line each: from a folder or a GGUF file to a model.

use saliency_checkpoint::{Checkpoint, Error, Family, Load};
use std::path::Path;

/// Every family that this build reads. A new one adds its line.
pub const FAMILIES: &[Family] = &[
    #[cfg(feature = "gpt2")]
    Family::with_gguf::<saliency_model_gpt2::Gpt2>(),
    #[cfg(feature = "llama")]
    Family::with_gguf::<saliency_model_llama::Llama>(),
    #[cfg(feature = "t5")]
    Family::of::<saliency_model_t5::T5>(),
];

/// Opens a folder in Hugging Face's layout or a GGUF file, of whichever family it says; the model is called as the
/// folder or the file is.
///
/// # Errors
/// A family that is not read, with the list of those that are; else as
/// [`Checkpoint::open`](saliency_checkpoint::Checkpoint::open) and
/// [`Checkpoint::open_gguf`](saliency_checkpoint::Checkpoint::open_gguf).
pub fn open(path: impl AsRef<Path>, load: &Load) -> Result<Checkpoint, Error> {
    Checkpoint::open_any(FAMILIES, path, None, load)
}

/// As [`open`], under a name of its own.
///
/// # Errors
/// As [`open`].
pub fn open_as(path: impl AsRef<Path>, name: &str, load: &Load) -> Result<Checkpoint, Error> {
    Checkpoint::open_any(FAMILIES, path, Some(name), load)
}

/// The bundled model, called `demo`.
///
/// # Errors
/// A device that is not there.
#[cfg(feature = "demo")]
pub fn demo(load: &Load) -> Result<Checkpoint, Error> {
    Ok(saliency_demo_model::open(load)?.boxed())
}

/// The bundled T5, called `demo-t5`: it answers questions about short stories and summarises them.
///
/// # Errors
/// A device that is not there.
#[cfg(feature = "demo-t5")]
pub fn demo_t5(load: &Load) -> Result<Checkpoint, Error> {
    Ok(saliency_demo_t5::open(load)?.boxed())
}
