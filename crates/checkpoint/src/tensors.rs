//! Tensors of safetensors and GGUF files: found by name, read one at a time.

pub(crate) mod digest;
pub(crate) mod files;
pub(crate) mod finite;
pub(crate) mod gguf;
pub(crate) mod header;
pub(crate) mod shards;
pub(crate) mod source;
pub(crate) mod stored;
pub(crate) mod weights_file;
