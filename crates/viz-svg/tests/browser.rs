//! The same chart by resvg and by a browser: pictures that differ by little. Ignored by default, since it needs a
//! Chromium: `cargo xtask test` runs it where CHROME or PATH names one, and says so where none is found.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::{all_charts, browser, run_30, small, states};
use saliency_viz_svg::{Options, Scene, Theme, chart};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// The mean difference of a channel, in 255ths.
const MEAN: f64 = 2.0;
/// The share of pixels with a channel that differs by more than a quarter: edges of letters.
const SHARE: f64 = 0.01;

#[test]
#[ignore = "needs a Chromium, which `cargo xtask test` looks for"]
fn resvg_and_a_browser_draw_the_same_picture() {
    let mut scenes = vec![(
        "run-30".to_owned(),
        chart("tall-heatmap").unwrap().draw(&[run_30()], &Options::default()).unwrap(),
    )];
    for chart in all_charts() {
        let [(rest, at_rest), _, _, (both, in_both)] = states();
        for (state, theme, options) in [(rest, Theme::Light, at_rest), (both, Theme::Dark, in_both)] {
            let scene = chart.draw(&small(chart.takes_several()), &Options { theme, ..options }).unwrap();
            scenes.push((format!("{}-{state}", chart.name()), scene));
        }
    }
    let browser = browser().expect("no browser: set CHROME, or put chromium on the PATH");
    let mut worst = (0.0_f64, 0.0_f64);
    for (name, scene) in &scenes {
        let (width, height, ours) = rgb(&scene.to_png(1.0).unwrap());
        let (theirs_width, theirs_height, theirs) = rgb(&shot(&browser, name, scene));
        assert_eq!((width, height), (theirs_width, theirs_height), "{name}");
        let (mean, share) = difference(&ours, &theirs);
        // A picture that is two pixels off is told apart.
        let off = difference(&ours[6..], &theirs[..theirs.len() - 6]);
        assert!(off.0 > mean && off.1 > SHARE, "{name}: {off:?}");
        println!("{name}: mean {mean:.3} of 255, {:.3} % of pixels by more than 64", 100.0 * share);
        worst = (worst.0.max(mean), worst.1.max(share));
    }
    assert!(worst.0 < MEAN && worst.1 < SHARE, "{worst:?}");
}

/// The mean difference of a channel, and the share of pixels that differ by more than a quarter.
fn difference(ours: &[u8], theirs: &[u8]) -> (f64, f64) {
    let differences: Vec<u8> = ours.iter().zip(theirs).map(|(a, b)| a.abs_diff(*b)).collect();
    let mean = differences.iter().map(|d| f64::from(*d)).sum::<f64>() / differences.len() as f64;
    let far = differences.chunks(3).filter(|pixel| pixel.iter().any(|d| *d > 64)).count();
    (mean, far as f64 / (differences.len() / 3) as f64)
}

/// A picture of the SVG in a page that has the embedded fonts.
fn shot(browser: &Path, name: &str, scene: &Scene) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    std::fs::create_dir_all(&folder).unwrap();
    let mut page =
        "<!DOCTYPE html><meta charset=\"utf-8\"><style>body{margin:0}svg{display:block}".to_owned();
    for (file, weight) in [("DejaVuSansMono.ttf", "normal"), ("DejaVuSansMono-Bold.ttf", "bold")] {
        let font =
            STANDARD.encode(std::fs::read(format!("{}/fonts/{file}", env!("CARGO_MANIFEST_DIR"))).unwrap());
        let _ = write!(
            page,
            "@font-face{{font-family:'DejaVu Sans Mono';font-weight:{weight};src:url(data:font/ttf;base64,{font})}}"
        );
    }
    let _ = write!(page, "</style>{}", scene.to_svg());
    let (html, png) = (folder.join(format!("{name}.html")), folder.join(format!("{name}.png")));
    std::fs::write(&html, page).unwrap();
    let _ = std::fs::remove_file(&png);
    let profile = folder.join("profile");
    let status = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
        ])
        .args(["--force-device-scale-factor=1", "--force-color-profile=srgb", "--font-render-hinting=none"])
        .arg("--disable-lcd-text")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--window-size={},{}", scene.width.ceil(), scene.height.ceil()))
        .arg(format!("--screenshot={}", png.display()))
        .arg(format!("file://{}", html.display()))
        .output()
        .unwrap();
    std::fs::read(&png).unwrap_or_else(|_| panic!("no picture: {}", String::from_utf8_lossy(&status.stderr)))
}

fn rgb(bytes: &[u8]) -> (u32, u32, Vec<u8>) {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let channels = info.color_type.samples();
    let pixels = buffer[..info.buffer_size()].chunks(channels).flat_map(|p| [p[0], p[1], p[2]]);
    (info.width, info.height, pixels.collect())
}
