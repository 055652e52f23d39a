//! Where sentences begin in a run of tokens.

use saliency_schema::{Token, sentence_starts};

/// The tokens at which sentences begin, but for the first; none where every token is a sentence, or all are one.
pub(crate) fn borders(tokens: &[Token]) -> Vec<usize> {
    let starts = sentence_starts(tokens);
    if starts.len() + 1 == tokens.len() { Vec::new() } else { starts }
}

#[cfg(test)]
mod tests {
    use super::borders;
    use saliency_schema::{Kind, Token};

    #[test]
    fn sentences_begin_after_full_stops() {
        let tokens = |texts: &[&str]| -> Vec<Token> {
            texts.iter().map(|text| Token::new(0, *text, Kind::Input)).collect()
        };
        assert_eq!(borders(&tokens(&["It", " rained", ".", " Dr.", " No", " came", "."])), [3]);
        assert!(borders(&tokens(&["It rained. ", "We left. "])).is_empty());
        assert!(borders(&tokens(&["It", " rained"])).is_empty() && borders(&[]).is_empty());
    }
}
