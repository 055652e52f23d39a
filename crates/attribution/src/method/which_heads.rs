//! Which attention heads a row is of: all, those of a layer, one of each layer, or one.

use crate::error::Error;
use crate::model::layers::{check_below, check_layer};
use tch::Tensor;

/// Which attention heads a row is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct WhichHeads {
    /// One layer; `None`: all.
    pub(crate) layer: Option<usize>,
    /// One head of each layer; `None`: all.
    pub(crate) head: Option<usize>,
}

impl WhichHeads {
    /// Whether all are meant.
    pub(crate) fn are_all(self) -> bool {
        self == Self::default()
    }

    /// Refuses a layer or a head that there is not.
    pub(crate) fn check_among(self, layers: usize, heads: usize) -> Result<(), Error> {
        self.layer.map_or(Ok(()), |layer| check_layer(layer, layers))?;
        self.head.map_or(Ok(()), |head| check_below("head", head, heads))
    }

    /// Whether those of a layer are meant.
    pub(crate) fn have(self, layer: usize) -> bool {
        self.layer.is_none_or(|only| only == layer)
    }

    /// Those of one layer that are meant: from `[heads, …]` to as many of them.
    pub(crate) fn of_layer(self, heads: &Tensor) -> Result<Tensor, Error> {
        match self.head {
            Some(head) => Ok(heads.f_narrow(0, head as i64, 1)?),
            None => Ok(heads.shallow_clone()),
        }
    }

    /// Says which, where not all are meant.
    pub(crate) fn describe(self, description: &mut saliency_schema::Method) {
        for (name, number) in [("layer", self.layer), ("head", self.head)] {
            if let Some(number) = number {
                description.parameters.insert(name.to_owned(), number.into());
            }
        }
    }
}
