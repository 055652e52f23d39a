//! A server's address, the addresses that redirects lead to, and which server may see the token.

use crate::{Error, Service};
use std::fmt;
use ureq::http::Uri;

/// The address of a hub or a package index, without a slash at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint(String);

impl Endpoint {
    pub(crate) fn parse(given: &str, service: Service) -> Result<Self, Error> {
        let bad = |why| Error::Endpoint { given: given.to_owned(), why, service };
        let text = given.trim().trim_end_matches('/');
        let uri: Uri = text.parse().map_err(|_| bad("not an address"))?;
        if !matches!(uri.scheme_str(), Some("http" | "https")) {
            return Err(bad("it starts with neither http:// nor https://"));
        }
        let authority = uri.authority().ok_or_else(|| bad("there is no host"))?;
        if authority.host().is_empty() {
            return Err(bad("there is no host"));
        }
        // Messages show the address, and must not show a password.
        if authority.as_str().contains('@') {
            let given = "(an address with a name or a password)".to_owned();
            let why = match service {
                Service::Hub => "the token goes into HF_TOKEN",
                Service::PackageIndex => "it is not sent from here",
            };
            return Err(Error::Endpoint { given, why, service });
        }
        if text.contains(['?', '#']) {
            return Err(bad("it has a query or a fragment"));
        }
        Ok(Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Endpoint {
    fn default() -> Self {
        Self("https://huggingface.co".to_owned())
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The target of a `Location` header or of a link. `None` if it is not a valid address, or leads from https to http.
pub(crate) fn redirected(from: &Uri, location: &str) -> Option<Uri> {
    let (scheme, authority) = (from.scheme_str()?, from.authority()?);
    let location = location.split('#').next().unwrap_or_default();
    let text = if location.contains("://") {
        location.to_owned()
    } else if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{authority}{location}")
    } else {
        let (folder, _) = from.path().rsplit_once('/').unwrap_or_default();
        let (path, query) =
            location.split_once('?').map_or((location, ""), |(path, _)| (path, &location[path.len()..]));
        format!("{scheme}://{authority}{}{query}", without_dots(&format!("{folder}/{path}")))
    };
    let uri: Uri = text.parse().ok()?;
    let to = uri.scheme_str()?;
    uri.authority().filter(|authority| !authority.host().is_empty() && !authority.as_str().contains('@'))?;
    (to == "https" || (to == "http" && scheme == "http")).then_some(uri)
}

/// A path without `.` and `..`.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for part in path.split('/').skip(1) {
        match part {
            "." => {}
            ".." => drop(kept.pop()),
            part => kept.push(part),
        }
    }
    format!("/{}", kept.join("/"))
}

/// Whether both addresses are the same server, so that a token for one may be sent to the other.
///
/// A change from http to https on the same host counts as the same server if both use their default ports.
pub(crate) fn same_server(first: &Uri, other: &Uri) -> bool {
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    let upgraded = first.scheme_str() == Some("http") && other.scheme_str() == Some("https");
    let default_ports = port(first) == 80 && port(other) == 443;
    let same = first.scheme_str() == other.scheme_str() && port(first) == port(other);
    host(first).is_some() && host(first) == host(other) && (same || (upgraded && default_ports))
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 })
}

/// Whether this is the local machine, for which no proxy is used.
pub(crate) fn is_loopback(uri: &Uri) -> bool {
    let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn hub(given: &str) -> Result<Endpoint, Error> {
        Endpoint::parse(given, Service::Hub)
    }

    #[test]
    fn endpoints() {
        assert_eq!(hub("https://hf-mirror.com/").unwrap().as_str(), "https://hf-mirror.com");
        assert_eq!(hub(" http://127.0.0.1:80/a/b// ").unwrap().as_str(), "http://127.0.0.1:80/a/b");
        for bad in [
            "",
            "huggingface.co",
            "ftp://a",
            "file:///etc",
            "https://",
            "http://a b",
            "http://a?b",
            "/x",
            "http:",
        ] {
            let error = hub(bad).unwrap_err().to_string();
            assert!(error.contains("HF_ENDPOINT"), "{bad:?}: {error}");
        }
        let error = hub("https://me:secret@a").unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }

    #[test]
    fn redirects() {
        let from: Uri = "https://a.b/x/y?z=1".parse().unwrap();
        let to = |location| redirected(&from, location).map(|uri| uri.to_string());
        assert_eq!(to("/q?r=%2F").as_deref(), Some("https://a.b/q?r=%2F"));
        assert_eq!(to("q").as_deref(), Some("https://a.b/x/q"));
        assert_eq!(to("../p/./q?r=../s#t").as_deref(), Some("https://a.b/p/q?r=../s"));
        assert_eq!(to("../../../q").as_deref(), Some("https://a.b/q"));
        assert_eq!(to("//c/q").as_deref(), Some("https://c/q"));
        assert_eq!(to("https://c:1/q").as_deref(), Some("https://c:1/q"));
        for bad in ["http://a.b/q", "ftp://c", "file:///etc/passwd", "https://", "https://u@c/", "a b", "//"]
        {
            assert_eq!(to(bad), None, "{bad}");
        }
        let plain: Uri = "http://a.b/x".parse().unwrap();
        assert!(redirected(&plain, "http://c/").is_some());
    }

    #[test]
    fn the_token_stays_at_home() {
        let same = |a: &str, b: &str| same_server(&a.parse().unwrap(), &b.parse().unwrap());
        assert!(same("https://a/x", "https://A:443/y"));
        assert!(same("http://a/x", "https://a/x"));
        assert!(!same("https://a", "http://a"));
        assert!(!same("https://a", "https://a.evil"));
        assert!(!same("http://a:1", "http://a:2"));
        assert!(!same("http://a:8080", "https://a"));
    }
}
