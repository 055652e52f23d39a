//! A progress bar on standard error, if that is a terminal and the work takes longer than a second.

use crate::interrupt;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use saliency::attribution;
use std::time::{Duration, Instant};

pub(crate) struct Progress {
    bar: ProgressBar,
    begun: Instant,
    quiet: bool,
}

impl Progress {
    pub(crate) fn new(what: &'static str, length: usize, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {bar:30} {percent} %, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(what);
        Self { bar, begun: Instant::now(), quiet }
    }

    /// A download of `length` bytes.
    #[cfg(feature = "hub")]
    pub(crate) fn bytes(file: &str, length: u64, quiet: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(length), ProgressDrawTarget::hidden());
        let style = ProgressStyle::with_template("{msg} {bar:30} {bytes} of {total_bytes}, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_message(file.to_owned());
        Self { bar, begun: Instant::now(), quiet }
    }

    /// Runs something that tells its progress, with a bar, until Ctrl-C stops it.
    pub(crate) fn of<T>(
        what: &'static str,
        quiet: bool,
        run: impl FnOnce(&mut dyn FnMut(attribution::Progress) -> bool) -> T,
    ) -> T {
        let progress = Self::new(what, 1000, quiet);
        let done = run(&mut |done| {
            progress.set((done.share * 1000.0) as usize);
            !interrupt::came()
        });
        progress.finish();
        done
    }

    pub(crate) fn set(&self, done: usize) {
        if self.bar.is_hidden() && !self.quiet && self.begun.elapsed() > Duration::from_secs(1) {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(done as u64);
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
