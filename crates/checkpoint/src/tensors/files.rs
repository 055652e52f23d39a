//! The tensors of a checkpoint's weights, in one file or several.

use crate::error::Error;
use crate::tensors::finite::is_finite;
use crate::tensors::header::{Entry, header};
use crate::tensors::source::TensorSource;
use crate::tensors::stored::StoredTensors;
use crate::tensors::weights_file::WeightsFile;
use safetensors::Dtype;
use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// The tensors of a checkpoint's weights, in one file or several.
#[derive(Debug)]
pub(crate) struct TensorFiles {
    files: Vec<WeightsFile>,
    tensors: BTreeMap<String, Entry>,
    kind: Kind,
    device: Device,
    /// Of each file whose tensors are used as they lie: the whole of it.
    maps: BTreeMap<usize, Tensor>,
    not_finite: Vec<(PathBuf, String)>,
}

impl TensorFiles {
    /// Reads the headers. Tensors are given in one dtype on one device, whatever they are stored in, under the names
    /// that `name_of` gives to the stored ones.
    pub(crate) fn open(
        files: Vec<WeightsFile>,
        (kind, device): (Kind, Device),
        name_of: fn(&str) -> &str,
    ) -> Result<Self, Error> {
        let mut tensors = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            for (name, entry) in header(file, number)? {
                let name = name_of(&name).to_owned();
                if tensors.contains_key(&name) {
                    return Err(Error::TwiceStored { path: file.path().to_owned(), name });
                }
                tensors.insert(name, entry);
            }
        }
        Ok(Self { files, tensors, kind, device, maps: BTreeMap::new(), not_finite: Vec::new() })
    }

    fn read(&mut self, name: &str, entry: &Entry) -> Result<Tensor, Error> {
        let file = &self.files[entry.file];
        let stored = match entry.dtype {
            Dtype::F32 => Kind::Float,
            Dtype::F16 => Kind::Half,
            Dtype::BF16 => Kind::BFloat16,
            Dtype::F64 => Kind::Double,
            other => {
                let (name, dtype) = (name.to_owned(), format!("{other:?}"));
                return Err(Error::TensorType { path: file.path().to_owned(), name, dtype });
            }
        };
        let tensor = match file {
            WeightsFile::Bytes(bytes, path) => {
                let bytes = bytes.get(entry.bytes.clone()).ok_or_else(|| cut(path))?;
                Tensor::f_from_data_size(bytes, &entry.size, stored)?
            }
            WeightsFile::Disk(path, opened) => {
                let aligned = entry.bytes.start.is_multiple_of(stored.elt_size_in_bytes());
                // What is used as it lies shares one map of the file, with every other process that reads it too. What
                // is converted has a map of its own, and gives its pages back at once.
                let in_place = stored == self.kind && self.device == Device::Cpu && aligned;
                let map = match self.maps.get(&entry.file) {
                    Some(map) if in_place => map.shallow_clone(),
                    _ => map(path, opened)?,
                };
                if in_place {
                    self.maps.insert(entry.file, map.shallow_clone());
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

impl TensorSource for TensorFiles {
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
            self.not_finite.push((self.files[entry.file].path().to_owned(), name.to_owned()));
        }
        Ok(Some(tensor))
    }
}

impl StoredTensors for TensorFiles {
    fn file(&self, name: &str) -> &Path {
        self.tensors.get(name).map_or(Path::new(""), |entry| self.files[entry.file].path())
    }

    fn not_finite(&self) -> &[(PathBuf, String)] {
        &self.not_finite
    }

    fn source(&mut self) -> &mut dyn TensorSource {
        self
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

fn cut(path: &Path) -> Error {
    Error::Weights { path: path.to_owned(), why: "it is cut off".into() }
}
