//! The header of a safetensors file: names, types, shapes and places of its tensors, checked.

use crate::error::Error;
use crate::tensors::weights_file::WeightsFile;
use safetensors::Dtype;
use safetensors::tensor::Metadata as Header;
use std::io::Read;
use std::ops::Range;

/// No header is longer (the format's own bound).
const LONGEST_HEADER: u64 = 100_000_000;

/// The table at a file's beginning, checked: offsets that follow each other without gap or overlap and end where the
/// file does, sizes that do not overflow.
pub(crate) fn header(weights_file: &WeightsFile, file: usize) -> Result<Vec<(String, Entry)>, Error> {
    let path = weights_file.path();
    let weights = |why: String| Error::Weights { path: path.to_owned(), why };
    let failed = |source| Error::Io { path: path.to_owned(), source };
    let (mut reader, len): (Box<dyn Read + '_>, u64) = match weights_file {
        WeightsFile::Bytes(bytes, _) => (Box::new(*bytes), bytes.len() as u64),
        WeightsFile::Disk(_, opened) => {
            let about = opened.metadata().map_err(failed)?;
            if !about.is_file() {
                return Err(weights("it is not a file".into()));
            }
            (Box::new(&**opened), about.len())
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
        entries.push((name, Entry { file, dtype: info.dtype, size, bytes }));
    }
    Ok(entries)
}

/// One tensor: which file, and where in it.
#[derive(Debug)]
pub(crate) struct Entry {
    /// The file's number.
    pub(crate) file: usize,
    pub(crate) dtype: Dtype,
    pub(crate) size: Vec<i64>,
    /// Where its numbers lie in the file.
    pub(crate) bytes: Range<usize>,
}
