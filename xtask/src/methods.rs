//! `cargo xtask methods`: the pictures of docs/methods.md, docs/tasks.md, docs/ideas.md, docs/profile.md and of
//! README.md, by the commands that the pages show.

use std::env;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::program;
use crate::smollm2;
use crate::step;
use crate::workspace::Workspace;

const PAGES: [&str; 5] =
    ["README.md", "docs/methods.md", "docs/tasks.md", "docs/ideas.md", "docs/profile.md"];

/// Draws the pictures with these names, or all. They show SmolLM2 and the bundled T5.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<()> {
    let mut text = String::new();
    for page in PAGES {
        let page = workspace.root().join(page);
        text.push_str(&fs::read_to_string(&page).at("read", &page)?);
    }
    let commands = commands(&text, names)?;
    let models = smollm2::provide(workspace)?;
    let libtorch = Libtorch::provide(workspace, false)?;
    let binary = program::build(workspace, &libtorch)?;
    let folder = binary.parent().context("the program lies in no folder")?.to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = env::join_paths(std::iter::once(folder).chain(env::split_paths(&path)))?;
    for line in commands {
        eprintln!("{line}");
        let mut command = Command::new("sh");
        command.args(["-e", "-c", line]).current_dir(workspace.root()).env("PATH", &path);
        command.env(smollm2::VARIABLE, &models);
        libtorch.tell(&mut command);
        step::run(&mut command)?;
    }
    Ok(())
}

/// The pages' commands that draw a picture of the documentation, those with these names, or all.
fn commands<'a>(page: &'a str, names: &[String]) -> Result<Vec<&'a str>> {
    let draws = |line: &&str| line.contains("saliency draw ") && line.contains(" -o docs/");
    let all: Vec<_> = page.lines().filter(draws).collect();
    if names.is_empty() {
        return Ok(all);
    }
    let of = |name: &String| {
        let found = all.iter().find(|line| line.ends_with(&format!("/{name}.svg")));
        found.copied().with_context(|| format!("{} show no picture {name}", PAGES.join(" and ")))
    };
    names.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::commands;

    #[test]
    fn commands_are_found_in_the_page() {
        let page = "text\n```sh\nsaliency attribute | saliency draw c -o docs/methods/a.svg\n```\nsaliency methods\n";
        assert_eq!(commands(page, &[]).ok().map(|c| c.len()), Some(1));
        assert_eq!(commands(page, &["a".into()]).ok().map(|c| c.len()), Some(1));
        assert!(commands(page, &["b".into()]).is_err());
    }
}
