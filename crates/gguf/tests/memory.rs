//! A file that announces much has no memory reserved for it. Alone in its program, because it looks at the whole of it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{F32, File, STRING, U8, beginning, text};
use saliency_gguf::Gguf;

/// The most memory that the program ever had reserved, in kB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:")).unwrap();
    line.trim().trim_end_matches("kB").trim().parse().unwrap()
}

/// Even where the file is as long as it says. What is longer than any header is refused; what is not, is.
#[test]
fn nothing_is_reserved_for_what_is_announced() {
    let gigabyte = 1_u64 << 30;
    let mut files = vec![];
    for n in [gigabyte, 1 << 40, 1 << 60, u64::MAX] {
        files.push(beginning(3, 0, n));
        files.push(beginning(3, n, 0));
        files.push(File::new().key("a", STRING, &n.to_le_bytes()).bytes());
        files.push([beginning(3, 0, 1), n.to_le_bytes().to_vec()].concat());
        for of_type in [U8, F32, STRING] {
            files.push(File::new().list("a", of_type, n, &[]).bytes());
        }
        let texts = [text("x"), n.to_le_bytes().to_vec()].concat();
        files.push(File::new().list("a", STRING, 2, &texts).bytes());
        files.push(File::new().tensor("w", &[n], 0, 0).bytes());
        files.push([beginning(3, 1, 0), n.to_le_bytes().to_vec()].concat());
    }
    let before = peak();
    for bytes in &files {
        for length in [bytes.len() as u64, 2 * gigabyte, 1 << 50, u64::MAX] {
            if Gguf::read(&bytes[..], length).is_ok() {
                // A tensor in a file that is said to be so long.
                assert!(length > 4 * gigabyte);
            }
        }
    }
    let grown = peak() - before;
    assert!(grown < 16 << 10, "{grown} kB");
}
