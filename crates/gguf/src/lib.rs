#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod dequantize;
mod error;
mod gguf;
mod metadata;
mod reader;
mod tensor_info;
mod tensor_type;
mod value;

pub use dequantize::dequantize;
pub use error::Error;
pub use gguf::Gguf;
pub use metadata::Metadata;
pub use tensor_info::TensorInfo;
pub use tensor_type::TensorType;
pub use value::Value;
