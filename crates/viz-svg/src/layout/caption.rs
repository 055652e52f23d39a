//! Sentences above what is drawn, in as many lines as they need.

use crate::paint::theme::Theme;
use crate::scene::{Item, Text};
use crate::text::font;

const SIZE: f64 = 11.0;
const LINE: f64 = 16.0;

/// The sentences, each in lines of its own, and their height.
pub(crate) fn lay_out(sentences: &[String], room: f64, theme: Theme) -> (Vec<Item>, f64) {
    let lines = sentences.iter().flat_map(|sentence| lines(sentence, room));
    let line = |(number, text): (usize, String)| {
        Item::from(Text::new(text, 0.0, number as f64 * LINE + 10.0, SIZE, theme.muted()))
    };
    let items: Vec<Item> = lines.enumerate().map(line).collect();
    let height = items.len() as f64 * LINE;
    (items, height)
}

/// A text in lines that are no wider than there is room, broken at its spaces.
fn lines(text: &str, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        let word = font::fitted(word, SIZE, room);
        match lines.last_mut() {
            Some(line) if font::width(&format!("{line} {word}"), SIZE) <= room => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::lines;
    use crate::text::font;

    #[test]
    fn a_sentence_breaks_at_its_spaces() {
        let room = 12.0 * font::width("x", super::SIZE) + 0.1;
        assert_eq!(lines("one two three  four", room), ["one two", "three four"]);
        assert_eq!(lines("unbreakable-word", room), ["unbreakable…"]);
    }
}
