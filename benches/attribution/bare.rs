//! The matrix products that attribution can't do without, alone: what is left to win is the time above them.
//!
//! Products of a decoder's [`Shape`], with weights and activations of its sizes. `T` tokens, `m` outputs, `p` points on
//! a path; `h` hidden dimensions, `n` heads of width `w` of which groups share `g` keys and values, `i` inner
//! dimensions, `f` maps into them (2 where a gate is one), vocabulary `v`.
//!
//! | pass | where | products |
//! | --- | --- | --- |
//! | forward of p sequences | all blocks but the last | `[pT,h]·[h,(n+2g)w]`, np × `[T,w]·[w,T]` and `[T,T]·[T,w]`, `[pT,nw]·[nw,h]`, f × `[pT,h]·[h,i]`, `[pT,i]·[i,h]` |
//! | | last block | keys and values of all tokens, the rest at the m outputs |
//! | | head | `[pm,h]·[h,v]` |
//! | backward of m outputs | head | `[pm,v]·[v,h]` |
//! | | last block | `[m,…]` through the feed-forward part and the output map, keys' and values' gradients of all tokens: m × `[T,2n]·[2n,h]` |
//! | | all other blocks | `[R,h]·[h,i]`, f × `[R,i]·[i,h]`, `[R,h]·[h,nw]`, `[R,(n+2g)w]·[(n+2g)w,h]`, and four products of the pattern's shape for each head, in blocks of 128 queries and the keys that they see |
//!
//! `R` is the sum of the tokens that the outputs have read. Outputs go back in groups, as many as ours.
//!
//! Those of an encoder–decoder ([`Pair`]) are the same of both stacks, the encoder's without a mask, and for each
//! decoder block what reads the source of `S` tokens: `[T,h]·[h,nw]`, `[S,h]·[h,2nw]`, n × `[T,w]·[w,S]` and
//! `[T,S]·[S,w]`, `[T,nw]·[nw,h]`; backward, with `R` rows of decoder tokens, n × four products of the pattern's shape
//! and, for each output, `[S,2nw]·[2nw,h]`. Then every output goes back through the encoder with its `S` rows.

use saliency::tch::{Device, Kind, Tensor};
use std::hint::black_box;

/// Queries that attention goes back through together.
const QUERIES: usize = 128;

/// The numbers that outputs which go back together hold in the widest activation, as in `saliency-transformer`.
const WIDEST: i64 = 1 << 22;

/// The sizes of a decoder.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) blocks: i64,
    pub(crate) hidden: i64,
    pub(crate) heads: i64,
    /// Keys and values.
    pub(crate) groups: i64,
    pub(crate) width: i64,
    pub(crate) inner: i64,
    /// Maps into the inner dimensions.
    pub(crate) maps: i64,
    pub(crate) vocabulary: i64,
}

/// Weights of one block and the head.
pub(crate) struct Bare {
    shape: Shape,
    qkv: Tensor,
    out: Tensor,
    inner: Tensor,
    inner_out: Tensor,
    head: Tensor,
}

impl Bare {
    pub(crate) fn new(shape: Shape) -> Self {
        let random = |size: &[i64]| Tensor::randn(size, (Kind::Float, Device::Cpu)) * 0.02;
        let Shape { hidden, heads, groups, width, inner, vocabulary, .. } = shape;
        Self {
            shape,
            qkv: random(&[hidden, (heads + 2 * groups) * width]),
            out: random(&[heads * width, hidden]),
            inner: random(&[hidden, inner]),
            inner_out: random(&[inner, hidden]),
            head: random(&[vocabulary, hidden]),
        }
    }

    /// How many outputs go back together.
    fn together(&self, tokens: i64) -> i64 {
        (WIDEST / (tokens * self.shape.inner)).max(2)
    }

    /// `p` sequences of `tokens`, logits at `m` positions of each.
    pub(crate) fn forward(&self, p: i64, tokens: i64, m: i64) {
        let Shape { blocks, hidden, heads, groups, width, inner, maps, .. } = self.shape;
        let x = ones(&[p * tokens, hidden]);
        let (joined, wide) = (ones(&[p * tokens, heads * width]), ones(&[p * tokens, inner]));
        let (each, pattern) = (ones(&[p * heads, tokens, width]), ones(&[p * heads, tokens, tokens]));
        for _ in 1..blocks {
            product(&x, &self.qkv);
            batch(&each, &each.transpose(1, 2));
            batch(&pattern, &each);
            product(&joined, &self.out);
            (0..maps).for_each(|_| product(&x, &self.inner));
            product(&wide, &self.inner_out);
        }
        let (few, few_heads) = (ones(&[p * m, hidden]), ones(&[p * heads, m, width]));
        product(&x, &self.qkv.narrow(1, heads * width, 2 * groups * width));
        product(&few, &self.qkv.narrow(1, 0, heads * width));
        batch(&few_heads, &each.transpose(1, 2));
        batch(&pattern.narrow(1, 0, m), &each);
        product(&joined.narrow(0, 0, p * m), &self.out);
        (0..maps).for_each(|_| product(&few, &self.inner));
        product(&wide.narrow(0, 0, p * m), &self.inner_out);
        product(&few, &self.head.transpose(0, 1));
    }

    /// `m` outputs of each of `p` sequences, of which the last has read `tokens`.
    pub(crate) fn backward(&self, p: i64, tokens: i64, m: i64) {
        let Shape { blocks, hidden, heads, groups, width, inner, maps, vocabulary } = self.shape;
        let (together, mut done) = (self.together(tokens), 0);
        while done < m {
            let count = together.min(m - done);
            let read = tokens - m + done + count;
            let rows: i64 = p * (0..count).map(|i| read - i).sum::<i64>();
            let few = ones(&[p * count, hidden]);
            product(&ones(&[p * count, vocabulary]), &self.head);
            product(&few, &self.inner_out.transpose(0, 1));
            (0..maps).for_each(|_| product(&ones(&[p * count, inner]), &self.inner.transpose(0, 1)));
            product(&few, &self.out.transpose(0, 1));
            let keys = ones(&[p * heads, read, width]);
            batch(&ones(&[p * heads, count, width]), &keys.transpose(1, 2));
            batch(&ones(&[p * heads, count, read]), &keys);
            batch(&ones(&[p * count, read, 2 * heads]), &ones(&[p * count, 2 * heads, hidden]));
            let (x, wide) = (ones(&[rows, hidden]), ones(&[rows, inner]));
            let joined = ones(&[rows, (heads + 2 * groups) * width]);
            // Nearly all outputs of a group have read nearly all of it.
            let side = (rows + p * read / 2) / (p * read);
            for _ in 1..blocks {
                product(&x, &self.inner_out.transpose(0, 1));
                (0..maps).for_each(|_| product(&wide, &self.inner.transpose(0, 1)));
                product(&x, &self.out.transpose(0, 1));
                // For each head: the values' gradient, the pattern's, the queries' and the keys', in causal blocks.
                for from in (0..read).step_by(QUERIES) {
                    let end = (from + QUERIES as i64).min(read);
                    let block = end - from;
                    let seen = keys.narrow(1, 0, end);
                    let scores = ones(&[p * heads, block * side, end]);
                    batch(&ones(&[p * heads, end, block]), &ones(&[p * heads, block, side * width]));
                    batch(&ones(&[p * heads, block * side, width]), &seen.transpose(1, 2));
                    batch(&scores, &seen);
                    batch(&scores, &seen);
                }
                product(&joined, &self.qkv.transpose(0, 1));
            }
            done += count;
        }
    }
}

/// Weights of one block of an encoder–decoder whose stacks have the same shape, and the head.
pub(crate) struct Pair(Bare);

impl Pair {
    pub(crate) fn new(shape: Shape) -> Self {
        Self(Bare::new(shape))
    }

    /// Maps of `rows` rows to queries, keys and values and back, and through the feed-forward part.
    fn maps(&self, rows: i64) {
        let bare = &self.0;
        let Shape { hidden, heads, width, inner, maps, .. } = bare.shape;
        let x = ones(&[rows, hidden]);
        product(&x, &bare.qkv);
        product(&ones(&[rows, heads * width]), &bare.out);
        (0..maps).for_each(|_| product(&x, &bare.inner));
        product(&ones(&[rows, inner]), &bare.inner_out);
    }

    /// Patterns of `count` texts in which `rows` rows attend to `seen` tokens: two products, or four on the way back.
    fn patterns(&self, count: i64, rows: i64, seen: i64, products: usize) {
        let Shape { heads, width, .. } = self.0.shape;
        let (few, keys) = (ones(&[count * heads, rows, width]), ones(&[count * heads, seen, width]));
        let scores = ones(&[count * heads, rows, seen]);
        for _ in 0..products / 2 {
            batch(&few, &keys.transpose(1, 2));
            batch(&scores, &keys);
        }
    }

    /// What reads the source, of `rows` rows.
    fn reads(&self, rows: i64) {
        let bare = &self.0;
        let Shape { hidden, heads, width, .. } = bare.shape;
        product(&ones(&[rows, hidden]), &bare.qkv.narrow(1, 0, heads * width));
        product(&ones(&[rows, heads * width]), &bare.out);
    }

    /// A source of `s` tokens, and logits of `m` outputs.
    pub(crate) fn forward(&self, s: i64, m: i64) {
        let Shape { blocks, hidden, heads, width, .. } = self.0.shape;
        for _ in 0..blocks {
            self.maps(s);
            self.patterns(1, s, s, 2);
            self.maps(m);
            self.patterns(1, m, m, 2);
            self.reads(m);
            product(&ones(&[s, hidden]), &self.0.qkv.narrow(1, 0, 2 * heads * width));
            self.patterns(1, m, s, 2);
        }
        product(&ones(&[m, hidden]), &self.0.head.transpose(0, 1));
    }

    /// `m` outputs, in groups as large as ours.
    pub(crate) fn backward(&self, s: i64, m: i64) {
        let Shape { blocks, heads, width, vocabulary, .. } = self.0.shape;
        let (together, mut done) = (self.0.together(s), 0);
        while done < m {
            let count = together.min(m - done);
            let read = done + count;
            product(&ones(&[count, vocabulary]), &self.0.head);
            for block in 0..blocks {
                // The last decoder block runs at the outputs' own positions.
                let rows = if block == 0 { count } else { (0..count).map(|i| read - i).sum() };
                self.maps(rows);
                self.patterns(count, rows / count, read, 4);
                self.reads(rows);
                self.patterns(count, rows / count, s, 4);
                let keys_values = self.0.qkv.narrow(1, 0, 2 * heads * width);
                product(&ones(&[count * s, 2 * heads * width]), &keys_values.transpose(0, 1));
            }
            for _ in 0..blocks {
                self.maps(count * s);
                self.patterns(count, s, s, 4);
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
