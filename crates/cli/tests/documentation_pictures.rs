//! The documentation's pictures of the bundled T5 and of SmolLM2 are what the commands beside them draw. Those of
//! SmolLM2 are drawn where the model is, and the test says so where it isn't. `cargo xtask methods` draws them again.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency::SMOLLM2;
use std::collections::BTreeSet;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Those that take a pass or two. The others take minutes: with `SALIENCY_PICTURES=all` they are drawn, too.
const QUICK: [&str; 4] = ["gradient-x-input", "alti", "attn-lrp", "direct-logit"];
/// Lines of a picture in which another machine's rounding may move a cell to the next colour.
const OTHER_LINES: usize = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The pages' pictures of a model, each with its command.
fn commands(model: &str) -> Vec<(String, String)> {
    let mut commands = Vec::new();
    for page in ["README.md", "docs/methods.md", "docs/tasks.md", "docs/ideas.md", "docs/profile.md"] {
        let page = std::fs::read_to_string(root().join(page)).unwrap();
        for line in page.lines().filter(|line| line.contains(&format!(" --model {model} "))) {
            let Some((_, picture)) = line.split_once(" -o docs/") else { continue };
            commands.push((picture.to_owned(), line.to_owned()));
        }
    }
    commands
}

#[test]
fn smollm2s_pictures_are_what_their_commands_draw() {
    if SMOLLM2.find().is_none() {
        return println!("not run: no {}; set SALIENCY_MODELS to its folder", SMOLLM2.file);
    }
    let all = env::var_os("SALIENCY_PICTURES").is_some_and(|which| which == "all");
    let is_quick = |picture: &str| QUICK.iter().any(|name| picture == format!("methods/{name}.svg"));
    let commands = commands("smollm2").into_iter().filter(|(picture, _)| all || is_quick(picture));
    assert!(draw_again(commands) >= QUICK.len());
}

#[test]
fn the_bundled_t5s_pictures_are_what_their_commands_draw() {
    assert!(draw_again(commands("demo-t5").into_iter()) >= 2);
}

/// Runs commands with another folder in place of `docs`, and holds what they draw to what is there: how many they are.
fn draw_again(commands: impl Iterator<Item = (String, String)>) -> usize {
    let folder = tempfile::tempdir().unwrap();
    for name in ["methods", "tasks", "ideas"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    let program = Path::new(env!("CARGO_BIN_EXE_saliency")).parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(program).chain(env::split_paths(&path))).unwrap();
    let mut drawn = 0;
    for (picture, command) in commands {
        let command = command.replace(" -o docs/", &format!(" -o '{}'/", folder.path().display()));
        let mut shell = Command::new("sh");
        shell.args(["-e", "-c", &command]).current_dir(root()).env("PATH", &path);
        assert!(shell.status().unwrap().success(), "{command}");
        let read = |folder: &Path| std::fs::read_to_string(folder.join(&picture)).unwrap();
        let (kept, made) = (read(&root().join("docs")), read(folder.path()));
        let differ = other_lines(&kept, &made);
        assert!(differ.len() <= OTHER_LINES, "docs/{picture} differs: cargo xtask methods\n{differ:#?}");
        assert!(!differ.iter().any(|line| line.contains("<text")), "docs/{picture}: {differ:#?}");
        drawn += 1;
    }
    drawn
}

/// Lines of either picture that the other has not; ids are hashes of the whole. Lines that differ in their numbers
/// alone, and by no more than another machine's rounding moves them, are the same.
fn other_lines(a: &str, b: &str) -> Vec<String> {
    let lines = |svg: &str| -> Vec<String> {
        let (_, id) = svg.split_once("labelledby=\"").unwrap();
        let (id, _) = id.split_once("-title").unwrap();
        svg.replace(id, "id").lines().map(str::to_owned).collect()
    };
    let (a, b) = (lines(a), lines(b));
    let only = |own: &[String], others: &[String]| -> Vec<String> {
        let others: BTreeSet<&String> = others.iter().collect();
        own.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    let (a, b) = (only(&a, &b), only(&b, &a));
    if a.len() != b.len() {
        return a.into_iter().chain(b).collect();
    }
    a.into_iter().zip(b).filter(|(a, b)| !is_near(a, b)).flat_map(|(a, b)| [a, b]).collect()
}

/// Whether two lines are the same but for numbers that differ by 0.02, or by 1 where they are integers.
fn is_near(a: &str, b: &str) -> bool {
    let numbers = |line: &str| -> (Vec<f64>, String) {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let (mut numbers, mut rest) = (Vec::new(), String::new());
        let mut left = line;
        while let Some(at) = left.find(|c: char| c.is_ascii_digit()) {
            let end = left[at..].find(|c| !is_part(c)).map_or(left.len(), |length| at + length);
            rest.push_str(&left[..at]);
            rest.push('#');
            numbers.push(left[at..end].trim_end_matches('.').parse().unwrap_or(f64::NAN));
            left = &left[end..];
        }
        (numbers, rest + left)
    };
    let ((a, rest), (b, other)) = (numbers(a), numbers(b));
    let near = |(a, b): (&f64, &f64)| {
        let step = if a.fract() == 0.0 && b.fract() == 0.0 { 1.0 } else { 0.02 };
        (a - b).abs() <= step * 1.001
    };
    rest == other && a.len() == b.len() && a.iter().zip(&b).all(near)
}

#[test]
fn pictures_are_told_apart_by_what_they_show() {
    let svg = |id: &str, word: &str| {
        format!("<svg aria-labelledby=\"{id}-title\">\n<g id=\"{id}-a\"/>\n<text>{word}</text>\n</svg>\n")
    };
    assert_eq!(other_lines(&svg("s-1", "Mars"), &svg("s-2", "Mars")), [""; 0]);
    assert_eq!(other_lines(&svg("s-1", "M 1.25 17"), &svg("s-2", "M 1.26 18")), [""; 0]);
    assert_eq!(other_lines(&svg("s-1", "M 1.25 17"), &svg("s-2", "M 1.35 17")).len(), 2);
    let other = other_lines(&svg("s-1", "Mars"), &svg("s-2", "Moon"));
    assert_eq!(other, ["<text>Mars</text>", "<text>Moon</text>"]);
}
