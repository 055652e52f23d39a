//! `--times`: how long each step took, for whoever measures.

use crate::output::remark;
use std::time::{Duration, Instant};

/// A watch that is read after each step.
pub(crate) struct Times {
    last: Instant,
    loading: Duration,
    text: Duration,
}

impl Times {
    /// Begins with the arguments, before anything is loaded.
    pub(crate) fn begin() -> Self {
        Self { last: Instant::now(), loading: Duration::ZERO, text: Duration::ZERO }
    }

    /// The model is there.
    pub(crate) fn loaded(&mut self) {
        self.loading = self.lap();
    }

    /// The continuation is there.
    pub(crate) fn continued(&mut self) {
        self.text = self.lap();
    }

    /// Everything is attributed: one line of JSON on standard error, in seconds. `--quiet` doesn't take away what was
    /// asked for.
    pub(crate) fn print(mut self) {
        let (loading, text) = (self.loading.as_secs_f64(), self.text.as_secs_f64());
        let attribution = self.lap().as_secs_f64();
        remark(
            false,
            &format!("{{\"loading\": {loading:.4}, \"text\": {text:.4}, \"attribution\": {attribution:.4}}}"),
        );
    }

    fn lap(&mut self) -> Duration {
        let now = Instant::now();
        now - std::mem::replace(&mut self.last, now)
    }
}
