//! A checkpoint: the network and its tokenizer, from a folder in Hugging Face's layout.

use crate::weights::from_safetensors;
use crate::{Config, Error, Gpt2, Tokenizer};
use saliency_attribution::{Generation, LanguageModel, Sequence, TokenId};
use saliency_schema::Kind as TokenKind;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use tch::{Device, Kind};

/// GPT-2 and its tokenizer.
///
/// ```no_run
/// use saliency_attribution::{Attributor, Generation};
/// use saliency_model_gpt2::{Checkpoint, Load};
///
/// let gpt2 = Checkpoint::open("path/to/gpt2", &Load::default())?;
/// let sequence = gpt2.generate("The race to Mars", &Generation::greedy(30))?;
/// let record = Attributor::new().record(&gpt2.model, &sequence)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checkpoint {
    /// The network.
    pub model: Gpt2,
    /// Its tokenizer.
    pub tokenizer: Tokenizer,
}

/// How a checkpoint is loaded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Load {
    /// The dtype that everything is computed in. Default: `Float`.
    pub kind: Kind,
    /// Where it is computed. Default: `Cpu`.
    pub device: Device,
}

impl Default for Load {
    fn default() -> Self {
        Self { kind: Kind::Float, device: Device::Cpu }
    }
}

/// The bytes of a checkpoint's files, wherever they lie.
pub(crate) struct Files<'a> {
    pub(crate) name: &'a str,
    pub(crate) folder: PathBuf,
    pub(crate) config: &'a [u8],
    pub(crate) weights: &'a [u8],
}

impl Checkpoint {
    /// Reads `config.json`, `model.safetensors`, and `tokenizer.json` or `vocab.json` with `merges.txt`.
    ///
    /// # Errors
    /// The first file that is missing, cut off, or does not fit the others.
    pub fn open(folder: impl AsRef<Path>, load: &Load) -> Result<Self, Error> {
        let folder = folder.as_ref();
        if !folder.is_dir() {
            return Err(Error::NoFolder { path: folder.to_owned() });
        }
        let config = read(folder, "config.json", "every checkpoint in Hugging Face's layout has one")?;
        let weights_repair = "save the model with `save_pretrained(…, safe_serialization=True)`";
        // The small files first: an error in them should not wait for the weights.
        Config::from_json(&config, &folder.join("config.json"))?;
        let tokenizer = Self::open_tokenizer(folder)?;
        let weights = read(folder, "model.safetensors", weights_repair)?;
        let name = folder.canonicalize().ok();
        let name = name.as_deref().unwrap_or(folder).file_name();
        let name = name.map_or_else(|| "gpt2".into(), |name| name.to_string_lossy());
        let files = Files { name: &name, folder: folder.to_owned(), config: &config, weights: &weights };
        Self::from_files(&files, tokenizer, load)
    }

    fn open_tokenizer(folder: &Path) -> Result<Tokenizer, Error> {
        let path = folder.join("tokenizer.json");
        if path.exists() {
            return Tokenizer::from_json(&read(folder, "tokenizer.json", "")?, &path);
        }
        let (vocab, merges) = (folder.join("vocab.json"), folder.join("merges.txt"));
        for path in [&vocab, &merges] {
            if !path.exists() {
                let repair = "a tokenizer is tokenizer.json, or vocab.json with merges.txt";
                return Err(Error::Missing { path: path.clone(), repair });
            }
        }
        Tokenizer::from_vocab_and_merges(&vocab, &merges)
    }

    pub(crate) fn from_files(files: &Files<'_>, tokenizer: Tokenizer, load: &Load) -> Result<Self, Error> {
        check_device(load.device)?;
        let config_path = files.folder.join("config.json");
        let config = Config::from_json(files.config, &config_path)?;
        if tokenizer.size() > config.vocab_size {
            let (tokens, vocabulary) = (tokenizer.size(), config.vocab_size);
            let path = files.folder.join("tokenizer.json");
            return Err(Error::Vocabulary { path, tokens, vocabulary });
        }
        let weights_path = files.folder.join("model.safetensors");
        let tensors = from_safetensors(files.weights, load.kind, load.device, &weights_path)?;
        let sha256 = hexadecimal(&Sha256::digest(files.weights));
        let model = Gpt2::build(config, tensors, files.name, Some(sha256), &weights_path)?;
        Ok(Self { model, tokenizer })
    }

    /// A text and its continuation by the model.
    ///
    /// # Errors
    /// An empty text, or one that is longer with its continuation than the context; a failing model.
    pub fn generate(&self, text: &str, generation: &Generation) -> Result<Sequence, Error> {
        self.generate_with(text, generation, &mut |_| true)
    }

    /// As [`generate`](Self::generate), and calls `each` with every new token; `false` stops.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    pub fn generate_with(
        &self,
        text: &str,
        generation: &Generation,
        each: &mut dyn FnMut(TokenId) -> bool,
    ) -> Result<Sequence, Error> {
        let inputs = self.encode(text, TokenKind::Input, 0, "text")?;
        let ids: Vec<_> = inputs.iter().map(|t| t.id).collect();
        let outputs = self.model.generate(&ids, generation, each)?;
        let outputs = self.tokenizer.tokens(&outputs, TokenKind::Output, text.len());
        Ok(Sequence::new(inputs, outputs)?)
    }

    /// A text and a continuation that is given. Each is tokenised on its own.
    ///
    /// # Errors
    /// A text or a continuation that is empty.
    pub fn force(&self, text: &str, continuation: &str) -> Result<Sequence, Error> {
        let inputs = self.encode(text, TokenKind::Input, 0, "text")?;
        let outputs = self.encode(continuation, TokenKind::Output, text.len(), "continuation")?;
        Ok(Sequence::new(inputs, outputs)?)
    }

    fn encode(
        &self,
        text: &str,
        kind: TokenKind,
        first_byte: usize,
        what: &'static str,
    ) -> Result<Vec<saliency_schema::Token>, Error> {
        let tokens = self.tokenizer.encode(text, kind, first_byte)?;
        if tokens.is_empty() { Err(Error::EmptyText { what }) } else { Ok(tokens) }
    }
}

fn check_device(device: Device) -> Result<(), Error> {
    let why = match device {
        Device::Cuda(_) if !tch::Cuda::is_available() => {
            "this libtorch has no CUDA or sees no GPU; set LIBTORCH or LIBTORCH_USE_PYTORCH to one that does"
        }
        Device::Cuda(n) if n as i64 >= tch::Cuda::device_count() => "this machine has fewer GPUs than that",
        Device::Mps if !tch::utils::has_mps() => "this libtorch has no MPS",
        Device::Vulkan => "Vulkan is not supported",
        _ => return Ok(()),
    };
    Err(Error::Device { device: format!("{device:?}"), why })
}

fn read(folder: &Path, name: &str, repair: &'static str) -> Result<Vec<u8>, Error> {
    let path = folder.join(name);
    std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => Error::Missing { path, repair },
        _ => Error::Io { path, source },
    })
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
