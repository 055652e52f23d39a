//! The seam to families whose models are also stored as GGUF, and the way from such a file to a checkpoint.

use crate::architecture::{Architecture, Identity};
use crate::checkpoint::Checkpoint;
use crate::error::Error;
use crate::load::Load;
use crate::tensors::gguf::GgufTensors;
use crate::tensors::weights_file::WeightsFile;
use crate::tokenizer::Tokenizer;
use saliency_gguf::Gguf;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A family whose models are also stored as GGUF.
///
/// [`Checkpoint::open_gguf`] reads the metadata as the `config.json` that they stand for, and gives the tensors the
/// names and the order of rows that [`build`](Architecture::build) knows.
pub trait FromGguf: Architecture {
    /// The values of `general.architecture` that stand for it.
    const ARCHITECTURES: &'static [&'static str];

    /// The `config.json` that a file stands for, which [`config`](Architecture::config) reads. Where it has none of
    /// them, `vocab_size`, `tie_word_embeddings` and `eos_token_id` are put in: the rows of the embeddings, whether
    /// there is no head beside them, and the tokens that end a text or a turn.
    ///
    /// # Errors
    /// A key that is missing or has the wrong type, or one that would change the result and is not honoured
    /// ([`saliency_gguf::Error::Value`]).
    fn gguf_config(gguf: &Gguf) -> Result<Value, saliency_gguf::Error>;

    /// The name that [`build`](Architecture::build) knows a tensor by: `h.3.ln_1.weight` for `blk.3.attn_norm.weight`.
    /// A name that is not the family's stays as it is.
    fn gguf_name(stored: &str) -> String;

    /// How a tensor, by the name that [`build`](Architecture::build) knows, is stored.
    fn gguf_layout(config: &Self::Config, name: &str) -> Layout;
}

/// How a GGUF file stores a tensor, seen from the network that takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Layout {
    /// As it is taken.
    AsStored,
    /// As the transpose: `[out, in]` where `[in, out]` is taken.
    Transposed,
    /// Within each head, row `i` of the first half and row `i` of the second lie beside each other: llama.cpp turns
    /// them so.
    Interleaved {
        /// How many heads the rows belong to.
        heads: usize,
    },
}

/// A GGUF file that is open.
#[derive(Debug)]
pub(crate) struct GgufFile {
    pub(crate) path: PathBuf,
    pub(crate) file: Arc<File>,
    pub(crate) gguf: Gguf,
}

impl GgufFile {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Io { path: path.to_owned(), source };
        if !path.exists() {
            return Err(Error::Missing { path: path.to_owned(), repair: "give the path of a GGUF file" });
        }
        let file = File::open(path).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let gguf = Gguf::read(&file, length).map_err(|source| at(path, source))?;
        Ok(Self { path: path.to_owned(), file: Arc::new(file), gguf })
    }

    /// What the file says it is.
    pub(crate) fn architecture(&self) -> Result<&str, Error> {
        self.gguf.metadata().string("general.architecture").map_err(|source| at(&self.path, source))
    }

    /// The file's name without its ending.
    pub(crate) fn name(&self) -> String {
        self.path.file_stem().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned())
    }
}

/// Whether a path is a GGUF file's, by its name or by how it begins.
pub(crate) fn is_gguf(path: &Path) -> bool {
    let begins_so = || {
        let mut magic = [0; 4];
        path.is_file()
            && File::open(path).is_ok_and(|mut file| file.read_exact(&mut magic).is_ok() && magic == *b"GGUF")
    };
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("gguf")) && !path.is_dir()
        || begins_so()
}

/// An error, with the file that it is in.
pub(crate) fn at(path: &Path, source: saliency_gguf::Error) -> Error {
    Error::Gguf { path: path.to_owned(), source }
}

/// The family's configuration, and what it does not say.
fn config<M: FromGguf>(gguf: &Gguf) -> Result<Value, saliency_gguf::Error> {
    let mut config = M::gguf_config(gguf)?;
    let metadata = gguf.metadata();
    let mut ends = Vec::new();
    for key in ["eos_token_id", "eot_token_id", "eom_token_id"] {
        let end = metadata.optional_u64(&format!("tokenizer.ggml.{key}"))?;
        ends.extend(end.filter(|end| !ends.contains(end)));
    }
    let rows = gguf.tensor("token_embd.weight").and_then(|embeddings| embeddings.dims.first());
    let tied = gguf.tensor("output.weight").is_none();
    let ends = if ends.is_empty() { Value::Null } else { ends.into() };
    if let Some(fields) = config.as_object_mut() {
        for (name, value) in
            [("vocab_size", json!(rows)), ("tie_word_embeddings", json!(tied)), ("eos_token_id", ends)]
        {
            fields.entry(name).or_insert(value);
        }
    }
    Ok(config)
}

impl<M: FromGguf> Checkpoint<M> {
    /// Reads a model and its tokenizer from a GGUF file. Its tensors are turned into the dtype that is asked for, each
    /// piece by piece into its place, so that none is in memory twice. The model is called as the file is, without
    /// `.gguf`.
    ///
    /// # Errors
    /// A file that is not GGUF, cut off or damaged, of another family, or with something that would change the result
    /// and is not read.
    pub fn open_gguf(path: impl AsRef<Path>, load: &Load) -> Result<Self, Error> {
        let file = GgufFile::open(path.as_ref())?;
        let found = file.architecture()?;
        if !M::ARCHITECTURES.contains(&found) {
            let (path, found) = (file.path.clone(), found.to_owned());
            return Err(Error::Architecture { path, found, known: M::ARCHITECTURES.to_vec() });
        }
        let name = file.name();
        Self::read_gguf(file, &name, load)
    }

    /// The small parts first: an error in them should not wait for the weights.
    pub(crate) fn read_gguf(file: GgufFile, name: &str, load: &Load) -> Result<Self, Error> {
        load.check()?;
        let GgufFile { path, file, gguf } = file;
        let config = config::<M>(&gguf).map_err(|source| at(&path, source))?;
        let config = M::config(config.to_string().as_bytes(), &path)?;
        let tokenizer = Tokenizer::from_gguf(gguf.metadata(), &path)?;
        let role = |stored: &str| {
            let name = M::gguf_name(stored);
            let layout = M::gguf_layout(&config, &name);
            (name, layout)
        };
        let tensors = GgufTensors::new((&path, &file), &gguf, (load.kind, load.device), role)?;
        Self::build(config, (Identity::new(name), vec![WeightsFile::Disk(path, file)]), tensors, tokenizer)
    }
}
