//! A checkpoint's own chat template: somebody else's program, in Jinja.

use crate::error::Error;
use crate::prompt::date::Date;
use crate::prompt::json::tojson;
use crate::tokenizer::Tokenizer;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::merge_maps;
use minijinja::{Environment, ErrorKind, Value, context};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Instructions that a chat template may run.
const FUEL: u64 = 1_000_000;
/// Bytes that a chat template may have, and its stack: a bracket in a bracket takes less than 4 kB.
const LONGEST: usize = 1 << 15;
const STACK: usize = 1 << 27;

/// A chat of one message of the user, by the tokenizer's template.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Chat<'a> {
    pub(crate) tokenizer: &'a Tokenizer,
    /// What the template writes where it asks for the date.
    pub(crate) date: Option<Date>,
}

impl Chat<'_> {
    /// The text of a chat: perhaps a message of the system, one of the user, and the beginning of the answer.
    pub(crate) fn render(self, system: Option<&str>, user: &str) -> Result<String, Error> {
        let failed = |why: String| Error::Template { template: "chat".to_owned(), why };
        let Some(template) = self.tokenizer.chat_template() else {
            return Err(failed(
                "the tokenizer's files hold no chat template; give one, such as \"Q: {text}\\nA:\""
                    .to_owned(),
            ));
        };
        if template.len() > LONGEST {
            return Err(failed(format!("{} bytes, and more than {LONGEST} are not read", template.len())));
        }
        let values = self.values(system, user);
        let asked = Arc::new(AtomicBool::new(false));
        // It is somebody else's program: it ends, and however deep its brackets go, it has a stack of its own.
        let rendered = std::thread::scope(|scope| {
            let rendering = std::thread::Builder::new().stack_size(STACK);
            let rendering = rendering.spawn_scoped(scope, || render(template, values, self.date, &asked));
            let rendered = rendering.map_err(|error| failed(error.to_string()))?.join();
            rendered
                .map_err(|_| failed("it can't be read".to_owned()))?
                .map_err(|error| failed(error.to_string()))
        });
        match rendered {
            Err(_) if asked.load(Ordering::Relaxed) => Err(Error::NoDate),
            rendered => rendered,
        }
    }

    /// What the transformers library gives to a template.
    fn values(self, system: Option<&str>, user: &str) -> Value {
        let message = |role: &str, content: &str| context! { role => role, content => content };
        let mut messages: Vec<_> = system.map(|system| message("system", system)).into_iter().collect();
        messages.push(message("user", user));
        let special = |id: Option<u32>| id.and_then(|id| self.tokenizer.text_of(id)).unwrap_or_default();
        let (bos_token, eos_token) = (special(self.tokenizer.bos()), special(self.tokenizer.eos()));
        let values = context! {
            messages, bos_token, eos_token, add_generation_prompt => true, tools => (), documents => (),
        };
        let named = self.tokenizer.named_specials().into_iter();
        let named: BTreeMap<_, _> = named.map(|(name, text)| (name, Value::from(text))).collect();
        // Llama 3.1's name for the day, which it does not ask for.
        let day = self.date.and_then(|date| date.strftime("%d %b %Y"));
        let day = day.map(|date_string| context! { date_string });
        merge_maps([Some(values), Some(named.into()), day].into_iter().flatten())
    }
}

/// A Jinja template as the transformers library sets it up. `asked`: whether it asked for the date, and had none.
fn render(
    template: &str,
    values: Value,
    date: Option<Date>,
    asked: &Arc<AtomicBool>,
) -> Result<String, minijinja::Error> {
    let refused = |why: String| minijinja::Error::new(ErrorKind::InvalidOperation, why);
    let mut environment = Environment::new();
    environment.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    environment.set_fuel(Some(FUEL));
    environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
    environment.add_filter("tojson", tojson);
    environment.add_function("raise_exception", move |why: String| -> Result<(), minijinja::Error> {
        Err(refused(why))
    });
    let asked = Arc::clone(asked);
    environment.add_function("strftime_now", move |format: String| {
        let Some(date) = date else {
            asked.store(true, Ordering::Relaxed);
            return Err(refused("no date".to_owned()));
        };
        date.strftime(&format).ok_or_else(|| refused(format!("strftime_now has no format {format:?}")))
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
