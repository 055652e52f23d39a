//! Painted pictures against those that were looked at and kept. Where one differs, the test writes both and their
//! difference into one image and names it.
//!
//! `SALIENCY_BLESS=1 cargo test -p saliency-viz-svg --all-features --test pictures` takes new ones, and fails.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{all_charts, small, states};
use saliency_viz_svg::{Options, Theme};
use std::path::{Path, PathBuf};

/// A channel may differ by this much: rounding on another processor.
const TOLERANCE: u8 = 2;

struct Image {
    width: usize,
    height: usize,
    rgb: Vec<[u8; 3]>,
}

fn decoded(bytes: &[u8]) -> Image {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let channels = info.color_type.samples();
    let rgb = buffer[..info.buffer_size()].chunks(channels).map(|p| [p[0], p[1], p[2]]).collect();
    Image { width: info.width as usize, height: info.height as usize, rgb }
}

/// What was kept, what is painted now, and where they differ, side by side.
fn compared(kept: &Image, now: &Image) -> Vec<u8> {
    let (width, height) = (kept.width.max(now.width), kept.height.max(now.height));
    let at = |image: &Image, x: usize, y: usize| {
        (x < image.width && y < image.height).then(|| image.rgb[y * image.width + x])
    };
    let mut pixels = Vec::with_capacity(width * height * 9);
    for y in 0..height {
        for panel in 0..3 {
            for x in 0..width {
                let (a, b) = (at(kept, x, y), at(now, x, y));
                let difference = if a == b { [255; 3] } else { [255, 0, 0] };
                pixels.extend([a.unwrap_or([128; 3]), b.unwrap_or([128; 3]), difference][panel]);
            }
        }
    }
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, 3 * width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
    bytes
}

fn differ(kept: &Image, now: &Image) -> bool {
    (kept.width, kept.height) != (now.width, now.height)
        || kept
            .rgb
            .iter()
            .zip(&now.rgb)
            .any(|(a, b)| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > TOLERANCE))
}

#[test]
fn painted_charts_look_as_they_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures");
    let mut stale: Vec<PathBuf> = Vec::new();
    for chart in all_charts() {
        let records = small(chart.takes_several());
        let [(rest, at_rest), _, _, (both, in_both)] = states();
        for (state, theme, options) in [(rest, Theme::Light, at_rest), (both, Theme::Dark, in_both)] {
            let now = chart.draw(&records, &Options { theme, ..options }).unwrap().to_png(1.0).unwrap();
            let path = folder.join(format!("{}-{state}-{}.png", chart.name(), theme.name()));
            let kept = std::fs::read(&path).ok();
            if kept.as_ref().is_some_and(|kept| !differ(&decoded(kept), &decoded(&now))) {
                continue;
            }
            if std::env::var_os("SALIENCY_BLESS").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&path, now).unwrap();
                stale.push(path);
            } else {
                let difference = Path::new(env!("CARGO_TARGET_TMPDIR")).join(path.file_name().unwrap());
                let image = kept.map_or(now.clone(), |kept| compared(&decoded(&kept), &decoded(&now)));
                std::fs::write(&difference, image).unwrap();
                stale.push(difference);
            }
        }
    }
    assert!(stale.is_empty(), "painted otherwise than before, look at: {stale:#?}");
}

#[test]
fn a_difference_is_seen_and_shown() {
    let image = |red: u8| Image { width: 2, height: 1, rgb: vec![[red, 0, 0], [9, 9, 9]] };
    assert!(!differ(&image(100), &image(102)) && differ(&image(100), &image(103)));
    let shown = decoded(&compared(&image(100), &image(103)));
    assert_eq!((shown.width, shown.height), (6, 1));
    assert_eq!(shown.rgb[4..], [[255, 0, 0], [255; 3]]);
}
