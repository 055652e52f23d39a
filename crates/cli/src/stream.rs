//! `--stream`: prints the text to standard error while it is generated.

use std::io::Write;

/// Prints bytes as soon as they form complete characters.
pub(crate) struct Stream {
    waiting: Vec<u8>,
}

impl Stream {
    pub(crate) fn new() -> Self {
        Self { waiting: Vec::new() }
    }

    /// Adds a token's bytes; an incomplete character waits for the next token.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
        // Invalid bytes are printed as replacement characters; an incomplete character waits.
        let mut whole = 0;
        loop {
            match std::str::from_utf8(&self.waiting[whole..]) {
                Ok(rest) => break whole += rest.len(),
                Err(error) => {
                    whole += error.valid_up_to();
                    match error.error_len() {
                        Some(bytes) => whole += bytes,
                        None => break,
                    }
                }
            }
        }
        let text: Vec<u8> = self.waiting.drain(..whole).collect();
        print(&String::from_utf8_lossy(&text));
    }

    /// The end of the text.
    pub(crate) fn end(&mut self) {
        let text = std::mem::take(&mut self.waiting);
        print(&format!("{}\n", String::from_utf8_lossy(&text)));
    }
}

/// A closed standard error does not stop the work.
fn print(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
