//! A `libtorch.so` for Linux that needs only the CPU half.
//!
//! The wheel's own `libtorch.so` is empty too, but wants `libtorch_cuda.so`, which is larger than all the
//! rest and loads only beside a dozen other CUDA libraries.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail};

use crate::compiler;

/// Links the stub in `lib`, where `libtorch_cpu.so` and `libc10.so` already lie.
pub(crate) fn link(lib: &Path) -> Result<()> {
    let mut command = compiler::c_compiler();
    command
        .current_dir(lib)
        .args(["-shared", "-o", "libtorch.so", "-x", "c", "/dev/null", "-L."])
        .args(["-Wl,-soname,libtorch.so", "-Wl,--no-as-needed"])
        .args(["-l:libtorch_cpu.so", "-l:libc10.so"])
        .args(["-Wl,-rpath,$ORIGIN", "-Wl,-rpath-link,."])
        .stdin(Stdio::null());
    let output = command.output().with_context(|| {
        format!(
            "the C compiler `{}` does not run: install one, or set CC to yours",
            command.get_program().display()
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "`{}` cannot link the stub libtorch.so ({}): {}",
        command.get_program().display(),
        output.status,
        String::from_utf8_lossy(&output.stderr).trim()
    )
}
