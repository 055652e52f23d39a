#![doc = include_str!("../README.md")]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod client;
mod error;
mod examples;
mod folder;
mod info;
mod name;
mod ordered;
mod page;
#[cfg(feature = "serve")]
mod server;
#[cfg(test)]
mod tests;
mod tokens;

pub use client::{CLIENT, Client, PinnedClient, WHEEL_FILES};
pub use error::Error;
pub use page::Page;
#[cfg(feature = "serve")]
pub use server::{Explain, Live, Server};

// Of which types stand in this crate's public signatures.
pub use saliency_schema;
