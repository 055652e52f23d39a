//! `cargo xtask demo`: from a fresh checkout to a page.

use std::fs;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::disk::At;
use crate::libtorch::Libtorch;
use crate::program;
use crate::saliency::Saliency;
use crate::workspace::Workspace;

/// Written for the bundled model, which goes on with the names that it has read; so many tokens end with one.
const TEXT: &str = "examples/abigail.txt";
const TOKENS: &str = "32";
const DIR: &str = "target/demo";
const RECORD: &str = "target/demo/record.json";

/// Prints the page's path as the last line on standard output, and nothing else there.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    let libtorch = Libtorch::provide(workspace, false)?;
    let binary = program::build_for_demo(workspace, &libtorch)?;
    let page = workspace.root().join(DIR);
    fs::create_dir_all(&page).at("make", &page)?;
    let saliency = Saliency::new(workspace, libtorch, binary);

    eprintln!("attributing {TEXT}");
    saliency.run(&[
        "attribute",
        "--model",
        "demo",
        "--text-file",
        TEXT,
        "--generate",
        TOKENS,
        "-o",
        RECORD,
    ])?;
    eprintln!("writing the page");
    saliency.run(&["report", RECORD, "-o", DIR])?;
    for chart in chart_names(&saliency.output(&["charts", "--json"])?)? {
        // The report leaves out what the record has nothing for, such as replacements.
        if !page.join(format!("{chart}.svg")).is_file() {
            continue;
        }
        eprintln!("drawing {chart}");
        for format in ["svg", "png"] {
            let picture = format!("{DIR}/{chart}.{format}");
            saliency.run(&["draw", &chart, RECORD, "-o", &picture])?;
        }
    }

    let page = page.join("index.html");
    if !page.is_file() {
        bail!("`saliency report` wrote no {}", page.display());
    }
    println!("{}", page.display());
    Ok(())
}

/// Reads the names out of `saliency charts --json`.
fn chart_names(json: &str) -> Result<Vec<String>> {
    let wrong = "`saliency charts --json` is not an array of objects with a name";
    let charts: Vec<Value> = serde_json::from_str(json).context(wrong)?;
    charts
        .iter()
        .map(|chart| Some(chart.get("name")?.as_str()?.to_owned()))
        .collect::<Option<_>>()
        .context(wrong)
}

#[cfg(test)]
mod tests {
    use super::chart_names;
    use anyhow::Result;

    #[test]
    fn charts_are_read_by_name() -> Result<()> {
        let json = r#"[{"name": "highlight", "about": "…"}, {"name": "minimap"}]"#;
        assert_eq!(chart_names(json)?, ["highlight", "minimap"]);
        assert!(chart_names(r#"[{"title": "highlight"}]"#).is_err());
        assert!(chart_names("highlight").is_err());
        Ok(())
    }
}
