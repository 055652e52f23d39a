//! A model's name on the hub, with an optional revision.

use crate::Error;
use std::fmt;
use std::str::FromStr;

/// A model on the hub: `gpt2`, `owner/name`, or `owner/name@revision`.
///
/// ```
/// use saliency_hub::HubId;
///
/// let id: HubId = "openai-community/gpt2-xl@refs/pr/5".parse()?;
/// assert_eq!((id.name(), id.revision()), ("openai-community/gpt2-xl", "refs/pr/5"));
/// assert!("../gpt2".parse::<HubId>().is_err());
/// # Ok::<(), saliency_hub::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HubId {
    name: String,
    revision: Option<String>,
}

/// The revision of an id without one.
const MAIN: &str = "main";

impl HubId {
    /// The name without the revision.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The branch, tag or commit. Default: `main`.
    pub fn revision(&self) -> &str {
        self.revision.as_deref().unwrap_or(MAIN)
    }

    /// The same model at another branch, tag or commit.
    ///
    /// # Errors
    /// `revision` is not valid.
    pub fn at(&self, revision: &str) -> Result<Self, Error> {
        check_revision(revision)
            .map_err(|why| Error::Id { given: format!("{}@{revision}", self.name), why })?;
        Ok(Self { name: self.name.clone(), revision: Some(revision.to_owned()) })
    }
}

impl FromStr for HubId {
    type Err = Error;

    fn from_str(given: &str) -> Result<Self, Error> {
        let (name, revision) = match given.split_once('@') {
            Some((name, revision)) => (name, Some(revision)),
            None => (given, None),
        };
        check_name(name)
            .and_then(|()| revision.map_or(Ok(()), check_revision))
            .map_err(|why| Error::Id { given: given.to_owned(), why })?;
        Ok(Self { name: name.to_owned(), revision: revision.map(str::to_owned) })
    }
}

impl fmt::Display for HubId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.revision {
            Some(revision) => write!(f, "{}@{revision}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

/// The hub's rules for names.
fn check_name(name: &str) -> Result<(), &'static str> {
    if name.split('/').count() > 2 {
        return Err("there is more than one slash");
    }
    if name.contains("..") || name.contains("--") {
        return Err("`..` and `--` can't be in a name");
    }
    if name.to_ascii_lowercase().ends_with(".git") {
        return Err("a name does not end in .git");
    }
    for part in name.split('/') {
        if part.is_empty() || part.len() > 96 {
            return Err("owner and name have 1 to 96 characters each");
        }
        if !part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)) {
            return Err("owner and name are made of letters, digits, `.`, `_` and `-`");
        }
        if part.starts_with(['.', '-']) || part.ends_with(['.', '-']) {
            return Err("owner and name neither start nor end with `.` or `-`");
        }
    }
    Ok(())
}

/// Stricter than git: only what is safe in an address, in a path and in a shell.
fn check_revision(revision: &str) -> Result<(), &'static str> {
    if revision.is_empty() || revision.len() > 255 {
        return Err("a revision has 1 to 255 characters");
    }
    if !revision.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-+=@,/".contains(&byte)) {
        return Err("a revision is made of letters, digits and `._-+=@,/`");
    }
    if revision.contains("..") {
        return Err("`..` can't be in a revision");
    }
    if revision.split('/').any(|part| part.is_empty() || part.starts_with(['.', '-']) || part.ends_with('.'))
    {
        return Err("no part of a revision is empty, starts with `.` or `-`, or ends with `.`");
    }
    Ok(())
}

/// Whether this is a full commit hash.
pub(crate) fn is_commit(text: &str) -> bool {
    text.len() == 40 && is_hexadecimal(text)
}

pub(crate) fn is_hexadecimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn valid_ids_round_trip() {
        let longest = "a".repeat(96);
        for text in [
            "gpt2",
            "distilgpt2",
            "openai-community/gpt2-xl",
            "a/b@main",
            "a/b@refs/pr/5",
            "a_b/c.d@v1.0",
            "_a/b_",
            "x@0123456789abcdef0123456789abcdef01234567",
            longest.as_str(),
        ] {
            let id: HubId = text.parse().unwrap();
            assert_eq!(id.to_string(), text);
        }
        assert_eq!("gpt2".parse::<HubId>().unwrap().revision(), "main");
    }

    #[test]
    fn the_message_of_an_invalid_id_shows_a_valid_one() {
        let too_long = "a".repeat(97);
        for text in [
            "",
            "/",
            "a/",
            "/a",
            "a/b/c",
            "..",
            "../a",
            "a/..",
            "a..b",
            "a--b",
            ".a",
            "a.",
            "-a",
            "a-",
            "a b",
            "ä",
            "a\\b",
            "a?b",
            "a#b",
            "a%b",
            "a:b",
            "a.git",
            "a\0",
            "a\n",
            &too_long,
            "@",
            "@main",
            "a@",
            "a@..",
            "a@x/../y",
            "a@/x",
            "a@x/",
            "a@x//y",
            "a@.x",
            "a@-x",
            "a@x\\y",
            "a@x?y",
            "a@x#y",
            "a@x%2f",
            "a@x y",
            "a@x\ny",
            "a@$(x)",
            "a@x'y",
            "https://huggingface.co/gpt2",
        ] {
            let error = text.parse::<HubId>().unwrap_err().to_string();
            assert!(error.contains("owner/name@revision"), "{text:?}: {error}");
        }
    }

    #[test]
    fn at_checks_the_revision() {
        let id: HubId = "a/b".parse().unwrap();
        assert_eq!(id.at("v2").unwrap().to_string(), "a/b@v2");
        assert!(id.at("../x").is_err());
    }
}
