//! The tests of what the bundled model is measured against (`benches/language`): a benchmark's own are not run.
#![allow(dead_code, reason = "a test file uses a part of it")]

#[path = "../benches/language/kneser_ney.rs"]
mod kneser_ney;
#[path = "../benches/language/xz.rs"]
mod xz;
