//! Texts with their attributions: the first one, those asked for lately, and the queue before the model.

use super::Explain;
use crate::examples::{Example, is_same_text};
use saliency_schema::Record;
use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many texts are kept, besides the first.
const KEPT: usize = 32;

/// A prompt, and what follows it where that was given.
pub(crate) type Text = (String, Option<String>);

/// Why a text has no attributions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Failure {
    /// Too many texts wait for the model.
    Busy,
    /// The server stops.
    Stopping,
    /// The model can't, for this reason.
    Failed(String),
}

/// A text for the model, and who waits for it.
#[derive(Debug)]
pub(crate) struct Job {
    text: Text,
    waiting: SyncSender<Result<Arc<Example>, Failure>>,
}

#[derive(Debug)]
pub(crate) struct Texts {
    /// The methods' labels, in the order of their records.
    labels: Vec<String>,
    /// The text that the server began with, which stays.
    first: (Text, Arc<Example>),
    /// The latest come first.
    kept: Mutex<VecDeque<(Text, Arc<Example>)>>,
    queue: Option<SyncSender<Job>>,
}

impl Texts {
    pub(crate) fn new(text: Text, example: Example) -> Self {
        let labels = example.methods.0.iter().map(|(label, _)| label.clone()).collect();
        Self { labels, first: (text, Arc::new(example)), kept: Mutex::default(), queue: None }
    }

    pub(crate) fn first(&self) -> &(Text, Arc<Example>) {
        &self.first
    }

    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    pub(crate) fn set_queue(&mut self, queue: SyncSender<Job>) {
        self.queue = Some(queue);
    }

    /// A text with its attributions; where they are not known, the model is waited for.
    pub(crate) fn get(&self, text: &Text) -> Result<Arc<Example>, Failure> {
        if let Some(example) = self.find(text) {
            return Ok(example);
        }
        let (waiting, answer) = sync_channel(1);
        let queue = self.queue.as_ref().ok_or(Failure::Stopping)?;
        queue.try_send(Job { text: text.clone(), waiting }).map_err(|error| match error {
            TrySendError::Full(_) => Failure::Busy,
            TrySendError::Disconnected(_) => Failure::Stopping,
        })?;
        answer.recv().unwrap_or(Err(Failure::Stopping))
    }

    /// Attributes a text, unless that has been done while it waited, and answers who waits.
    pub(crate) fn work(&self, job: Job, model: &mut dyn Explain) {
        let Job { text, waiting } = job;
        let example = self.find(&text).map_or_else(|| self.attributed(&text, model), Ok);
        // Who asked may have gone.
        let _ = waiting.send(example);
    }

    fn attributed(&self, text: &Text, model: &mut dyn Explain) -> Result<Arc<Example>, Failure> {
        let (prompt, target) = text;
        let failed = |error: Box<dyn std::error::Error>| Failure::Failed(error.to_string());
        let records = model.records(prompt, target.as_deref()).map_err(failed)?;
        let example = Arc::new(self.example(text, &records).map_err(Failure::Failed)?);
        let mut kept = self.kept();
        kept.push_front((text.clone(), example.clone()));
        kept.truncate(KEPT);
        Ok(example)
    }

    fn example(&self, text: &Text, records: &[Record]) -> Result<Example, String> {
        let (first, wanted) = (records.first().ok_or("there is no record")?, self.labels.len());
        if records.len() != wanted {
            return Err(format!("there are {} records, and {wanted} methods", records.len()));
        }
        if first.n_output() == 0 {
            return Err("nothing follows this prompt, so that there is nothing to explain".to_owned());
        }
        let mut example = Example::of(first, 0).named(text);
        for (record, label) in records.iter().zip(&self.labels) {
            if !is_same_text(first, record) {
                return Err(format!("{label} is of other tokens"));
            }
            example.add(record, label);
        }
        Ok(example)
    }

    /// A target that the model has written itself is of its own tokens.
    fn find(&self, text: &Text) -> Option<Arc<Example>> {
        let (prompt, target) = text;
        let is_it = |(known, example): &(Text, Arc<Example>)| {
            known == text
                || (known.0 == *prompt && known.1.is_none() && target.as_ref() == Some(&example.response))
        };
        if is_it(&self.first) {
            return Some(self.first.1.clone());
        }
        let mut kept = self.kept();
        let found = kept.iter().position(is_it).and_then(|at| kept.remove(at))?;
        let example = found.1.clone();
        kept.push_front(found);
        Some(example)
    }

    fn kept(&self) -> MutexGuard<'_, VecDeque<(Text, Arc<Example>)>> {
        // Nothing is half done when a thread ends here.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Example {
    /// With prompt and target as they were given.
    pub(crate) fn named(mut self, (prompt, target): &Text) -> Self {
        self.prompt.clone_from(prompt);
        if let Some(target) = target {
            self.response.clone_from(target);
        }
        self
    }
}
