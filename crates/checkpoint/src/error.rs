//! What can be wrong with a checkpoint or with what it is asked to do.

use std::path::{Path, PathBuf};
use tch::TchError;

/// What else there is to do about an empty text.
const BEGUN: &str =
    ", or begin it with the token that begins a text (`Prompt::bos(true)`), which is read alone then";

/// Why a checkpoint could not be read or used. Each names the file and the repair.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- files
    /// The model's folder is not there.
    #[error(
        "{path}: no such folder; give a folder with config.json, model.safetensors and tokenizer.json, or a GGUF file"
    )]
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
    /// A tokenizer as `SentencePiece` stores it, without the `tokenizer.json` that is read here.
    #[error(
        "{path}: SentencePiece's own file is not read; write tokenizer.json beside it, with the transformers library: \
         python3 -c \"from transformers import AutoTokenizer; AutoTokenizer.from_pretrained('{}').save_pretrained('{}')\"",
        parent(.path), parent(.path)
    )]
    SentencePiece {
        /// The file.
        path: PathBuf,
    },
    /// A model that has a name of its own is not on this machine.
    #[error("{name} is not here: {} no {file} of its length; {get}", holding(.folders))]
    NotFetched {
        /// The model.
        name: &'static str,
        /// Its file.
        file: &'static str,
        /// Where it was looked for.
        folders: Vec<PathBuf>,
        /// How to get it.
        get: &'static str,
    },
    /// A file is not the one that the model's name stands for.
    #[error("{path}: not {name}: its SHA-256 is {found}, and {name}'s is {expected}; remove it, and {get}")]
    NotPinned {
        /// The file.
        path: PathBuf,
        /// The model.
        name: &'static str,
        /// The file's SHA-256.
        found: String,
        /// The model's.
        expected: &'static str,
        /// How to get it.
        get: &'static str,
    },
    /// The folder holds an adapter, such as `LoRA`'s, which is no model without the one that it belongs to.
    #[error(
        "{path}: an adapter of {base}, and adapters are not read; merge the two: \
         python3 -c 'import sys; from peft import AutoPeftModelForCausalLM as M; \
         M.from_pretrained(sys.argv[1]).merge_and_unload().save_pretrained(sys.argv[2])' {} MERGED",
        quoted(.folder)
    )]
    Adapter {
        /// Its configuration.
        path: PathBuf,
        /// The model that it belongs to.
        base: String,
        /// The folder.
        folder: PathBuf,
    },
    /// The folder holds no `config.json`, but a GGUF file.
    #[error("{path}: no config.json, but a GGUF file, which is a model by itself: give {}", .gguf.display())]
    GgufInFolder {
        /// The folder.
        path: PathBuf,
        /// The first GGUF file.
        gguf: PathBuf,
    },
    /// A file can't be read.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A GGUF file can't be read, or says something that is not read.
    #[error("{path}: {source}")]
    Gguf {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: saliency_gguf::Error,
    },
    /// A GGUF file is of a family that is not read.
    #[error("{path}: general.architecture is {found:?}; GGUF files of these are read: {}", .known.join(", "))]
    Architecture {
        /// The file.
        path: PathBuf,
        /// The family that it names.
        found: String,
        /// What is read.
        known: Vec<&'static str>,
    },
    // --- config.json
    /// `config.json`, or another small file, is not JSON, or a field has the wrong type.
    #[error("{path}: {source}; mend the file or download it again")]
    ConfigJson {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: serde_json::Error,
    },
    /// `config.json` is that of a family that is not read.
    #[error(
        "{path}: model_type is {found}, which is not read; these are: {}; a model of another family can be given in Rust, \
         by the trait LanguageModel",
        .known.join(", ")
    )]
    ModelType {
        /// The file.
        path: PathBuf,
        /// The family that it names, in quotes; or `missing`.
        found: String,
        /// What is read.
        known: Vec<&'static str>,
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
    #[error("{path}: not a whole safetensors file: {why}; copy or download it again")]
    Weights {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There are only pickled weights, which can hold programs.
    #[error(
        "{path}: pickled weights are not read, because a pickle can run code; convert them where you trust them: \
         python3 -c 'import sys; from transformers import AutoModelForCausalLM as M; \
         M.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1], safe_serialization=True)' {}",
        quoted(.folder)
    )]
    Pickle {
        /// The file.
        path: PathBuf,
        /// The checkpoint's folder.
        folder: PathBuf,
    },
    /// The index of several weights files names one that can't be read.
    #[error("{path}: names the file {name:?}: {why}")]
    Shard {
        /// The index.
        path: PathBuf,
        /// The file that it names.
        name: String,
        /// Why not.
        why: &'static str,
    },
    /// A tensor is stored twice, under its name with and without `transformer.`, or in two files.
    #[error("{path}: tensor {name:?} is stored twice; which one counts is not said: save the model again")]
    TwiceStored {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A file was changed while it was read.
    #[error("{path}: the file was changed while it was read; try again when it is whole")]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A path that libtorch can't be given.
    #[error("{path:?}: the path is not UTF-8; rename the folder")]
    PathNotUtf8 {
        /// The path.
        path: PathBuf,
    },
    /// A tensor that the configuration calls for is not there.
    #[error("{path}: no tensor {name:?}, which the configuration calls for; are both of one model?")]
    NoTensor {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
    },
    /// A tensor has another shape than the configuration says.
    #[error(
        "{path}: tensor {name:?} has shape {found:?}, and the configuration calls for {expected:?}; are both of one model?"
    )]
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
    #[error(
        "{path}: there is a tensor {name:?}, and the configuration says {field} = {blocks}; are both of one model?"
    )]
    ExtraBlock {
        /// The file.
        path: PathBuf,
        /// The tensor.
        name: String,
        /// The configuration's field for the number of blocks.
        field: &'static str,
        /// Blocks that the configuration has.
        blocks: usize,
    },
    // --- tokenizer
    /// The tokenizer's files can't be used.
    #[error("{path}: {source}; copy or download it again")]
    Tokenizer {
        /// The file.
        path: PathBuf,
        /// What the reader says.
        source: tokenizers::Error,
    },
    /// A tokenizer of a form that is not read.
    #[error(
        "{path}: {found}, which is not read; byte-level BPE (as of GPT-2, Llama 3, Qwen), SentencePiece-like BPE \
         (as of Llama 2, Mistral) and Unigram (as of T5) are"
    )]
    TokenizerForm {
        /// The file.
        path: PathBuf,
        /// What it holds.
        found: String,
    },
    /// A token has a number that no model reaches.
    #[error("{path}: the token {text:?} has number {id}; no model has so many")]
    TokenNumber {
        /// The file.
        path: PathBuf,
        /// The token's text.
        text: String,
        /// Its number.
        id: u32,
    },
    /// A text holds a token that the model has no embedding for.
    #[error(
        "the token {text:?} has number {id}, and the model embeddings for {vocabulary} tokens only; \
         leave it out, or use the tokenizer that the model was trained with"
    )]
    Vocabulary {
        /// The token's text.
        text: String,
        /// Its number.
        id: u32,
        /// Size of the model's vocabulary.
        vocabulary: usize,
    },
    /// `added_tokens.json` gives a token another number than it would get.
    #[error(
        "{path}: {text:?} is to be token {id}, and would be {found:?}; use the checkpoint's tokenizer.json"
    )]
    AddedToken {
        /// The file.
        path: PathBuf,
        /// The token's text.
        text: String,
        /// The number that the file gives it.
        id: u32,
        /// The number that it would have.
        found: Option<u32>,
    },
    /// A text is to be put into a template that can't be filled.
    #[error("template {template:?}: {why}")]
    Template {
        /// The template, or `chat` for the checkpoint's own.
        template: String,
        /// Why not.
        why: String,
    },
    /// A chat template asks for the day's date.
    #[error(
        "the chat template writes the day's date into the prompt; give it one, so that the record can be made again: \
         `Prompt::date`"
    )]
    NoDate,
    /// A date for a template that does not ask for one.
    #[error("{template}; leave `Prompt::date` out")]
    DateUnused {
        /// What does not ask.
        template: &'static str,
    },
    /// A date that is not spelled as one.
    #[error("{found:?} is not a date; write it as YYYY-MM-DD, such as 2026-11-26")]
    DateSpelling {
        /// What was given.
        found: String,
    },
    /// A token is to be put before the text, and the tokenizer has none.
    #[error(
        "the tokenizer has no token that begins a text; leave `Prompt::bos` out, or name one as bos_token in tokenizer_config.json"
    )]
    NoBos,
    /// The text holds no token.
    #[error("the {what} is empty; give at least one word{}", if *what == "text" { BEGUN } else { "" })]
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
    /// libtorch refused an operation. Made by `From`, which leaves the C++ stack out.
    #[error("libtorch: {0}")]
    Torch(#[source] TchError),
}

impl Error {
    /// Whether the caller's text or settings are at fault, not a file, a machine or a model.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::EmptyText { .. }
            | Self::Template { .. }
            | Self::NoDate
            | Self::DateUnused { .. }
            | Self::DateSpelling { .. }
            | Self::NoBos => true,
            Self::Attribution(error) => error.is_usage(),
            _ => false,
        }
    }
}

impl From<TchError> for Error {
    fn from(error: TchError) -> Self {
        Self::Torch(saliency_attribution::without_frames(error))
    }
}

impl From<Error> for saliency_attribution::ModelError {
    fn from(error: Error) -> Self {
        Self::new(error)
    }
}

/// The folder that a file is in, as a command names it.
fn parent(path: &Path) -> String {
    path.parent().unwrap_or(Path::new(".")).display().to_string()
}

/// Folders as the subject of "… no file".
fn holding(folders: &[PathBuf]) -> String {
    let names: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    match &names[..] {
        [] => "neither SALIENCY_MODELS nor a home folder is set, and so there is".to_owned(),
        [one] => format!("{one} holds"),
        several => format!("{} hold", several.join(" and ")),
    }
}

/// A path as one word for a shell.
fn quoted(path: &std::path::Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
