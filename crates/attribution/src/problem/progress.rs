//! Progress of a run, and whether it should go on.

use crate::error::Error;
use crate::problem::cost::Cost;
use std::cell::{Cell, RefCell};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The share of the work that is done, from 0 to 1: passes made out of those predicted. It never falls, and reaches
    /// 1 only when all passes are made.
    pub share: f64,
    /// Finished rows.
    pub rows: usize,
}

/// The largest share before the last row, where the number of passes is not known in advance.
const MOST_OF_OPEN: f64 = 0.99;

/// Called with the progress; returns `false` to stop the run.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> bool;

/// Passes made, passes predicted, and the callback that is told.
#[derive(Default)]
pub(crate) struct Work<'a> {
    done: Cell<Cost>,
    foreseen: Cell<f64>,
    /// Whether there may be more passes than predicted.
    open: Cell<bool>,
    /// The share reported last.
    reported: Cell<f64>,
    rows: Cell<usize>,
    /// Rows that the run will make.
    all_rows: Cell<usize>,
    watch: RefCell<Option<Watch<'a>>>,
}

impl<'a> Work<'a> {
    pub(crate) fn watched(watch: Option<Watch<'a>>) -> Self {
        Self { watch: RefCell::new(watch), ..Self::default() }
    }

    /// Sets the cost of the whole run, as predicted at its beginning, and how many rows it will make.
    pub(crate) fn foresee(&self, cost: Cost, rows: usize) {
        self.foreseen.set(cost.passes());
        self.all_rows.set(rows);
    }

    /// Begins anew, for another target of the same problem.
    pub(crate) fn restart(&self) {
        self.done.take();
        self.open.take();
        self.reported.take();
        self.rows.take();
    }

    /// Sets what is left, once it is known better than at the beginning.
    pub(crate) fn foresee_left(&self, cost: Cost) {
        self.foreseen.set((self.done.get() + cost).passes());
    }

    /// Says that the number of passes is not known in advance.
    pub(crate) fn leave_open(&self) {
        self.open.set(true);
    }

    pub(crate) fn done(&self) -> Cost {
        self.done.get()
    }

    /// Counts passes that were made.
    pub(crate) fn add(&self, cost: Cost) -> Result<(), Error> {
        self.done.set(self.done.get() + cost);
        self.report()
    }

    /// Counts a finished row.
    pub(crate) fn add_row(&self) -> Result<(), Error> {
        self.rows.set(self.rows.get() + 1);
        self.report()
    }

    fn report(&self) -> Result<(), Error> {
        let (done, foreseen) = (self.done.get().passes(), self.foreseen.get());
        let rows = self.rows.get();
        let most = if self.open.get() { MOST_OF_OPEN } else { 1.0 };
        let share = if foreseen > 0.0 { (done / foreseen).min(most) } else { 0.0 };
        let all = rows > 0 && rows == self.all_rows.get();
        let share = if all { 1.0 } else { share.max(self.reported.get()) };
        self.reported.set(share);
        let progress = Progress { share, rows };
        let go_on = self.watch.borrow_mut().as_mut().is_none_or(|watch| watch(progress));
        if go_on { Ok(()) } else { Err(Error::Stopped) }
    }
}
