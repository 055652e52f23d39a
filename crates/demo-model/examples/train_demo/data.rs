//! What is read in training: the text itself, the text under other names, and lists of names that repeat.

use crate::names::Names;
use crate::{END_OF_TEXT, Outcome};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use std::fmt;
use tch::{Device, Kind, Tensor};
use tokenizers::Tokenizer;

/// Every 20th document is kept out of training, to measure on.
const HELD_OUT: usize = 20;
/// How many times the text is put under other names.
const SWAPS: usize = 3;
const LISTS: usize = 12_000;

/// Token numbers of the three kinds of text, one after another.
pub(crate) struct Data {
    text: Tensor,
    swapped: Tensor,
    lists: Tensor,
}

/// The documents to train on, and those held out.
pub(crate) fn split<'a>(documents: &[&'a str]) -> (Vec<&'a str>, Vec<&'a str>) {
    let (mut training, mut held_out) = (Vec::new(), Vec::new());
    for (i, document) in documents.iter().enumerate() {
        if i.is_multiple_of(HELD_OUT) { &mut held_out } else { &mut training }.push(*document);
    }
    (training, held_out)
}

/// Token numbers of the held-out documents, an end-of-text token before each, and their bytes.
pub(crate) fn held_out(
    tokenizer: &Tokenizer,
    documents: &[&str],
    device: Device,
) -> Outcome<(Tensor, usize)> {
    let bytes = documents.iter().map(|d| d.len() + 1).sum();
    Ok((encode(tokenizer, documents.iter().copied(), device)?, bytes))
}

fn encode<'a>(
    tokenizer: &Tokenizer,
    documents: impl Iterator<Item = &'a str>,
    device: Device,
) -> Outcome<Tensor> {
    let end = tokenizer.token_to_id(END_OF_TEXT).ok_or("the tokenizer has no end-of-text token")?;
    let mut ids = Vec::new();
    for document in documents {
        ids.push(i64::from(end));
        ids.extend(tokenizer.encode(document, false)?.get_ids().iter().map(|&id| i64::from(id)));
    }
    Ok(Tensor::from_slice(&ids).to(device))
}

impl Data {
    pub(crate) fn new(
        tokenizer: &Tokenizer,
        documents: &[&str],
        names: &Names,
        seed: u64,
        device: Device,
    ) -> Outcome<Self> {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut swapped = Vec::new();
        for _ in 0..SWAPS {
            swapped.extend(documents.iter().filter_map(|document| names.swapped(document, &mut random)));
        }
        let lists: Vec<String> = (0..LISTS).map(|_| names.list(&mut random)).collect();
        Ok(Self {
            text: encode(tokenizer, documents.iter().copied(), device)?,
            swapped: encode(tokenizer, swapped.iter().map(String::as_str), device)?,
            lists: encode(tokenizer, lists.iter().map(String::as_str), device)?,
        })
    }

    /// Random stretches, one token longer than what is read: `[sequences, length + 1]`. Of eight, five are of the text,
    /// two of the text under other names, one of lists.
    pub(crate) fn batch(&self, seed: u64, step: u64, sequences: i64, length: i64) -> Tensor {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(step + 1);
        let stretches: Vec<Tensor> = (0..sequences)
            .map(|i| {
                let ids =
                    [&self.text, &self.swapped, &self.lists][[0, 1, 0, 2, 0, 1, 0, 0][(i % 8) as usize]];
                ids.narrow(0, random.random_range(0..ids.size()[0] - length), length + 1)
            })
            .collect();
        Tensor::stack(&stretches, 0).to_kind(Kind::Int64)
    }
}

impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [text, swapped, lists] = [&self.text, &self.swapped, &self.lists].map(|t| t.size()[0]);
        write!(f, "training tokens: {text} of text, {swapped} under other names, {lists} of lists")
    }
}
