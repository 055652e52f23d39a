//! Settings from environment variables, read as Python's `huggingface_hub` reads them.

use crate::token::{Token, TokenSource};
use crate::{Error, Hub};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

impl Hub {
    /// The hub, cache and token that environment variables name.
    ///
    /// - The hub: `HF_ENDPOINT`, or <https://huggingface.co>.
    /// - The cache: `HF_HUB_CACHE`; or `hub` in `HF_HOME`; or `huggingface/hub` in `XDG_CACHE_HOME`; or
    ///   `.cache/huggingface/hub` in the home folder.
    /// - The token: `HF_TOKEN`; or in the file `HF_TOKEN_PATH`; or in the file `token` of `HF_HOME` or the folder that
    ///   replaces it. None if `HF_HUB_DISABLE_IMPLICIT_TOKEN` is set.
    /// - Offline, with the cache only: `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` is 1, true, yes or on.
    ///
    /// An empty variable counts as not set. The token is read only when a request is made, because a model that is
    /// complete in the cache needs none.
    ///
    /// # Errors
    /// `HF_ENDPOINT` is not a valid address; there is no home folder and no variable names a cache.
    pub fn from_env() -> Result<Self, Error> {
        from_variables(&|name| std::env::var_os(name), std::env::home_dir())
    }
}

fn from_variables(variable: &dyn Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<Hub, Error> {
    let home = home.filter(|home| !home.as_os_str().is_empty());
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let text = |name: &str| set(name).map(|value| value.to_string_lossy().into_owned());
    let path = |name: &str| set(name).map(|value| expand(PathBuf::from(value), home.as_deref()));
    let is_on = |name: &str| {
        let value = text(name).unwrap_or_default().to_ascii_lowercase();
        matches!(value.as_str(), "1" | "true" | "yes" | "on")
    };

    let hf_home = path("HF_HOME")
        .or_else(|| path("XDG_CACHE_HOME").map(|cache| cache.join("huggingface")))
        .or_else(|| home.as_ref().map(|home| home.join(".cache").join("huggingface")));
    let cache = path("HF_HUB_CACHE").or_else(|| hf_home.as_ref().map(|folder| folder.join("hub")));
    let mut hub = Hub::new(cache.ok_or(Error::NoHome)?);
    if let Some(address) = text("HF_ENDPOINT") {
        hub = hub.endpoint(&address)?;
    }
    if !is_on("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        let place = "HF_TOKEN";
        let file = path("HF_TOKEN_PATH").or_else(|| hf_home.map(|folder| folder.join("token")));
        hub = hub.with_token(match (Token::parse(&text(place).unwrap_or_default(), place), file) {
            (Ok(Some(token)), _) => TokenSource::Given(token),
            (Err(_), _) => TokenSource::Invalid { place: place.to_owned() },
            (Ok(None), Some(file)) => TokenSource::File(file),
            (Ok(None), None) => TokenSource::None,
        });
    }
    Ok(hub.offline_by(["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"].into_iter().find(|name| is_on(name))))
}

/// Replaces `~` at the start by the home folder.
fn expand(path: PathBuf, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;
    use std::fs;

    /// The hub with these variables.
    fn hub(variables: &[(&str, &str)]) -> Result<Hub, Error> {
        let variable = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        from_variables(&variable, Some(PathBuf::from("/home/me")))
    }

    fn cache(variables: &[(&str, &str)]) -> PathBuf {
        hub(variables).unwrap().cache().to_owned()
    }

    fn header(hub: &Hub) -> Option<String> {
        hub.token_header().unwrap()
    }

    #[test]
    fn the_cache_is_the_one_of_huggingface_hub() {
        let xdg = ("XDG_CACHE_HOME", "/x");
        let hf = ("HF_HOME", "/h");
        assert_eq!(cache(&[]), Path::new("/home/me/.cache/huggingface/hub"));
        assert_eq!(
            cache(&[("HF_HOME", ""), ("HF_HUB_CACHE", "")]),
            Path::new("/home/me/.cache/huggingface/hub")
        );
        assert_eq!(cache(&[xdg]), Path::new("/x/huggingface/hub"));
        assert_eq!(cache(&[xdg, hf]), Path::new("/h/hub"));
        assert_eq!(cache(&[xdg, hf, ("HF_HUB_CACHE", "/c")]), Path::new("/c"));
        assert_eq!(cache(&[("HF_HOME", "~/models")]), Path::new("/home/me/models/hub"));
    }

    #[test]
    fn without_a_home_a_folder_has_to_be_named() {
        let none = |_: &str| None;
        let error = from_variables(&none, None).unwrap_err().to_string();
        assert!(error.contains("HF_HOME"), "{error}");
        let named = |name: &str| (name == "HF_HUB_CACHE").then(|| OsString::from("/c"));
        assert_eq!(from_variables(&named, None).unwrap().cache(), Path::new("/c"));
    }

    #[test]
    fn the_token_is_found_and_never_shown() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().to_str().unwrap();
        let other = folder.path().join("other");
        fs::write(folder.path().join("token"), "hf_home\n").unwrap();
        fs::write(&other, "hf_path").unwrap();
        let other = other.to_str().unwrap();
        let (hf, at) = (("HF_HOME", home), ("HF_TOKEN_PATH", other));
        let found = |variables: &[(&str, &str)]| header(&hub(variables).unwrap());
        assert_eq!(found(&[hf]).as_deref(), Some("Bearer hf_home"));
        assert_eq!(found(&[hf, at]).as_deref(), Some("Bearer hf_path"));
        assert_eq!(found(&[hf, at, ("HF_TOKEN", " hf_variable\n")]).as_deref(), Some("Bearer hf_variable"));
        assert_eq!(found(&[hf, ("HF_TOKEN", "x"), ("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1")]), None);
        assert_eq!(found(&[("HF_HOME", "/nowhere")]), None);
        let shown = format!("{:?}", hub(&[("HF_TOKEN", "hf_secret")]).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
        // An invalid token is refused when it is needed.
        let error = hub(&[("HF_TOKEN", "hf_sec ret")]).unwrap().token_header().unwrap_err();
        assert!(error.to_string().contains("HF_TOKEN"), "{error}");
        assert!(!format!("{error} {error:?}").contains("sec ret"), "{error:?}");
    }

    #[test]
    fn offline_is_one_of_four_words() {
        for word in ["1", "true", "TRUE", "Yes", "oN"] {
            for name in ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"] {
                let hub = hub(&[(name, word), ("HF_HUB_CACHE", "/nowhere")]).unwrap();
                let error = hub.get(&"gpt2".parse().unwrap(), &mut |_| {}).unwrap_err().to_string();
                assert!(error.starts_with(&format!("{name} is set")), "{error}");
            }
        }
        for word in ["", "0", "false", "no", "off", "2"] {
            assert!(!hub(&[("HF_HUB_OFFLINE", word)]).unwrap().is_offline(), "{word}");
        }
    }

    #[test]
    fn an_invalid_endpoint_is_refused() {
        assert!(hub(&[("HF_ENDPOINT", "http://127.0.0.1:1/")]).is_ok());
        let error = hub(&[("HF_ENDPOINT", "huggingface")]).unwrap_err().to_string();
        assert!(error.contains("HF_ENDPOINT"), "{error}");
    }
}
