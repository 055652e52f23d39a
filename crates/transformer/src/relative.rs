//! A bias of attention's scores by how far a key is from a query.

use tch::{Kind, TchError, Tensor};

/// A number for each head and each bucket of distances, which is added to the scores: T5's positions.
///
/// A key at `k` and a query at `q` are `d = k − q` apart. Where attention looks both ways, half of the buckets are for
/// keys after the query (`d > 0`) and half for the others, with `|d|`; where it looks back, `d` is `max(q − k, 0)`. Of
/// `n` buckets, the first `n / 2` are for the distances `0, 1, …`, and the others for `⌊ln(d / ½n) / ln(D / ½n) · ½n⌋`
/// beyond, up to the last one, in which all distances from about `D` on are.
#[derive(Debug)]
pub struct RelativeBias {
    /// `[buckets, heads]`.
    pub table: Tensor,
    /// `D`.
    pub max_distance: i64,
    /// Whether attention looks both ways.
    pub both_ways: bool,
}

impl RelativeBias {
    /// The same bias of another block, which shares the table.
    #[must_use]
    pub fn shallow_clone(&self) -> Self {
        Self { table: self.table.shallow_clone(), ..*self }
    }

    /// `[heads, queries, keys]`; the first query stands at position `first`, the first key at 0.
    pub(crate) fn of(&self, first: i64, queries: i64, keys: i64) -> Result<Tensor, TchError> {
        let place = (Kind::Int64, self.table.device());
        let at = Tensor::f_arange_start(first, first + queries, place)?.f_unsqueeze(1)?;
        let distances = Tensor::f_arange(keys, place)?.f_unsqueeze(0)?.f_sub(&at)?;
        let buckets = self.buckets(&distances)?.f_reshape([-1])?;
        let biases = self.table.f_index_select(0, &buckets)?;
        biases.f_reshape([queries, keys, -1])?.f_permute([2, 0, 1])
    }

    /// The bucket of each distance, in float32 as the transformers library computes it: what lies on a border depends
    /// on it.
    fn buckets(&self, distances: &Tensor) -> Result<Tensor, TchError> {
        let count = self.table.size()[0];
        let (count, begins, apart) = if self.both_ways {
            let count = count / 2;
            (count, distances.f_gt(0)?.f_to_kind(Kind::Int64)?.f_mul_scalar(count)?, distances.f_abs()?)
        } else {
            (count, distances.f_zeros_like()?, distances.f_neg()?.f_clamp_min(0)?)
        };
        let exact = count / 2;
        let ratio = (self.max_distance as f64 / exact as f64).ln();
        let beyond = apart.f_to_kind(Kind::Float)?.f_div_scalar(exact)?.f_log()?;
        let beyond = beyond.f_div_scalar(ratio)?.f_mul_scalar(count - exact)?.f_to_kind(Kind::Int64)?;
        let beyond = beyond.f_add_scalar(exact)?.f_clamp_max(count - 1)?;
        begins.f_add(&apart.f_where_self(&apart.f_lt(exact)?, &beyond)?)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::RelativeBias;
    use tch::{Device, Kind, Tensor};

    /// The buckets of distances by transformers 5.24, `T5Attention._relative_position_bucket`, for 32 buckets and 128.
    const BOTH_WAYS: [(i64, i64); 14] = [
        (-200, 15),
        (-91, 15),
        (-90, 14),
        (-64, 14),
        (-23, 11),
        (-16, 10),
        (-8, 8),
        (-7, 7),
        (0, 0),
        (1, 17),
        (7, 23),
        (8, 24),
        (45, 28),
        (91, 31),
    ];
    const BACK: [(i64, i64); 10] = [
        (5, 0),
        (0, 0),
        (-1, 1),
        (-15, 15),
        (-16, 16),
        (-31, 21),
        (-64, 26),
        (-112, 30),
        (-113, 31),
        (-500, 31),
    ];

    #[test]
    fn buckets_are_the_peers() {
        for (both_ways, expected) in [(true, &BOTH_WAYS[..]), (false, &BACK[..])] {
            let table = Tensor::zeros([32, 2], (Kind::Float, Device::Cpu));
            let bias = RelativeBias { table, max_distance: 128, both_ways };
            let (distances, expected): (Vec<i64>, Vec<i64>) = expected.iter().copied().unzip();
            let found = bias.buckets(&Tensor::from_slice(&distances)).unwrap();
            assert_eq!(Vec::<i64>::try_from(found).unwrap(), expected, "{both_ways}");
        }
    }

    #[test]
    fn a_query_further_on_has_other_distances() {
        let table = Tensor::arange(64, (Kind::Float, Device::Cpu)).reshape([32, 2]);
        let bias = RelativeBias { table, max_distance: 128, both_ways: false };
        let (whole, last) = (bias.of(0, 5, 5).unwrap(), bias.of(4, 1, 5).unwrap());
        assert!(whole.narrow(1, 4, 1).equal(&last));
        assert!((last.double_value(&[1, 0, 0]) - 9.0).abs() < 1e-12);
    }
}
