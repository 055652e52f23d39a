//! How much memory the program takes, as far as the system says.

use crate::arguments::Bytes;
use crate::output::remark;
use std::fs;

/// What libtorch's allocator and threads take besides what is asked for, once work begins.
const BESIDES: u64 = 96 << 20;

/// What passes may take of a limit for the whole program.
pub(crate) fn left_of(limit: Bytes, quiet: bool) -> usize {
    let taken = resident().unwrap_or(0) + BESIDES;
    if limit.0 <= taken {
        let (limit, taken) = (megabytes(limit.0), megabytes(taken));
        remark(
            quiet,
            &format!(
                "--memory is {limit} MB, and the program alone takes up to {taken} MB; working in the smallest batches"
            ),
        );
    }
    usize::try_from(limit.0.saturating_sub(taken)).unwrap_or(usize::MAX)
}

/// Bytes that this program has in memory now; `None` where the system does not say.
pub(crate) fn resident() -> Option<u64> {
    field("VmRSS:")
}

fn field(name: &str) -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes * 1024)
}

pub(crate) fn megabytes(bytes: u64) -> u64 {
    bytes.div_ceil(1_000_000)
}
