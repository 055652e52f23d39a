//! Random weights in some blocks of a decoder, and nothing else.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_transformer::{
    Activation, Attention, Block, Decoder, FeedForward, Linear, Norm, Positions, Precision, Projection, Shape,
};
use tch::{Device, Kind, Tensor};

const PLACE: (Kind, Device) = (Kind::Double, Device::Cpu);

fn decoder() -> Decoder {
    let matrix = |rows: i64, columns: i64| Tensor::randn([rows, columns], PLACE) * 0.3;
    let norm =
        || Norm::Layer { weight: Tensor::ones([32], PLACE), bias: Tensor::zeros([32], PLACE), epsilon: 1e-5 };
    let block = || Block {
        first_norm: norm(),
        attention: Attention {
            projection: Projection::Joined(Linear::in_out(matrix(32, 96), Some(Tensor::randn([96], PLACE)))),
            norms: None,
            bias: None,
            out: Linear::in_out(matrix(32, 32), None),
            shape: Shape {
                heads: 4,
                groups: 4,
                width: 8,
                scale: 0.35,
                causal: true,
                window: None,
                precision: Precision::Plain,
            },
        },
        cross: None,
        second_norm: norm(),
        feed_forward: FeedForward::Plain {
            inner: Linear::in_out(matrix(32, 128), None),
            activation: Activation::Gelu,
            out: Linear::in_out(matrix(128, 32), None),
        },
    };
    let embeddings = matrix(11, 32);
    Decoder {
        head: embeddings.shallow_clone(),
        embeddings,
        positions: Positions::Learned(matrix(8, 32)),
        blocks: (0..4).map(|_| block()).collect(),
        norm: norm(),
    }
}

/// The weight matrices of a block.
fn weights(block: &Block) -> Vec<Tensor> {
    let (Projection::Joined(map), FeedForward::Plain { inner, out, .. }) =
        (&block.attention.projection, &block.feed_forward)
    else {
        panic!("another kind of block")
    };
    [map, &block.attention.out, inner, out].map(|map| map.weight_in_out().unwrap()).into()
}

#[test]
fn weights_of_chosen_blocks_are_normal_numbers_of_the_same_size() {
    let decoder = decoder();
    let other = decoder.randomized(&(1..3), 7).unwrap();
    for (number, (own, new)) in decoder.blocks.iter().zip(&other.blocks).enumerate() {
        for (own, new) in weights(own).iter().zip(weights(new)) {
            assert_eq!(own.size(), new.size());
            if !(1..3).contains(&number) {
                assert_eq!(own.data_ptr(), new.data_ptr(), "block {number}");
                continue;
            }
            let (deviation, count) = (own.std(false).double_value(&[]), own.numel() as f64);
            // Mean and standard deviation of a sample, four standard errors; and no trace of the own weights.
            assert!(new.mean(Kind::Double).double_value(&[]).abs() < 4.0 * deviation / count.sqrt());
            let found = new.std(false).double_value(&[]);
            assert!((found / deviation - 1.0).abs() < 4.0 / (2.0 * count).sqrt(), "{found}, {deviation}");
            let both = (own * &new).mean(Kind::Double).double_value(&[]) / (found * deviation);
            assert!(both.abs() < 4.0 / count.sqrt(), "{both}");
        }
        let Projection::Joined(map) = &new.attention.projection else { panic!("another kind of map") };
        let Projection::Joined(before) = &own.attention.projection else { panic!("another kind of map") };
        assert_eq!(map.bias().unwrap().data_ptr(), before.bias().unwrap().data_ptr());
    }
    assert_eq!(decoder.head.data_ptr(), other.head.data_ptr());
}

#[test]
fn a_blocks_numbers_depend_on_the_seed_and_the_block_alone() {
    let decoder = decoder();
    let of =
        |blocks: std::ops::Range<usize>, seed| weights(&decoder.randomized(&blocks, seed).unwrap().blocks[2]);
    for (a, b) in of(2..3, 7).iter().zip(of(0..4, 7)) {
        assert_eq!(*a, b);
    }
    for (a, b) in of(2..3, 7).iter().zip(of(2..3, 8)) {
        assert_ne!(*a, b);
    }
    let three = weights(&decoder.randomized(&(0..4), 7).unwrap().blocks[3]);
    assert!(of(2..3, 7).iter().zip(three).all(|(a, b)| *a != b));
}
