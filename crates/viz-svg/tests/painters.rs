//! PNG and PDF: the same scene, painted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, run_30};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Error, Highlight, Options, Pdf, Png};

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

fn of_text(text: &str) -> Record {
    let tokens = vec![Token::new(0, text, Kind::Input), Token::new(1, " end", Kind::Output)];
    Record::new(tokens, vec![vec![Some(0.0)]]).unwrap()
}

/// The dark pixels of each column of a picture: where ink is.
fn ink(png: &[u8]) -> Vec<usize> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let (width, channels) = (info.width as usize, info.color_type.samples());
    let mut columns = vec![0; width];
    for (at, pixel) in buffer[..info.buffer_size()].chunks(channels).enumerate() {
        columns[at % width] += usize::from(pixel[..3].iter().all(|c| *c < 128));
    }
    columns
}

#[test]
fn what_no_font_has_is_a_box_that_moves_nothing() {
    let paint = |text: &str| Highlight::new(&of_text(text)).to_png(1.0).unwrap();
    // 24 of margin and 12 of padding, then columns of 13 × 1233/2048: "ab", four columns of boxes, "cd".
    let column = |n: f64| (36.0 + n * 13.0 * 1233.0 / 2048.0) as usize;
    let (boxed, plain, blank) = (ink(&paint("ab日本cd")), ink(&paint("abxxxxcd")), ink(&paint("ab    cd")));
    let same = |range: std::ops::Range<usize>| assert_eq!(boxed[range.clone()], plain[range]);
    // What stands before and behind the boxes is where it would be with letters that the font has.
    same(0..column(2.0));
    same(column(6.0) + 1..column(8.0));
    let of = |ink: &[usize]| ink[column(2.0)..column(6.0)].iter().sum::<usize>();
    assert!(of(&boxed) > of(&blank));
}

#[test]
fn a_font_of_the_callers_is_used_or_refused() {
    let scene = Highlight::new(&of_text("ab日本cd")).scene().unwrap();
    assert_eq!(Png::new().font(b"no font".to_vec()).err(), Some(Error::Font));
    assert_eq!(Pdf::new().font(Vec::new()).err(), Some(Error::Font));
    // One that does not have the characters either changes nothing.
    let same = std::fs::read(format!("{}/fonts/DejaVuSansMono.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(Png::new().font(same).unwrap().paint(&scene), scene.to_png(1.0));
}

#[test]
fn pdfs_hold_text_and_are_the_same_each_time() {
    let scene = draw("tall-heatmap", &run_30(), &Options::default());
    let pdf = scene.to_pdf().unwrap();
    assert!(pdf.starts_with(b"%PDF-1.") && pdf.trim_ascii_end().ends_with(b"%%EOF"));
    assert!((0..6).all(|_| pdf == scene.to_pdf().unwrap()));
    let holds = |what: &[u8]| pdf.windows(what.len()).any(|window| window == what);
    // Fonts and their way back to characters: text that can be searched and copied.
    assert!(holds(b"/FontFile2") && holds(b"/ToUnicode") && holds(b"DejaVuSansMono"));
    let size = format!("[0 0 {} {}]", scene.width, scene.height);
    assert!(holds(size.as_bytes()), "{size}");
}
