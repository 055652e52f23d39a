//! PNG and PDF: the same scene, painted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, run_30};
use saliency_viz_svg::{Error, Options};

#[test]
fn pngs_have_the_scenes_size_and_are_the_same_each_time() {
    let scene = draw("tall-heatmap", &run_30(), &Options::default());
    let png = scene.to_png(1.0).unwrap();
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    assert_eq!((number(16), number(20)), (scene.width.ceil() as u32, scene.height.ceil() as u32));
    assert_eq!(png, scene.to_png(1.0).unwrap());
    assert!(matches!(scene.to_png(0.0), Err(Error::Parameter { name: "scale", .. })));
    assert!(matches!(scene.to_png(f32::NAN), Err(Error::Parameter { .. })));
    assert!(matches!(scene.to_png(1000.0), Err(Error::TooLarge { .. })));
}
