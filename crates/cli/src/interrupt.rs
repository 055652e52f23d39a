//! Ctrl-C: the first one stops the work at the next batch, the second one ends the program at once.

use std::sync::atomic::{AtomicBool, Ordering};

static CAME: AtomicBool = AtomicBool::new(false);

/// The exit code after an interruption.
pub(crate) const EXIT_CODE: u8 = 130;

/// Handles Ctrl-C from now on, instead of ending the program.
pub(crate) fn listen() {
    // If no handler can be set, Ctrl-C still ends the program.
    let _ = ctrlc::set_handler(|| {
        if CAME.swap(true, Ordering::SeqCst) {
            std::process::exit(EXIT_CODE.into());
        }
    });
}

/// Whether Ctrl-C was pressed.
pub(crate) fn came() -> bool {
    CAME.load(Ordering::SeqCst)
}
