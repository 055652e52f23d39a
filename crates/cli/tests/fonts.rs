//! `--font`, and what is said of characters that no font has.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::process::{Command, Output, Stdio};

fn saliency(folder: &Path, arguments: &[&str], fontconfig: Option<&str>) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_saliency"));
    if let Some(file) = fontconfig {
        command.env("FONTCONFIG_FILE", file);
    }
    command.args(arguments).current_dir(folder).stdin(Stdio::null()).output().unwrap()
}

/// What is said on standard error, with the exit code.
fn said(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output = saliency(folder, arguments, None);
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// A record of Hindi and of an emoji, of which the embedded font has nothing.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let record = r#"{"format": "saliency-record", "version": 1, "tokens": [
        {"id": 0, "text": "क ख", "kind": "input"}, {"id": 1, "text": " 😀", "kind": "input"},
        {"id": 2, "text": " ok", "kind": "output"}, {"id": 3, "text": " ग", "kind": "output"}],
        "attributions": [[1.0, 2.0], [0.5, 0.25, 1.0]]}"#;
    std::fs::write(folder.path().join("record.json"), record).unwrap();
    folder
}

#[test]
fn characters_without_a_glyph_are_said_once_for_each_script() {
    let folder = folder();
    let expected = "3 characters of Devanagari have no glyph in the available fonts and are drawn as boxes: give a \
                    font with --font FILE, or --font system\n1 emoji has no glyph in the available fonts and is drawn \
                    as a box: give a font with --font FILE, or --font system\n";
    for file in ["p.png", "p.pdf"] {
        let drawn = said(folder.path(), &["draw", "highlight", "record.json", "-o", file]);
        assert_eq!(drawn, (Some(0), expected.to_owned()), "{file}");
    }
    // A report has many pictures, and says it once.
    let reported = said(folder.path(), &["report", "record.json", "-o", "page"]);
    assert_eq!(reported, (Some(0), expected.to_owned()));
    // What leaves the choice of a font to its reader says nothing, nor does --quiet.
    for file in ["p.svg", "p.html"] {
        assert_eq!(
            said(folder.path(), &["draw", "highlight", "record.json", "-o", file]),
            (Some(0), String::new())
        );
    }
    let quiet = ["draw", "highlight", "record.json", "-o", "p.png", "--quiet"];
    assert_eq!(said(folder.path(), &quiet), (Some(0), String::new()));
}

#[test]
fn a_report_takes_fonts_as_draw_does() {
    let folder = folder();
    let font = Path::new(env!("CARGO_MANIFEST_DIR")).join("../viz-svg/fonts/DejaVuSansMono.ttf");
    let font = font.to_str().unwrap();
    let (code, _) = said(folder.path(), &["report", "record.json", "--font", font, "-o", "page"]);
    assert_eq!(code, Some(0));
    for arguments in [
        &["report", "record.json", "--font", "record.json", "-o", "other"][..],
        &["draw", "highlight", "record.json", "--font", "record.json", "-o", "p.png"],
        &["draw", "highlight", "record.json", "--font", "record.json", "-o", "p.pdf"],
    ] {
        let (code, said) = said(folder.path(), arguments);
        assert_eq!(code, Some(2), "{said}");
        assert_eq!(said, "saliency: --font record.json: this is no TrueType or OpenType font\n");
    }
    let (code, said) = said(folder.path(), &["report", "record.json", "--font", "none.ttf", "-o", "other"]);
    assert!(code == Some(1) && said.contains("none.ttf"), "{said}");
    assert!(!folder.path().join("other").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn the_machines_fonts_are_used_or_are_said_to_be_none() {
    let folder = folder();
    let fonts = folder.path().join("fonts");
    std::fs::create_dir(&fonts).unwrap();
    let configuration = format!("<fontconfig><dir>{}</dir></fontconfig>", fonts.display());
    std::fs::write(folder.path().join("fonts.conf"), configuration).unwrap();
    let file = folder.path().join("fonts.conf");
    for arguments in [
        &["draw", "highlight", "record.json", "--font", "system", "-o", "p.png"][..],
        &["report", "record.json", "--font", "system", "-o", "page"],
    ] {
        let output = saliency(folder.path(), arguments, file.to_str());
        let said = String::from_utf8(output.stderr).unwrap();
        let expected =
            "saliency: --font system: no font is installed on this machine; give a font's file instead\n";
        assert_eq!((output.status.code(), said.as_str()), (Some(1), expected));
    }
    // With one that has nothing of it, the remark does not send the reader there again.
    let embedded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../viz-svg/fonts/DejaVuSansMono.ttf");
    std::fs::copy(embedded, fonts.join("mono.ttf")).unwrap();
    let arguments = ["draw", "highlight", "record.json", "--font", "system", "-o", "p.png"];
    let output = saliency(folder.path(), &arguments, file.to_str());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(
        said.contains("Devanagari") && said.contains("--font FILE\n") && !said.contains("system"),
        "{said}"
    );
}
