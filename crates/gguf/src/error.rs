//! What can be wrong with a GGUF file.

use std::io;

/// Why a GGUF file, or something in it, can't be read. No message names the file: whoever opened it does.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- the file
    /// It can't be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It does not begin as a GGUF file does.
    #[error("not a GGUF file: it begins with {found:?}, not with \"GGUF\"")]
    NotGguf {
        /// Its first four bytes, as text.
        found: String,
    },
    /// A version that is not read.
    #[error(
        "GGUF of version {version}, and versions 2 and 3 are read; convert the model with a present llama.cpp"
    )]
    Version {
        /// The version.
        version: u32,
    },
    /// Its numbers have their highest byte first.
    #[error(
        "the file is for big-endian machines, and only little-endian ones are read; convert the model without --bigendian"
    )]
    BigEndian,
    /// It ends too early, or announces too much.
    #[error(
        "at byte {at}, {what} takes {needs} bytes, and the file has {left} more; it is cut off or damaged: copy or download it again"
    )]
    Cut {
        /// What is there.
        what: String,
        /// Where it begins.
        at: u64,
        /// How long it is, as far as that is known.
        needs: u128,
        /// Bytes from there to the file's end.
        left: u64,
    },
    /// Before the tensors there is more than any model has.
    #[error(
        "{what}: {n} are announced, and no model has more than {most}; the file is damaged: copy or download it again"
    )]
    TooMany {
        /// Of what.
        what: String,
        /// How many.
        n: u128,
        /// The bound.
        most: u64,
    },
    /// Something that no such file holds.
    #[error("at byte {at}: {what}; the file is damaged: copy or download it again")]
    Damaged {
        /// Where.
        at: u64,
        /// What.
        what: String,
    },
    // --- what it holds
    /// It holds no model, but a part of one or something for one.
    #[error("general.{key} is {found:?}: {why}")]
    NoModel {
        /// The rest of the key.
        key: &'static str,
        /// What it says.
        found: String,
        /// What that is, and what to do.
        why: &'static str,
    },
    /// One of several files that make up a model.
    #[error(
        "this is one of {count} files that make up a model; join them with llama.cpp: llama-gguf-split --merge FIRST-FILE WHOLE.gguf"
    )]
    Split {
        /// How many.
        count: u64,
    },
    // --- metadata
    /// A key that is needed is not there.
    #[error("the metadata have no {key}, which is needed; convert the model again")]
    NoKey {
        /// The key.
        key: String,
    },
    /// A key holds a value of another type.
    #[error("{key} holds {found}, and {expected} is needed; convert the model again")]
    KeyType {
        /// The key.
        key: String,
        /// What it holds, in words.
        found: String,
        /// What is needed, in words.
        expected: &'static str,
    },
    /// A key holds a value that is not read, or that does not fit others.
    #[error("{key} is {value}: {why}")]
    Value {
        /// The key.
        key: String,
        /// Its value, as a person would write it.
        value: String,
        /// Why that can't be.
        why: String,
    },
    // --- tensors
    /// A tensor of a type that is not read.
    #[error(
        "tensor {name:?} holds {found}, which is not read; {} are: give the model in one of them",
        crate::TensorType::names()
    )]
    TensorType {
        /// The tensor.
        name: String,
        /// The type, by its name or its number.
        found: String,
    },
    /// A tensor whose place or shape can't be.
    #[error("tensor {name:?}: {why}; the file is damaged: copy or download it again")]
    Tensor {
        /// The tensor.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// Bytes that are not the announced number of elements.
    #[error("{bytes} bytes of {tensor_type} are not {elements} numbers")]
    Length {
        /// The type.
        tensor_type: crate::TensorType,
        /// Bytes that were given.
        bytes: usize,
        /// Numbers that they should be.
        elements: usize,
    },
}
