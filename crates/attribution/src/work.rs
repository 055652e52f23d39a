//! How far a run is, and whether it should go on.

use crate::{Cost, Error};
use std::cell::{Cell, RefCell};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Progress {
    /// The share of the work that is done, from 0 to 1, as far as it was foreseen.
    pub share: f64,
    /// Rows that are finished.
    pub rows: usize,
}

/// Told how far a run is; `false` stops it.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> bool;

/// The passes that were made, those that are foreseen, and who watches.
#[derive(Default)]
pub(crate) struct Work<'a> {
    done: Cell<Cost>,
    foreseen: Cell<f64>,
    rows: Cell<usize>,
    watch: RefCell<Option<Watch<'a>>>,
}

impl<'a> Work<'a> {
    pub(crate) fn watched(watch: Option<Watch<'a>>) -> Self {
        Self { watch: RefCell::new(watch), ..Self::default() }
    }

    pub(crate) fn foresee(&self, cost: Cost) {
        self.foreseen.set(cost.passes());
    }

    pub(crate) fn done(&self) -> Cost {
        self.done.get()
    }

    /// Passes were made.
    pub(crate) fn add(&self, cost: Cost) -> Result<(), Error> {
        self.done.set(self.done.get() + cost);
        self.tell()
    }

    /// A row is finished.
    pub(crate) fn add_row(&self) -> Result<(), Error> {
        self.rows.set(self.rows.get() + 1);
        self.tell()
    }

    fn tell(&self) -> Result<(), Error> {
        let (done, foreseen) = (self.done.get().passes(), self.foreseen.get());
        let share = if foreseen > 0.0 { (done / foreseen).min(1.0) } else { 0.0 };
        let progress = Progress { share, rows: self.rows.get() };
        let go_on = self.watch.borrow_mut().as_mut().is_none_or(|watch| watch(progress));
        if go_on { Ok(()) } else { Err(Error::Stopped) }
    }
}
