//! What becomes of memory that libtorch is done with.
//!
//! Every tensor of a pass is memory of its own, megabytes each. By default, glibc gives such memory back to the
//! operating system and asks for it again for the next tensor, and each of its pages is cleared anew: 7 to 14 % of the
//! time of `occlusion` with `SmolLM2`. Kept, the most that the process holds at a time is the same.

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod glibc {
    /// Memory of less than so many bytes comes from the heap, which is kept. Old glibc allows the second at most.
    const IN_HEAP: [i32; 2] = [1 << 30, 1 << 25];
    /// Never give the heap's end back.
    const NEVER: i32 = -1;

    /// Whether the user tunes glibc, by its own variables.
    pub(super) fn is_tuned() -> bool {
        let names = ["MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"];
        names.iter().any(|name| std::env::var_os(name).is_some())
    }

    #[expect(unsafe_code, reason = "glibc's malloc has no other interface, and no crate wraps it")]
    fn set(option: i32, value: i32) -> bool {
        // SAFETY: mallopt takes two integers and no pointers, and glibc locks what it changes.
        unsafe { libc::mallopt(option, value) == 1 }
    }

    pub(super) fn keep() -> bool {
        IN_HEAP.iter().any(|size| set(libc::M_MMAP_THRESHOLD, *size)) && set(libc::M_TRIM_THRESHOLD, NEVER)
    }
}

/// Keeps what is freed for the next tensor. Other systems than Linux with glibc have their own ways.
pub(crate) fn keep_freed() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    if !glibc::is_tuned() {
        // A slower program is no reason to say anything.
        let _ = glibc::keep();
    }
}

#[cfg(all(test, target_os = "linux", target_env = "gnu"))]
mod tests {
    #[test]
    fn glibc_takes_its_options() {
        assert!(super::glibc::keep());
    }
}
