//! Requests to the hub for one model: its files, their metadata and bodies, and what a refusal means.

use crate::address::{Endpoint, same_server};
use crate::cache::repo;
use crate::id::is_commit;
use crate::token::{Token, TokenSource};
use crate::transport::{Answer, Patience, Request, Transport, shown};
use crate::{Error, FetchEvent, HubId, Service};
use hf_hub::api::RepoInfo;
use std::collections::BTreeSet;
use ureq::http::Uri;

/// The largest list of files that is read.
const LISTING_BYTES: u64 = 32 << 20;

/// Settings of a [`Client`].
#[derive(Debug, Clone)]
pub(crate) struct ClientConfig {
    pub(crate) endpoint: Endpoint,
    pub(crate) token: TokenSource,
    pub(crate) patience: Patience,
}

/// A session of requests for one model.
pub(crate) struct Client<'a> {
    pub(crate) id: &'a HubId,
    pub(crate) config: &'a ClientConfig,
    pub(crate) transport: Transport<'a>,
    endpoint: Uri,
    had_token: bool,
    /// Why the token could not be read, if it could not.
    token_error: Option<Error>,
}

/// Metadata of a file, from a HEAD request.
#[derive(Debug)]
pub(crate) struct FileInfo {
    pub(crate) etag: String,
    /// Its length, if the hub states it in advance.
    pub(crate) size: Option<u64>,
}

/// The files of a repository at a commit.
#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) commit: String,
    pub(crate) files: BTreeSet<String>,
}

impl<'a> Client<'a> {
    pub(crate) fn new(
        id: &'a HubId,
        config: &'a ClientConfig,
        notify: &'a mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Self, Error> {
        let endpoint = parse(config.endpoint.as_str())?;
        let (token, token_error) = config.token.read()?;
        let authorization = token.as_ref().map(Token::header);
        let had_token = authorization.is_some();
        let home = (endpoint.clone(), authorization);
        let transport = Transport::new(Service::Hub, home, config.patience, notify);
        Ok(Self { id, config, transport, endpoint, had_token, token_error })
    }

    /// Adds to a refusal that no token was sent because its file could not be read.
    pub(crate) fn with_token_error(&mut self, error: Error) -> Error {
        let token_might_help =
            matches!(error, Error::NoModel { .. } | Error::Unauthorised { .. } | Error::Gated { .. });
        match self.token_error.take().filter(|_| token_might_help) {
            Some(why) => Error::TokenUnreadable { refusal: Box::new(error), why: Box::new(why) },
            None => error,
        }
    }

    fn host(&self) -> String {
        self.config.endpoint.to_string()
    }

    /// The commit that the revision points to, and its files.
    pub(crate) fn listing(&mut self) -> Result<Listing, Error> {
        let address = parse(&format!("{}/api/{}", self.config.endpoint, repo(self.id).api_url()))?;
        let answer = match self.request(&address, Request::Get(0)) {
            // If the hub does not say whether model or revision is missing, ask for the model itself.
            Err(Error::NoModel { id, host }) if id.revision() != "main" => {
                let model = parse(&format!("{}/api/models/{}", self.config.endpoint, id.name()))?;
                return Err(match self.request(&model, Request::Get(0)) {
                    Ok(_) => Error::NoRevision { id, host },
                    Err(Error::NoModel { .. }) => Error::NoModel { id, host },
                    Err(other) => other,
                });
            }
            answer => answer?,
        };
        let malformed =
            |what: String| Error::Malformed { address: shown(&address), what, service: Service::Hub };
        let mut body = answer.response.into_body();
        let text = body.with_config().limit(LISTING_BYTES).read_to_vec();
        let text = text.map_err(|error| malformed(format!("the list of files is incomplete: {error}")))?;
        let info: RepoInfo = serde_json::from_slice(&text)
            .map_err(|error| malformed(format!("the list of files is not valid JSON: {error}")))?;
        if !is_commit(&info.sha) {
            return Err(malformed(format!("{:?} is not a commit", info.sha)));
        }
        let files = info.siblings.into_iter().map(|sibling| sibling.rfilename).collect();
        Ok(Listing { commit: info.sha, files })
    }

    /// The address of a file at a commit.
    pub(crate) fn address(&self, commit: &str, file: &str) -> Result<Uri, Error> {
        parse(&format!("{}/{}/resolve/{commit}/{file}", self.config.endpoint, repo(self.id).url()))
    }

    /// Metadata of a file at a commit.
    pub(crate) fn file_info(&mut self, commit: &str, file: &str) -> Result<FileInfo, Error> {
        let address = self.address(commit, file)?;
        let answer = match self.request(&address, Request::Head) {
            Err(Error::NoModel { .. } | Error::NoRevision { .. }) => {
                let what = format!("it lists {file}, but has no such file");
                return Err(Error::Malformed { address: shown(&address), what, service: Service::Hub });
            }
            answer => answer?,
        };
        match answer.own_header("x-repo-commit") {
            Some(found) if found == commit => {}
            Some(found) => {
                return Err(answer.malformed(format!("asked for commit {commit}, it answered for {found:?}")));
            }
            None => return Err(answer.malformed("the header X-Repo-Commit is missing")),
        }
        let etag = answer.own_header("x-linked-etag").or_else(|| answer.own_header("etag"));
        let etag = etag.ok_or_else(|| answer.malformed("the header ETag is missing"))?;
        let etag = plain_etag(etag)
            .ok_or_else(|| answer.malformed(format!("{etag:?} is not the ETag of a file")))?;
        // A redirect's Content-Length is that of the redirect, not of the file.
        let length = answer.header("content-length").filter(|_| answer.response.status().is_success());
        let size = match answer.own_header("x-linked-size").or(length) {
            Some(text) => Some(
                text.trim()
                    .parse()
                    .map_err(|_| answer.malformed(format!("{text:?} is not the length of a file")))?,
            ),
            None => None,
        };
        Ok(FileInfo { etag: etag.to_owned(), size })
    }

    /// A file's body from a byte on: a response of status 200, 206 or 416.
    pub(crate) fn body(&mut self, commit: &str, file: &str, from: u64) -> Result<Answer, Error> {
        let address = self.address(commit, file)?;
        self.request(&address, Request::Get(from))
    }

    fn request(&mut self, address: &Uri, request: Request) -> Result<Answer, Error> {
        let answer = self.transport.request(address, request)?;
        if answer.is_good() { Ok(answer) } else { Err(self.status_error(&answer)) }
    }

    /// The error that a status of 400 or above stands for.
    fn status_error(&self, answer: &Answer) -> Error {
        let (id, host) = (self.id.clone(), self.host());
        let status = answer.response.status().as_u16();
        if !same_server(&self.endpoint, &answer.address) {
            return answer.bad_status();
        }
        match (status, answer.header("x-error-code")) {
            (401 | 403, Some("GatedRepo")) | (403, _) => Error::Gated { id, host },
            (404, Some("RevisionNotFound")) => Error::NoRevision { id, host },
            (401, _) => Error::Unauthorised { id, host, had_token: self.had_token },
            (404, _) => Error::NoModel { id, host },
            _ => answer.bad_status(),
        }
    }
}

/// The `ETag` without quotes and without the prefix `W/`, if it can be a file's name.
fn plain_etag(text: &str) -> Option<&str> {
    let text = text.trim();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    (plain && (1..=128).contains(&text.len())).then_some(text)
}

fn parse(address: &str) -> Result<Uri, Error> {
    address.parse().map_err(|_| Error::Endpoint {
        given: address.to_owned(),
        why: "not an address",
        service: Service::Hub,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    #[test]
    fn an_etag_is_the_name_of_a_file() {
        let hash = "a".repeat(64);
        assert_eq!(plain_etag(&format!("\"{hash}\"")), Some(hash.as_str()));
        assert_eq!(plain_etag("W/\"x-1_2\""), Some("x-1_2"));
        for bad in ["", "\"\"", "../x", "a/b", "a\\b", ".", "x.incomplete", "a b", &"a".repeat(129)] {
            assert_eq!(plain_etag(bad), None, "{bad:?}");
        }
    }
}
