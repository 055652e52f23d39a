//! Tensors that lie in files: where each is, and which hold NaN.

use crate::tensors::source::TensorSource;
use std::path::{Path, PathBuf};

/// Tensors that lie in files.
pub(crate) trait StoredTensors: TensorSource {
    /// The file of a tensor that was not taken.
    fn file(&self, name: &str) -> &Path;

    /// Of the tensors taken, those that hold NaN or infinities: their files and names.
    fn not_finite(&self) -> &[(PathBuf, String)];

    /// This, as a family takes tensors from it.
    fn source(&mut self) -> &mut dyn TensorSource;
}
