//! A GGUF file: what comes before its tensors' numbers.

use crate::error::Error;
use crate::metadata::Metadata;
use crate::reader::Reader;
use crate::tensor_info::TensorInfo;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

const MAGIC: &[u8] = b"GGUF";

/// No file has more keys, or more tensors.
const MOST_ENTRIES: u64 = 1 << 17;

/// A GGUF file's metadata and table of tensors. The tensors' numbers stay in the file.
#[derive(Debug, Clone)]
pub struct Gguf {
    metadata: Metadata,
    tensors: Vec<TensorInfo>,
}

impl Gguf {
    /// Reads the metadata and the table of tensors of a file.
    ///
    /// # Errors
    /// As [`read`](Self::read); a file that can't be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Error> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        Self::read(file, length)
    }

    /// The same of something that was opened, from its beginning; `length` is that of the whole file. Reads no more
    /// than the metadata and the table of tensors, but for what a buffer reads ahead.
    ///
    /// # Errors
    /// A file that is not GGUF, of a version that is not read, cut off or damaged; a tensor of a type that is not read;
    /// a file that holds no whole model: a vision part, an adapter, one of several files.
    pub fn read(file: impl Read, length: u64) -> Result<Self, Error> {
        let mut reader = Reader::new(BufReader::with_capacity(1 << 16, file), length);
        let mut magic = Vec::new();
        reader.append(4, &mut magic, &|| "the mark of a GGUF file".to_owned())?;
        if magic != MAGIC {
            return Err(Error::NotGguf { found: magic.escape_ascii().to_string() });
        }
        match reader.u32(&|| "the version".to_owned())? {
            2 | 3 => {}
            version if version != 0 && version.trailing_zeros() >= 16 => return Err(Error::BigEndian),
            version => return Err(Error::Version { version }),
        }
        let tensors = reader.u64(&|| "the number of tensors".to_owned())?;
        let keys = reader.u64(&|| "the number of keys".to_owned())?;
        // A key has its length, a letter, a type and a byte; a tensor a length, dimensions, a type and a place.
        for (what, n, least) in [("keys", keys, 14), ("tensors", tensors, 24)] {
            if n > MOST_ENTRIES {
                return Err(Error::TooMany { what: what.to_owned(), n: n.into(), most: MOST_ENTRIES });
            }
            reader.expect(u128::from(n) * least, &|| format!("the table of {n} {what}"))?;
        }
        let metadata = Metadata::read(&mut reader, keys)?;
        refuse_parts(&metadata)?;
        let alignment = alignment(&metadata)?;
        let tensors = TensorInfo::read_all(&mut reader, tensors, alignment)?;
        Ok(Self { metadata, tensors })
    }

    /// What the file says of its model.
    pub fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Its tensors, in the order of the file's table.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// A tensor by its name.
    pub fn tensor(&self, name: &str) -> Option<&TensorInfo> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }
}

/// Refuses what holds no whole language model.
fn refuse_parts(metadata: &Metadata) -> Result<(), Error> {
    let refused = |key, found: &str, why| Err(Error::NoModel { key, found: found.to_owned(), why });
    match metadata.optional_string("general.type")? {
        None | Some("model") => {}
        Some(found @ "adapter") => {
            let why = "an adapter (LoRA) is no model by itself; merge it into its base: \
                       llama-export-lora -m BASE.gguf --lora ADAPTER.gguf -o MODEL.gguf";
            return refused("type", found, why);
        }
        Some(found @ "mmproj") => return refused("type", found, VISION),
        Some(found) => return refused("type", found, "it holds no model; give the model's own file"),
    }
    if let Some(found @ "clip") = metadata.optional_string("general.architecture")? {
        return refused("architecture", found, VISION);
    }
    match metadata.optional_u64("split.count")? {
        Some(count @ 2..) => Err(Error::Split { count }),
        _ => Ok(()),
    }
}

const VISION: &str = "the part of a model that reads pictures; give the file of its language model";

fn alignment(metadata: &Metadata) -> Result<u64, Error> {
    const KEY: &str = "general.alignment";
    let alignment = metadata.optional_u64(KEY)?.unwrap_or(32);
    if alignment.is_power_of_two() && alignment <= 1 << 31 {
        return Ok(alignment);
    }
    let why =
        "it must be a power of two below 2³²; the file is damaged: copy or download it again".to_owned();
    Err(Error::Value { key: KEY.to_owned(), value: alignment.to_string(), why })
}
