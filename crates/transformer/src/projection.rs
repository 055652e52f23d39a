//! The maps to queries, keys and values: one matrix, or three.

use crate::linear::Linear;
use std::ops::Range;
use tch::{TchError, Tensor};

/// The maps from hidden dimensions to queries, keys and values.
#[derive(Debug)]
pub enum Projection {
    /// One map to all three, side by side.
    Joined(Linear),
    /// A map to each.
    Apart {
        /// To `heads · width` dimensions.
        queries: Linear,
        /// To `groups · width`.
        keys: Linear,
        /// To `groups · width`.
        values: Linear,
    },
}

/// The widths of queries, keys and values side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Widths {
    pub(crate) queries: i64,
    pub(crate) keys: i64,
}

impl Projection {
    /// Queries of some positions, keys and values of all: from `[batch, tokens, hidden]` to
    /// `[batch, positions, heads · width]` and twice `[batch, tokens, groups · width]`.
    pub(crate) fn apply(
        &self,
        x: &Tensor,
        positions: &Range<i64>,
        widths: Widths,
    ) -> Result<[Tensor; 3], TchError> {
        let count = positions.end - positions.start;
        let all = count == x.size()[1];
        let asked = if all { x.shallow_clone() } else { x.f_narrow(1, positions.start, count)? };
        match self {
            Self::Joined(map) if all => {
                let joined = map.apply(x)?;
                let part = |from: i64, count: i64| joined.f_narrow(-1, from, count);
                let Widths { queries, keys } = widths;
                Ok([part(0, queries)?, part(queries, keys)?, part(queries + keys, keys)?])
            }
            Self::Joined(map) => {
                let Widths { queries, keys } = widths;
                let q = map.part(0, queries)?.apply(&asked)?;
                let joined = map.part(queries, 2 * keys)?.apply(x)?;
                Ok([q, joined.f_narrow(-1, 0, keys)?, joined.f_narrow(-1, keys, keys)?])
            }
            Self::Apart { queries, keys, values } => {
                Ok([queries.apply(&asked)?, keys.apply(x)?, values.apply(x)?])
            }
        }
    }

    /// Values of `[…, hidden]`: `[…, groups · width]`.
    pub(crate) fn values(&self, x: &Tensor, widths: Widths) -> Result<Tensor, TchError> {
        self.parts(widths)?[2].apply(x)
    }

    /// The three maps: views.
    pub(crate) fn parts(&self, Widths { queries, keys }: Widths) -> Result<[Linear; 3], TchError> {
        match self {
            Self::Joined(map) => {
                Ok([map.part(0, queries)?, map.part(queries, keys)?, map.part(queries + keys, keys)?])
            }
            Self::Apart { queries: q, keys: k, values: v } => {
                Ok([q.part(0, queries)?, k.part(0, keys)?, v.part(0, keys)?])
            }
        }
    }

    /// From the gradients of queries, keys and values to that of what they were made of, `[tokens, outputs, hidden]`.
    ///
    /// # Shapes
    /// - `gradients`: `[tokens, outputs, heads, width]`, in any order in memory
    pub(crate) fn back(&self, gradients: [&Tensor; 3]) -> Result<Tensor, TchError> {
        let (tokens, outputs, ..) = gradients[0].size4()?;
        match self {
            Self::Joined(map) => {
                // Side by side as the map holds them.
                let width = |x: &Tensor| x.size()[2] * x.size()[3];
                let whole = gradients.iter().map(|x| width(x)).sum::<i64>();
                let like = (gradients[0].kind(), gradients[0].device());
                let joined = Tensor::f_empty([tokens, outputs, whole], like)?;
                let mut from = 0;
                for x in gradients {
                    let mut part = joined.f_narrow(2, from, width(x))?.f_view(&*x.size())?;
                    part.f_copy_(x)?;
                    from += width(x);
                }
                map.back(&joined)
            }
            Self::Apart { queries, keys, values } => {
                let flat = |x: &Tensor| x.f_reshape([tokens * outputs, -1]);
                let mut sum = queries.back(&flat(gradients[0])?)?;
                keys.add_back(&mut sum, &flat(gradients[1])?)?;
                values.add_back(&mut sum, &flat(gradients[2])?)?;
                sum.f_view([tokens, outputs, -1])
            }
        }
    }
}
