//! The texts of a record's tokens, so that LIT's client puts words and sentences together as they are.
//!
//! The client joins texts and looks for white space: a word begins at a token with white space, or after a line break.
//! It takes only one beginning from each token; a second one would cut at the next.

use saliency_schema::{Record, Token};

/// Of a decoder's start token that has no text.
const START: &str = "[start]";

/// One text for each token.
pub(crate) fn texts(record: &Record) -> Vec<String> {
    let mut texts = whole_characters(&record.tokens);
    if let Some(start) = record.source() {
        set_apart(&mut texts, &record.tokens, start);
    }
    texts
}

/// Whether a token is no text: its span is empty.
pub(crate) fn is_special(token: &Token) -> bool {
    token.start.is_some() && token.start == token.end
}

/// Where several tokens hold a character's bytes together, the first shows all of it and the others nothing.
fn whole_characters(tokens: &[Token]) -> Vec<String> {
    let mut texts: Vec<_> = tokens.iter().map(|token| token.text.clone()).collect();
    let mut at = 0;
    while at < tokens.len() {
        let run = tokens[at..].iter().take_while(|token| token.bytes.is_some()).count();
        // The shortest run that is text; at most four tokens hold one character.
        let whole = (2..=run.min(4)).find_map(|n| {
            let bytes: Vec<u8> = tokens[at..at + n].iter().flat_map(Token::exact_bytes).copied().collect();
            Some((n, String::from_utf8(bytes).ok()?))
        });
        at += match whole {
            Some((n, text)) => {
                texts[at..at + n].fill(String::new());
                texts[at] = text;
                n
            }
            None => 1,
        };
    }
    texts
}

/// Sets a decoder's start token apart from the source's last word and from the answer's first, and that from its end.
fn set_apart(texts: &mut [String], tokens: &[Token], start: usize) {
    if texts[start].is_empty() {
        START.clone_into(&mut texts[start]);
    }
    match start.checked_sub(1).and_then(|last| texts.get_mut(last)) {
        // The end of the source ends a sentence, too.
        Some(last) if !last.is_empty() && !last.contains(is_space) => last.push('\n'),
        _ => texts[start].insert(0, ' '),
    }
    for at in start + 1..texts.len() {
        let begins = at == start + 1 || is_special(&tokens[at]);
        if begins && !texts[at].starts_with(is_space) {
            texts[at].insert(0, ' ');
        }
    }
}

/// What LIT takes for a space: white space, and the mark of it in pieces of T5's kind.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '▁'
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::texts;
    use saliency_schema::{Kind, Record, Token};

    fn record(inputs: &[&str], source: usize, output: &str) -> Record {
        let mut tokens: Vec<_> = inputs.iter().map(|text| Token::new(0, *text, Kind::Input)).collect();
        tokens.push(Token::new(0, output, Kind::Output));
        let rows = vec![vec![Some(1.0); inputs.len()]];
        Record::new(tokens, rows).unwrap().with_source(source)
    }

    #[test]
    fn a_start_token_is_a_word_by_itself() {
        // By hand, as the client's regular expression cuts: before a token with a space or a line break, and before
        // one that follows a line break.
        let whole = record(&["Who", " went", "?", "</s>", "<pad>"], 4, "Mary");
        assert_eq!(texts(&whole), ["Who", " went", "?", "</s>\n", "<pad>", " Mary"]);
        let without_end = record(&["Who", " went", "<pad>"], 2, " Mary");
        assert_eq!(texts(&without_end), ["Who", " went", " <pad>", " Mary"]);
        let without_text = record(&["▁Who", ""], 1, "▁Mary");
        assert_eq!(texts(&without_text), ["▁Who", " [start]", "▁Mary"]);
    }

    #[test]
    fn the_end_of_an_answer_is_a_word_by_itself() {
        let mut tokens = record(&["Who", "<pad>"], 1, "Mary").tokens;
        tokens.push(Token::new(1, "</s>", Kind::Output).with_span(8..8));
        let record =
            Record::new(tokens, vec![vec![Some(1.0); 2], vec![Some(1.0); 3]]).unwrap().with_source(1);
        assert_eq!(texts(&record), ["Who\n", "<pad>", " Mary", " </s>"]);
    }

    #[test]
    fn a_character_of_several_tokens_is_shown_once() {
        let bytes = "🚀".as_bytes();
        let part = |range: std::ops::Range<usize>| Token::from_bytes(1, bytes[range].to_vec(), Kind::Input);
        let lone = Token::from_bytes(1, vec![0x80], Kind::Input);
        let tokens = vec![lone, part(0..1), part(1..3), part(3..4), Token::new(1, "a", Kind::Output)];
        let record = Record::new(tokens, vec![vec![Some(1.0); 4]]).unwrap();
        assert_eq!(texts(&record), ["\u{fffd}", "🚀", "", "", "a"]);
    }
}
