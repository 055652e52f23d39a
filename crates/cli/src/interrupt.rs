//! Ctrl-C: the work stops at the next batch; a second time the program ends at once.

use std::sync::atomic::{AtomicBool, Ordering};

static CAME: AtomicBool = AtomicBool::new(false);

/// The exit code of a program that was interrupted.
pub(crate) const EXIT_CODE: u8 = 130;

/// From now on an interrupt is noticed instead of ending the program.
pub(crate) fn listen() {
    // Where no handler can be set, an interrupt ends the program as before.
    let _ = ctrlc::set_handler(|| {
        if CAME.swap(true, Ordering::SeqCst) {
            std::process::exit(EXIT_CODE.into());
        }
    });
}

/// Whether an interrupt came.
pub(crate) fn came() -> bool {
    CAME.load(Ordering::SeqCst)
}
