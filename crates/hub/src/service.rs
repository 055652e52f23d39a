//! The two kinds of server, and what repairs a failure of each.

/// A kind of server, which says what the repair of an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Service {
    /// The Hugging Face hub.
    Hub,
    /// An index of Python packages.
    PackageIndex,
}

impl Service {
    /// What it is called, for "a …".
    pub(crate) fn name(self) -> &'static str {
        self.choose("hub", "package index")
    }

    pub(crate) fn repair(self) -> &'static str {
        self.choose(
            "set HF_ENDPOINT to one such as https://huggingface.co, or unset it",
            "give --index or PIP_INDEX_URL one that pip uses, without a name and a password",
        )
    }

    /// For "… right?".
    pub(crate) fn is_setting(self) -> &'static str {
        self.choose("is HF_ENDPOINT", "is the index's address (--index, PIP_INDEX_URL)")
    }

    pub(crate) fn offline(self) -> &'static str {
        self.choose(" HF_HUB_OFFLINE=1 uses what is in the cache", "")
    }

    pub(crate) fn status_page(self) -> &'static str {
        self.choose(", or see status.huggingface.co", "")
    }

    pub(crate) fn more_requests(self) -> &'static str {
        self.choose(", or set HF_TOKEN, which allows more", "")
    }

    /// For "… 22".
    pub(crate) fn expects(self) -> &'static str {
        self.choose("the hub states", "this version's is")
    }

    /// The variable that moves the cache.
    pub(crate) fn cache_setting(self) -> &'static str {
        self.choose("HF_HOME", "XDG_CACHE_HOME")
    }

    fn choose(self, hub: &'static str, index: &'static str) -> &'static str {
        match self {
            Self::Hub => hub,
            Self::PackageIndex => index,
        }
    }
}
