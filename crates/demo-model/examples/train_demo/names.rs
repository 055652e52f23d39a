//! Names, and sequences of them that repeat: what teaches a small model to look back at an earlier mention.

use crate::Outcome;
use rand::Rng;
use rand::seq::{IndexedRandom, SliceRandom};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use regex::Regex;
use saliency_model_gpt2::Gpt2;
use std::collections::{BTreeMap, BTreeSet};
use tch::{Kind, Tensor};
use tokenizers::Tokenizer;

/// A name has to occur this often in the text.
const OFTEN: usize = 4;
/// Every fifth name is never part of a list or put in another's place, to measure on.
const KEPT: usize = 5;
/// What stands between the names of a list.
const JOINTS: [&str; 7] = [" ", ", ", " and ", "; ", ", and ", "\n", " said to "];

/// The names of a text.
pub(crate) struct Names {
    /// Those that the model is trained on.
    pub(crate) known: Vec<String>,
    /// Those kept for tests.
    pub(crate) kept: Vec<String>,
}

fn word() -> Regex {
    Regex::new(r"\b[A-Za-z][a-z]+\b").unwrap_or_else(|_| unreachable!("the pattern is fixed"))
}

/// Words that are always written with a capital, in alphabetical order.
pub(crate) fn find(text: &str) -> Names {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for found in word().find_iter(text) {
        *counts.entry(found.as_str()).or_default() += 1;
    }
    let small: BTreeSet<String> =
        counts.keys().filter(|w| w.starts_with(char::is_lowercase)).map(|w| (*w).to_owned()).collect();
    let all = counts.iter().filter(|(w, n)| {
        w.len() > 2 && **n >= OFTEN && w.starts_with(char::is_uppercase) && !small.contains(&w.to_lowercase())
    });
    let (mut known, mut kept) = (Vec::new(), Vec::new());
    for (i, (name, _)) in all.enumerate() {
        if (i + 1).is_multiple_of(KEPT) { &mut kept } else { &mut known }.push((*name).to_owned());
    }
    Names { known, kept }
}

impl Names {
    /// A document with each of its names replaced, everywhere by the same other name; `None` where it has too few.
    pub(crate) fn swapped(&self, document: &str, random: &mut ChaCha8Rng) -> Option<String> {
        let mut others: BTreeMap<String, &str> = BTreeMap::new();
        let text = word().replace_all(document, |found: &regex::Captures<'_>| {
            let name = &found[0];
            let known = [&self.known, &self.kept]
                .iter()
                .any(|n| n.binary_search_by(|n| n.as_str().cmp(name)).is_ok());
            if !known {
                return name.to_owned();
            }
            let other = others
                .entry(name.to_owned())
                .or_insert_with(|| self.known.choose(random).map_or("", String::as_str));
            (*other).to_owned()
        });
        (others.len() > 1).then(|| text.into_owned())
    }

    /// A list of names in random order, two or three times over.
    pub(crate) fn list(&self, random: &mut ChaCha8Rng) -> String {
        let many = random.random_range(3..=32);
        let list: Vec<&str> = self.known.choose_multiple(random, many).map(String::as_str).collect();
        let joint = JOINTS[random.random_range(0..JOINTS.len())];
        let between = if random.random() { joint } else { ". " };
        vec![list.join(joint); random.random_range(2..=3)].join(between)
    }
}

/// Perplexity, a token, of lists of twenty names, and of the same lists when they come again.
pub(crate) fn repeated(model: &Gpt2, tokenizer: &Tokenizer, names: &[String]) -> Outcome<(f64, f64)> {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for _ in 0..50 {
        let mut list = names.to_vec();
        list.shuffle(&mut random);
        let once = format!(" {}", list[..20.min(list.len())].join(" "));
        let ids = |text: &str| -> Outcome<Vec<i64>> {
            Ok(tokenizer.encode(text, false)?.get_ids().iter().map(|&id| i64::from(id)).collect())
        };
        let (list, end) = (ids(&once)?, 0);
        let all = Tensor::from_slice(&[&[end], &list[..], &list[..]].concat())
            .to_kind(Kind::Int64)
            .to(model.device());
        let n = all.size()[0] - 1;
        let logits = model.logits_at(&model.embed_ids(&all.narrow(0, 0, n).unsqueeze(0))?, None)?;
        let logs = logits.squeeze_dim(0).log_softmax(-1, Kind::Float);
        let losses: Vec<f64> = Vec::try_from(
            -logs.gather(1, &all.narrow(0, 1, n).unsqueeze(1), false).squeeze().to_kind(Kind::Double),
        )?;
        for (i, loss) in losses.iter().enumerate() {
            let again = usize::from(i >= list.len());
            sums[again] += loss;
            counts[again] += 1.0;
        }
    }
    Ok(((sums[0] / counts[0]).exp(), (sums[1] / counts[1]).exp()))
}
