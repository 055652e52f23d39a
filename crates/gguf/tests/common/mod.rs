//! Files made by hand, and what is done with any file.
#![allow(dead_code, reason = "each test uses a part")]

pub mod exercise;

use saliency_gguf::{Error, Gguf};

/// Types of values, as files number them.
pub const U8: u32 = 0;
pub const U16: u32 = 2;
pub const U32: u32 = 4;
pub const I32: u32 = 5;
pub const F32: u32 = 6;
pub const BOOL: u32 = 7;
pub const STRING: u32 = 8;
pub const ARRAY: u32 = 9;

/// A file that is written piece by piece.
#[derive(Debug, Clone, Default)]
pub struct File {
    keys: Vec<Vec<u8>>,
    tensors: Vec<Vec<u8>>,
    data: Vec<u8>,
}

impl File {
    pub fn new() -> Self {
        Self::default()
    }

    /// A key with a value of that type, as it is stored.
    pub fn key(mut self, key: &str, of_type: u32, value: &[u8]) -> Self {
        self.keys.push([&text(key)[..], &of_type.to_le_bytes(), value].concat());
        self
    }

    pub fn string(self, key: &str, value: &str) -> Self {
        self.key(key, STRING, &text(value))
    }

    /// A list of so many elements of that type, as they are stored.
    pub fn list(self, key: &str, of_type: u32, n: u64, stored: &[u8]) -> Self {
        let value = [&of_type.to_le_bytes()[..], &n.to_le_bytes(), stored].concat();
        self.key(key, ARRAY, &value)
    }

    /// A tensor: dimensions fastest first, the type's number, its place from the first tensor's on.
    pub fn tensor(mut self, name: &str, dims: &[u64], of_type: u32, start: u64) -> Self {
        let mut line = text(name);
        line.extend((dims.len() as u32).to_le_bytes());
        line.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
        line.extend(of_type.to_le_bytes());
        line.extend(start.to_le_bytes());
        self.tensors.push(line);
        self
    }

    pub fn data(mut self, data: &[u8]) -> Self {
        self.data.extend(data);
        self
    }

    /// What comes before the tensors' numbers.
    pub fn header(&self) -> Vec<u8> {
        let (tensors, keys) = (self.tensors.len() as u64, self.keys.len() as u64);
        let mut bytes = beginning(3, tensors, keys);
        bytes.extend(self.keys.iter().chain(&self.tensors).flatten());
        bytes
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.header();
        bytes.resize(bytes.len().next_multiple_of(32), 0);
        bytes.extend(&self.data);
        bytes
    }

    pub fn read(&self) -> Result<Gguf, Error> {
        read(&self.bytes())
    }

    /// The sentence that it is refused with.
    pub fn refusal(&self) -> String {
        refusal(&self.bytes())
    }
}

/// The first 24 bytes.
pub fn beginning(version: u32, tensors: u64, keys: u64) -> Vec<u8> {
    [&b"GGUF"[..], &version.to_le_bytes(), &tensors.to_le_bytes(), &keys.to_le_bytes()].concat()
}

pub fn text(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat()
}

pub fn read(bytes: &[u8]) -> Result<Gguf, Error> {
    Gguf::read(bytes, bytes.len() as u64)
}

pub fn refusal(bytes: &[u8]) -> String {
    read(bytes).expect_err("it is read").to_string()
}
