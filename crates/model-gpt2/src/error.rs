//! What can be wrong with a GPT-2 checkpoint or with what it is asked to do.

use std::path::PathBuf;
use tch::TchError;

/// Why a checkpoint could not be read or used. Each names the file and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- files
    /// The model's folder is not there.
    #[error("{path}: no such folder; give a folder with config.json, model.safetensors and tokenizer.json")]
    NoFolder {
        /// The folder.
        path: PathBuf,
    },
    /// A file that every checkpoint has is not there.
    #[error("{path}: no such file; {repair}")]
    Missing {
        /// The file.
        path: PathBuf,
        /// What to do.
        repair: &'static str,
    },
    /// A file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    // --- config.json
    /// `config.json` is not JSON, or a field has the wrong type.
    #[error("{path}: {source}")]
    ConfigJson {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// A field asks for something that would change the result and is not done here.
    #[error("{path}: {field} is {value}: {why}")]
    Config {
        /// The file.
        path: PathBuf,
        /// The field.
        field: &'static str,
        /// What it holds.
        value: String,
        /// Why that can't be.
        why: String,
    },
    // --- weights
    /// The weights file is not a safetensors file, or is cut off.
    #[error("{path}: not a whole safetensors file ({source}); copy or download it again")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: safetensors::SafeTensorError,
    },
    /// A tensor that the configuration calls for is not there.
    #[error("{path}: no tensor {name:?}, which config.json calls for; is this a GPT-2 checkpoint?")]
    NoTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error("{path}: tensor {name:?} has shape {found:?}, and config.json calls for {expected:?}")]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its shape.
        found: Vec<i64>,
        /// The shape that the configuration calls for.
        expected: Vec<i64>,
    },
    /// A tensor has a type that is not read.
    #[error("{path}: tensor {name:?} holds {dtype}; float32, float16, bfloat16 and float64 are read")]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Its type.
        dtype: String,
    },
    /// The weights hold more blocks than the configuration.
    #[error("{path}: there is a tensor {name:?}, and config.json says n_layer = {n_layer}")]
    ExtraBlock {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// Blocks that the configuration has.
        n_layer: usize,
    },
    // --- tokenizer
    /// The tokenizer's files can't be used.
    #[error("{path}: {source}")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: tokenizers::Error,
    },
    /// The tokenizer has numbers that the model does not.
    #[error("{path}: the tokenizer has {tokens} tokens, and the model's vocabulary only {vocabulary}")]
    Vocabulary {
        /// The tokenizer's file.
        path: PathBuf,
        /// Tokens that the tokenizer has.
        tokens: usize,
        /// Size of the model's vocabulary.
        vocabulary: usize,
    },
    /// The text holds no token.
    #[error("the {what} is empty; give at least one word")]
    EmptyText {
        /// Which text.
        what: &'static str,
    },
    // --- running
    /// The device is not there.
    #[error("device {device:?} is not available: {why}")]
    Device {
        /// The device that was asked for.
        device: String,
        /// Why not.
        why: &'static str,
    },
    /// Attribution's own error: a text that is too long, a sampling parameter out of its range.
    #[error(transparent)]
    Attribution(#[from] saliency_attribution::Error),
    /// libtorch refused an operation.
    #[error("libtorch: {0}")]
    Torch(#[from] TchError),
}
