//! Tensors of safetensors files: found by name, mapped into memory, read one at a time.

pub(crate) mod digest;
pub(crate) mod files;
pub(crate) mod header;
pub(crate) mod shards;
pub(crate) mod source;
pub(crate) mod weights_file;
