//! Tensors as they lie in safetensors files: found by name, mapped into memory, read one at a time.

use crate::Error;
use crate::weights::Supply;
use safetensors::Dtype;
use safetensors::tensor::Metadata as Header;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tch::{Device, Kind, Tensor};

/// No header is longer (the format's own bound).
const LONGEST_HEADER: u64 = 100_000_000;
const INDEX: &str = "model.safetensors.index.json";

/// Where weights lie.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    /// A file on disk, which stays open. It must not be overwritten while a model made of it lives: its pages are the
    /// model's memory.
    File(PathBuf, Arc<File>),
    /// Bytes in the program.
    #[cfg_attr(not(feature = "demo"), expect(dead_code, reason = "only the bundled model lies there"))]
    Bytes(&'static [u8], PathBuf),
}

/// Where weights lie, and their SHA-256, computed when it is first asked for: of a checkpoint of half a gigabyte it
/// takes a quarter of a second, which the first token should not wait for.
#[derive(Debug)]
pub(crate) struct Digested {
    places: Vec<Place>,
    sha256: OnceLock<Option<String>>,
}

impl Digested {
    pub(crate) fn new(places: Vec<Place>) -> Self {
        Self { places, sha256: OnceLock::new() }
    }

    /// SHA-256 of the file; of several, of one after another in the order of their names. `None` where one can't be
    /// read any more.
    pub(crate) fn sha256(&self) -> Option<&str> {
        self.sha256.get_or_init(|| digest(&self.places).ok()).as_deref()
    }
}

fn digest(places: &[Place]) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    for place in places {
        match place {
            Place::Bytes(bytes, _) => hash.update(bytes),
            Place::File(_, file) => {
                // The file that was mapped, whatever lies under its name by now.
                let (mut file, mut part) = (&**file, vec![0; 1 << 20]);
                file.seek(SeekFrom::Start(0))?;
                loop {
                    let n = file.read(&mut part)?;
                    if n == 0 {
                        break;
                    }
                    hash.update(&part[..n]);
                }
            }
        }
    }
    Ok(hash.finalize().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

/// The tensors of a checkpoint's weights, in one file or several.
#[derive(Debug)]
pub(crate) struct Stored {
    places: Vec<Place>,
    tensors: BTreeMap<String, Entry>,
    kind: Kind,
    device: Device,
    /// Of each place that tensors are used in as they lie: the whole of it.
    maps: BTreeMap<usize, Tensor>,
    not_finite: Vec<(PathBuf, String)>,
}

/// One tensor: which place, and where there.
#[derive(Debug)]
struct Entry {
    place: usize,
    dtype: Dtype,
    size: Vec<i64>,
    bytes: Range<usize>,
}

/// `model.safetensors.index.json`: which file holds which tensor.
#[derive(Deserialize)]
struct Index {
    weight_map: BTreeMap<String, String>,
}

/// The files of a folder's weights: `model.safetensors`, or the shards that its index names, in the order of their
/// names.
pub(crate) fn files(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let whole = folder.join("model.safetensors");
    if whole.exists() {
        return Ok(vec![whole]);
    }
    let index = folder.join(INDEX);
    if !index.exists() {
        let pickle = ["pytorch_model.bin", "pytorch_model.bin.index.json"].map(|name| folder.join(name));
        return Err(match pickle.into_iter().find(|path| path.exists()) {
            Some(path) => Error::Pickle { path, folder: folder.to_owned() },
            None => Error::Missing {
                path: whole,
                repair: "save the model with `save_pretrained(…, safe_serialization=True)`",
            },
        });
    }
    let json = std::fs::read(&index).map_err(|source| Error::Io { path: index.clone(), source })?;
    let read: Index =
        serde_json::from_slice(&json).map_err(|source| Error::ConfigJson { path: index.clone(), source })?;
    let mut names: Vec<String> = read.weight_map.into_values().collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Err(Error::Shard { path: index, name: String::new(), why: "it names no file" });
    }
    for name in &names {
        let plain = Path::new(name).file_name().is_some_and(|file| file == name.as_str());
        if !plain || name.contains(['/', '\\']) {
            let why = "only files beside the index are read";
            return Err(Error::Shard { path: index, name: name.clone(), why });
        }
        if !folder.join(name).exists() {
            let why = "it is not there; copy or download it again";
            return Err(Error::Shard { path: index, name: name.clone(), why });
        }
    }
    Ok(names.iter().map(|name| folder.join(name)).collect())
}

impl Stored {
    /// Reads the headers. Tensors are given in one dtype on one device, whatever they are stored in.
    pub(crate) fn open(places: Vec<Place>, kind: Kind, device: Device) -> Result<Self, Error> {
        let mut tensors = BTreeMap::new();
        for (place, at) in places.iter().enumerate() {
            for (name, entry) in header(at, place)? {
                let name = name.strip_prefix("transformer.").map_or(name.clone(), str::to_owned);
                if tensors.contains_key(&name) {
                    return Err(Error::TwiceStored { path: at.path().to_owned(), name });
                }
                tensors.insert(name, entry);
            }
        }
        Ok(Self { places, tensors, kind, device, maps: BTreeMap::new(), not_finite: Vec::new() })
    }

    /// The names that were not taken, but for buffers that hold no weights (causal masks).
    pub(crate) fn left(&self) -> Vec<(&Path, &str)> {
        let buffer = |name: &str| name.ends_with(".attn.bias") || name.ends_with(".attn.masked_bias");
        let left = self.tensors.iter().filter(|(name, _)| !buffer(name));
        left.map(|(name, entry)| (self.places[entry.place].path(), name.as_str())).collect()
    }

    /// Of the tensors taken, those that hold NaN or infinities: their files and names.
    pub(crate) fn not_finite(&self) -> &[(PathBuf, String)] {
        &self.not_finite
    }

    fn read(&mut self, name: &str, entry: &Entry) -> Result<Tensor, Error> {
        let place = &self.places[entry.place];
        let stored = match entry.dtype {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F64 => Kind::Double,
            other => {
                let (name, dtype) = (name.to_owned(), format!("{other:?}"));
                return Err(Error::TensorType { path: place.path().to_owned(), name, dtype });
            }
        };
        let tensor = match place {
            Place::Bytes(bytes, path) => {
                let bytes = bytes.get(entry.bytes.clone()).ok_or_else(|| cut(path))?;
                Tensor::f_from_data_size(bytes, &entry.size, stored)?
            }
            Place::File(path, opened) => {
                let aligned = entry.bytes.start.is_multiple_of(stored.elt_size_in_bytes());
                // What is used as it lies shares one map of the file, with every other process that reads it too. What
                // is converted has a map of its own, and gives its pages back at once.
                let in_place = stored == self.kind && self.device == Device::Cpu && aligned;
                let map = match self.maps.get(&entry.place) {
                    Some(map) if in_place => map.shallow_clone(),
                    _ => map(path, opened)?,
                };
                if in_place {
                    self.maps.insert(entry.place, map.shallow_clone());
                }
                let (start, n) = (entry.bytes.start as i64, entry.bytes.len() as i64);
                let bytes = map.f_narrow(0, start, n)?;
                let bytes = if aligned { bytes } else { bytes.f_detach_copy()? };
                bytes.f_view_dtype(stored)?.f_view(&*entry.size)?
            }
        };
        Ok(tensor.f_to_kind(self.kind)?.f_to(self.device)?)
    }
}

impl Supply for Stored {
    fn size(&self, name: &str) -> Option<Vec<i64>> {
        self.tensors.get(name).map(|entry| entry.size.clone())
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn take(&mut self, name: &str) -> Result<Option<Tensor>, Error> {
        let Some(entry) = self.tensors.remove(name) else { return Ok(None) };
        let tensor = self.read(name, &entry)?;
        if !is_finite(&tensor)? {
            self.not_finite.push((self.places[entry.place].path().to_owned(), name.to_owned()));
        }
        Ok(Some(tensor))
    }
}

/// The sum is one pass without a copy; only where it is not finite is each number looked at.
fn is_finite(tensor: &Tensor) -> Result<bool, Error> {
    let kind = if tensor.kind() == Kind::Double { Kind::Double } else { Kind::Float };
    Ok(tensor.f_sum(kind)?.f_double_value(&[])?.is_finite()
        || tensor.f_isfinite()?.f_all()?.f_int64_value(&[])? == 1)
}

impl Place {
    /// Opens a file.
    pub(crate) fn open(path: PathBuf) -> Result<Self, Error> {
        match File::open(&path) {
            Ok(file) => Ok(Self::File(path, Arc::new(file))),
            Err(source) => Err(Error::Io { path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::File(path, _) | Self::Bytes(_, path) => path,
        }
    }
}

/// The whole of a file, as bytes in memory that are read when they are needed. libtorch opens it by its name, which has
/// to be that of the file that was opened before.
fn map(path: &Path, opened: &File) -> Result<Tensor, Error> {
    let name = path.to_str().ok_or_else(|| Error::PathNotUtf8 { path: path.to_owned() })?;
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let (before, now) = (opened.metadata().map_err(failed)?, path.metadata().map_err(failed)?);
    if !is_same(&before, &now) {
        return Err(Error::Changed { path: path.to_owned() });
    }
    Ok(Tensor::f_from_file(name, false, before.len() as i64, (Kind::Uint8, Device::Cpu))?)
}

#[cfg(unix)]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino(), a.len()) == (b.dev(), b.ino(), b.len())
}

#[cfg(not(unix))]
fn is_same(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && a.modified().ok() == b.modified().ok()
}

/// The table at a file's beginning, checked: offsets that follow each other without gap or overlap and end where the
/// file does, sizes that do not overflow.
fn header(at: &Place, place: usize) -> Result<Vec<(String, Entry)>, Error> {
    let path = at.path();
    let weights = |why: String| Error::Weights { path: path.to_owned(), why };
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let (mut reader, len): (Box<dyn Read + '_>, u64) = match at {
        Place::Bytes(bytes, _) => (Box::new(*bytes), bytes.len() as u64),
        Place::File(_, file) => {
            let about = file.metadata().map_err(failed)?;
            if !about.is_file() {
                return Err(weights("it is not a file".into()));
            }
            (Box::new(&**file), about.len())
        }
    };
    if len < 8 {
        return Err(weights(format!("{len} bytes are too few")));
    }
    let mut first = [0; 8];
    reader.read_exact(&mut first).map_err(failed)?;
    let n = u64::from_le_bytes(first);
    if n > LONGEST_HEADER.min(len - 8) {
        return Err(weights(format!("its first 8 bytes announce a header of {n} bytes, the file has {len}")));
    }
    let mut json = vec![0; n as usize];
    reader.read_exact(&mut json).map_err(failed)?;
    let read: Header = serde_json::from_slice(&json).map_err(|e| weights(format!("header: {e}")))?;
    let mut tensors: Vec<_> = read.tensors().into_iter().map(|(name, info)| (name, info.clone())).collect();
    tensors.sort_by_key(|(_, info)| info.data_offsets);
    // Made again in the order of the file, which checks it.
    let read = Header::new(read.metadata().clone(), tensors).map_err(|e| weights(format!("header: {e}")))?;
    let end = read.tensors().values().map(|info| info.data_offsets.1 as u64).max().unwrap_or(0);
    if (8 + n).checked_add(end) != Some(len) {
        let announced = u128::from(8 + n) + u128::from(end);
        return Err(weights(format!("its header announces {announced} bytes, the file has {len}")));
    }
    let mut entries = Vec::new();
    for (name, info) in read.tensors() {
        let size: Result<Vec<i64>, _> = info.shape.iter().map(|&n| i64::try_from(n)).collect();
        let size = size.map_err(|_| weights(format!("tensor {name:?} has shape {:?}", info.shape)))?;
        // All of them end before the file does.
        let from = 8 + n as usize;
        let bytes = from + info.data_offsets.0..from + info.data_offsets.1;
        entries.push((name, Entry { place, dtype: info.dtype, size, bytes }));
    }
    Ok(entries)
}

fn cut(path: &Path) -> Error {
    Error::Weights { path: path.to_owned(), why: "it is cut off".into() }
}
