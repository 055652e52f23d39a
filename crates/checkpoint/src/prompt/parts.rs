//! Which bytes of a filled template are whose: the user's text, the system's message, the template itself.

use saliency_schema::Part;
use std::ops::Range;

/// Where texts lie in a whole text: by name, in order. `marked` is the whole text with marks in their places, of which
/// each must stand there once; a template may have taken the white space around a text away.
pub(crate) fn found<'a>(
    whole: &str,
    marked: &str,
    mut texts: Vec<(&'a str, &str, &str)>,
) -> Option<Vec<(&'a str, Range<usize>)>> {
    if texts.iter().any(|(_, mark, _)| marked.matches(mark).count() != 1) {
        return None;
    }
    texts.sort_by_key(|(_, mark, _)| marked.find(mark));
    let (mut found, mut at, mut rest) = (Vec::new(), 0, marked);
    for (index, (name, mark, text)) in texts.iter().enumerate() {
        let (before, after) = rest.split_once(mark)?;
        at += whole[at..].strip_prefix(before).map(|_| before.len())?;
        rest = after;
        let next =
            texts.get(index + 1).and_then(|(_, mark, _)| rest.find(mark)).map_or(rest, |end| &rest[..end]);
        let fits = |text: &&str| {
            let behind = whole[at..].strip_prefix(*text);
            behind.is_some_and(|behind| {
                if next.len() == rest.len() { behind == next } else { behind.starts_with(next) }
            })
        };
        let text = [*text, text.trim(), text.trim_start(), text.trim_end()].into_iter().find(fits)?;
        found.push((*name, at..at + text.len()));
        at += text.len();
    }
    (&whole[at..] == rest).then_some(found)
}

/// What a text has in a mark's place in another one that is otherwise the same: `None` where it has nothing there.
pub(crate) fn between<'a>(text: &'a str, marked: &str, mark: &str) -> Option<&'a str> {
    let (before, after) = marked.split_once(mark)?;
    text.strip_prefix(before)?.strip_suffix(after).filter(|text| !text.is_empty())
}

/// The parts of a whole text of so many bytes, with what the template put around the texts.
pub(crate) fn parts(texts: Vec<(&str, Range<usize>)>, bytes: usize) -> Vec<Part> {
    let (mut parts, mut reached) = (Vec::new(), 0);
    let around = |parts: &mut Vec<Part>, bytes: Range<usize>| {
        if !bytes.is_empty() {
            parts.push(Part::new("template", bytes));
        }
    };
    if texts.is_empty() {
        return parts;
    }
    for (name, text) in texts {
        around(&mut parts, reached..text.start);
        reached = text.end;
        parts.push(Part::new(name, text));
    }
    around(&mut parts, reached..bytes);
    parts
}
