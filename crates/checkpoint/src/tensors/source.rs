//! Where a network takes its tensors from: files, or tensors that are there already.

use crate::error::Error;
use std::collections::BTreeMap;
use tch::Tensor;

/// A supply of named tensors, each of which is taken once.
pub trait TensorSource {
    /// A tensor's size, before it is read.
    fn size(&self, name: &str) -> Option<Vec<i64>>;

    /// All names, but those that were taken.
    fn names(&self) -> Vec<&str>;

    /// A tensor; `None` where there is none of that name, or where it was taken.
    ///
    /// # Errors
    /// A file that can't be read, or a type that is not.
    fn take(&mut self, name: &str) -> Result<Option<Tensor>, Error>;
}

impl TensorSource for BTreeMap<String, Tensor> {
    fn size(&self, name: &str) -> Option<Vec<i64>> {
        self.get(name).map(Tensor::size)
    }

    fn names(&self) -> Vec<&str> {
        self.keys().map(String::as_str).collect()
    }

    fn take(&mut self, name: &str) -> Result<Option<Tensor>, Error> {
        Ok(self.remove(name))
    }
}
