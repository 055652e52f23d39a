//! Files made by hand, and what is done with any file.
#![allow(dead_code, reason = "each test uses a part")]

pub(crate) mod exercise;
pub(crate) mod sha256;

use saliency_gguf::{Error, Gguf};

/// Types of values, as files number them.
pub(crate) const U8: u32 = 0;
pub(crate) const U16: u32 = 2;
pub(crate) const U32: u32 = 4;
pub(crate) const I32: u32 = 5;
pub(crate) const F32: u32 = 6;
pub(crate) const BOOL: u32 = 7;
pub(crate) const STRING: u32 = 8;
pub(crate) const ARRAY: u32 = 9;

/// A file that is written piece by piece.
#[derive(Debug, Clone, Default)]
pub(crate) struct File {
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    data: Vec<u8>,
}

impl File {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A key with a value of that type, as it is stored.
    pub(crate) fn key(mut self, key: &str, of_type: u32, value: &[u8]) -> Self {
        self.keys.push([&text(key)[..], &of_type.to_le_bytes(), value].concat());
        self
    }

    pub(crate) fn string(self, key: &str, value: &str) -> Self {
        self.key(key, STRING, &text(value))
    }

    /// A list of so many elements of that type, as they are stored.
    pub(crate) fn list(self, key: &str, of_type: u32, n: u64, stored: &[u8]) -> Self {
        let value = [&of_type.to_le_bytes()[..], &n.to_le_bytes(), stored].concat();
        self.key(key, ARRAY, &value)
    }

    /// A tensor: dimensions fastest first, the type's number, its place from the first tensor's on.
    pub(crate) fn tensor(mut self, name: &str, dims: &[u64], of_type: u32, start: u64) -> Self {
        let mut line = text(name);
        line.extend((dims.len() as u32).to_le_bytes());
        line.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
        line.extend(of_type.to_le_bytes());
        line.extend(start.to_le_bytes());
        self.tensors.push(line);
        self
    }

    pub(crate) fn data(mut self, data: &[u8]) -> Self {
        self.data.extend(data);
        self
    }

    /// What comes before the tensors' numbers.
    pub(crate) fn header(&self) -> Vec<u8> {
        let (tensors, keys) = (self.tensors.len() as u64, self.keys.len() as u64);
        let mut bytes = beginning(3, tensors, keys);
        bytes.extend(self.keys.iter().chain(&self.tensors).flatten());
        bytes
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&self.data);
        bytes
    }

    pub(crate) fn read(&self) -> Result<Gguf, Error> {
        read(&self.bytes())
    }

    /// The sentence that it is refused with.
    pub(crate) fn refusal(&self) -> String {
        refusal(&self.bytes())
    }
}

/// The first 24 bytes.
pub(crate) fn beginning(version: u32, tensors: u64, keys: u64) -> Vec<u8> {
    [&b"GGUF"[..], &version.to_le_bytes(), &tensors.to_le_bytes(), &keys.to_le_bytes()].concat()
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

pub(crate) fn read(bytes: &[u8]) -> Result<Gguf, Error> {
    Gguf::read(bytes, bytes.len() as u64)
}

pub(crate) fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("it is read").to_string()
}
