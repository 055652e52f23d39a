//! What the server answers: the page and the client's files, and LIT's questions.

use super::Explain;
use super::answers::{all_outputs, source_and_target, spans};
use super::http::{Reply, Request, Takes};
use super::question::{Asked, Body, Endpoint, value};
use super::texts::{Failure, Job, Text, Texts};
use crate::client::Client;
use crate::error::Error;
use crate::examples::{Example, examples};
use crate::info::{Info, OF_ALL, OF_SOURCE, signed};
use crate::ordered::Ordered;
use crate::page;
use saliency_schema::Record;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;

/// What answers the client in the page: it passes its questions on.
const LIVE: &str = include_str!("../page/live.js");

/// A model in LIT's client, with a first text that is attributed already.
#[derive(Debug)]
pub struct Live {
    /// By path: the type of the content, and the bytes.
    files: HashMap<String, (&'static str, Arc<[u8]>)>,
    /// The model's name in LIT, which is the data's, too.
    name: String,
    info: Arc<[u8]>,
    /// The data: the first text.
    dataset: Arc<[u8]>,
    texts: Texts,
    /// How many texts were added.
    added: AtomicUsize,
}

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    info: &'a Info,
    datasets: Ordered<&'a Value>,
    signed: Vec<&'a str>,
}

impl Live {
    /// The model that made these records of a prompt and what follows it: of the target where there is one, or else of
    /// what the model has written. Each record is a method, and has a button.
    ///
    /// # Errors
    /// There is no record; one has no output; they are not of one model and one text.
    pub fn new(
        client: &Client,
        prompt: &str,
        target: Option<&str>,
        records: &[Record],
    ) -> Result<Self, Error> {
        let (mut models, labelled) = examples(records)?;
        let info = Info::of(&models, &labelled, true);
        let (Some(mut model), true) = (models.pop(), models.is_empty()) else {
            return Err(Error::SeveralTexts);
        };
        let (Some(example), true) = (model.examples.pop(), model.examples.is_empty()) else {
            return Err(Error::SeveralTexts);
        };
        let target = target.filter(|target| !target.is_empty());
        let text: Text = (prompt.to_owned(), target.map(str::to_owned));
        let example = example.named(&text);
        let row = json!({
            "id": example.id,
            "data": {
                "prompt": prompt, "target": target.unwrap_or_default(), "_id": example.id, "_meta": {"added": false},
            },
            "meta": {"added": false},
        });
        let dataset = json!([row]);
        let data = Data {
            info: &info,
            datasets: Ordered::of([(&*model.name, &dataset)]),
            signed: signed(&labelled),
        };
        let html = page::html(client, &serde_json::to_string(&data)?, LIVE, "'self'", "'self'");
        let mut files = HashMap::new();
        for (path, bytes) in &client.files {
            let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
            let path = format!("/{}", parts.join("/"));
            files.insert(path.clone(), (kind(&path), bytes.as_slice().into()));
        }
        let html: Arc<[u8]> = html.into_bytes().into();
        for path in ["/", "/index.html"] {
            files.insert(path.to_owned(), (kind("index.html"), html.clone()));
        }
        files.insert("/LICENSE".to_owned(), (kind("LICENSE"), page::LICENCE.as_bytes().into()));
        Ok(Self {
            files,
            info: serde_json::to_vec(&info)?.into(),
            dataset: serde_json::to_vec(&dataset)?.into(),
            texts: Texts::new(text, example),
            name: model.name,
            added: AtomicUsize::new(0),
        })
    }

    pub(crate) fn with_queue(mut self, queue: SyncSender<Job>) -> Self {
        self.texts.set_queue(queue);
        self
    }

    /// Attributes a text for who asked for it.
    pub(crate) fn work(&self, job: Job, model: &mut dyn Explain) {
        self.texts.work(job, model);
    }

    /// Which method a path takes; `None` where there is nothing.
    pub(crate) fn takes(&self, path: &str) -> Option<Takes> {
        if self.files.contains_key(path) { Some(Takes::Get) } else { Endpoint::of(path).map(|_| Takes::Post) }
    }

    /// The reply to a request.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        if let Some((kind, bytes)) = self.files.get(&request.path) {
            return Reply::file(kind, bytes.clone());
        }
        let answered = Endpoint::of(&request.path).map(|endpoint| self.told(endpoint, request));
        answered
            .unwrap_or_else(|| Err(Failure::Failed("there is nothing of this name".to_owned())))
            .unwrap_or_else(|failure| {
                let (status, why) = match failure {
                    Failure::Busy => (503, "the model has too much to do; try again in a moment".to_owned()),
                    Failure::Stopping => (503, "the server has been stopped".to_owned()),
                    Failure::Failed(why) => (500, why),
                };
                // LIT shows what stands before its details, which has to be one line.
                let line = why.split_whitespace().collect::<Vec<_>>().join(" ");
                Reply::failed(status, &format!("{line}\n\nDetails: {}", &request.path[1..]))
            })
    }

    fn told(&self, endpoint: Endpoint, request: &Request) -> Result<Reply, Failure> {
        let body = Body::read(&request.body).map_err(Failure::Failed)?;
        let asked = |name: &str| value(&request.query, name);
        let each: Vec<Value> = match endpoint {
            Endpoint::Info => return Ok(Reply::json(self.info.clone())),
            Endpoint::Dataset if asked("dataset_name") == self.name => {
                return Ok(Reply::json(self.dataset.clone()));
            }
            Endpoint::Dataset => return Err(Failure::Failed("there is no data of this name".to_owned())),
            Endpoint::Predictions => {
                let (model, types) = (asked("model"), asked("requested_types"));
                body.inputs
                    .iter()
                    .map(|input| self.prediction(&model, &types, input))
                    .collect::<Result<_, _>>()
            }
            Endpoint::Interpretations => {
                let (interpreter, target) = (asked("interpreter"), body.target_text());
                let told = |input| self.interpretation(&interpreter, target.clone(), input);
                body.inputs.iter().map(told).collect::<Result<_, _>>()
            }
            Endpoint::NewData => body.inputs.iter().map(|input| self.added(input)).collect::<Result<_, _>>(),
        }?;
        let json = serde_json::to_vec(&each).map_err(|error| Failure::Failed(error.to_string()))?;
        Ok(Reply::json(json))
    }

    /// What one of the model's three names says of a text.
    fn prediction(&self, name: &str, types: &str, input: &Value) -> Result<Value, Failure> {
        let asked = self.asked(input)?;
        let part = match name.strip_prefix('_').and_then(|name| name.strip_prefix(&*self.name)) {
            Some(part) => part,
            None if name == self.name => "",
            None => return Err(Failure::Failed("there is no model of this name".to_owned())),
        };
        match (part, &asked.mask) {
            ("_tokenizer", _) => Ok(json!({"tokens": self.attributed(asked)?.tokens})),
            ("_salience", Some(mask)) => {
                let mask = mask.clone();
                spans(&*self.attributed(asked)?, &mask).map_err(Failure::Failed)
            }
            ("", _) if types.split(',').any(|name| name == "GeneratedText") => {
                Ok(json!({"response": self.attributed(asked)?.response}))
            }
            ("_salience", None) | ("", _) => Ok(json!({})),
            _ => Err(Failure::Failed("there is no model of this name".to_owned())),
        }
    }

    fn interpretation(
        &self,
        interpreter: &str,
        target: Option<String>,
        input: &Value,
    ) -> Result<Value, Failure> {
        let mut asked = self.asked(input)?;
        if interpreter == OF_SOURCE {
            asked.target = target.or(asked.target);
            return Ok(source_and_target(&*self.attributed(asked)?));
        }
        let label = interpreter.strip_suffix(OF_ALL).filter(|label| {
            let labels = self.texts.labels();
            labels.iter().any(|known| known == label)
        });
        let label =
            label.ok_or_else(|| Failure::Failed("there is no interpreter of this name".to_owned()))?;
        Ok(all_outputs(&*self.attributed(asked)?, label))
    }

    /// A text that was edited, with an id of its own.
    fn added(&self, input: &Value) -> Result<Value, Failure> {
        let mut data = input.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
        Asked::of(&data).map_err(Failure::Failed)?;
        let mut meta = input.get("meta").and_then(Value::as_object).cloned().unwrap_or_default();
        meta.insert("added".to_owned(), json!(true));
        let id = format!("added-{}", self.added.fetch_add(1, Ordering::SeqCst));
        data.insert("_id".to_owned(), json!(id));
        data.insert("_meta".to_owned(), json!(meta));
        Ok(json!({"id": id, "data": data, "meta": meta}))
    }

    /// The first text by its id, or one that was added with all of it.
    fn asked(&self, input: &Value) -> Result<Asked, Failure> {
        let ((prompt, target), example) = self.texts.first();
        match input {
            Value::String(id) if *id == example.id => {
                Ok(Asked { prompt: prompt.clone(), target: target.clone(), mask: None })
            }
            Value::Object(input) => {
                let data = input.get("data").and_then(Value::as_object);
                data.ok_or_else(|| "there is no data".to_owned()).and_then(Asked::of).map_err(Failure::Failed)
            }
            _ => Err(Failure::Failed("there is no text of this id".to_owned())),
        }
    }

    fn attributed(&self, asked: Asked) -> Result<Arc<Example>, Failure> {
        self.texts.get(&(asked.prompt, asked.target))
    }
}

/// The type of a file's content, by its name.
fn kind(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, extension)| extension) {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "png" => "image/png",
        "gif" => "image/gif",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}
