//! A text as the model is to read it: with or without a token that begins it, plain or put into a template.

pub(crate) mod chat;
pub(crate) mod date;
mod json;
mod message;
pub(crate) mod parts;
pub(crate) mod task;

use crate::error::Error;
use crate::prompt::chat::Chat;
use crate::prompt::date::Date;
use crate::prompt::message::Message;
use crate::prompt::parts::{between, found, parts};
use crate::prompt::task::Task;
use crate::tokenizer::Tokenizer;
use saliency_schema::Part;
use std::ops::Range;

/// Texts that no template holds: the user's, and the system's.
const MARK: &str = "\u{e000}the text\u{e001}";
const SYSTEM_MARK: &str = "\u{e000}the system\u{e001}";

/// A text, and how it is put before the model. A `&str` is one: plain, and begun as the tokenizer's own files say.
///
/// ```
/// use saliency_checkpoint::{Prompt, Task, Template};
///
/// let plain = Prompt::from("The race to Mars");
/// let begun = Prompt::from("The race to Mars").bos(true);
/// let asked = Prompt::from("Who won?").template(Template::Filled("Q: {text}\nA:".into()));
/// let about = Prompt::from("Gideon went to Bethel.").template(Template::Task(Task::Answer)).question("Who went?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    text: String,
    question: Option<String>,
    bos: Option<bool>,
    template: Template,
    special_as_text: bool,
    date: Option<Date>,
}

/// What is read after the token that begins it, if that comes.
pub(crate) struct Filled {
    /// The whole text.
    pub(crate) whole: String,
    /// Where in it the text alone lies, if it is there unchanged.
    pub(crate) text: Option<Range<usize>>,
    /// Where in it lies what the template made of the text, if that can be told.
    pub(crate) made: Option<Range<usize>>,
    /// What the template put where, itself included; none where there is no template, or where one changed the texts.
    pub(crate) parts: Vec<Part>,
}

/// What a text is put into.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Template {
    /// Nothing.
    #[default]
    Plain,
    /// The checkpoint's own chat template, as one message of the user and the beginning of the answer.
    Chat {
        /// A message of the system before it.
        system: Option<String>,
    },
    /// A text with `{text}` in it, once; and with `{question}`, once, where there is a question.
    Filled(String),
    /// A task in the words that suit the model: as a message in its chat template where it has one, and in T5's words
    /// where it is an encoder–decoder without.
    Task(Task),
}

impl Prompt {
    /// Whether the token that begins a text is put before it. Where nothing is said the tokenizer's files decide, as
    /// they do in the transformers library; in a chat the template does.
    #[must_use]
    pub fn bos(mut self, bos: bool) -> Self {
        self.bos = Some(bos);
        self
    }

    /// Puts the text into a template.
    #[must_use]
    pub fn template(mut self, template: Template) -> Self {
        self.template = template;
        self
    }

    /// A question about the text, for [`Task::Answer`] and for a template with `{question}`.
    #[must_use]
    pub fn question(self, question: impl Into<String>) -> Self {
        Self { question: Some(question.into()), ..self }
    }

    /// Reads special tokens in the text, such as `<|endoftext|>`, as plain characters, and in a continuation that is
    /// forced too. Those of a template (its system message among them) stay special, and so does the token that begins
    /// a text. Default: no.
    #[must_use]
    pub fn special_as_text(mut self, as_text: bool) -> Self {
        self.special_as_text = as_text;
        self
    }

    /// The day that the chat template writes where it asks for today's date. A template that asks has to be given one,
    /// so that a record can be made again; one that does not ask must not. Default: none.
    #[must_use]
    pub fn date(mut self, date: Date) -> Self {
        self.date = Some(date);
        self
    }

    /// Whether special tokens in the text are read as plain characters.
    pub(crate) fn reads_special_as_text(&self) -> bool {
        self.special_as_text
    }

    /// The text alone.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What is read after the token that begins it, if that comes. `reads_source`: the model is an encoder–decoder.
    pub(crate) fn filled(&self, tokenizer: &Tokenizer, reads_source: bool) -> Result<Filled, Error> {
        self.check()?;
        let message = self.message(self.form(tokenizer, reads_source)?.as_deref());
        if self.is_chat(tokenizer) {
            let system = match &self.template {
                Template::Chat { system } => system.as_deref(),
                _ => None,
            };
            return self.chat(tokenizer, system, &message);
        }
        let parts = match &self.template {
            Template::Plain => Vec::new(),
            _ => parts(message.parts.clone(), message.whole.len()),
        };
        Ok(Filled { made: Some(message.given()), text: Some(message.text), whole: message.whole, parts })
    }

    /// The form that the text is put into, but for the chat template around it.
    fn form(&self, tokenizer: &Tokenizer, reads_source: bool) -> Result<Option<String>, Error> {
        match &self.template {
            Template::Plain | Template::Chat { .. } => Ok(None),
            Template::Filled(template) => Ok(Some(template.clone())),
            Template::Task(task) if tokenizer.chat_template().is_some() => {
                Ok(Some(task.for_chat().to_owned()))
            }
            Template::Task(task) if reads_source => Ok(Some(task.for_source().to_owned())),
            Template::Task(task) => Err(Error::Template {
                template: task.name().to_owned(),
                why:
                    "the model has no chat template and is no encoder–decoder; say it in your own words with \
                      `Prompt::template`"
                        .to_owned(),
            }),
        }
    }

    fn message(&self, form: Option<&str>) -> Message {
        match form {
            None => Message::plain(&self.text),
            Some(form) => Message::filled(form, &self.text, self.question.as_deref()),
        }
    }

    /// Whether the text becomes a message in the checkpoint's chat template.
    fn is_chat(&self, tokenizer: &Tokenizer) -> bool {
        match self.template {
            Template::Chat { .. } => true,
            Template::Task(_) => tokenizer.chat_template().is_some(),
            Template::Plain | Template::Filled(_) => false,
        }
    }

    fn chat(&self, tokenizer: &Tokenizer, system: Option<&str>, message: &Message) -> Result<Filled, Error> {
        let (chat, said) = (Chat { tokenizer, date: self.date }, &*message.whole);
        let whole = chat.render(system, said)?;
        let another = Chat { date: self.date.map(Date::another), tokenizer };
        if self.date.is_some() && another.render(system, said)? == whole {
            return Err(Error::DateUnused { template: "the chat template asks for no date" });
        }
        // Where the message lies is seen on another one in its place.
        let marked = chat.render(system, MARK)?;
        let made = marked.split_once(MARK).and_then(|(before, after)| {
            let made = whole.strip_prefix(before)?.strip_suffix(after)?;
            (!after.contains(MARK)).then_some(before.len()..before.len() + made.len())
        });
        let text = made.clone().filter(|made| whole[made.clone()] == *said);
        let text = text.map(|made| made.start + message.text.start..made.start + message.text.end);
        let user = ("user", MARK, said);
        // And where the system's message lies: the one that was given, or one that the template has of its own.
        let both = chat.render(Some(SYSTEM_MARK), MARK).ok().and_then(|twice| {
            let system = system.or_else(|| between(&marked, &twice, SYSTEM_MARK))?;
            found(&whole, &twice, vec![("system", SYSTEM_MARK, system), user])
        });
        let found = both.or_else(|| found(&whole, &marked, vec![user])).unwrap_or_default();
        // What was given lies within the message, unless the template cut it.
        let within = |(name, bytes): (&'static str, Range<usize>)| {
            if name == "user" && bytes.len() == said.len() {
                let moved = |(name, part): &(&'static str, Range<usize>)| {
                    (*name, bytes.start + part.start..bytes.start + part.end)
                };
                message.parts.iter().map(moved).collect()
            } else {
                vec![(name, bytes)]
            }
        };
        let parts = parts(found.into_iter().flat_map(within).collect(), whole.len());
        Ok(Filled { whole, text, made, parts })
    }

    /// Checks what can be checked without a tokenizer.
    ///
    /// # Errors
    /// [`Error::Template`] for one that does not hold `{text}` once, and for a question that is missing or has no
    /// place; [`Error::DateUnused`] for a date without a chat template.
    pub fn check(&self) -> Result<(), Error> {
        let asks = self.question.is_some();
        let failed = |template: &str, why: &str| {
            Err(Error::Template { template: template.to_owned(), why: why.to_owned() })
        };
        match &self.template {
            Template::Plain | Template::Filled(_) if self.date.is_some() => {
                Err(Error::DateUnused { template: "a date is for chat templates alone" })
            }
            Template::Filled(template) => message::check(template, asks),
            Template::Task(Task::Answer) if !asks => {
                failed("qa", "there is no question; give one with `Prompt::question`")
            }
            Template::Task(Task::Summarize) if asks => failed("summarize", "it takes no question"),
            Template::Plain | Template::Chat { .. } if asks => {
                failed("none", "a question needs the task qa, or a template with {question}")
            }
            _ => Ok(()),
        }
    }

    /// Whether a token is put before the text.
    pub(crate) fn is_begun(&self, tokenizer: &Tokenizer) -> bool {
        self.bos.unwrap_or(tokenizer.adds_bos() && !self.is_chat(tokenizer))
    }

    /// What a record says of the template.
    pub(crate) fn template_name(&self, tokenizer: &Tokenizer) -> Option<String> {
        let date = self.date.map(|date| format!(", date: {date}")).unwrap_or_default();
        match &self.template {
            Template::Plain => None,
            Template::Chat { system } => {
                let system = system.as_ref().map(|system| format!(", system: {system}")).unwrap_or_default();
                Some(format!("chat{date}{system}"))
            }
            Template::Filled(template) => Some(template.clone()),
            Template::Task(task) if self.is_chat(tokenizer) => {
                Some(format!("chat{date}, message: {}", task.for_chat()))
            }
            Template::Task(task) => Some(task.for_source().to_owned()),
        }
    }
}

impl<T: Into<String>> From<T> for Prompt {
    fn from(text: T) -> Self {
        Self {
            text: text.into(),
            question: None,
            bos: None,
            template: Template::Plain,
            special_as_text: false,
            date: None,
        }
    }
}
