//! An n-gram model over token numbers, to measure a network against: interpolated modified Kneser–Ney smoothing.
//!
//! ```text
//! p(w | h) = (max(c(hw) − D(c(hw)), 0) + (D1 N1(h·) + D2 N2(h·) + D3 N3(h·)) p(w | h′)) / Σv c(hv)
//! D(0) = 0,  D(1) = D1,  D(2) = D2,  D(3 and more) = D3
//! Dj = j − (j + 1) Y n(j+1) / n(j),  Y = n1 / (n1 + 2 n2)
//! ```
//!
//! `h` is the context and `h′` the same without its first token. `Nj(h·)` is how many tokens follow `h` with the count
//! `j`, `N3` with 3 and more. Where `h` was never seen, `p(w | h) = p(w | h′)`. Below the empty context stands the
//! uniform distribution. `n(j)` is how many n-grams of one length have the count `j`, so that each length has its own
//! three discounts.
//!
//! `c` is how often an n-gram of the model's order occurs. Of a shorter one it is how many different tokens stand
//! before it.
//!
//! Documents: [`SEPARATOR`] begins each, and a context doesn't reach back past it. So it is `<s>` in a context and
//! `</s>` as what is predicted, and n-grams have it nowhere but at the first place and at the last. Nothing stands
//! before an n-gram that begins with it: `c` is then how often it occurs, whatever its length, and it counts in `n(j)`
//! like any other. The separator alone is counted as what is predicted, never as what begins a document.
//!
//! Where n1, n2 or n3 is 0, or a discount comes out as 0 or less, all three of that length are 0.5, 1 and 1.5.
//!
//! Source: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling", TR-10-98, Harvard
//! University, 1998. Boundaries and the three numbers to fall back on are those of `KenLM`'s `lmplz`
//! (`--discount_fallback`), which takes a discount of exactly 0 as it comes.

use std::ops::Range;

/// The end-of-text token, which stands before every document.
pub(crate) const SEPARATOR: u32 = 0;

/// D1, D2 and D3 where they can't be estimated.
const FALLBACK: [f64; 3] = [0.5, 1.0, 1.5];

/// A trained model.
#[derive(Debug)]
pub(crate) struct KneserNey {
    /// By the length of their contexts: none, one token, two.
    levels: Vec<Level>,
    vocabulary: usize,
}

/// The n-grams of one length.
#[derive(Debug)]
struct Level {
    /// By the count, the last for all higher ones.
    discounts: [f64; 4],
    /// Ascending, as numbers of `pack`.
    contexts: Vec<Context>,
    /// What follows the contexts, ascending within each.
    tokens: Vec<u32>,
    counts: Vec<u32>,
}

#[derive(Debug)]
struct Context {
    packed: u128,
    /// Where its tokens are.
    range: Range<usize>,
    /// Σ c
    total: f64,
    /// What the discounts took from the counts, for the shorter context to give out.
    held: f64,
}

impl KneserNey {
    /// Counts one stream of tokens.
    ///
    /// Its first token is read and not predicted. If that is no [`SEPARATOR`], the few tokens are left out that neither
    /// have a whole context nor a separator before them.
    ///
    /// # Panics
    ///
    /// If a token is not below `vocabulary`, if `order` is 0, or if n-grams don't fit 128 bits.
    pub(crate) fn train(tokens: &[u32], order: usize, vocabulary: usize) -> Self {
        assert!(order > 0, "an n-gram has at least one token");
        assert!(tokens.iter().all(|&t| (t as usize) < vocabulary), "a token is not below {vocabulary}");
        let bits = bits(vocabulary);
        assert!(bits * order <= 128, "{order} tokens of {bits} bits don't fit 128");

        // The longest n-gram that ends at each token, by its length: what is counted as often as it occurs.
        let mut occurrences = vec![Vec::new(); order];
        for end in 1..tokens.len() {
            let context = context(&tokens[..end], order);
            if context.len() + 1 == order || context.first() == Some(&SEPARATOR) {
                occurrences[context.len()].push(pack(context, bits) << bits | u128::from(tokens[end]));
            }
        }

        // Each different n-gram counts once for what is left of it without its first token.
        let mut levels = Vec::new();
        let mut shortened: Vec<u128> = Vec::new();
        for (length, mut grams) in occurrences.into_iter().enumerate().rev() {
            grams.append(&mut shortened);
            grams.sort_unstable();
            let counts: Vec<_> = grams.chunk_by(|a, b| a == b).map(|same| same.len() as u32).collect();
            grams.dedup();
            levels.push(Level::new(&grams, counts, bits));
            let without_the_first = (1 << (bits * length)) - 1;
            shortened = grams;
            for gram in &mut shortened {
                *gram &= without_the_first;
            }
        }
        levels.reverse();
        Self { levels, vocabulary }
    }

    /// ln p(token | context).
    ///
    /// Of the context, the last order − 1 tokens are read, and none before its last [`SEPARATOR`]. Numbers must be
    /// below the vocabulary; in training they may never have occurred.
    pub(crate) fn log_probability(&self, context: &[u32], token: u32) -> f64 {
        let context = self::context(context, self.levels.len());
        let bits = bits(self.vocabulary);
        let mut probability = 1.0 / self.vocabulary as f64;
        for (length, level) in (0..=context.len()).zip(&self.levels) {
            // A context that was never seen has no longer one that was.
            let Some((own, passed_on)) = level.shares(pack(&context[context.len() - length..], bits), token)
            else {
                break;
            };
            probability = own + passed_on * probability;
        }
        probability.ln()
    }

    /// −ln p of a stream: of every token but the first, separators with the rest.
    pub(crate) fn nats(&self, tokens: &[u32]) -> f64 {
        (1..tokens.len()).map(|end| -self.log_probability(&tokens[..end], tokens[end])).sum()
    }
}

impl Level {
    /// From different n-grams, ascending, and their counts.
    fn new(grams: &[u128], counts: Vec<u32>, bits: usize) -> Self {
        let discounts = discounts(&counts);
        let mut contexts = Vec::new();
        let mut start = 0;
        for together in grams.chunk_by(|a, b| a >> bits == b >> bits) {
            let range = start..start + together.len();
            start = range.end;
            let total = counts[range.clone()].iter().map(|&count| f64::from(count)).sum();
            let held = counts[range.clone()].iter().map(|&count| discounts[count.min(3) as usize]).sum();
            contexts.push(Context { packed: together[0] >> bits, range, total, held });
        }
        let tokens = grams.iter().map(|gram| (gram & ((1 << bits) - 1)) as u32).collect();
        Self { discounts, contexts, tokens, counts }
    }

    /// What a token has of its own after a context, and the share of the shorter context's probability that it gets;
    /// nothing if the context was never seen.
    fn shares(&self, context: u128, token: u32) -> Option<(f64, f64)> {
        let found = self.contexts.binary_search_by_key(&context, |c| c.packed).ok()?;
        let Context { range, total, held, .. } = &self.contexts[found];
        let count =
            self.tokens[range.clone()].binary_search(&token).map_or(0, |i| self.counts[range.start + i]);
        let own = f64::from(count) - self.discounts[count.min(3) as usize];
        Some((own / total, held / total))
    }
}

/// No discount, D1, D2 and D3 from the counts of one length's n-grams.
fn discounts(counts: &[u32]) -> [f64; 4] {
    // How many n-grams have each count up to 4.
    let mut n = [0.0; 5];
    for &count in counts.iter().filter(|&&count| count < 5) {
        n[count as usize] += 1.0;
    }
    let y = n[1] / (n[1] + 2.0 * n[2]);
    let estimated = [1, 2, 3].map(|j| j as f64 - (j + 1) as f64 * y * n[j + 1] / n[j]);
    let usable = n[1..=3].iter().all(|&n| n > 0.0) && estimated.iter().all(|&d| d > 0.0);
    let [d1, d2, d3] = if usable { estimated } else { FALLBACK };
    [0.0, d1, d2, d3]
}

/// What a prediction reads of the tokens before it.
fn context(tokens: &[u32], order: usize) -> &[u32] {
    let recent = &tokens[tokens.len().saturating_sub(order - 1)..];
    let start = recent.iter().rposition(|&token| token == SEPARATOR).unwrap_or(0);
    &recent[start..]
}

/// The tokens as one number, the first in its highest bits, so that n-grams of one context stand together.
fn pack(tokens: &[u32], bits: usize) -> u128 {
    tokens.iter().fold(0, |packed, &token| packed << bits | u128::from(token))
}

/// How many bits a token takes.
fn bits(vocabulary: usize) -> usize {
    vocabulary.next_power_of_two().trailing_zeros().max(1) as usize
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unreadable_literal, reason = "numbers as other programs print them")]

    use super::{KneserNey, SEPARATOR};

    const VOCABULARY: usize = 12;

    /// Every order, and contexts of every length: what the corpus has, what it hasn't, longer ones, and across
    /// separators.
    fn models_and_contexts() -> Vec<(KneserNey, Vec<Vec<u32>>)> {
        (1..=7)
            .map(|order| {
                let mut contexts =
                    vec![vec![], vec![11], vec![0, 11], vec![0, 0], vec![7, 11, 3, 1], vec![6; 9]];
                for end in 1..TOKENS.len() {
                    contexts.push(TOKENS[end.saturating_sub(end % 8)..end].to_vec());
                    contexts.push(TOKENS[end..].iter().step_by(3).take(end % 8).copied().collect());
                }
                (KneserNey::train(&TOKENS, order, VOCABULARY), contexts)
            })
            .collect()
    }

    fn assert_sums_to_one(model: &KneserNey, context: &[u32]) {
        let sum: f64 = (0..VOCABULARY as u32).map(|token| model.log_probability(context, token).exp()).sum();
        assert!((sum - 1.0).abs() < 1e-12, "{sum} after {context:?}");
    }

    #[test]
    fn probabilities_sum_to_one() {
        for (model, contexts) in models_and_contexts() {
            for context in contexts {
                assert_sums_to_one(&model, &context);
            }
        }
    }

    #[test]
    fn an_independent_program_gives_the_same_numbers() {
        for (order, context, token, expected) in REFERENCE {
            let ours = KneserNey::train(&TOKENS, order, VOCABULARY).log_probability(context, token);
            assert!((ours - expected).abs() < 1e-12, "{ours} for {token} after {context:?} at {order}");
        }
        for (order, expected) in NATS {
            let ours = KneserNey::train(&TOKENS, order, VOCABULARY).nats(&TOKENS);
            assert!((ours - expected).abs() < 1e-10, "{ours} nats at {order}");
        }
    }

    #[test]
    fn kenlm_gives_the_same_numbers() {
        for (order, context, token, expected) in LMPLZ {
            let ours = KneserNey::train(&TOKENS, order, VOCABULARY).log_probability(context, token);
            let ours = ours / std::f64::consts::LN_10;
            // It computes in 32 bits.
            assert!((ours - expected).abs() < 1e-6, "{ours} for {token} after {context:?} at {order}");
        }
    }

    #[test]
    fn single_tokens_by_hand() {
        // Counts 1, 1, 2, 3 and 4: Y = 2 / (2 + 2), D1 = D2 = 1/2, D3 = 3 − 4/2, and 2/2 + 1/2 + 2 is held of 11.
        let model = KneserNey::train(&[0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 5, 5], 1, 10);
        for (token, expected) in [(1, 8.5), (2, 8.5), (3, 18.5), (4, 23.5), (5, 33.5), (6, 3.5), (0, 3.5)] {
            let ours = model.log_probability(&[4, 2], token);
            assert!((ours - f64::ln(expected / 110.0)).abs() < 1e-12, "{ours} for {token}");
        }
        let expected = -f64::ln(8.5 / 110.0) - f64::ln(3.5 / 110.0);
        assert!((model.nats(&[3, 1, 0]) - expected).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_estimated_has_fixed_discounts() {
        // Pairs occur 1, 2, 4 and 7 times, none 3 times. Before 1, 2, 3 and 4 stands one token, before the separator
        // three.
        let model =
            KneserNey::train(&[0, 1, 2, 0, 1, 3, 0, 1, 3, 0, 1, 4, 0, 1, 4, 0, 1, 4, 0, 1, 4, 0], 2, 6);
        let alone = |own: f64| (own + (4.0 * 0.5 + 1.5) / 6.0) / 7.0;
        let after_1 = |own: f64, alone: f64| (own + (0.5 + 1.0 + 1.5) * alone) / 7.0;
        for (token, expected) in [
            (2, after_1(0.5, alone(0.5))),
            (3, after_1(1.0, alone(0.5))),
            (4, after_1(2.5, alone(0.5))),
            (0, after_1(0.0, alone(1.5))),
            (5, after_1(0.0, alone(0.0))),
        ] {
            let ours = model.log_probability(&[1], token);
            assert!((ours - expected.ln()).abs() < 1e-12, "{ours} for {token}");
        }
    }

    #[test]
    fn nothing_is_read_past_a_separator_or_past_the_order() {
        let all = |model: &KneserNey, context: &[u32]| {
            (0..12).map(|token| model.log_probability(context, token)).collect::<Vec<_>>()
        };
        let model = KneserNey::train(&TOKENS, 3, VOCABULARY);
        assert_eq!(all(&model, &[1, 1, SEPARATOR]), all(&model, &[SEPARATOR]));
        assert_eq!(all(&model, &[9, SEPARATOR, SEPARATOR]), all(&model, &[SEPARATOR]));
        assert_eq!(all(&model, &[SEPARATOR, 1, 9]), all(&model, &[3, 1, 9]));
        // Documents in another order are the same model.
        let turned = KneserNey::train(&[0, 4, 5, 0, 6, 0, 1, 2, 3, 0], 4, VOCABULARY);
        let straight = KneserNey::train(&[0, 1, 2, 3, 0, 4, 5, 0, 6, 0], 4, VOCABULARY);
        for context in [&[][..], &[0], &[0, 1], &[1, 2, 3], &[3, 0, 4], &[5, 0]] {
            assert_eq!(all(&turned, context), all(&straight, context));
        }
    }

    #[test]
    fn any_stream_will_do() {
        for tokens in
            [&[][..], &[0], &[5], &[5, 6], &[0, 0, 0], &[3, 4, 3, 4, 5, 0, 5], &[11; 40], &[0, 9, 1]]
        {
            for order in 1..6 {
                let model = KneserNey::train(tokens, order, VOCABULARY);
                for context in [&[][..], &[0], &[5], &[3, 4], &[3, 4, 3, 4], &[11; 4], &[0, 0]] {
                    assert_sums_to_one(&model, context);
                }
                assert!(model.nats(&TOKENS).is_finite());
            }
        }
        let nothing = KneserNey::train(&[], 5, VOCABULARY);
        assert!((nothing.nats(&[0, 3, 11]) - 2.0 * 12f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn long_n_grams_of_many_numbers_fit() {
        let high = u32::from(u16::MAX);
        let model = KneserNey::train(&[0, high, 40_000, high, high, 0], 8, 1 << 16);
        let seen = model.log_probability(&[0, high, 40_000, high, high], 0);
        assert!(seen > model.log_probability(&[0, high, 40_000, high, high], high));
    }

    #[test]
    #[should_panic(expected = "9 tokens of 16 bits don't fit 128")]
    fn longer_n_grams_are_refused() {
        KneserNey::train(&[0, 1], 9, 1 << 16);
    }

    #[test]
    #[should_panic(expected = "a token is not below 12")]
    fn a_token_that_is_not_in_the_vocabulary_is_refused() {
        KneserNey::train(&[0, 12], 2, VOCABULARY);
    }

    /// 16 documents, one of them empty; 11 never occurs.
    #[rustfmt::skip]
    const TOKENS: [u32; 304] = [
        0, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 0, 2, 6, 4, 2, 2, 1, 1, 9, 1, 1, 9, 0, 2, 9,
        1, 1, 1, 1, 1, 9, 3, 3, 3, 1, 1, 10, 3, 1, 1, 1, 1, 1, 9, 1, 1, 0, 4, 3, 1, 9, 3, 3, 1, 9,
        3, 3, 1, 1, 9, 1, 1, 1, 0, 7, 4, 1, 1, 1, 10, 3, 10, 3, 3, 3, 1, 1, 9, 1, 9, 1, 1, 1, 9, 1,
        1, 1, 1, 9, 1, 1, 1, 0, 2, 6, 4, 2, 6, 4, 2, 6, 3, 3, 1, 1, 9, 1, 1, 1, 0, 2, 6, 9, 1, 1, 1,
        9, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 1, 9, 3, 1, 10, 3, 1, 1, 1, 1, 1, 1, 9, 1, 1, 0,
        0, 2, 9, 3, 1, 1, 1, 9, 1, 0, 7, 1, 9, 1, 1, 1, 10, 3, 3, 1, 1, 2, 2, 9, 3, 3, 1, 9, 1, 9,
        1, 9, 1, 1, 1, 1, 1, 9, 1, 1, 1, 9, 1, 1, 1, 1, 1, 9, 0, 2, 6, 8, 4, 2, 8, 8, 5, 4, 1, 1, 1,
        9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2, 1, 1, 1, 1, 1, 10, 3, 3, 3, 1, 9, 1, 10, 3, 1, 0, 4, 10,
        3, 1, 1, 1, 10, 3, 1, 9, 1, 1, 9, 3, 3, 1, 1, 1, 1, 1, 1, 0, 4, 1, 1, 1, 9, 0, 5, 4, 1, 1,
        1, 1, 1, 9, 1, 1, 9, 1, 1, 1, 1, 1, 9, 1, 1, 1, 9, 1, 0, 10, 3, 1, 9, 7, 1, 9, 1, 1, 1, 1,
        0,
    ];

    /// From `kn_reference.py`, which takes the formulas literally, with dictionaries, in exact fractions.
    const REFERENCE: [(usize, &[u32], u32, f64); 69] = [
        (2, &[], 8, -2.6890020061315156),
        (2, &[], 11, -3.2919980896971635),
        (2, &[0], 0, -2.9817282254699746),
        (2, &[11], 4, -2.1266944265303813),
        (2, &[3, 0], 3, -3.029191836272201),
        (2, &[3], 3, -1.059134456020441),
        (2, &[1, 9], 1, -0.34259242545004975),
        (2, &[9], 3, -1.929008415892796),
        (2, &[9, 1], 1, -0.41425320539221155),
        (2, &[0, 5], 4, -0.24245271064214746),
        (2, &[1, 1], 9, -1.563507606412924),
        (2, &[1, 1], 2, -5.040145050335839),
        (2, &[1], 9, -1.563507606412924),
        (2, &[1], 1, -0.41425320539221155),
        (2, &[0, 2], 2, -1.9522406859982342),
        (2, &[5, 4], 7, -3.6921135480580873),
        (2, &[1, 1], 5, -6.036542552262006),
        (2, &[1, 10], 11, -5.04027244698548),
        (2, &[1, 1], 4, -5.217515125813057),
        (2, &[4, 9], 11, -5.238811989378833),
        (2, &[3, 1], 11, -6.382818788979839),
        (2, &[11, 9], 8, -4.635815905813185),
        (2, &[1, 5], 10, -3.7776016955071956),
        (2, &[1, 11], 1, -1.9319061009712968),
        (3, &[], 8, -2.6890020061315156),
        (3, &[], 11, -3.2919980896971635),
        (3, &[0], 0, -3.0285172838837493),
        (3, &[11], 4, -2.1266944265303813),
        (3, &[3, 0], 3, -3.4560806553783925),
        (3, &[1, 1, 1], 9, -1.488739111942591),
        (3, &[1, 1, 10], 3, -0.028658337342445443),
        (3, &[1, 9, 1], 1, -0.24248753265091627),
        (3, &[10, 3, 1], 9, -1.2358309901331126),
        (3, &[1, 1, 1], 1, -0.4373862860286825),
        (3, &[9, 1, 1], 9, -1.488739111942591),
        (3, &[1, 1, 0], 2, -0.831856460500448),
        (3, &[2, 9], 4, -4.157884949892795),
        (3, &[1, 9, 1], 6, -6.5529674595777365),
        (3, &[9, 1], 1, -0.24248753265091627),
        (3, &[10, 10], 4, -4.351317978054715),
        (3, &[1, 0, 3], 5, -4.822038710235447),
        (3, &[2, 5, 1], 9, -1.4435230966203154),
        (3, &[9, 1, 1], 4, -6.603666077593904),
        (3, &[10], 7, -5.170345404503664),
        (5, &[], 8, -2.6890020061315156),
        (5, &[], 11, -3.2919980896971635),
        (5, &[0], 0, -3.0285172838837493),
        (5, &[11], 4, -2.1266944265303813),
        (5, &[3, 0], 3, -3.4560806553783925),
        (5, &[1, 1, 9, 3, 1], 10, -0.6536560795758356),
        (5, &[2, 2, 1, 1], 9, -0.5184637216016931),
        (5, &[1, 1], 9, -1.143018711726513),
        (5, &[1, 1, 1, 9], 0, -2.4741220387100573),
        (5, &[9, 0, 2, 6, 8], 4, -0.17766715060082747),
        (5, &[1, 1], 0, -2.275939507877361),
        (5, &[2, 6, 9, 1], 1, -0.14859830531026008),
        (5, &[2, 6, 4, 2], 6, -0.7114788060503767),
        (5, &[1, 10, 3, 1, 1], 1, -0.4428006707258433),
        (5, &[9, 1], 10, -2.1657918380626477),
        (5, &[1, 1], 3, -5.270815343349638),
        (5, &[1, 1, 1], 5, -7.093144878662372),
        (5, &[6, 3, 3, 1, 1], 2, -2.101880226507375),
        (5, &[6, 3, 3, 1], 0, -3.576689103306129),
        (5, &[1, 1, 1, 9], 2, -6.637323942096901),
        (5, &[9, 1, 1], 11, -7.31158774387032),
        (5, &[4, 5, 7], 11, -3.7869346006358198),
        (5, &[1, 11, 6], 0, -3.3554809396092997),
        (5, &[0, 11, 3, 3], 7, -6.000693706577094),
        (5, &[9, 7, 11, 1, 4], 0, -3.6143425735255885),
    ];

    /// The corpus itself, from the same program.
    const NATS: [(usize, f64); 3] = [(2, 316.7495107130563), (3, 284.42088627836927), (5, 231.0730425215399)];

    /// From `KenLM` 0.3.0: `lmplz -o ORDER --discount_fallback`, decimal logarithms.
    const LMPLZ: [(usize, &[u32], u32, f64); 23] = [
        (2, &[], 11, -1.429697),
        (2, &[3, 0], 3, -1.315561),
        (2, &[9], 3, -0.8377577),
        (2, &[1, 1], 9, -0.6790227),
        (2, &[1], 1, -0.1799078),
        (2, &[1, 1], 5, -2.621637),
        (2, &[4, 9], 11, -2.275187),
        (2, &[1, 5], 10, -1.640592),
        (3, &[], 11, -1.429697),
        (3, &[3, 0], 3, -1.500957),
        (3, &[1, 9, 1], 1, -0.105311),
        (3, &[9, 1, 1], 9, -0.6465512),
        (3, &[1, 9, 1], 6, -2.845918),
        (3, &[1, 0, 3], 5, -2.094185),
        (3, &[10], 7, -2.245452),
        (5, &[], 11, -1.429697),
        (5, &[3, 0], 3, -1.500957),
        (5, &[1, 1], 9, -0.4964067),
        (5, &[1, 1], 0, -0.988428),
        (5, &[1, 10, 3, 1, 1], 1, -0.1923059),
        (5, &[1, 1, 1], 5, -3.080514),
        (5, &[1, 1, 1, 9], 2, -2.882553),
        (5, &[1, 11, 6], 0, -1.457267),
    ];
}
