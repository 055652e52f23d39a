//! A JSON object whose members keep their order, whatever features `serde_json` is built with.

use serde::{Serialize, Serializer};

/// Members of an object, each name once.
#[derive(Debug, Clone)]
pub(crate) struct Ordered<T>(pub(crate) Vec<(String, T)>);

impl<T> Ordered<T> {
    pub(crate) fn new() -> Self {
        Self(Vec::new())
    }
    pub(crate) fn of<'a>(members: impl IntoIterator<Item = (&'a str, T)>) -> Self {
        Self(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
    pub(crate) fn push(&mut self, name: String, value: T) {
        self.0.push((name, value));
    }
}

impl<T: Serialize> Serialize for Ordered<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}
