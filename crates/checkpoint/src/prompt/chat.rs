//! A checkpoint's own chat template: somebody else's program, in Jinja.

use crate::error::Error;
use crate::tokenizer::Tokenizer;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, context};

/// Instructions that a chat template may run.
const FUEL: u64 = 1_000_000;
/// Bytes that a chat template may have, and its stack: a bracket in a bracket takes less than 4 kB.
const LONGEST: usize = 1 << 15;
const STACK: usize = 1 << 27;

/// A chat of one message of the user, by the tokenizer's template.
pub(crate) fn chat(tokenizer: &Tokenizer, system: Option<&str>, text: &str) -> Result<String, Error> {
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
