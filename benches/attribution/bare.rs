//! The matrix products that attribution can't do without, alone: what is left to win is the time above them.
//!
//! Products of GPT-2's shape, with the model's own weights and fixed activations. `T` tokens, `m` outputs, `p` points
//! on a path; hidden 768, inner 3072, 12 heads of 64, vocabulary 50257.
//!
//! | pass | where | products |
//! | --- | --- | --- |
//! | forward of p sequences | 11 blocks | `[pT,768]·[768,2304]`, 12p × `[T,64]·[64,T]` and `[T,T]·[T,64]`, `[pT,768]·[768,768]`, `[pT,768]·[768,3072]`, `[pT,3072]·[3072,768]` |
//! | | last block | keys and values of all tokens, the rest at the m outputs |
//! | | head | `[pm,768]·[768,50257]` |
//! | backward of m outputs | head | `[pm,50257]·[50257,768]` |
//! | | last block | `[m,…]` through the feed-forward part and the output map, keys' and values' gradients of all tokens: m × `[T,24]·[24,768]` |
//! | | 11 blocks | `[R,768]·[768,3072]`, `[R,3072]·[3072,768]`, `[R,768]·[768,768]`, `[R,2304]·[2304,768]`, and four products of the pattern's shape for each head, in blocks of 128 queries and the keys that they see |
//!
//! `R` is the sum of the tokens that the outputs have read. Outputs go back in groups, as many as ours.

use saliency::tch::{Device, Kind, Tensor};
use std::hint::black_box;

const HIDDEN: i64 = 768;
const INNER: i64 = 3072;
const HEADS: i64 = 12;
const WIDTH: i64 = 64;
const VOCABULARY: i64 = 50257;
/// Queries that attention goes back through together.
const QUERIES: usize = 128;

/// Weights of one block and the head.
pub(crate) struct Bare {
    qkv: Tensor,
    out: Tensor,
    inner: Tensor,
    inner_out: Tensor,
    head: Tensor,
}

impl Bare {
    pub(crate) fn new() -> Self {
        let random = |size: &[i64]| Tensor::randn(size, (Kind::Float, Device::Cpu)) * 0.02;
        Self {
            qkv: random(&[HIDDEN, 3 * HIDDEN]),
            out: random(&[HIDDEN, HIDDEN]),
            inner: random(&[HIDDEN, INNER]),
            inner_out: random(&[INNER, HIDDEN]),
            head: random(&[VOCABULARY, HIDDEN]),
        }
    }

    /// `p` sequences of `tokens`, logits at `m` positions of each.
    pub(crate) fn forward(&self, p: i64, tokens: i64, m: i64) {
        let x = ones(&[p * tokens, HIDDEN]);
        let wide = ones(&[p * tokens, INNER]);
        let (heads, pattern) = (ones(&[p * HEADS, tokens, WIDTH]), ones(&[p * HEADS, tokens, tokens]));
        for _ in 0..11 {
            product(&x, &self.qkv);
            batch(&heads, &heads.transpose(1, 2));
            batch(&pattern, &heads);
            product(&x, &self.out);
            product(&x, &self.inner);
            product(&wide, &self.inner_out);
        }
        let (few, few_heads) = (ones(&[p * m, HIDDEN]), ones(&[p * HEADS, m, WIDTH]));
        product(&x, &self.qkv.narrow(1, HIDDEN, 2 * HIDDEN));
        product(&few, &self.qkv.narrow(1, 0, HIDDEN));
        batch(&few_heads, &heads.transpose(1, 2));
        batch(&pattern.narrow(1, 0, m), &heads);
        product(&few, &self.out);
        product(&few, &self.inner);
        product(&wide.narrow(0, 0, p * m), &self.inner_out);
        product(&few, &self.head.transpose(0, 1));
    }

    /// `m` outputs of each of `p` sequences, of which the last has read `tokens`, `together` at a time.
    pub(crate) fn backward(&self, p: i64, tokens: i64, m: i64, together: i64) {
        let mut done = 0;
        while done < m {
            let count = together.min(m - done);
            let read = tokens - m + done + count;
            let rows: i64 = p * (0..count).map(|i| read - i).sum::<i64>();
            let few = ones(&[p * count, HIDDEN]);
            product(&ones(&[p * count, VOCABULARY]), &self.head);
            product(&few, &self.inner_out.transpose(0, 1));
            product(&ones(&[p * count, INNER]), &self.inner.transpose(0, 1));
            product(&few, &self.out.transpose(0, 1));
            let keys = ones(&[p * HEADS, read, WIDTH]);
            batch(&ones(&[p * HEADS, count, WIDTH]), &keys.transpose(1, 2));
            batch(&ones(&[p * HEADS, count, read]), &keys);
            batch(&ones(&[p * count, read, 2 * HEADS]), &ones(&[p * count, 2 * HEADS, HIDDEN]));
            let (x, wide, thrice) = (ones(&[rows, HIDDEN]), ones(&[rows, INNER]), ones(&[rows, 3 * HIDDEN]));
            // Nearly all outputs of a group have read nearly all of it.
            let side = (rows + p * read / 2) / (p * read);
            for _ in 0..11 {
                product(&x, &self.inner_out.transpose(0, 1));
                product(&wide, &self.inner.transpose(0, 1));
                product(&x, &self.out.transpose(0, 1));
                // For each head: the values' gradient, the pattern's, the queries' and the keys', in causal blocks.
                for from in (0..read).step_by(QUERIES) {
                    let end = (from + QUERIES as i64).min(read);
                    let block = end - from;
                    let seen = keys.narrow(1, 0, end);
                    let scores = ones(&[p * HEADS, block * side, end]);
                    batch(&ones(&[p * HEADS, end, block]), &ones(&[p * HEADS, block, side * WIDTH]));
                    batch(&ones(&[p * HEADS, block * side, WIDTH]), &seen.transpose(1, 2));
                    batch(&scores, &seen);
                    batch(&scores, &seen);
                }
                product(&thrice, &self.qkv.transpose(0, 1));
            }
            done += count;
        }
    }
}

fn ones(size: &[i64]) -> Tensor {
    Tensor::full(size, 0.5, (Kind::Float, Device::Cpu))
}

fn product(a: &Tensor, b: &Tensor) {
    let _ = black_box(a.matmul(b));
}

fn batch(a: &Tensor, b: &Tensor) {
    let _ = black_box(a.bmm(b));
}
