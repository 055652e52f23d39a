//! A text as the model is to read it: with or without a token that begins it, plain or put into a template.

use crate::{Error, Tokenizer};
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};
use std::ops::Range;

/// Instructions that a chat template may run.
const FUEL: u64 = 1_000_000;
/// Bytes that a chat template may have, and its stack: a bracket in a bracket takes less than 4 kB.
const LONGEST: usize = 1 << 15;
const STACK: usize = 1 << 27;
/// A text that no template holds.
const MARK: &str = "\u{e000}the text\u{e001}";

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
    pub(crate) text: String,
    /// Where in it the text alone lies, if it is there unchanged.
    pub(crate) place: Option<Range<usize>>,
    /// Where in it lies what the template made of the text, if that can be told.
    pub(crate) made: Option<Range<usize>>,
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
    /// Whether the token that begins a text is put before it. Where nothing is said the tokenizer's files decide, as they do in the transformers library; in a chat
    /// the template does.
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

    /// Reads special tokens in the text, such as `<|endoftext|>`, as plain characters, and in a continuation that is forced too.
    /// Those of a template (its system message among them) stay special, and so does the token that begins a text. Default: no.
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

    /// The text in its template.
    pub(crate) fn filled(&self, tokenizer: &Tokenizer) -> Result<Filled, Error> {
        let known = |text: String, range: Range<usize>| Filled {
            text,
            place: Some(range.clone()),
            made: Some(range),
        };
        match &self.template {
            Template::Plain => Ok(known(self.text.clone(), 0..self.text.len())),
            Template::Filled(template) => {
                self.check()?;
                let begins = template.find("{text}").unwrap_or(0);
                let range = begins..begins + self.text.len();
                Ok(known(template.replace("{text}", &self.text), range))
            }
            Template::Chat { system } => {
                let system = system.as_deref();
                let filled = chat(tokenizer, system, &self.text)?;
                // Where the text lies is seen on another text in its place.
                let marked = chat(tokenizer, system, MARK)?;
                let made = marked.split_once(MARK).and_then(|(before, after)| {
                    let made = filled.strip_prefix(before)?.strip_suffix(after)?;
                    (!after.contains(MARK)).then_some(before.len()..before.len() + made.len())
                });
                let place = made.clone().filter(|made| filled[made.clone()] == self.text);
                Ok(Filled { text: filled, place, made })
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
