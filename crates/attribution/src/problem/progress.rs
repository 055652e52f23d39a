//! How far a run is, and whether it should go on.

use crate::error::Error;
use crate::problem::cost::Cost;
use std::cell::{Cell, RefCell};

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// The share of the work that is done: passes that were made of those that are foreseen, from 0 to 1. It never
    /// falls, and is 1 no sooner than all passes are made.
    pub share: f64,
    /// Rows that are finished.
    pub rows: usize,
}

/// The share that is not passed before the last row where more passes may follow.
const MOST_OF_OPEN: f64 = 0.99;

/// Told how far a run is; `false` stops it.
pub type Watch<'a> = &'a mut dyn FnMut(Progress) -> bool;

/// The passes that were made, those that are foreseen, and who watches.
#[derive(Default)]
pub(crate) struct Work<'a> {
    done: Cell<Cost>,
    foreseen: Cell<f64>,
    /// Whether more passes may follow than are foreseen.
    open: Cell<bool>,
    /// The share that was told last.
    told: Cell<f64>,
    rows: Cell<usize>,
    /// Rows that there will be.
    all_rows: Cell<usize>,
    watch: RefCell<Option<Watch<'a>>>,
}

impl<'a> Work<'a> {
    pub(crate) fn watched(watch: Option<Watch<'a>>) -> Self {
        Self { watch: RefCell::new(watch), ..Self::default() }
    }

    /// What a run makes in all, as it is foreseen at its beginning, and how many rows come of it.
    pub(crate) fn foresee(&self, cost: Cost, rows: usize) {
        self.foreseen.set(cost.passes());
        self.all_rows.set(rows);
    }

    /// So many passes are left: known better than at the beginning.
    pub(crate) fn foresee_left(&self, cost: Cost) {
        self.foreseen.set((self.done.get() + cost).passes());
    }

    /// How many passes there will be shows only on the way.
    pub(crate) fn leave_open(&self) {
        self.open.set(true);
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
        let rows = self.rows.get();
        let most = if self.open.get() { MOST_OF_OPEN } else { 1.0 };
        let share = if foreseen > 0.0 { (done / foreseen).min(most) } else { 0.0 };
        let all = rows > 0 && rows == self.all_rows.get();
        let share = if all { 1.0 } else { share.max(self.told.get()) };
        self.told.set(share);
        let progress = Progress { share, rows };
        let go_on = self.watch.borrow_mut().as_mut().is_none_or(|watch| watch(progress));
        if go_on { Ok(()) } else { Err(Error::Stopped) }
    }
}
