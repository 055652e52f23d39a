//! Tasks: what a model is asked to do with a text, in the words that its family was trained on.

use std::fmt;
use std::str::FromStr;

/// What a model is asked to do with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Task {
    /// To answer a question about it ([`Prompt::question`](crate::Prompt::question)).
    Answer,
    /// To summarise it.
    Summarize,
}

impl Task {
    /// Both, in the order of listings.
    pub const ALL: [Self; 2] = [Self::Answer, Self::Summarize];

    /// The name, lower case: `qa` or `summarize`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Answer => "qa",
            Self::Summarize => "summarize",
        }
    }

    /// T5's own words, for an encoder–decoder.
    pub(crate) fn for_source(self) -> &'static str {
        match self {
            Self::Answer => "question: {question} context: {text}",
            Self::Summarize => "summarize: {text}",
        }
    }

    /// A user's message, for a model with a chat template.
    pub(crate) fn for_chat(self) -> &'static str {
        match self {
            Self::Answer => "{text}\n\nQuestion: {question}",
            Self::Summarize => "Summarize in one sentence: {text}",
        }
    }
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Task {
    type Err = String;
    fn from_str(name: &str) -> Result<Self, String> {
        let known = || Self::ALL.map(Self::name).join(", ");
        Self::ALL
            .into_iter()
            .find(|task| task.name() == name)
            .ok_or_else(|| format!("no task is called {name:?}; there are {}", known()))
    }
}
