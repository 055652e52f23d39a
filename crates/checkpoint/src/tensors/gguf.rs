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

#[cfg(test)]
mod tests {
    #![allow(clippy::float_cmp, reason = "whole numbers are exact")]
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::GgufTensors;
    use crate::error::Error;
    use crate::gguf::{GgufFile, Layout};
    use crate::tensors::source::TensorSource;
    use std::io::Write;
    use tch::{Device, Kind, Tensor};

    /// A file with one tensor, of dimensions slowest first, whose number `i` is `i`; as F32, or as `Q8_0` with a scale
    /// of 1 and numbers modulo 128.
    fn tensors(dims: &[u64], quantised: bool, layout: Layout) -> GgufTensors {
        let mut bytes =
            [&b"GGUF"[..], &3_u32.to_le_bytes(), &1_u64.to_le_bytes(), &0_u64.to_le_bytes()].concat();
        bytes.extend([1, 0, 0, 0, 0, 0, 0, 0, b'w']);
        bytes.extend((dims.len() as u32).to_le_bytes());
        bytes.extend(dims.iter().rev().flat_map(|dim| dim.to_le_bytes()));
        bytes.extend(if quantised { 8_u32 } else { 0 }.to_le_bytes());
        bytes.extend(0_u64.to_le_bytes());
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        for i in 0..dims.iter().product() {
            match quantised {
                false => bytes.extend((i as f32).to_le_bytes()),
                true if i % 32 == 0 => bytes.extend([0, 0x3C, (i % 128) as u8]),
                true => bytes.push((i % 128) as u8),
            }
        }
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let opened = GgufFile::open(file.path()).unwrap();
        let role = |stored: &str| (stored.to_uppercase(), layout);
        let place = (Kind::Float, Device::Cpu);
        GgufTensors::new((&opened.path, &opened.file), &opened.gguf, place, role).unwrap()
    }

    fn take(dims: &[u64], quantised: bool, layout: Layout) -> Tensor {
        let mut tensors = tensors(dims, quantised, layout);
        let size = tensors.size("W").unwrap();
        let taken = tensors.take("W").unwrap().unwrap();
        assert_eq!(taken.size(), size);
        assert!(tensors.take("W").unwrap().is_none() && tensors.names().is_empty());
        taken
    }

    /// All larger than what is read at once, but for the last two.
    #[test]
    fn tensors_are_put_together_from_pieces() {
        for dims in [&[1200_u64, 512][..], &[2, 400_000], &[700_000], &[70, 100, 96], &[3, 5], &[0, 32]] {
            for quantised in [false, true] {
                if quantised && !dims.last().unwrap().is_multiple_of(32) {
                    continue;
                }
                let taken = take(dims, quantised, Layout::AsStored);
                let n = dims.iter().product::<u64>() as i64;
                let all = Tensor::arange(n, (Kind::Int64, Device::Cpu));
                let all = if quantised { all.remainder(128) } else { all };
                let size: Vec<i64> = dims.iter().map(|&dim| dim as i64).collect();
                assert!(taken.equal(&all.to_kind(Kind::Float).view(&*size)), "{dims:?}, {quantised}");
            }
        }
    }

    #[test]
    fn a_stored_transpose_is_turned() {
        let taken = take(&[1200, 512], false, Layout::Transposed);
        for (row, column) in [(0, 0), (511, 0), (0, 1199), (17, 600), (511, 1199)] {
            assert_eq!(taken.double_value(&[row, column]), (column * 512 + row) as f64);
        }
        assert!(taken.is_contiguous());
        let error = tensors(&[4], false, Layout::Transposed).take("W").unwrap_err();
        assert!(error.to_string().contains("it has 1 dimensions, and 2 are needed"), "{error}");
    }

    /// Row `half · j + i` of a head is its stored row `2 i + j`.
    #[test]
    fn halves_of_heads_are_put_apart() {
        for heads in [1, 3, 60, 600] {
            let half = 1200 / heads / 2;
            let rows = take(&[1200, 512], false, Layout::Interleaved { heads });
            let column = take(&[1200], false, Layout::Interleaved { heads });
            for (head, i, j) in (0..heads).flat_map(|h| (0..half).flat_map(move |i| [(h, i, 0), (h, i, 1)])) {
                let (row, stored) = (head * 2 * half + half * j + i, head * 2 * half + 2 * i + j);
                assert_eq!(column.double_value(&[row as i64]), stored as f64, "{heads} heads, row {row}");
                assert_eq!(rows.double_value(&[row as i64, 511]), (stored * 512 + 511) as f64);
            }
        }
        for heads in [0, 7, 1200] {
            let error = tensors(&[1200, 32], true, Layout::Interleaved { heads }).take("W").unwrap_err();
            assert!(matches!(error, Error::Gguf { .. }));
            assert!(error.to_string().contains("its 1200 rows are not two halves for each of"), "{error}");
        }
    }
}
