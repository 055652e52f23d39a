//! The tensors of a GGUF file: turned into numbers piece by piece, each into its place.

use crate::error::Error;
use crate::gguf::{Layout, at};
use crate::tensors::finite::is_finite;
use crate::tensors::source::TensorSource;
use crate::tensors::stored::StoredTensors;
use saliency_gguf::{Gguf, TensorInfo, dequantize};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tch::{Device, Kind, Tensor};

/// Numbers that are in memory besides the tensors, about.
const PIECE: usize = 1 << 18;

/// The tensors of a GGUF file.
#[derive(Debug)]
pub(crate) struct GgufTensors {
    path: PathBuf,
    file: Arc<File>,
    tensors: BTreeMap<String, (TensorInfo, Layout)>,
    kind: Kind,
    device: Device,
    not_finite: Vec<(PathBuf, String)>,
}

impl GgufTensors {
    /// Tensors are given in one dtype on one device. `role` says of a stored name by which name a tensor is taken, and
    /// how it lies.
    pub(crate) fn new(
        (path, file): (&Path, &Arc<File>),
        gguf: &Gguf,
        (kind, device): (Kind, Device),
        role: impl Fn(&str) -> (String, Layout),
    ) -> Result<Self, Error> {
        let mut tensors = BTreeMap::new();
        for tensor in gguf.tensors() {
            let (name, layout) = role(&tensor.name);
            if tensors.contains_key(&name) {
                return Err(Error::TwiceStored { path: path.to_owned(), name });
            }
            tensors.insert(name, (tensor.clone(), layout));
        }
        let (path, file) = (path.to_owned(), Arc::clone(file));
        Ok(Self { path, file, tensors, kind, device, not_finite: Vec::new() })
    }

    fn read(&self, tensor: &TensorInfo, layout: Layout) -> Result<Tensor, Error> {
        let size = size(tensor, layout);
        let whole = Tensor::f_empty(&*size, (self.kind, Device::Cpu))?;
        let rows = Rows::new(tensor, layout)
            .map_err(|why| at(&self.path, saliency_gguf::Error::Tensor { name: tensor.name.clone(), why }))?;
        let (mut stored, mut numbers) = (Vec::new(), Vec::new());
        let mut file = &*self.file;
        let failed = |source| Error::Io { path: self.path.clone(), source };
        file.seek(SeekFrom::Start(tensor.bytes.start)).map_err(failed)?;
        for first in (0..rows.count).step_by(rows.at_once) {
            let n = rows.at_once.min(rows.count - first);
            numbers.resize(n * rows.length, 0.0);
            stored.resize(numbers.len() / tensor.tensor_type.block() * tensor.tensor_type.block_bytes(), 0);
            file.read_exact(&mut stored).map_err(failed)?;
            dequantize(tensor.tensor_type, &stored, &mut numbers).map_err(|source| at(&self.path, source))?;
            let (first, n, length) = (first as i64, n as i64, rows.length as i64);
            let piece = Tensor::f_from_slice(&numbers)?;
            let (mut place, piece) = match layout {
                Layout::AsStored => {
                    (whole.f_view([-1, length])?.f_narrow(0, first, n)?, piece.f_view([n, length])?)
                }
                Layout::Transposed => {
                    (whole.f_narrow(1, first, n)?, piece.f_view([n, length])?.f_transpose(0, 1)?)
                }
                Layout::Interleaved { .. } => {
                    let half = rows.unit as i64 / 2;
                    let heads = whole.f_view([-1, 2, half, length])?;
                    let piece = piece.f_view([-1, half, 2, length])?.f_transpose(1, 2)?;
                    (heads.f_narrow(0, first / (2 * half), n / (2 * half))?, piece)
                }
            };
            place.f_copy_(&piece)?;
        }
        Ok(whole.f_to(self.device)?)
    }
}

/// A tensor's size as it is taken.
fn size(tensor: &TensorInfo, layout: Layout) -> Vec<i64> {
    let mut size: Vec<i64> = tensor.dims.iter().map(|&dim| dim as i64).collect();
    if layout == Layout::Transposed {
        size.reverse();
    }
    size
}

/// A tensor as rows, of which so many are read at once.
struct Rows {
    count: usize,
    length: usize,
    /// Rows that can't be parted.
    unit: usize,
    at_once: usize,
}

impl Rows {
    fn new(tensor: &TensorInfo, layout: Layout) -> Result<Self, String> {
        let elements = tensor.elements() as usize;
        let (count, length) = match (tensor.dims.last(), layout) {
            // A bias that is turned is a column.
            (Some(_), Layout::Interleaved { .. }) if tensor.dims.len() == 1 => (elements, 1),
            (Some(&length), _) if length > 0 => (elements / length as usize, length as usize),
            _ => (elements, 1),
        };
        let unit = match layout {
            Layout::AsStored => 1,
            Layout::Transposed if tensor.dims.len() == 2 => 1,
            Layout::Transposed => {
                return Err(format!("it has {} dimensions, and 2 are needed", tensor.dims.len()));
            }
            Layout::Interleaved { heads } if heads > 0 && count.is_multiple_of(2 * heads) => count / heads,
            Layout::Interleaved { heads } => {
                return Err(format!("its {count} rows are not two halves for each of {heads} heads"));
            }
        };
        // What has blocks has whole ones in a row, but for a column.
        let unit_at_once = if length == 1 { count.max(1) } else { unit.max(1) };
        let at_once = (PIECE / (length * unit_at_once)).max(1) * unit_at_once;
        Ok(Self { count, length, unit, at_once })
    }
}

impl TensorSource for GgufTensors {
    fn size(&self, name: &str) -> Option<Vec<i64>> {
        self.tensors.get(name).map(|(tensor, layout)| size(tensor, *layout))
    }

    fn names(&self) -> Vec<&str> {
        self.tensors.keys().map(String::as_str).collect()
    }

    fn take(&mut self, name: &str) -> Result<Option<Tensor>, Error> {
        let Some((tensor, layout)) = self.tensors.remove(name) else { return Ok(None) };
        let tensor = self.read(&tensor, layout)?;
        if !is_finite(&tensor)? {
            self.not_finite.push((self.path.clone(), name.to_owned()));
        }
        Ok(Some(tensor))
    }
}

impl StoredTensors for GgufTensors {
    fn file(&self, _: &str) -> &Path {
        &self.path
    }

    fn not_finite(&self) -> &[(PathBuf, String)] {
        &self.not_finite
    }

    fn source(&mut self) -> &mut dyn TensorSource {
        self
    }
}
