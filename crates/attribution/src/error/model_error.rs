//! An error of the model itself.

use crate::error::{Error, message_of, without_frames};
use std::fmt;
use tch::TchError;

/// An error of the model itself, whatever the model is: what [`LanguageModel`](crate::LanguageModel) and its abilities
/// give.
///
/// `?` makes one of libtorch's errors, without their C++ stack, of an `io::Error`, of a text, of this crate's errors
/// and of the record's; [`new`](Self::new) makes one of any other.
///
/// ```
/// use saliency_attribution::ModelError;
///
/// fn layers(config: &str) -> Result<u32, ModelError> {
///     let text = std::fs::read_to_string(config)?;
///     let layers = text.trim().parse().map_err(ModelError::new)?;
///     if layers == 0 { Err("a model without layers".into()) } else { Ok(layers) }
/// }
/// assert!(layers("no such file").is_err());
/// ```
pub struct ModelError(Box<dyn std::error::Error + Send + Sync + 'static>);

impl ModelError {
    /// Of any error; libtorch's loses its C++ stack.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::from(Box::<dyn std::error::Error + Send + Sync + 'static>::from(error))
    }

    /// The model's own error, for whoever knows what it may be.
    pub fn get_ref(&self) -> &(dyn std::error::Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl fmt::Display for ModelError {
    /// What the model says; where libtorch's stack is in it, what comes before.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(message_of(&self.0.to_string()))
    }
}

impl fmt::Debug for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ModelError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source()
    }
}

impl From<Box<dyn std::error::Error + Send + Sync + 'static>> for ModelError {
    fn from(error: Box<dyn std::error::Error + Send + Sync + 'static>) -> Self {
        Self(match error.downcast::<TchError>() {
            Ok(error) => Box::new(without_frames(*error)),
            Err(other) => other,
        })
    }
}

impl From<Error> for ModelError {
    /// A model's own failure on its way through this crate is that failure.
    fn from(error: Error) -> Self {
        match error {
            Error::Model(own) => own,
            other => Self::new(other),
        }
    }
}

/// Errors that `?` takes as they are.
macro_rules! from {
    ($($error:ty),*) => {$(
        impl From<$error> for ModelError {
            fn from(error: $error) -> Self {
                Self::new(error)
            }
        }
    )*};
}
from!(TchError, std::io::Error, saliency_schema::Error);

impl From<String> for ModelError {
    fn from(message: String) -> Self {
        Self(message.into())
    }
}

impl From<&str> for ModelError {
    fn from(message: &str) -> Self {
        Self(message.into())
    }
}
