//! From a model's name on the Hugging Face hub to a local folder with its files.
//!
//! ```no_run
//! use saliency_hub::{Fetched, Hub, HubId};
//!
//! let id: HubId = "distilgpt2".parse()?;
//! let snapshot = Hub::from_env()?.get(&id, &mut |fetched| {
//!     if let Fetched::Bytes { file, done, total } = fetched {
//!         // Move a progress bar.
//!         # let _ = (file, done, total);
//!     }
//! })?;
//! assert!(snapshot.folder.join("config.json").exists());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Files lie in the cache that Python's `huggingface_hub` uses, in its layout: what the one has downloaded, the other
//! finds. A model that is whole in the cache is taken from there, and no network is touched.
//! Only configuration, tokenizer and safetensors are fetched; pickles, which can run code, never are.
//!
//! Names of folders and addresses and the shape of the hub's answers come from the crate `hf-hub` 0.5, the small
//! one: 1.0 is asynchronous, with 236 crates in its tree. The transfer is this crate's own, over `ureq`, because
//! `hf-hub` 0.5 neither waits when the hub asks it to nor checks what it has got.
//!
//! Environment variables, read by [`Hub::from_env`] as `huggingface_hub` reads them: `HF_ENDPOINT`, `HF_HUB_CACHE`,
//! `HF_HOME`, `XDG_CACHE_HOME`, `HF_TOKEN`, `HF_TOKEN_PATH`, `HF_HUB_DISABLE_IMPLICIT_TOKEN`, `HF_HUB_OFFLINE` and
//! `TRANSFORMERS_OFFLINE`; and for a proxy `ALL_PROXY`, `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod address;
mod cache;
mod cached;
mod checkpoint;
mod download;
mod environment;
mod errand;
mod error;
mod fetched;
mod hub;
mod id;
mod lock;
mod retry_after;
mod token;

pub use cached::Cached;
pub use error::Error;
pub use fetched::Fetched;
pub use hub::{Hub, Snapshot};
pub use id::HubId;

/// The README's example, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
