//! How a network knows where a token stands.

use crate::rope::{Angles, Frequencies};
use tch::{TchError, Tensor};

/// How a network knows where a token stands.
#[derive(Debug)]
pub enum Positions {
    /// Learned embeddings, `[context, hidden]`, which are added to the tokens'.
    Learned(Tensor),
    /// Queries and keys that are turned by angles.
    Rotary(Frequencies),
}

impl Positions {
    /// The first block's input, and the angles of its tokens, which stand at `from` and after.
    ///
    /// # Shapes
    /// - `embeddings`: `[…, tokens, hidden]`; returns the same shape
    pub(crate) fn start(&self, embeddings: &Tensor, from: i64) -> Result<(Tensor, Option<Angles>), TchError> {
        let tokens = embeddings.size()[embeddings.dim() - 2];
        match self {
            Self::Learned(table) => Ok((embeddings.f_add(&table.f_narrow(0, from, tokens)?)?, None)),
            Self::Rotary(_) => Ok((embeddings.shallow_clone(), self.angles(from, tokens)?)),
        }
    }

    /// The angles of some positions, where there are any.
    pub(crate) fn angles(&self, from: i64, tokens: i64) -> Result<Option<Angles>, TchError> {
        match self {
            Self::Learned(_) => Ok(None),
            Self::Rotary(frequencies) => Ok(Some(frequencies.angles(from, tokens)?)),
        }
    }
}
