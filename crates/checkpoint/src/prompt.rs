//! A text as the model is to read it: with or without a token that begins it, plain or put into a template.

pub(crate) mod chat;
pub(crate) mod date;
mod json;
pub(crate) mod parts;

use crate::error::Error;
use crate::prompt::chat::Chat;
use crate::prompt::date::Date;
use crate::prompt::parts::{between, found, parts};
use crate::tokenizer::Tokenizer;
use saliency_schema::Part;
use std::ops::Range;

/// Texts that no template holds: the user's, and the system's.
const MARK: &str = "\u{e000}the text\u{e001}";
const SYSTEM_MARK: &str = "\u{e000}the system\u{e001}";

/// A text, and how it is put before the model. A `&str` is one: plain, and begun as the tokenizer's own files say.
///
/// ```
/// use saliency_checkpoint::{Prompt, Template};
///
/// let plain = Prompt::from("The race to Mars");
/// let begun = Prompt::from("The race to Mars").bos(true);
/// let asked = Prompt::from("Who won?").template(Template::Filled("Q: {text}\nA:".into()));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    text: String,
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
    /// A text with `{text}` in it, once.
    Filled(String),
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

    /// What is read after the token that begins it, if that comes.
    pub(crate) fn filled(&self, tokenizer: &Tokenizer) -> Result<Filled, Error> {
        let known = |whole: String, text: Range<usize>, parts| Filled {
            whole,
            text: Some(text.clone()),
            made: Some(text),
            parts,
        };
        self.check()?;
        match &self.template {
            Template::Plain => Ok(known(self.text.clone(), 0..self.text.len(), Vec::new())),
            Template::Filled(template) => {
                let begins = template.find("{text}").unwrap_or(0);
                let text = begins..begins + self.text.len();
                let whole = template.replace("{text}", &self.text);
                let parts = parts(vec![("user", text.clone())], whole.len());
                Ok(known(whole, text, parts))
            }
            Template::Chat { system } => self.chat(tokenizer, system.as_deref()),
        }
    }

    fn chat(&self, tokenizer: &Tokenizer, system: Option<&str>) -> Result<Filled, Error> {
        let chat = Chat { tokenizer, date: self.date };
        let whole = chat.render(system, &self.text)?;
        let another = Chat { date: self.date.map(Date::another), tokenizer };
        if self.date.is_some() && another.render(system, &self.text)? == whole {
            return Err(Error::DateUnused { template: "the chat template asks for no date" });
        }
        // Where the text lies is seen on another text in its place.
        let marked = chat.render(system, MARK)?;
        let made = marked.split_once(MARK).and_then(|(before, after)| {
            let made = whole.strip_prefix(before)?.strip_suffix(after)?;
            (!after.contains(MARK)).then_some(before.len()..before.len() + made.len())
        });
        let text = made.clone().filter(|made| whole[made.clone()] == self.text);
        let user = ("user", MARK, &*self.text);
        // And where the system's message lies: the one that was given, or one that the template has of its own.
        let both = chat.render(Some(SYSTEM_MARK), MARK).ok().and_then(|twice| {
            let system = system.or_else(|| between(&marked, &twice, SYSTEM_MARK))?;
            found(&whole, &twice, vec![("system", SYSTEM_MARK, system), user])
        });
        let found = both.or_else(|| found(&whole, &marked, vec![user])).unwrap_or_default();
        let parts = parts(found, whole.len());
        Ok(Filled { whole, text, made, parts })
    }

    /// Checks what can be checked without a tokenizer.
    ///
    /// # Errors
    /// [`Error::Template`] for one that does not hold `{text}` once; [`Error::DateUnused`] for a date without a chat
    /// template.
    pub fn check(&self) -> Result<(), Error> {
        match &self.template {
            Template::Filled(template) if template.matches("{text}").count() != 1 => {
                let why = "it must hold {text} once".to_owned();
                Err(Error::Template { template: template.clone(), why })
            }
            Template::Plain | Template::Filled(_) if self.date.is_some() => {
                Err(Error::DateUnused { template: "a date is for chat templates alone" })
            }
            _ => Ok(()),
        }
    }

    /// Whether a token is put before the text.
    pub(crate) fn is_begun(&self, tokenizer: &Tokenizer) -> bool {
        let by_template = matches!(self.template, Template::Chat { .. });
        self.bos.unwrap_or(tokenizer.adds_bos() && !by_template)
    }

    /// What a record says of the template.
    pub(crate) fn template_name(&self) -> Option<String> {
        match &self.template {
            Template::Plain => None,
            Template::Chat { system } => {
                let date = self.date.map(|date| format!(", date: {date}")).unwrap_or_default();
                let system = system.as_ref().map(|system| format!(", system: {system}")).unwrap_or_default();
                Some(format!("chat{date}{system}"))
            }
            Template::Filled(template) => Some(template.clone()),
        }
    }
}

impl<T: Into<String>> From<T> for Prompt {
    fn from(text: T) -> Self {
        Self { text: text.into(), bos: None, template: Template::Plain, special_as_text: false, date: None }
    }
}
