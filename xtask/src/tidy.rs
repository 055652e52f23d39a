//! Rules about the checkout as a whole, each a plain `#[test]`.
//!
//! They read the files and ask cargo; they compile nothing, so they run before everything else.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::workspace::Workspace;

/// The longest line of prose, in characters.
const WIDTH: usize = 120;

#[test]
fn every_source_file_says_what_it_is_for() -> Result<()> {
    let mut silent = Vec::new();
    for file in files()? {
        if file.place.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        // A crate whose README is its documentation opens with that.
        let text = file.text()?;
        if !text.starts_with("//!") && !text.starts_with("#![doc = include_str!(\"../README.md\")]") {
            silent.push(file.path);
        }
    }
    assert!(silent.is_empty(), "these files do not open with `//!`: {silent:#?}");
    Ok(())
}

#[test]
fn modules_are_named_by_their_file() -> Result<()> {
    let unnamed: Vec<String> = files()?
        .into_iter()
        .map(|file| file.path)
        .filter(|path| path.ends_with("/mod.rs") && path.split('/').any(|part| part == "src"))
        .collect();
    assert!(unnamed.is_empty(), "name these files after their modules: {unnamed:#?}");
    Ok(())
}

#[test]
fn the_changelog_has_an_entry_for_this_version() -> Result<()> {
    let path = Workspace::find()?.root().join("CHANGELOG.md");
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let version = env!("CARGO_PKG_VERSION");
    let has_entry = text.lines().any(|line| {
        line.strip_prefix("## ").is_some_and(|title| title.trim_start_matches('[').starts_with(version))
    });
    assert!(has_entry, "CHANGELOG.md has no `## [{version}]`");
    Ok(())
}

#[test]
fn the_chart_in_the_contributing_guide_is_the_example_that_runs() -> Result<()> {
    let root = Workspace::find()?.root().to_owned();
    let guide = fs::read_to_string(root.join("CONTRIBUTING.md"))?;
    let example = fs::read_to_string(root.join("crates/viz-svg/examples/stems.rs"))?;
    let (_, code) = example.split_once("\n\n").context("the example has no opening line")?;
    assert!(guide.contains(code), "CONTRIBUTING.md's chart is not examples/stems.rs");
    assert!(code.lines().count() < 60, "a chart in under 60 lines is promised: {}", code.lines().count());
    Ok(())
}

#[test]
fn what_only_reads_and_draws_never_needs_libtorch() -> Result<()> {
    for package in [
        "saliency-schema",
        "saliency-compare",
        "saliency-gguf",
        "saliency-hub",
        "saliency-lit",
        "saliency-viz-svg",
    ] {
        if !members()?.contains(package) {
            continue;
        }
        // Tests included: a bare `cargo test` runs them before any libtorch is there.
        let tree = Tree::of(package, &["--all-features", "--edges", "normal,build,dev"])?;
        tree.has_none_of(&["tch", "torch-sys"]);
    }
    Ok(())
}

#[test]
fn attribution_knows_no_model_and_no_chart() -> Result<()> {
    let tree = Tree::of("saliency-attribution", &["--all-features", "--edges", "normal,build,dev"])?;
    tree.has_none_of(&[
        "saliency-checkpoint",
        "saliency-transformer",
        "saliency-model-gpt2",
        "saliency-viz-svg",
    ]);
    Ok(())
}

#[test]
fn comparing_knows_no_model_and_no_chart() -> Result<()> {
    let tree = Tree::of("saliency-compare", &["--all-features", "--edges", "normal,build,dev"])?;
    tree.has_none_of(&["saliency-attribution", "saliency-checkpoint", "saliency-viz-svg"]);
    Ok(())
}

#[test]
fn the_parts_of_decoders_know_no_file_and_no_tokenizer() -> Result<()> {
    let tree = Tree::of("saliency-transformer", &["--all-features", "--edges", "normal,build,dev"])?;
    tree.has_none_of(&["saliency-checkpoint", "saliency-viz-svg", "tokenizers"]);
    Ok(())
}

#[test]
fn checkpoints_know_no_network_and_no_chart() -> Result<()> {
    let tree = Tree::of("saliency-checkpoint", &["--all-features", "--edges", "normal,build,dev"])?;
    tree.has_none_of(&[
        "saliency-transformer",
        "saliency-model-gpt2",
        "saliency-demo-model",
        "saliency-demo-t5",
        "saliency-hub",
        "saliency-viz-svg",
    ]);
    Ok(())
}

/// Bundled weights are of a family, too. Everybody else asks the table of the facade.
#[test]
fn only_the_facade_and_bundled_weights_know_a_family() -> Result<()> {
    let is_family = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("saliency-model-"));
    let mut knows = Vec::new();
    for package in packages()? {
        let depends = package["dependencies"].as_array().context("no dependencies")?;
        if depends.iter().any(|dependency| is_family(&dependency["name"])) {
            knows.push(package["name"].as_str().unwrap_or_default().to_owned());
        }
    }
    knows.sort();
    assert_eq!(knows, ["saliency", "saliency-demo-model", "saliency-demo-t5"]);
    Ok(())
}

#[test]
fn the_facade_without_features_needs_no_libtorch() -> Result<()> {
    let tree = Tree::of("saliency", &["--no-default-features", "--edges", "normal,build"])?;
    tree.has_none_of(&["tch", "torch-sys"]);
    Ok(())
}

/// What a registry asks for, and asks only when it is too late.
#[test]
fn every_package_says_what_a_registry_wants_to_know() -> Result<()> {
    let mut missing = Vec::new();
    for package in packages()? {
        let name = package["name"].as_str().context("a package without a name")?;
        if name == "xtask" {
            continue;
        }
        for field in ["description", "license", "repository", "readme"] {
            if package[field].as_str().is_none_or(str::is_empty) {
                missing.push(format!("{name}: no {field}"));
            }
        }
        let n = |field: &str| package[field].as_array().map_or(0, Vec::len);
        if !(1..=5).contains(&n("keywords")) || !(1..=5).contains(&n("categories")) {
            missing.push(format!("{name}: one to five keywords, and categories"));
        }
        let folder = Path::new(package["manifest_path"].as_str().unwrap_or_default()).with_file_name("");
        if !folder.join("README.md").is_file() {
            missing.push(format!("{name}: no README.md"));
        }
        if !fs::read_to_string(folder.join("Cargo.toml"))?.contains("\ninclude = [") {
            missing.push(format!("{name}: no `include`, so that tests' data would be published"));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
    Ok(())
}

/// Small enough for somebody's build script.
#[test]
fn drawing_without_features_is_at_most_36_crates() -> Result<()> {
    let tree = Tree::of("saliency-viz-svg", &["--no-default-features", "--edges", "normal,build"])?;
    let n = tree.packages.len();
    assert!(n <= 36, "saliency-viz-svg is {n} crates: {:#?}", tree.packages);
    Ok(())
}

#[test]
fn no_file_names_a_machine_or_a_registry() -> Result<()> {
    // In halves, so that this file does not name them either.
    let forbidden = [
        concat!("/work", "/main"),
        concat!("/work", "/shared"),
        concat!("/ro", "ot/"),
        concat!("files.python", "hosted.org"),
        concat!("pypi", ".org/simple"),
        concat!("registry.npm", "js.org"),
        concat!("index.cra", "tes.io"),
        concat!("static.cra", "tes.io"),
    ];
    let mut found = Vec::new();
    for file in files()? {
        let text = file.text()?;
        for (number, line) in (1..).zip(text.lines()) {
            for word in forbidden.iter().filter(|&&word| line.contains(word)) {
                found.push(format!("{}:{number}: {word}", file.path));
            }
        }
    }
    assert!(found.is_empty(), "take these out: {found:#?}");
    Ok(())
}

#[test]
fn only_the_heap_is_unsafe() -> Result<()> {
    let mut found = Vec::new();
    for file in files()? {
        if file.place.extension().is_some_and(|extension| extension == "rs") {
            let text = file.text()?;
            let count = text.matches(concat!("uns", "afe {")).count();
            let is_allowed = text.contains(concat!("(uns", "afe_code"));
            found.extend((count > 0 || is_allowed).then_some((file.path, count)));
        }
    }
    assert_eq!(found, [("crates/cli/src/heap.rs".to_owned(), 1)]);
    Ok(())
}

#[test]
fn lines_of_prose_are_at_most_120_characters() -> Result<()> {
    let mut long = Vec::new();
    for file in files()? {
        let comments = match file.place.extension().and_then(|extension| extension.to_str()) {
            Some("md") => false,
            Some("rs") => true,
            _ => continue,
        };
        let lines = long_lines(&file.text()?, comments);
        long.extend(lines.into_iter().map(|line| format!("{}:{line}", file.path)));
    }
    assert!(long.is_empty(), "break these lines: {long:#?}");
    Ok(())
}

/// The numbers of overlong lines of Markdown, or of Rust comments. Code, tables, headings, pictures and links may be
/// longer, and so may text that a test keeps equal to the program, between `<!-- name -->` and `<!-- /name -->`.
fn long_lines(text: &str, comments: bool) -> Vec<usize> {
    let (mut is_code, mut is_generated) = (false, false);
    let mut long = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let indented = line.trim_start();
        let prose = if comments {
            let Some(comment) = indented.strip_prefix("//") else {
                is_code = false;
                continue;
            };
            comment.trim_start_matches(['/', '!']).trim_start()
        } else {
            indented
        };
        if prose.starts_with("```") {
            is_code = !is_code;
        } else if prose.starts_with("<!-- ") {
            is_generated = !prose.starts_with("<!-- /");
        } else if !is_code
            && !is_generated
            && !prose.starts_with(['|', '#', '<'])
            && !prose.starts_with("![")
            && (comments || !line.starts_with("    "))
        {
            // A link's address can't be broken, and code had better not be.
            let addresses: usize = line.split("](").skip(1).filter_map(|rest| rest.find(')')).sum();
            let between_code = prose.trim_start_matches("- ").split('`').step_by(2);
            if line.chars().count() - addresses > WIDTH
                && between_code.into_iter().any(|text| text.contains(' '))
            {
                long.push(number);
            }
        }
    }
    long
}

#[test]
fn long_lines_are_found_in_prose_only() {
    let words = "word ".repeat(30);
    let found = |text: &str, comments| long_lines(&text.replace("WORDS", &words), comments);
    assert_eq!(found("short\nWORDS\n- WORDS", false), [2, 3]);
    assert_eq!(found("| WORDS |\n```sh\nWORDS\n```\nWORDS", false), [5]);
    assert_eq!(found("<!-- a -->\nWORDS\n<!-- /a -->\nWORDS\n![WORDS](x)", false), [4]);
    assert!(found(&format!("[a]({}) b", "x".repeat(200)), false).is_empty());
    assert_eq!(found("`WORDS`.\nWORDS `code`", false), [2]);
    assert_eq!(
        found("let a = \"WORDS\";\n    // WORDS\n/// ```\n/// WORDS\nfn a() {}\n//! WORDS", true),
        [2, 6]
    );
}

/// A lock file that was written behind a mirror names the mirror.
#[test]
fn lock_files_name_only_the_public_registry() -> Result<()> {
    let public = "registry+https://github.com/rust-lang/crates.io-index";
    for file in files()? {
        if !file.path.ends_with("Cargo.lock") {
            continue;
        }
        for source in file.text()?.lines().filter_map(|line| line.strip_prefix("source = ")) {
            assert_eq!(source.trim_matches('"'), public, "in {}", file.path);
        }
    }
    Ok(())
}

/// A file that is committed, or would be by `git add --all`.
struct TrackedFile {
    /// Relative to the root, with `/`.
    path: String,
    place: PathBuf,
}

impl TrackedFile {
    /// The text; nothing where the file is not text.
    fn text(&self) -> Result<String> {
        let bytes = fs::read(&self.place).with_context(|| format!("cannot read {}", self.path))?;
        Ok(String::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).unwrap_or_default())
    }
}

fn files() -> Result<Vec<TrackedFile>> {
    let workspace = Workspace::find()?;
    let root = workspace.root();
    let git = Command::new("git")
        .current_dir(root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output();
    let mut paths = match git {
        Ok(output) if output.status.success() => {
            String::from_utf8(output.stdout)?.split_terminator('\0').map(str::to_owned).collect()
        }
        // A checkout without git, such as an unpacked archive.
        _ => all_files(root)?,
    };
    paths.sort();
    paths.dedup();
    let files: Vec<TrackedFile> = paths
        .into_iter()
        .map(|path| TrackedFile { place: root.join(&path), path })
        // Not what is listed and has been deleted, and not links.
        .filter(|file| file.place.symlink_metadata().is_ok_and(|metadata| metadata.is_file()))
        .collect();
    if files.is_empty() {
        bail!("there are no files in {}", root.display());
    }
    Ok(files)
}

/// Everything below `root`, except in build folders.
fn all_files(root: &Path) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if !path.is_dir() {
                found.push(path.strip_prefix(root)?.to_string_lossy().into_owned());
            } else if !path.ends_with("target") && !path.ends_with(".git") {
                folders.push(path);
            }
        }
    }
    Ok(found)
}

#[test]
fn without_git_the_same_files_are_found() -> Result<()> {
    let root = Workspace::find()?.root().to_owned();
    let walked = all_files(&root)?;
    assert!(walked.iter().any(|path| path == "xtask/src/tidy.rs"));
    assert!(!walked.iter().any(|path| path.starts_with("target/")));
    Ok(())
}

#[test]
fn every_lock_file_fits_its_manifest() -> Result<()> {
    for folder in ["", "tests/downstream/attribute", "tests/downstream/figure"] {
        let workspace = Workspace::find()?;
        let mut command = workspace.cargo("metadata");
        command.args(["--format-version", "1"]).current_dir(workspace.root().join(folder));
        text_of(&mut command).context("see \"Change a dependency\" in CONTRIBUTING.md")?;
    }
    Ok(())
}

/// The names of the workspace's packages.
fn members() -> Result<BTreeSet<String>> {
    Ok(packages()?.iter().filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect())
}

/// The workspace's packages, as `cargo metadata` lists them.
fn packages() -> Result<Vec<Value>> {
    let mut command = Workspace::find()?.cargo("metadata");
    command.args(["--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&text_of(&mut command)?)?;
    Ok(metadata["packages"].as_array().context("no packages")?.clone())
}

/// What a package is built from, itself included, each as "name v1.2.3".
///
/// From `cargo tree`, because `cargo metadata` shows the features of all members taken together.
struct Tree {
    package: &'static str,
    packages: BTreeSet<String>,
}

impl Tree {
    fn of(package: &'static str, options: &[&str]) -> Result<Self> {
        let mut command = Workspace::find()?.cargo("tree");
        command.args(["--package", package, "--prefix", "none", "--no-dedupe"]).args(options);
        let packages: BTreeSet<String> = text_of(&mut command)?
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" "))
            .collect();
        if !packages.iter().any(|line| line.starts_with(package)) {
            bail!("`cargo tree` does not show {package} itself");
        }
        Ok(Self { package, packages })
    }

    fn has_none_of(&self, names: &[&str]) {
        for name in names {
            let found = self.packages.iter().find(|line| line.split(' ').next() == Some(name));
            assert_eq!(found, None, "{} must not depend on {name}", self.package);
        }
    }
}

fn text_of(command: &mut Command) -> Result<String> {
    let output = command.output().context("cargo does not run")?;
    if !output.status.success() {
        bail!("{command:?}: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8(output.stdout)?)
}
