//! What can go wrong between a model and its attributions.

pub(crate) mod model_error;

use crate::error::model_error::ModelError;
use tch::TchError;

/// Why there are no attributions.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    // --- the caller's choices
    /// No such method, target, aggregate, normalisation or baseline.
    #[error("unknown {what} {name:?}; there are: {known}")]
    Unknown {
        /// What was asked for: `method`, `target`, …
        what: &'static str,
        /// The name that was given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// Rows that may hold both signs can't be divided by their sum.
    #[error(
        "normalize \"sum\" would divide signed values (aggregate {aggregate:?}) by a sum that may be near zero; \
         use \"sum-abs\", which keeps the sign, or \"none\""
    )]
    SignedSum {
        /// The aggregate that keeps the sign.
        aggregate: &'static str,
    },
    /// None of the model's logits is a number that a token could be chosen by.
    #[error("after {position} tokens none of the model's logits is a number; are there NaN in its weights?")]
    NoLogit {
        /// Tokens in the sequence so far.
        position: usize,
    },
    /// A parameter is out of its range.
    #[error("{name} is {value}, and must be {range}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// What may be given.
        range: &'static str,
    },
    /// A parameter that the method does not have.
    #[error("{method} has no parameter {name} (it is {value}); it has: {known}")]
    NoSuchParameter {
        /// The method.
        method: &'static str,
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: String,
        /// The parameters that it has.
        known: String,
    },
    /// The target makes no sense with the method.
    #[error("{method} can't explain the target {target}: {why}")]
    Target {
        /// The method, or what was asked for.
        method: &'static str,
        /// The target.
        target: &'static str,
        /// Why, and what would do.
        why: &'static str,
    },
    /// The method's numbers for a sum of outputs are not the sum of its numbers.
    #[error(
        "{method} can't explain a span: its numbers for a sum of outputs are not the sum of its numbers; use another method, or \
         no span"
    )]
    NotAdditive {
        /// The method.
        method: &'static str,
    },
    /// More segments than pairs are computed of.
    #[error(
        "{method} of {segments} segments takes {passes:.0} passes, and is done for at most {most}: put tokens together \
         (segments words, sentences, lines or spans:…){instead}"
    )]
    TooManySegments {
        /// The method.
        method: &'static str,
        /// How many there are.
        segments: usize,
        /// The passes that they would take.
        passes: f64,
        /// The most that there may be.
        most: usize,
        /// What else would do.
        instead: &'static str,
    },
    // --- the text
    /// There is no input token to attribute to.
    #[error("the text has no token; attribution needs at least one input token")]
    NoInput,
    /// There is no output token to explain.
    #[error("there is no output token to explain; generate at least one token or give a continuation")]
    NoOutput,
    /// A token number the model does not have.
    #[error("token {position} has number {id}, and the model's vocabulary holds {vocabulary}")]
    TokenId {
        /// The token's position.
        position: usize,
        /// Its number.
        id: u32,
        /// Size of the vocabulary.
        vocabulary: usize,
    },
    /// The sequence is longer than the model can read.
    #[error(
        "{n_input} input and {n_output} output tokens are {} together, and the model reads at most {context}; \
         shorten the text or ask for fewer outputs", n_input.saturating_add(*n_output)
    )]
    Context {
        /// Input tokens.
        n_input: usize,
        /// Output tokens.
        n_output: usize,
        /// The model's limit.
        context: usize,
    },
    // --- the model
    /// A layer or a head that the model does not have.
    #[error("{name} is {number}, and this model has {count}, from 0 to {}", count.saturating_sub(1))]
    Below {
        /// What is counted: `layer`, `head`.
        name: &'static str,
        /// What was asked for.
        number: usize,
        /// How many there are.
        count: usize,
    },
    /// A residual stream that the model does not have.
    #[error(
        "layer is {layer}, and must be from 0 to {layers}: 0 to {} is the residual stream before one of the model's {layers} layers, \
         {layers} what the last norm reads", layers.saturating_sub(1)
    )]
    NoResidual {
        /// What was asked for.
        layer: usize,
        /// How many layers there are.
        layers: usize,
    },
    /// The method looks inside, and the model shows nothing.
    #[error(
        "{method} looks inside a transformer, and the model {model:?} does not show its inside; use a method that needs token \
         embeddings alone, such as gradient-x-input, integrated-gradients or occlusion"
    )]
    NoInside {
        /// The method.
        method: &'static str,
        /// The model.
        model: String,
    },
    /// The method goes back by relevance rules, and the model has none.
    #[error(
        "{method} goes back through the model by rules of relevance, and the model {model:?} has none; use gradient-x-input or \
         integrated-gradients"
    )]
    NoRules {
        /// The method.
        method: &'static str,
        /// The model.
        model: String,
    },
    /// Tokens can't be hidden from attention.
    #[error(
        "{method} with baseline \"masking\" hides tokens from attention, and the model {model:?} can't; use deletion, zero or \
         mean"
    )]
    NoMasking {
        /// The method.
        method: &'static str,
        /// The model.
        model: String,
    },
    // --- the run
    /// The model failed.
    #[error("the model could not run: {0}")]
    Model(#[from] ModelError),
    /// The model gave a tensor of another shape than its trait promises.
    #[error("{op} gave a tensor of shape {found:?}, and {expected:?} was expected")]
    Shape {
        /// The operation.
        op: &'static str,
        /// The shape it gave.
        found: Vec<i64>,
        /// The shape it should have.
        expected: Vec<i64>,
    },
    /// The model gave numbers that have no gradient, or no tensor at all.
    #[error(
        "{op} gave a tensor of {found}; it must hold floating-point numbers: Float, Double, Half or BFloat16"
    )]
    Dtype {
        /// The operation.
        op: &'static str,
        /// The dtype it gave.
        found: String,
    },
    /// The model's own way back left positions out, or mixed them up.
    #[error(
        "{op} gave {}, and {} was due: every position that is asked for, once, in order",
        place(.found.as_ref()),
        place(.expected.as_ref())
    )]
    Order {
        /// The operation.
        op: &'static str,
        /// The position it gave; `None` where it gave no more.
        found: Option<usize>,
        /// The position that was due; `None` where all were there.
        expected: Option<usize>,
    },
    /// The model's logits do not come from its embeddings by operations that have a gradient.
    #[error(
        "{op} of the model {model:?} gave logits that carry no graph to what it was given, so that they have no gradient; compute them \
         from that by differentiable operations, without no_grad and detach, or use a perturbation method (occlusion, shapley, …)"
    )]
    Detached {
        /// The model.
        model: String,
        /// The operation.
        op: &'static str,
    },
    /// The model's operations have no second derivatives: fused attention, for example.
    #[error(
        "{method} takes second derivatives, and the model {model:?} has none: {why}; use occlusion-pairs or \
         shapley-interaction, or compute its logits by operations that can be differentiated twice"
    )]
    NoSecondDerivative {
        /// The method.
        method: &'static str,
        /// The model.
        model: String,
        /// What libtorch says.
        why: String,
    },
    /// The target does not come from the logits by operations that have a gradient: a rank, a constant.
    #[error(
        "{what} does not depend on the logits by differentiable operations, so that it has no gradient; use a perturbation method \
         (occlusion, shapley, …), or make it of the logits by libtorch's differentiable operations, without no_grad and detach"
    )]
    NotDifferentiable {
        /// The target, by its name.
        what: String,
    },
    /// The target gave something else than one number for each text.
    #[error(
        "the target {target:?} gave {found}; it must give one real number for each text: a tensor of shape [{texts}]"
    )]
    TargetValue {
        /// The target.
        target: String,
        /// What it gave.
        found: String,
        /// How many texts there were.
        texts: i64,
    },
    /// A gradient was asked for of a forward pass without a graph.
    #[error(
        "this forward pass keeps no graph, because the model walks back on its own: use Problem::gradients, or a pass of \
         Problem::forward"
    )]
    NoGraph,
    /// libtorch refused an operation. Made by `From`, which leaves the C++ stack out.
    #[error("libtorch: {0}")]
    Torch(#[source] TchError),
    /// The record that was made is not consistent.
    #[error(transparent)]
    Record(#[from] saliency_schema::Error),
    /// The caller stopped the run.
    #[error("stopped")]
    Stopped,
}

impl Error {
    /// Whether the request is at fault, and not the text, the model or the machine: a name that there is not, a number
    /// out of its range, choices that do not go together.
    pub fn is_usage(&self) -> bool {
        match self {
            Self::Unknown { .. }
            | Self::Parameter { .. }
            | Self::NoSuchParameter { .. }
            | Self::SignedSum { .. }
            | Self::Target { .. }
            | Self::NotAdditive { .. }
            | Self::TooManySegments { .. }
            | Self::Below { .. }
            | Self::NoResidual { .. }
            | Self::NoMasking { .. } => true,
            Self::Record(error) => error.is_usage(),
            _ => false,
        }
    }
}

impl From<TchError> for Error {
    fn from(error: TchError) -> Self {
        Self::Torch(without_frames(error))
    }
}

/// libtorch's error without the C++ stack, which says nothing to whoever reads it.
pub fn without_frames(error: TchError) -> TchError {
    match error {
        TchError::Torch(message) => TchError::Torch(message_of(&message).to_owned()),
        other => other,
    }
}

/// What libtorch says before it lists its frames.
fn message_of(text: &str) -> &str {
    let end = ["Exception raised from", "frame #0"].iter().filter_map(|mark| text.find(mark)).min();
    text[..end.unwrap_or(text.len())].trim_end()
}

/// A position, for a message.
fn place(position: Option<&usize>) -> String {
    position.map_or_else(|| "no more".to_owned(), |position| format!("position {position}"))
}
