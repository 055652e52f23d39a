//! The seam to a family of networks: what its crate says of its configuration and its tensors.

use crate::error::Error;
use crate::known::Known;
use crate::tensors::digest::WeightsDigest;
use crate::tensors::source::TensorSource;
use saliency_attribution::{LanguageModel, TokenId};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A family of networks that checkpoints are read into: GPT-2, Llama, …
///
/// [`Checkpoint::open`](crate::Checkpoint::open) reads the files, in this order: `config.json` by
/// [`config`](Self::config), the weights' headers, the tokenizer, and then the tensors that [`build`](Self::build)
/// takes. So a configuration that can't be honoured is refused before any weights are read.
pub trait Architecture: LanguageModel + Sized + 'static {
    /// What a person calls the family.
    const NAME: &'static str;
    /// The values of `model_type` in `config.json` that stand for it.
    const MODEL_TYPES: &'static [&'static str];
    /// Published checkpoints of a form that it reads.
    const KNOWN: &'static [Known];
    /// What it reads from `config.json`.
    type Config;

    /// Whether a `config.json` is one of this family. The provided form looks for `model_type` in
    /// [`MODEL_TYPES`](Self::MODEL_TYPES).
    fn recognizes(config: &Value) -> bool {
        let model_type = config.get("model_type").and_then(Value::as_str);
        model_type.is_some_and(|model_type| Self::MODEL_TYPES.contains(&model_type))
    }

    /// Reads and checks a `config.json`. `path` is only named in errors.
    ///
    /// # Errors
    /// JSON that is not such a configuration, or a field that changes the result and is not honoured.
    fn config(json: &[u8], path: &Path) -> Result<Self::Config, Error>;

    /// The name that [`build`](Self::build) knows a stored tensor by: without a prefix that some programs write. The
    /// provided form is the stored name.
    fn tensor_name(stored: &str) -> &str {
        stored
    }

    /// Whether a tensor is no weight (a causal mask), and may be left over. The provided form is `false`.
    fn is_buffer(name: &str) -> bool {
        let _ = name;
        false
    }

    /// Takes the tensors that a configuration calls for, each after its name and shape were found right.
    ///
    /// # Errors
    /// A tensor that is missing or has another shape.
    fn build(config: Self::Config, tensors: &mut dyn TensorSource, identity: Identity)
    -> Result<Self, Error>;

    /// What a user should know of a model that was built, a sentence each. The provided form is none.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// What a checkpoint's folder says of a model besides its configuration and its tensors.
#[derive(Debug)]
#[non_exhaustive]
pub struct Identity {
    /// What a person calls the model.
    pub name: String,
    /// The first of its weights files, which errors and remarks name.
    pub path: PathBuf,
    /// SHA-256 of the weights, where they lie in files.
    pub digest: Option<WeightsDigest>,
    /// The tokens that end a text by `generation_config.json`, where there is one, even if it names none.
    pub ends_of_text: Option<Vec<TokenId>>,
}

impl Identity {
    /// A model without files.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), path: "the tensors".into(), digest: None, ends_of_text: None }
    }
}
