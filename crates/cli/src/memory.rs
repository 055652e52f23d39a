//! The memory that the program uses, as far as the system reports it.

use crate::arguments::Bytes;
use crate::output::remark;
use std::fs;

/// Memory that libtorch's allocator and threads use besides the tensors, once work begins.
const BESIDES: u64 = 96 << 20;

/// The memory that passes may use under a limit for the whole program.
pub(crate) fn left_of(limit: Bytes, quiet: bool) -> usize {
    let taken = resident().unwrap_or(0) + BESIDES;
    if limit.0 <= taken {
        let (limit, taken) = (megabytes(limit.0), megabytes(taken));
        remark(
            quiet,
            &format!(
                "--memory is {limit} MB, and the program alone uses up to {taken} MB; working in the smallest batches"
            ),
        );
    }
    usize::try_from(limit.0.saturating_sub(taken)).unwrap_or(usize::MAX)
}

/// The bytes that this program has in memory now; `None` if the system does not report it.
pub(crate) fn resident() -> Option<u64> {
    kibibytes("/proc/self/status", "VmRSS:")
}

/// The bytes that the machine has left without swapping; `None` if the system does not report it.
pub(crate) fn available() -> Option<u64> {
    kibibytes("/proc/meminfo", "MemAvailable:")
}

fn kibibytes(file: &str, name: &str) -> Option<u64> {
    let status = fs::read_to_string(file).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
