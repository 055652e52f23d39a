//! What the page says first: its title, taken from the text, and how the record was made.

use crate::options::Options;
use crate::page::escape::marked_up;
use crate::values::provenance::Provenance;
use saliency_schema::Record;

/// Characters of the input, and of the outputs, in a title.
const ROOM: usize = 45;

/// The end of the input and the beginning of the outputs, as they are in the text.
pub(crate) struct Title {
    input: String,
    outputs: String,
}

impl Title {
    /// The title of a record, whose tokens have these texts. What stands at a place of the text and is none of it, such
    /// as a decoder's start token, is left out.
    pub(crate) fn of(record: &Record, texts: &[String]) -> Self {
        let is_text = |i: &usize| {
            let token = record.tokens.get(*i);
            token.is_none_or(|token| token.start.is_none() || token.start != token.end)
        };
        let joined = |places: std::ops::Range<usize>| {
            let text: String = places.filter(is_text).map(|i| texts[i].as_str()).collect();
            text.split_whitespace().collect::<Vec<_>>().join(" ")
        };
        let n_input = record.n_input();
        let (input, outputs) = (joined(0..n_input), joined(n_input..texts.len()));
        Self { input: end(&input), outputs: start(&outputs) }
    }

    /// As plain text.
    pub(crate) fn text(&self) -> String {
        [&*self.input, &*self.outputs]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// As HTML, with the outputs set off.
    pub(crate) fn html(&self) -> String {
        format!("{} <b>{}</b>", marked_up(&self.input), marked_up(&self.outputs))
    }
}

/// The last words that have room.
fn end(text: &str) -> String {
    let count = text.chars().count();
    if count <= ROOM {
        return text.to_owned();
    }
    let tail: String = text.chars().skip(count - ROOM).collect();
    format!("…{}", tail.split_once(' ').map_or(&*tail, |(_, whole)| whole))
}

/// The first words that have room.
fn start(text: &str) -> String {
    if text.chars().count() <= ROOM {
        return text.to_owned();
    }
    let head: String = text.chars().take(ROOM).collect();
    format!("{}…", head.rsplit_once(' ').map_or(&*head, |(whole, _)| whole))
}

/// Model, method, target and what is known of the numbers, with dots between; what is not recorded is left out.
pub(crate) fn facts(record: &Record, options: &Options) -> String {
    let made = Provenance::of(record, options);
    let known = |value: &&str| !value.starts_with("not recorded");
    let aggregate = Some(&*made.aggregate).filter(known).map(|name| format!("aggregate {name}"));
    let normalize = Some(&*made.normalize).filter(|name| known(name) && **name != *"none");
    let normalize = normalize.map(|name| format!("normalised by {name}"));
    let whole = [&*made.model, &*made.method, &*made.target].into_iter().filter(known).map(str::to_owned);
    whole.chain(aggregate).chain(normalize).collect::<Vec<_>>().join(" · ")
}
