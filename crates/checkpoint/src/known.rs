//! Checkpoints that are published on the Hugging Face hub.

/// A checkpoint on the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Known {
    /// Its name there, which is what `--model` takes.
    pub id: &'static str,
    /// Millions of parameters.
    pub millions: u32,
    /// Blocks, hidden dimensions and attention heads.
    pub shape: (u32, u32, u32),
    /// What it is.
    pub summary: &'static str,
}

impl Known {
    /// A checkpoint by its name, its millions of parameters, its blocks, hidden dimensions and heads, and what it is.
    pub const fn new(id: &'static str, millions: u32, shape: (u32, u32, u32), summary: &'static str) -> Self {
        Self { id, millions, shape, summary }
    }
}
