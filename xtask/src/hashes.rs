//! `cargo xtask hashes`: a hash of every record and every picture that a change of structure must leave as they are.
//!
//! Records hold floats, which differ between processors and versions of libtorch. So no hashes are kept in the
//! repository: print them before a change and compare after it, on one machine.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::program;
use crate::workspace::Workspace;

/// Targets that every method explains. The others are asked of [`EVERY_TARGET`] alone.
const TARGETS: [&str; 2] = ["probability", "contrast-logit"];
/// Methods that explain every target: autograd and the batched backward pass, a path, an ablation.
const EVERY_TARGET: [&str; 3] = ["gradient-x-input", "integrated-gradients", "occlusion"];
const TEXT: &str = "The race to Mars: a race, and Mars.";

/// What the command was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// The program to ask instead of building one.
    binary: Option<PathBuf>,
    /// Hashes of an earlier run.
    against: Option<PathBuf>,
}

impl Options {
    pub(crate) fn parse(mut args: &[String]) -> Result<Self, String> {
        let mut options = Self { binary: None, against: None };
        while let [flag, rest @ ..] = args {
            let place = match flag.as_str() {
                "--binary" => &mut options.binary,
                "--against" => &mut options.against,
                other => return Err(format!("`hashes` takes no argument `{other}`")),
            };
            let [value, rest @ ..] = rest else { return Err(format!("`{flag}` needs a file")) };
            *place = Some(value.into());
            args = rest;
        }
        Ok(options)
    }
}

/// Prints a line for each file, `HASH  NAME`. Fails where `--against` says otherwise.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let binary = match &options.binary {
        Some(binary) => fs::canonicalize(binary).at("find", binary)?,
        None => program::build(workspace, &libtorch)?,
    };
    let folder = workspace.target().join("hashes");
    if folder.exists() {
        fs::remove_dir_all(&folder).at("empty", &folder)?;
    }
    fs::create_dir_all(&folder).at("make", &folder)?;
    let mut saliency = Saliency { binary, root: workspace.root(), libtorch, folder, hashes: BTreeMap::new() };
    saliency.records()?;
    saliency.pictures()?;
    let hashes = saliency.hashes;
    for (name, hash) in &hashes {
        println!("{hash}  {name}");
    }
    match &options.against {
        Some(path) => compare(&hashes, &read(path)?),
        None => Ok(()),
    }
}

/// The program, and the hashes of what it has written.
struct Saliency<'a> {
    binary: PathBuf,
    root: &'a Path,
    libtorch: Libtorch,
    folder: PathBuf,
    hashes: BTreeMap<String, String>,
}

impl Saliency<'_> {
    fn output(&self, args: &[&str]) -> Result<Vec<u8>> {
        let mut command = Command::new(&self.binary);
        command.current_dir(self.root).args(args);
        self.libtorch.tell(&mut command);
        let output = command.output().context("saliency does not run")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!("`saliency {}` failed ({}): {said}", args.join(" "), output.status);
        }
        Ok(output.stdout)
    }

    /// Runs `ARGS -o NAME` and keeps the file's hash. Where it is refused, the hash of the refusal is kept.
    fn keep(&mut self, name: &str, args: &[&str]) -> Result<PathBuf> {
        let path = self.folder.join(name);
        let file = path.to_str().context("the workspace's path is not UTF-8")?;
        let result = self.output(&[args, &["-o", file]].concat());
        let bytes = match result {
            Ok(_) => fs::read(&path).at("read", &path)?,
            Err(error) => error.to_string().replace(file, name).into_bytes(),
        };
        let hash = short_hash(&bytes);
        self.hashes.insert(name.to_owned(), hash);
        Ok(path)
    }

    /// The names that `saliency WHAT --json` lists.
    fn names(&self, what: &str) -> Result<Vec<String>> {
        let wrong = "the list is not an array of objects with a name";
        let list: Vec<Value> = serde_json::from_slice(&self.output(&[what, "--json"])?).context(wrong)?;
        list.iter()
            .map(|entry| Some(entry.get("name")?.as_str()?.to_owned()))
            .collect::<Option<_>>()
            .context(wrong)
    }

    fn records(&mut self) -> Result<()> {
        let parity = "crates/model-gpt2/tests/parity";
        let models = [
            ("demo", "demo".to_owned()),
            ("a", format!("{parity}/gpt2-a")),
            ("b", format!("{parity}/gpt2-b")),
        ];
        let targets = self.output(&["methods"])?;
        let targets = targets_of(&String::from_utf8_lossy(&targets))?;
        let methods = self.names("methods")?;
        for (short, model) in &models {
            eprintln!("records of {model}");
            for method in &methods {
                let every = EVERY_TARGET.contains(&method.as_str());
                for target in &targets {
                    if !every && !TARGETS.contains(&target.as_str()) {
                        continue;
                    }
                    let name = format!("{short}.{method}.{target}.json");
                    let mut args = vec!["attribute", "--model", model, "--text", TEXT, "--generate", "4"];
                    args.extend(["--threads", "1", "--method", method, "--target", target]);
                    if target.starts_with("kl") {
                        args.extend(["--without", "0-2"]);
                    }
                    self.keep(&name, &args)?;
                }
            }
        }
        Ok(())
    }

    fn pictures(&mut self) -> Result<()> {
        let attribute =
            ["attribute", "--text-file", "examples/race-to-mars.txt", "--generate", "12", "--threads", "1"];
        let mut records = Vec::new();
        for method in ["gradient-x-input", "integrated-gradients", "value-zeroing"] {
            let args = [&attribute[..], &["--method", method]].concat();
            records.push(self.keep(&format!("{method}.json"), &args)?);
        }
        let records: Vec<_> = records.iter().map(|path| path.to_string_lossy().into_owned()).collect();
        let one = [records[0].as_str()];
        let signed = [records[1].as_str()];
        let all: Vec<_> = records.iter().map(String::as_str).collect();
        let states: [(&str, &[&str]); 8] = [
            ("rest", &[]),
            ("hover", &["--hover", "3"]),
            ("lock", &["--lock", "2"]),
            ("both", &["--hover", "3", "--lock", "2"]),
            ("token", &["--token", "5"]),
            ("dark", &["--theme", "dark", "--lock", "2"]),
            ("print", &["--theme", "print"]),
            ("words", &["--group", "words"]),
        ];
        for chart in self.names("charts")? {
            eprintln!("pictures of {chart}");
            for (which, records) in [("one", &one[..]), ("signed", &signed), ("all", &all)] {
                for (state, flags) in &states {
                    let args = [&["draw", &chart], records, *flags].concat();
                    self.keep(&format!("{chart}.{which}.{state}.svg"), &args)?;
                }
                self.keep(&format!("{chart}.{which}.html"), &[&["draw", &chart], records].concat())?;
            }
        }
        self.keep("one.pdf", &["draw", "tall-heatmap", one[0]])?;
        self.keep("one.png", &["draw", "tall-heatmap", one[0]])?;
        self.keep("all.csv", &[&["draw", "tokens"], &all[..]].concat())?;
        let report = self.folder.join("report");
        let folder = report.to_str().context("the workspace's path is not UTF-8")?.to_owned();
        self.output(&[&["report"], &all[..], &["-o", &folder]].concat())?;
        let bytes = fs::read(report.join("index.html")).at("read", &report)?;
        let hash = short_hash(&bytes);
        self.hashes.insert("report.html".to_owned(), hash);
        Ok(())
    }
}

/// The first half of SHA-256, in hexadecimal: enough to tell files apart.
fn short_hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..8].iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The targets' names out of `saliency methods`: the first word of each line below the heading.
fn targets_of(listing: &str) -> Result<Vec<String>> {
    let (_, below) =
        listing.split_once("Targets (--target)\n").context("`saliency methods` lists no targets")?;
    let lines = below.lines().take_while(|line| !line.is_empty());
    Ok(lines.filter_map(|line| line.split_whitespace().next().map(str::to_owned)).collect())
}

fn read(path: &Path) -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).at("read", path)?;
    let entry = |line: &str| line.split_once("  ").map(|(hash, name)| (name.to_owned(), hash.to_owned()));
    text.lines()
        .map(|line| entry(line).with_context(|| format!("{}: {line:?} is no hash", path.display())))
        .collect()
}

/// Fails with the names that differ, are gone or are new.
fn compare(now: &BTreeMap<String, String>, before: &BTreeMap<String, String>) -> Result<()> {
    let names = now.keys().chain(before.keys().filter(|name| !now.contains_key(*name)));
    let differ: Vec<_> =
        names.filter(|name| now.get(*name) != before.get(*name)).map(String::as_str).collect();
    if differ.is_empty() {
        eprintln!("{} files, all as they were", now.len());
        return Ok(());
    }
    bail!("{} of {} files are not as they were:\n{}", differ.len(), now.len(), differ.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::{Options, compare, targets_of};
    use anyhow::Result;
    use std::collections::BTreeMap;

    #[test]
    fn what_differs_is_named() -> Result<()> {
        let hashes = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, hash)| ((*name).to_owned(), (*hash).to_owned())).collect()
        };
        let before = hashes(&[("a", "1"), ("b", "2"), ("c", "3")]);
        compare(&before, &before)?;
        let error =
            compare(&hashes(&[("a", "1"), ("b", "9"), ("d", "4")]), &before).expect_err("they differ");
        let said = error.to_string();
        assert!(said.starts_with("3 of 3 files") && said.ends_with("b\nd\nc"), "{said}");
        Ok(())
    }

    #[test]
    fn arguments_and_targets_are_read() -> Result<()> {
        let args = ["--against", "x"].map(str::to_owned);
        assert_eq!(Options::parse(&args), Ok(Options { binary: None, against: Some("x".into()) }));
        assert!(Options::parse(&["--against".to_owned()]).is_err());
        assert!(Options::parse(&["-o".to_owned()]).is_err());
        let listing =
            "Methods\nx\n\nTargets (--target)\nlogit  a\nentropy  b\n\nAggregates (--aggregate)\nsum\n";
        assert_eq!(targets_of(listing)?, ["logit", "entropy"]);
        assert!(targets_of("nothing").is_err());
        Ok(())
    }
}
