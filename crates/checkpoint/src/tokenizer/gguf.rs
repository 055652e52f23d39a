//! The tokenizer that a GGUF file's metadata stand for.

use crate::error::Error;
use crate::tokenizer::Tokenizer;
use saliency_gguf::Metadata;
use serde_json::{Map, json};
use std::path::Path;

impl Tokenizer {
    /// Reads the tokenizer of a GGUF file. `path` is only named in errors.
    pub(crate) fn from_gguf(metadata: &Metadata, path: &Path) -> Result<Self, Error> {
        let json =
            tokenizer_json(metadata).map_err(|source| Error::Gguf { path: path.to_owned(), source })?;
        Self::from_json(&json, path)
    }
}

/// For tests of the rest, until the tokenizer is read.
fn tokenizer_json(metadata: &Metadata) -> Result<Vec<u8>, saliency_gguf::Error> {
    let tokens = metadata.strings("tokenizer.ggml.tokens")?;
    let types = metadata.i32s("tokenizer.ggml.token_type")?;
    let special = tokens.iter().enumerate().zip(&types).filter(|(_, of_type)| **of_type == 3);
    let added: Vec<_> = special
        .map(|((id, token), _)| {
            json!({"id": id, "content": token, "special": true, "single_word": false, "lstrip": false,
                   "rstrip": false, "normalized": false})
        })
        .collect();
    let vocab: Map<_, _> =
        tokens.iter().enumerate().map(|(id, token)| ((*token).to_owned(), id.into())).collect();
    let level =
        json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true});
    let digits = json!({"type": "Digits", "individual_digits": true});
    let pre = if metadata.string("tokenizer.ggml.pre")? == "smollm" {
        json!({"type": "Sequence", "pretokenizers": [digits, level.clone()]})
    } else {
        level.clone()
    };
    let json = json!({"version": "1.0", "truncation": null, "padding": null, "added_tokens": added, "normalizer": null,
        "pre_tokenizer": pre, "post_processor": null, "decoder": level,
        "model": {"type": "BPE", "vocab": vocab, "merges": metadata.strings("tokenizer.ggml.merges")?}});
    Ok(json.to_string().into_bytes())
}
