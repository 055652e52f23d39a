//! A text as the model is to read it: with or without a token that begins it, plain or put into a template.

use crate::{Error, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};
use saliency_schema::Part;
use std::ops::Range;

/// Instructions that a chat template may run.
const FUEL: u64 = 1_000_000;
/// Bytes that a chat template may have, and its stack: a bracket in a bracket takes less than 4 kB.
const LONGEST: usize = 1 << 15;
const STACK: usize = 1 << 27;
/// Texts that no template holds: the user's, and the system's.
const MARK: &str = "\u{e000}the text\u{e001}";
const SYSTEM_MARK: &str = "\u{e000}the system\u{e001}";

/// A text, and how it is put before the model. A `&str` is one: plain, and begun as the tokenizer's own files say.
///
/// ```
/// use saliency_model_gpt2::{Prompt, Template};
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
        match &self.template {
            Template::Plain => Ok(known(self.text.clone(), 0..self.text.len(), Vec::new())),
            Template::Filled(template) => {
                self.check()?;
                let begins = template.find("{text}").unwrap_or(0);
                let text = begins..begins + self.text.len();
                let whole = template.replace("{text}", &self.text);
                let parts = parts(vec![("user", text.clone())], whole.len());
                Ok(known(whole, text, parts))
            }
            Template::Chat { system } => {
                let system = system.as_deref();
                let whole = chat(tokenizer, system, &self.text)?;
                // Where the text lies is seen on another text in its place.
                let marked = chat(tokenizer, system, MARK)?;
                let made = marked.split_once(MARK).and_then(|(before, after)| {
                    let made = whole.strip_prefix(before)?.strip_suffix(after)?;
                    (!after.contains(MARK)).then_some(before.len()..before.len() + made.len())
                });
                let text = made.clone().filter(|made| whole[made.clone()] == self.text);
                let user = ("user", MARK, &*self.text);
                let both = system.and_then(|system| {
                    let marked = chat(tokenizer, Some(SYSTEM_MARK), MARK).ok()?;
                    found(&whole, &marked, vec![("system", SYSTEM_MARK, system), user])
                });
                let found = both.or_else(|| found(&whole, &marked, vec![user])).unwrap_or_default();
                let parts = parts(found, whole.len());
                Ok(Filled { whole, text, made, parts })
            }
        }
    }

    /// Checks what can be checked without a tokenizer.
    ///
    /// # Errors
    /// [`Error::Template`] for one that does not hold `{text}` once.
    pub fn check(&self) -> Result<(), Error> {
        match &self.template {
            Template::Filled(template) if template.matches("{text}").count() != 1 => {
                let why = "it must hold {text} once".to_owned();
                Err(Error::Template { template: template.clone(), why })
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
            Template::Chat { system: None } => Some("chat".to_owned()),
            Template::Chat { system: Some(system) } => Some(format!("chat, system: {system}")),
            Template::Filled(template) => Some(template.clone()),
        }
    }
}

impl<T: Into<String>> From<T> for Prompt {
    fn from(text: T) -> Self {
        Self { text: text.into(), bos: None, template: Template::Plain, special_as_text: false }
    }
}

/// Where texts lie in a whole text: by name, in order. `marked` is the whole text with marks in their places, of which
/// each must stand there once; a template may have taken the white space around a text away.
fn found<'a>(
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

/// The parts of a whole text of so many bytes, with what the template put around the texts.
fn parts(texts: Vec<(&str, Range<usize>)>, bytes: usize) -> Vec<Part> {
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

/// A chat of one message of the user, by the tokenizer's template.
fn chat(tokenizer: &Tokenizer, system: Option<&str>, text: &str) -> Result<String, Error> {
    let failed = |why: String| Error::Template { template: "chat".to_owned(), why };
    let Some(template) = tokenizer.chat_template() else {
        return Err(failed(
            "the tokenizer's files hold no chat template; give one, such as \"Q: {text}\\nA:\"".to_owned(),
        ));
    };
    if template.len() > LONGEST {
        return Err(failed(format!("{} bytes, and more than {LONGEST} are not read", template.len())));
    }
    let message = |role: &str, content: &str| context! { role => role, content => content };
    let mut messages: Vec<_> = system.map(|system| message("system", system)).into_iter().collect();
    messages.push(message("user", text));
    let special = |id: Option<u32>| id.and_then(|id| tokenizer.text_of(id)).unwrap_or_default();
    let (bos_token, eos_token) = (special(tokenizer.bos()), special(tokenizer.eos()));
    let values = context! { messages, bos_token, eos_token, add_generation_prompt => true };
    // It is somebody else's program: it ends, and however deep its brackets go, it has a stack of its own.
    std::thread::scope(|scope| {
        let rendering = std::thread::Builder::new().stack_size(STACK);
        let rendering = rendering.spawn_scoped(scope, || render(template, values));
        let rendered = rendering.map_err(|error| failed(error.to_string()))?.join();
        rendered
            .map_err(|_| failed("it can't be read".to_owned()))?
            .map_err(|error| failed(error.to_string()))
    })
}

/// A Jinja template as the transformers library sets it up.
fn render(template: &str, values: minijinja::Value) -> Result<String, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_function("raise_exception", |why: String| -> Result<(), minijinja::Error> {
        Err(minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, why))
    });
    // Marks of what a model is trained on print nothing.
    let mut template = template.to_owned();
    for (tag, plain) in [("endgeneration", "endif"), ("generation", "if true")] {
        for opens in ["{% ", "{%- "] {
            for closes in [" %}", " -%}"] {
                template =
                    template.replace(&format!("{opens}{tag}{closes}"), &format!("{opens}{plain}{closes}"));
            }
        }
    }
    environment.render_str(&template, values)
}
