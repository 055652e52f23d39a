//! The table of tensors: names, shapes, types and places.

use crate::error::Error;
use crate::reader::Reader;
use crate::tensor_type::TensorType;
use std::collections::HashSet;
use std::io::Read;
use std::ops::Range;

/// ggml's own bound.
const MOST_DIMENSIONS: u32 = 4;

/// One tensor: what it is, and where in the file its numbers lie.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TensorInfo {
    /// Its name.
    pub name: String,
    /// Its dimensions, slowest first: `[out, in]` for a linear map. The file has them the other way round.
    pub dims: Vec<u64>,
    /// How its numbers are stored.
    pub tensor_type: TensorType,
    /// Where they lie in the file.
    pub bytes: Range<u64>,
}

impl TensorInfo {
    /// How many numbers it has.
    pub fn elements(&self) -> u64 {
        self.dims.iter().product()
    }

    /// Reads the table that follows the metadata, and finds each tensor's place, from the first multiple of `alignment`
    /// after the table on.
    pub(crate) fn read_all(
        reader: &mut Reader<impl Read>,
        n: u64,
        alignment: u64,
    ) -> Result<Vec<Self>, Error> {
        let mut tensors = Vec::new();
        for i in 0..n {
            tensors.push(Self::read(reader, i)?);
        }
        let mut names = HashSet::new();
        if let Some(tensor) = tensors.iter().find(|tensor| !names.insert(tensor.name.as_str())) {
            return Err(tensor.refused("it is there twice".into()));
        }
        // No header is so long that this overflows.
        let start = reader.at().next_multiple_of(alignment);
        for tensor in &mut tensors {
            tensor.place(start, alignment, reader.length())?;
        }
        let mut by_place: Vec<&Self> = tensors.iter().filter(|tensor| !tensor.bytes.is_empty()).collect();
        by_place.sort_by_key(|tensor| tensor.bytes.start);
        if let Some(pair) = by_place.windows(2).find(|pair| pair[1].bytes.start < pair[0].bytes.end) {
            return Err(pair[1].refused(format!("it lies where {:?} lies too", pair[0].name)));
        }
        Ok(tensors)
    }

    /// A line of the table. Its place is, so far, as the file has it: from the first tensor's, without an alignment.
    fn read(reader: &mut Reader<impl Read>, i: u64) -> Result<Self, Error> {
        let name = reader.text(&|| format!("the name of tensor {i}"))?;
        let what = || format!("the shape of tensor {name:?}");
        let n = reader.u32(&what)?;
        let refused = |why: String| Err(Error::Tensor { name: name.clone(), why });
        if n > MOST_DIMENSIONS {
            return refused(format!("it has {n} dimensions, and no tensor has more than {MOST_DIMENSIONS}"));
        }
        let mut dims = Vec::new();
        for _ in 0..n {
            dims.push(reader.u64(&what)?);
        }
        let number = reader.u32(&|| format!("the type of tensor {name:?}"))?;
        let start = reader.u64(&|| format!("the place of tensor {name:?}"))?;
        let tensor_type = match TensorType::of_file(number) {
            Ok(known) => known,
            Err(found) => return Err(Error::TensorType { name, found }),
        };
        let row = dims.first().copied().unwrap_or(1);
        dims.reverse();
        let block = tensor_type.block() as u64;
        if !row.is_multiple_of(block) {
            let why = format!("its rows have {row} numbers, and {tensor_type} has blocks of {block}");
            return refused(why);
        }
        let elements = dims.iter().try_fold(1_u64, |n, &dim| n.checked_mul(dim));
        let bytes = elements.and_then(|n| (n / block).checked_mul(tensor_type.block_bytes() as u64));
        let end = bytes.and_then(|bytes| start.checked_add(bytes));
        match end {
            Some(end) => Ok(Self { name, dims, tensor_type, bytes: start..end }),
            None => refused(format!("its shape {dims:?} is larger than any file")),
        }
    }

    fn place(&mut self, start: u64, alignment: u64, length: u64) -> Result<(), Error> {
        let Range { start: from, end } = self.bytes;
        if !from.is_multiple_of(alignment) {
            let why = format!("it begins at {from}, which is no multiple of the alignment {alignment}");
            return Err(self.refused(why));
        }
        match start.checked_add(end) {
            Some(end) if end <= length => self.bytes = start + from..end,
            _ => {
                let (what, at) = (format!("tensor {:?}", self.name), start.saturating_add(from));
                let (needs, left) = (u128::from(end - from), length.saturating_sub(at));
                return Err(Error::Cut { what, at, needs, left });
            }
        }
        Ok(())
    }

    fn refused(&self, why: String) -> Error {
        Error::Tensor { name: self.name.clone(), why }
    }
}
