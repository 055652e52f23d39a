//! A full disk, and a folder without permission.

use crate::mock::{Mock, Repository};
use saliency_hub::Error;
use std::fs;
use std::process::Command;
use tempfile::tempdir;

/// Unmounts on drop.
struct Mounted(tempfile::TempDir);

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[test]
fn a_full_disk_is_reported_and_left_without_partial_files() {
    let folder = tempdir().unwrap();
    let mount =
        Command::new("mount").args(["-t", "tmpfs", "-o", "size=64k", "tmpfs"]).arg(folder.path()).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        println!("not run: a file system of 64 kB can't be mounted here");
        return;
    }
    let cache = Mounted(folder);
    let error = Mock::of(&Repository::gpt2()).get(cache.0.path()).unwrap_err();
    assert!(matches!(error, Error::DiskFull { .. }), "{error}");
    let text = error.to_string();
    assert!(text.contains("the disk is full") && text.contains(cache.0.path().to_str().unwrap()), "{text}");
    assert!(text.contains("kB more are needed") && text.contains("HF_HOME"), "{text}");
    let blobs = fs::read_dir(cache.0.path().join("models--gpt2/blobs")).unwrap();
    assert!(
        blobs.map(|entry| entry.unwrap().path()).all(|path| path.extension().is_none()),
        "a partial file is left"
    );
}

#[test]
#[cfg(unix)]
fn a_cache_that_cannot_be_created_is_named() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempdir().unwrap();
    // A file in place of a folder stops even root.
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let mock = Mock::of(&Repository::gpt2());
    let error = mock.get(&file.join("hub")).unwrap_err().to_string();
    assert!(error.contains(file.to_str().unwrap()), "{error}");

    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o500)).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        println!("not run: this user may write everywhere");
        return;
    }
    let error = mock.get(&closed.join("hub")).unwrap_err();
    assert!(matches!(error, Error::PermissionDenied { .. }), "{error}");
    assert!(error.to_string().contains("HF_HOME"), "{error}");
}
