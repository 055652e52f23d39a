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
//! let attributor = Attributor::new().target("logit")?.aggregate(Aggregate::Sum);
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

mod absence;
mod aggregate;
mod attributor;
mod backward;
mod baseline;
mod checked;
mod chosen;
mod closure;
mod contrast;
mod cost;
mod error;
mod explained;
mod game;
mod generation;
mod inside;
mod layers;
mod least_squares;
mod method;
pub mod methods;
mod model;
mod moments;
mod noise;
mod normalize;
mod parameters;
mod path;
mod players;
mod positions;
mod problem;
mod quadrature;
mod real_run;
mod rows;
mod run;
mod sampling;
mod sequence;
mod surrogate;
mod target;
pub mod targets;
#[cfg(feature = "testing")]
pub mod testing;
mod variants;
mod vectors;
mod vocabulary;
mod work;

pub use absence::Absence;
pub use aggregate::Aggregate;
pub use attributor::Attributor;
pub use baseline::Baseline;
pub use chosen::Chosen;
pub use closure::Closure;
pub use contrast::Alternatives;
pub use cost::{Cost, Size};
pub use error::{Error, ModelError, without_frames};
pub use explained::Explained;
pub use generation::{Generation, generate_with};
pub use inside::{BackwardRule, Inside, Look, ReadOut};
pub use method::{Axiom, Card, Explanation, Family, Method, Needs, method, methods};
pub use model::{LanguageModel, Limits, Pass, TokenId};
pub use normalize::Normalize;
pub use parameters::Parameters;
pub use players::Players;
pub use positions::Positions;
pub use problem::{Forward, Problem, Settings};
pub use quadrature::Quadrature;
pub use real_run::RealRun;
pub use run::Run;
/// What is taken away together, shared with regrouping records.
pub use saliency_schema::Segmentation;
pub use sampling::{Sampler, Sampling};
pub use sequence::Sequence;
pub use target::{OutputToken, Target, target, targets};
/// The libtorch binding that tensors in this crate's interface come from.
pub use tch;
pub use variants::Variants;
pub use vectors::Vectors;
pub use work::{Progress, Watch};
