//! PNG and PDF: the same scene, painted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{draw, run_30};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Error, Highlight, Missing, Options, Pdf, Png};

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

/// The dark pixels of each column in the lower half of a picture: where ink is, under the legend.
fn ink(png: &[u8]) -> Vec<usize> {
    let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().unwrap();
    let mut buffer = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut buffer).unwrap();
    let (width, channels) = (info.width as usize, info.color_type.samples());
    let mut columns = vec![0; width];
    let half = width * (info.height as usize / 2);
    for (at, pixel) in buffer[..info.buffer_size()].chunks(channels).enumerate().skip(half) {
        columns[at % width] += usize::from(pixel[..3].iter().all(|c| *c < 128));
    }
    columns
}

#[test]
fn what_no_font_has_is_a_box_that_moves_nothing() {
    let paint = |text: &str| Highlight::new(&of_text(text)).to_png(1.0).unwrap();
    // 24 of margin and 10 of padding, then columns of 13 × 1233/2048: "ab", four columns of boxes, "cd".
    let column = |n: f64| (34.0 + n * 13.0 * 1233.0 / 2048.0) as usize;
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
    assert!(matches!(Png::new().font(b"no font".to_vec()), Err(Error::Font)));
    assert!(matches!(Pdf::new().font(Vec::new()), Err(Error::Font)));
    // One that does not have the characters either changes nothing.
    let same = std::fs::read(format!("{}/fonts/DejaVuSansMono.ttf", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(Png::new().font(same).unwrap().paint(&scene).unwrap(), scene.to_png(1.0).unwrap());
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

/// The characters that a picture of a text lacks, with the embedded fonts.
fn missing(text: &str) -> String {
    let scene = Highlight::new(&of_text(text)).scene().unwrap();
    assert_eq!(Png::new().missing(&scene), Pdf::new().missing(&scene));
    Png::new().missing(&scene).into_iter().collect()
}

#[test]
fn joiners_and_selectors_do_not_make_boxes_of_letters() {
    for text in [
        "من می\u{200c}خواهم کتاب\u{200c}ها را بخوانم.",
        "❤\u{fe0f} ✔\u{fe0f} ☎\u{fe0e}",
        "e\u{301} a\u{308}\u{304}",
        "سلام\u{640}\u{64e} ه\u{200d} ",
    ] {
        assert_eq!(missing(text), "", "{text:?}");
    }
    let paint = |text: &str| ink(&Highlight::new(&of_text(text)).to_png(4.0).unwrap());
    // 24 of margin and 10 of padding, then columns of 13 × 1233/2048.
    let column = |n: f64| ((34.0 + n * 13.0 * 1233.0 / 2048.0) * 4.0) as usize;
    // A non-joiner ends a word's letters as a space does. From the left: "end ", two letters, five.
    let (joined, spaced) = (paint("خواهم\u{200c}می"), paint("خواهم می"));
    assert_eq!(joined[column(4.0)..column(5.9)], spaced[column(4.0)..column(5.9)]);
    let all = |ink: &[usize]| ink.iter().sum::<usize>() as f64;
    let of = |ink: &[usize], from: f64, to: f64| all(&ink[column(from)..column(to)]);
    let (a, b) = (of(&joined, 6.1, 11.0), of(&spaced, 7.1, 12.0));
    assert!((a / b - 1.0).abs() < 0.05, "{a} {b}");
    // The heart is the same heart, in the middle of the room that an emoji takes.
    let (wide, plain) = (paint("ab❤\u{fe0f}cd"), paint("ab❤cd"));
    let heart = |whole: &[usize], rest: &str| all(whole) - all(&paint(rest));
    let (a, b) = (heart(&wide, "ab  cd"), heart(&plain, "ab cd"));
    assert!((a / b - 1.0).abs() < 0.05, "{a} {b}");
}

#[test]
fn what_has_a_glyph_is_shown_in_its_box_without_the_rest() {
    let paint = |text: &str| ink(&Highlight::new(&of_text(text)).to_png(4.0).unwrap()).iter().sum::<usize>();
    // The font has the digit, and not the keycap around it (U+20E3); it has nothing of an ideograph, which is as wide.
    assert_eq!(missing("1\u{fe0f}\u{20e3}"), "\u{20e3}");
    // Their boxes are the same, and the digit's ink is in the one.
    let (keycap, empty) = (paint("1\u{fe0f}\u{20e3}"), paint("日"));
    let digit = paint("ab1") - paint("ab");
    assert!((keycap - empty) as f64 > 0.8 * digit as f64, "{keycap} {empty} {digit}");
}

#[test]
fn missing_characters_are_known_by_their_script() {
    let text = "नमस्ते ไทย 日本 שלום 😀👍🏽 \u{e000} ABC é";
    let scene = Highlight::new(&of_text(text)).scene().unwrap();
    let found = Missing::by_script(Png::new().missing(&scene));
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    // The scripts are Unicode's; the skin tone is one of the three emoji.
    let expected = [
        "6 characters of Devanagari",
        "2 characters of Han",
        "4 characters of Hebrew",
        "3 characters of Thai",
        "3 emoji",
        "1 character for private use",
    ];
    assert_eq!(said, expected);
    // A mark of several scripts is one of a script that is there, or of the first that has it (Unicode's
    // Script_Extensions).
    let said = |text: &str| -> Vec<String> {
        Missing::by_script(text.chars()).iter().map(|missing| missing.script.to_owned()).collect()
    };
    assert_eq!(
        (said("日。"), said("देव।"), said("か。")),
        (vec!["Han".into()], vec!["Devanagari".into()], vec!["Hiragana".into()])
    );
    assert!(missing("The race to Mars — “involves” ⟨ZWJ⟩ ␣⏎⇥◌\u{301} a≤b").is_empty());
}

#[test]
fn the_machines_fonts_paint_what_the_embedded_lack() {
    let scene = Highlight::new(&of_text("ab日本cd नमस्ते שלום")).scene().unwrap();
    let before = Png::new().missing(&scene);
    match Png::new().system_fonts() {
        // A machine without fonts, and nothing else.
        Err(error) => assert!(matches!(error, Error::NoSystemFonts), "{error}"),
        Ok(png) => {
            let after = png.missing(&scene);
            assert!(after.is_subset(&before));
            let painted = png.paint(&scene).unwrap();
            assert_eq!(painted, png.paint(&scene).unwrap());
            assert_eq!(painted == scene.to_png(1.0).unwrap(), after == before);
            let pdf = Pdf::new().system_fonts().unwrap();
            assert_eq!(pdf.missing(&scene), after);
            assert!(pdf.write(&scene).unwrap().starts_with(b"%PDF-1."));
        }
    }
}
