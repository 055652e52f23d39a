//! Merges: as a file lists them, or as the scores of its tokens stand for them.

use saliency_attribution::TokenId;
use std::cmp::Reverse;
use std::collections::HashMap;

/// Two tokens that become one.
type Merge<'a> = (&'a str, &'a str);

/// Merges that are listed: two tokens with a space between them. A token may begin with a space.
///
/// # Errors
/// One that is no two tokens.
pub(crate) fn pairs(merges: Vec<&str>) -> Result<Vec<Merge<'_>>, &str> {
    let pair = |merge: &'_ str| {
        let first = merge.chars().next().map_or(0, char::len_utf8);
        merge.get(first..).and_then(|rest| rest.find(' ')).map(|space| first + space)
    };
    merges
        .into_iter()
        .map(|merge| pair(merge).map(|at| (&merge[..at], &merge[at + 1..])).ok_or(merge))
        .collect()
}

/// The merges of tokens with scores: every way in which a token is two others, the highest score first. Equal scores
/// are in the order that the transformers library has: by the parts' lengths, the longer first, and by the parts'
/// numbers.
pub(crate) fn by_scores<'a>(
    tokens: impl Iterator<Item = (&'a str, f32)>,
    numbers: &HashMap<&'a str, TokenId>,
) -> Vec<Merge<'a>> {
    let mut merges = Vec::new();
    for (token, score) in tokens {
        let mut ways: Vec<(TokenId, TokenId, Merge<'a>)> = Vec::new();
        for (at, _) in token.char_indices().skip(1) {
            let (left, right) = token.split_at(at);
            if let (Some(&first), Some(&second)) = (numbers.get(left), numbers.get(right)) {
                ways.push((first, second, (left, right)));
            }
        }
        ways.sort_by_key(|(first, second, _)| (*first, *second));
        merges.extend(ways.into_iter().map(|(.., merge)| (score, merge)));
    }
    let length = |token: &str| token.chars().count();
    merges.sort_by(|(score, (left, right)), (other, (other_left, other_right))| {
        let lengths = |left, right| Reverse((length(left), length(right)));
        other.total_cmp(score).then_with(|| lengths(left, right).cmp(&lengths(other_left, other_right)))
    });
    merges.into_iter().map(|(_, merge)| merge).collect()
}
