//! Texts that stop a generation: a model knows token numbers alone, so a checkpoint looks for them.

use saliency_attribution::Generation;

/// The texts after which a run ends, and what it has said so far.
pub(crate) struct Stop<'a> {
    generation: &'a Generation,
    said: Vec<u8>,
    tokens: usize,
}

impl<'a> Stop<'a> {
    pub(crate) fn new(generation: &'a Generation) -> Self {
        Self { generation, said: Vec::new(), tokens: 0 }
    }

    /// Whether the run ends after a token of these bytes.
    pub(crate) fn after(&mut self, bytes: &[u8]) -> bool {
        let before = self.said.len();
        self.said.extend_from_slice(bytes);
        self.tokens += 1;
        self.tokens >= self.generation.at_least
            && self.generation.stop.iter().any(|stop| {
                // Only what this token can have completed.
                let from = before.saturating_sub(stop.len() - 1);
                self.said[from..].windows(stop.len()).any(|window| window == stop.as_bytes())
            })
    }
}
