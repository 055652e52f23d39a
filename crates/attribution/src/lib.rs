//! Token attributions for autoregressive language models: for every output token, how much each token
//! before it contributed.
//!
//! - [`LanguageModel`] is the seam: a model gives token embeddings, and logits at chosen positions.
//! - [`Sequence`] is a text and its continuation as tokens, generated ([`Generation`]) or forced.
//! - [`Target`] is the scalar that is explained, [`Method`] how, [`Aggregate`] and [`Normalize`] how the
//!   vectors over hidden dimensions become one number a token.
//! - [`Attributor`] puts them together and gives a [`Record`](saliency_schema::Record).
//!
//! This crate knows no particular model and draws nothing.
//!
//! ```
//! use saliency_attribution::testing::Linear;
//! use saliency_attribution::{Aggregate, Attributor, Sequence};
//!
//! // logit_v = Σ_i (i + 1) e_i · W_v, so gradient × input of the first token is e_0 · W_v.
//! let sequence = Sequence::from_ids(&[0, 1], &[2])?;
//! let attributor = Attributor::new().target("logit").aggregate(Aggregate::Sum);
//! let record = attributor.record(&Linear::new(3, 1), &sequence)?;
//! let expected = 1.0_f64.sin() * 4.0_f64.cos();
//! assert!((record.attributions[0][0].unwrap() - expected).abs() < 1e-12);
//! # Ok::<(), saliency_attribution::Error>(())
//! ```
//!
//! # Features
//! - `testing`: toy models whose gradients have a closed form, and a check of a model of your own.
//! - `download-libtorch`: have `tch` fetch libtorch at build time.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod attributor;
mod calculus;
mod coalitions;
mod error;
mod faithfulness;
mod method;
pub mod methods;
mod model;
mod problem;
mod rows;
mod sanity;
mod target;
pub mod targets;
#[cfg(feature = "testing")]
pub mod testing;

pub use attributor::Attributor;
pub use calculus::quadrature::Quadrature;
pub use error::model_error::ModelError;
pub use error::{Error, without_frames};
pub use faithfulness::{Faithfulness, Measured};
pub use method::ablation::Ablation;
pub use method::attention_part::AttentionPart;
pub use method::baseline::Baseline;
pub use method::card::{Axiom, Card, Family, Needs, RowKind};
pub use method::explanation::Explanation;
pub use method::held::Held;
pub use method::interaction_index::InteractionIndex;
pub use method::levels::Levels;
pub use method::parameters::Parameters;
pub use method::positions::Positions;
pub use method::replace_by::ReplaceBy;
pub use method::replaced::Replaced;
pub use method::scope::Scope;
pub use method::{Method, method, methods};
pub use model::decoder_attention::DecoderAttention;
pub use model::generation::{Generation, generate_with};
pub use model::inside::{AttentionView, BackwardRule, Inside, ReadOut};
pub use model::prefix_cache::PrefixCache;
pub use model::randomize::Randomize;
pub use model::reading::{ReadModel, Reading};
pub use model::sampling::{Sampler, Sampling};
pub use model::sequence::Sequence;
pub use model::tape::Tape;
pub use model::{LanguageModel, Limits, Pass, TokenId};
pub use problem::Problem;
pub use problem::cost::{Cost, Size};
pub use problem::forward::Forward;
pub use problem::progress::{Progress, Watch};
pub use problem::settings::Settings;
pub use rows::aggregate::Aggregate;
pub use rows::normalize::Normalize;
pub use rows::unreduced::UnreducedRows;
/// Which tokens are ablated together; the same type regroups records.
pub use saliency_schema::Segmentation;
pub use sanity::Sanity;
pub use target::clean_run::CleanRun;
pub use target::contrast::Alternatives;
pub use target::explained::Explained;
pub use target::for_tokens::ForTokens;
pub use target::target_fn::TargetFn;
pub use target::{OutputToken, Target, target, targets};
/// The libtorch binding that tensors in this crate's interface come from.
pub use tch;

/// The README's example, compiled.
#[cfg(all(doctest, feature = "testing"))]
#[doc = include_str!("../README.md")]
struct Readme;
