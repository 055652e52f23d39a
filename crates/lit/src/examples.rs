//! Records as LIT's examples: one for each text of a model, with every method that explained it.

use crate::error::Error;
use crate::name::{plain, unique};
use crate::ordered::Ordered;
use crate::tokens::{is_special, texts};
use saliency_schema::{Record, Token, labels};
use serde::Serialize;

/// Of records that do not say their model.
const UNNAMED: &str = "model";

/// A model's examples, in the order of their first records.
#[derive(Debug)]
pub(crate) struct Model {
    /// Its name in LIT.
    pub(crate) name: String,
    pub(crate) examples: Vec<Example>,
}

/// One text: what all of its records share, and their rows.
#[derive(Debug, Serialize)]
pub(crate) struct Example {
    /// Its name in LIT, among all models' examples.
    pub(crate) id: String,
    /// The text that the model read.
    pub(crate) prompt: String,
    /// What it went on with.
    pub(crate) response: String,
    pub(crate) tokens: Vec<String>,
    /// How many of the tokens are inputs.
    pub(crate) inputs: usize,
    /// How many of those an encoder read.
    pub(crate) source: Option<usize>,
    /// A row for each output, by the method's label.
    pub(crate) methods: Ordered<Vec<Vec<f64>>>,
    /// What a reader of the numbers should know.
    #[serde(skip)]
    pub(crate) notes: Vec<String>,
}

/// A method as it is called in LIT, with one of its records.
pub(crate) type Labelled<'a> = Ordered<Vec<&'a Record>>;

/// The records of the same model and the same tokens together, and the records of each label.
pub(crate) fn examples(records: &[Record]) -> Result<(Vec<Model>, Labelled<'_>), Error> {
    if records.is_empty() {
        return Err(Error::NoRecord);
    }
    // What a model is called in its records, and the first record of each of its examples.
    let mut models: Vec<(Option<&str>, Model, Vec<&Record>)> = Vec::new();
    let mut labelled = Labelled::new();
    let mut n_examples = 0;
    for ((number, record), label) in records.iter().enumerate().zip(labels(records)) {
        if record.n_output() == 0 {
            return Err(Error::NoOutput { record: number });
        }
        let said = record.model.as_ref().map(|model| model.name.as_str());
        let at = models.iter().position(|(known, ..)| *known == said).unwrap_or_else(|| {
            let name = Some(plain(said.unwrap_or(UNNAMED))).filter(|name| !name.is_empty());
            let name = name.unwrap_or_else(|| UNNAMED.to_owned());
            let name = unique(&name, |name| models.iter().any(|(_, model, _)| model.name == name));
            models.push((said, Model { name, examples: Vec::new() }, Vec::new()));
            models.len() - 1
        });
        let (_, model, firsts) = &mut models[at];
        let known = firsts.iter().position(|first| is_same_text(first, record));
        let at = known.unwrap_or_else(|| {
            model.examples.push(Example::of(record, n_examples));
            firsts.push(record);
            n_examples += 1;
            model.examples.len() - 1
        });
        let label = model.examples[at].add(record, &plain(&label));
        match labelled.0.iter_mut().find(|(known, _)| *known == label) {
            Some((_, records)) => records.push(record),
            None => labelled.push(label, vec![record]),
        }
    }
    Ok((models.into_iter().map(|(_, model, _)| model).collect(), labelled))
}

impl Example {
    pub(crate) fn of(record: &Record, number: usize) -> Self {
        let read = record.source().map_or(record.inputs(), |source| &record.inputs()[..source]);
        Self {
            id: format!("record-{number}"),
            prompt: joined(read),
            response: joined(record.output_tokens()),
            tokens: texts(record),
            inputs: record.n_input(),
            source: record.source(),
            methods: Ordered::new(),
            notes: Vec::new(),
        }
    }

    /// Adds a record's rows, and gives their label: this one, with a number where the example has it already.
    pub(crate) fn add(&mut self, record: &Record, label: &str) -> String {
        let label = unique(label, |label| self.methods.has(label));
        let missing = record.attributions.iter().flatten().filter(|value| number(**value).is_none()).count();
        let note = |text: String| format!("{label}: {text}");
        self.notes.extend(record.notes.iter().cloned().map(note));
        if missing > 0 {
            self.notes.push(note(format!("{missing} values are missing or not finite; LIT shows them as 0")));
        }
        let row = |row: &Vec<Option<f64>>| row.iter().map(|value| number(*value).unwrap_or(0.0)).collect();
        self.methods.push(label.clone(), record.attributions.iter().map(row).collect());
        label
    }

    /// Whether a decoder read what an encoder had read before.
    pub(crate) fn has_source(&self) -> bool {
        self.source.is_some()
    }
}

/// Only these can be written as JSON.
fn number(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}

/// The text of tokens, without what stands at a place and is no text, such as the end of an encoder's source.
fn joined(tokens: &[Token]) -> String {
    let bytes = tokens.iter().filter(|token| !is_special(token)).flat_map(Token::exact_bytes);
    String::from_utf8_lossy(&bytes.copied().collect::<Vec<_>>()).into_owned()
}

/// Whether two records of a model are of the same tokens.
pub(crate) fn is_same_text(a: &Record, b: &Record) -> bool {
    let same =
        |(a, b): (&Token, &Token)| (a.id, a.kind, &a.text, &a.bytes) == (b.id, b.kind, &b.text, &b.bytes);
    a.source() == b.source() && a.tokens.len() == b.tokens.len() && a.tokens.iter().zip(&b.tokens).all(same)
}

impl Model {
    /// Whether it is an encoder–decoder.
    pub(crate) fn has_source(&self) -> bool {
        self.examples.iter().any(Example::has_source)
    }

    /// Whether any of its texts was explained under this label.
    pub(crate) fn has(&self, label: &str) -> bool {
        self.examples.iter().any(|example| example.methods.has(label))
    }
}
