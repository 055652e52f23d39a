//! Draws every chart of the notebook's data in every state and theme, and a contact sheet: each of the notebook's own
//! charts, beside it ours in the same state, in the notebook's look and palette and as drawn now. `cargo xtask gallery`
//! runs it.
//!
//! Takes the folder to write to.

use saliency_schema::Record;
use saliency_viz_svg::{Look, Options, Palette, Scene, State, Theme, chart, charts};
use std::fmt::Write as _;
use std::path::Path;

/// One of the notebook's charts, and the state that its picture shows.
#[derive(Clone, Copy)]
struct Original {
    file: &'static str,
    chart: &'static str,
    runs: &'static str,
    palette: Palette,
    hover: (usize, usize),
    lock: Option<(usize, usize)>,
}

/// The token under the pointer in the locked pictures.
const TOKEN: usize = 60;

const ORIGINALS: [Original; 7] = {
    const fn of(
        file: &'static str,
        chart: &'static str,
        runs: &'static str,
        hover: (usize, usize),
    ) -> Original {
        Original { file, chart, runs, palette: Palette::Plasma, hover, lock: None }
    }
    const fn locked(original: Original, lock: (usize, usize)) -> Original {
        Original { palette: Palette::Piyg, lock: Some(lock), ..original }
    }
    [
        Original { palette: Palette::Blues, ..of("paragraph-minimap", "minimap", "run-30", (0, 1)) },
        of("paragraph-tall-heatmap", "tall-heatmap", "run-30", (0, 1)),
        locked(of("paragraph-tall-heatmap-locked", "tall-heatmap", "run-30", (0, 12)), (0, 4)),
        of("paragraph-tall-multiple", "tall-multiple", "runs-3x30", (0, 8)),
        locked(of("paragraph-tall-multiple-locked", "tall-multiple", "runs-3x30", (1, 8)), (0, 5)),
        of("paragraph-long-output", "long-output", "runs-3x100", (0, 10)),
        locked(of("paragraph-long-output-locked", "long-output", "runs-3x100", (1, 8)), (0, 5)),
    ]
};

const STYLE: &str = "body{font:15px system-ui,sans-serif;margin:24px}.row{display:flex;gap:24px;align-items:flex-start}\
.row img{width:calc(33vw - 40px)}.all{display:flex;flex-wrap:wrap;gap:12px}.all img{width:360px}figure{margin:0}";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder to write to")?;
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><title>Gallery</title><style>{STYLE}</style>"
    );
    page.push_str(
        "<h1>The notebook's charts; ours in the same state, in the notebook's look and as drawn now</h1>",
    );
    for original in &ORIGINALS {
        let name = format!("{}.png", original.file);
        std::fs::copy(root.join("docs/originals").join(&name), folder.join(format!("original-{name}")))?;
        let state = Options {
            hover: Some(State::from(original.hover)),
            lock: original.lock.map(State::from),
            token: original.lock.map(|_| TOKEN),
            ..Options::default()
        };
        let notebook = Options { look: Look::Notebook, palette: Some(original.palette), ..state.clone() };
        let records = runs(&root, original.runs)?;
        let draw = |options: &Options| chart(original.chart)?.draw(&records, options);
        save(folder, &format!("{}-notebook", original.file), &draw(&notebook)?)?;
        save(folder, original.file, &draw(&state)?)?;
        let _ = write!(
            page,
            "<h2>{0}</h2><div class=\"row\"><img src=\"original-{0}.png\" alt=\"the original\"><img \
             src=\"{0}-notebook.svg\" alt=\"in the notebook's look\"><img src=\"{0}.svg\" alt=\"as it is drawn \
             now\"></div>",
            original.file
        );
    }
    page.push_str("<h1>Every chart, state and theme</h1>");
    for chart in charts().iter().filter(|chart| !chart.needs_scores()) {
        let records = runs(&root, if chart.takes_several() { "runs-3x30" } else { "run-30" })?;
        if records.iter().any(|record| chart.lacks(record).is_some()) {
            continue;
        }
        let _ = write!(page, "<h2>{}</h2><div class=\"all\">", chart.name());
        for theme in Theme::ALL {
            for (state, hover, lock) in [
                ("rest", None, None),
                ("hovered", Some(12), None),
                ("locked", None, Some(4)),
                ("both", Some(12), Some(4)),
            ] {
                let (hover, lock) = (hover.map(State::output), lock.map(State::output));
                let options =
                    Options { hover, lock, theme, token: hover.map(|_| TOKEN), ..Options::default() };
                let name = format!("{}-{state}-{}", chart.name(), theme.name());
                save(folder, &name, &chart.draw(&records, &options)?)?;
                let _ = write!(
                    page,
                    "<figure><img src=\"{name}.svg\" alt=\"\"><figcaption>{name}</figcaption></figure>"
                );
            }
        }
        page.push_str("</div>");
    }
    let index = folder.join("index.html");
    std::fs::write(&index, page)?;
    println!("{}", index.display());
    Ok(())
}

/// The notebook's data.
fn runs(root: &Path, name: &str) -> Result<Vec<Record>, Box<dyn std::error::Error>> {
    let crates = if name == "run-30" { "crates/viz-svg" } else { "crates/schema" };
    Ok(saliency_schema::read(&std::fs::read(root.join(crates).join(format!("tests/data/{name}.json")))?)?)
}

/// The picture as SVG, and as PNG at 1 and at 3 pixels for each unit.
fn save(folder: &Path, name: &str, scene: &Scene) -> Result<(), Box<dyn std::error::Error>> {
    std::fs::write(folder.join(format!("{name}.svg")), scene.to_svg())?;
    std::fs::write(folder.join(format!("{name}.png")), scene.to_png(1.0)?)?;
    std::fs::write(folder.join(format!("{name}@3x.png")), scene.to_png(3.0)?)?;
    Ok(())
}
