//! What held-out text takes when `xz` has read the training text: a compressor that knows no language, to measure a
//! network against.

use std::io::{ErrorKind, Write};
use std::process::{Command, Stdio};
use std::thread;

/// How many bits held-out text adds to the compressed training text.
///
/// `xz -9` looks back 64 MiB; of a longer training text it has forgotten the beginning. It takes up to 674 MiB of
/// memory.
///
/// # Errors
///
/// If there is no program `xz`, or it fails.
pub(crate) fn primed_bits(training: &[u8], held_out: &[u8]) -> Result<f64, String> {
    let alone = size(xz(), &[training])?;
    let both = size(xz(), &[training, held_out])?;
    Ok(8.0 * (both as f64 - alone as f64))
}

/// One thread, and no settings of the user's: the same sizes everywhere.
fn xz() -> Command {
    let mut command = Command::new("xz");
    command.args(["-9", "--threads=1", "--stdout"]).env_remove("XZ_DEFAULTS").env_remove("XZ_OPT");
    command
}

/// How many bytes a program writes that reads the parts one after another.
fn size(mut command: Command, parts: &[&[u8]]) -> Result<usize, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().map_err(
            |error| match error.kind() {
                ErrorKind::NotFound => {
                    format!("there is no program {name}: install it (Debian: apt install xz-utils)")
                }
                _ => format!("{name} does not start: {error}"),
            },
        )?;
    let input = child.stdin.take();
    // It writes while it reads, so it is written to from beside.
    let (written, output) = thread::scope(|scope| {
        let writer = scope.spawn(move || {
            let mut input = input.ok_or(ErrorKind::BrokenPipe)?;
            parts.iter().try_for_each(|part| input.write_all(part))
        });
        let output = child.wait_with_output();
        (writer.join(), output)
    });
    let output = output.map_err(|error| format!("{name} can't be read: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name} failed ({}): {}", output.status, said.trim()));
    }
    match written {
        Ok(Ok(())) => Ok(output.stdout.len()),
        Ok(Err(error)) => Err(format!("{name} did not read everything: {error}")),
        Err(_) => Err(format!("what writes to {name} panicked")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::{primed_bits, size, xz};
    use std::process::Command;

    /// Bytes without a pattern, from Marsaglia's xorshift.
    fn noise(bytes: usize) -> Vec<u8> {
        let mut state = 1u64;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 32) as u8
        };
        (0..bytes).map(|_| next()).collect()
    }

    #[test]
    fn what_was_read_before_costs_little_and_noise_its_size() {
        if size(xz(), &[]).is_err() {
            eprintln!("not run: there is no xz");
            return;
        }
        let text = noise(400_000);
        let (training, other) = text.split_at(300_000);
        let known = primed_bits(training, &training[50_000..150_000]).unwrap();
        assert!(known > 0.0 && known < 8_000.0, "{known}");
        let unknown = primed_bits(training, other).unwrap();
        assert!((unknown / 800_000.0 - 1.0).abs() < 0.01, "{unknown}");
    }

    #[test]
    fn a_program_that_writes_while_it_reads_does_not_hang() {
        let text = noise(3_000_000);
        assert_eq!(size(Command::new("cat"), &[&text, b"more"]), Ok(3_000_004));
    }

    #[test]
    fn what_goes_wrong_is_said() {
        let missing = size(Command::new("no-such-xz"), &[b"text"]).unwrap_err();
        assert!(missing.contains("there is no program no-such-xz"), "{missing}");
        let mut refused = Command::new("cat");
        refused.arg("--no-such-option");
        let refused = size(refused, &[&noise(3_000_000)]).unwrap_err();
        assert!(refused.contains("cat failed") && refused.contains("no-such-option"), "{refused}");
    }
}
