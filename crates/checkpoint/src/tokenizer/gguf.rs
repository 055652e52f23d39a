//! The tokenizer that a GGUF file's metadata stand for.

use crate::error::Error;
use crate::tokenizer::Tokenizer;
use saliency_gguf::Metadata;
use std::path::Path;

impl Tokenizer {
    /// Reads the tokenizer of a GGUF file. `path` is only named in errors.
    pub(crate) fn from_gguf(metadata: &Metadata, path: &Path) -> Result<Self, Error> {
        let json =
            tokenizer_json(metadata).map_err(|source| Error::Gguf { path: path.to_owned(), source })?;
        Self::from_json(&json, path)
    }
}

fn tokenizer_json(metadata: &Metadata) -> Result<Vec<u8>, saliency_gguf::Error> {
    let key = "tokenizer.ggml.model";
    let (key, value) = (key.to_owned(), format!("{:?}", metadata.string(key)?));
    Err(saliency_gguf::Error::Value {
        key,
        value,
        why: "tokenizers of GGUF files are not read yet".to_owned(),
    })
}
