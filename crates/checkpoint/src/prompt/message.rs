//! A text, and a question about it, in a form with places for them.

use crate::error::Error;
use std::ops::Range;

pub(crate) const TEXT: &str = "{text}";
pub(crate) const QUESTION: &str = "{question}";

/// What a form became, and what lies where in it.
pub(crate) struct Message {
    pub(crate) whole: String,
    /// Where the text lies.
    pub(crate) text: Range<usize>,
    /// What was given, by the names of parts, in order.
    pub(crate) parts: Vec<(&'static str, Range<usize>)>,
}

impl Message {
    /// A text that stands alone.
    pub(crate) fn plain(text: &str) -> Self {
        Self { whole: text.to_owned(), text: 0..text.len(), parts: vec![("user", 0..text.len())] }
    }

    /// A form that passed [`check`], filled.
    pub(crate) fn filled(form: &str, text: &str, question: Option<&str>) -> Self {
        let named = match question {
            Some(question) => vec![(TEXT, "context", text), (QUESTION, "question", question)],
            None => vec![(TEXT, "user", text)],
        };
        let mut places: Vec<_> = named
            .into_iter()
            .filter_map(|(mark, name, text)| Some((form.find(mark)?, mark, name, text)))
            .collect();
        places.sort_by_key(|(at, ..)| *at);
        let (mut whole, mut read, mut parts) = (String::new(), 0, Vec::new());
        for (at, mark, name, text) in places {
            whole.push_str(&form[read..at]);
            parts.push((name, whole.len()..whole.len() + text.len()));
            whole.push_str(text);
            read = at + mark.len();
        }
        whole.push_str(&form[read..]);
        let is_text = |(name, _): &&(&str, Range<usize>)| *name != "question";
        let text = parts.iter().find(is_text).map_or(0..0, |(_, bytes)| bytes.clone());
        Self { whole, text, parts }
    }

    /// From the first byte that was given to the last.
    pub(crate) fn given(&self) -> Range<usize> {
        let (first, last) = (self.parts.first(), self.parts.last());
        first.zip(last).map_or(0..0, |((_, first), (_, last))| first.start..last.end)
    }
}

/// Whether a form has the places that there are texts for, each once.
pub(crate) fn check(form: &str, asks: bool) -> Result<(), Error> {
    let failed = |why: &str| Err(Error::Template { template: form.to_owned(), why: why.to_owned() });
    if form.matches(TEXT).count() != 1 {
        return failed("it must hold {text} once");
    }
    match (form.matches(QUESTION).count(), asks) {
        (1, true) | (0, false) => Ok(()),
        (_, false) => failed("there is no question for {question}; give one with `Prompt::question`"),
        (0, true) => failed("there is a question, and it must hold {question}"),
        (_, true) => failed("it must hold {question} once"),
    }
}
