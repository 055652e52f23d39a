//! The page: nothing that runs, nothing that asks the network, and a policy that says so.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Options, charts, page};
use sha2::{Digest, Sha256};

fn hostile() -> Record {
    let token = |text: &str, kind| Token::new(0, text, kind);
    let tokens = vec![
        token("</style><script>alert(1)</script>", Kind::Input),
        token("<img src=x onerror=1>", Kind::Output),
    ];
    Record::new(tokens, vec![vec![Some(1.0)]]).unwrap()
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let group = |chunk: &[u8]| {
        let n = chunk.iter().enumerate().fold(0_u32, |n, (i, b)| n | u32::from(*b) << (16 - 8 * i));
        let letter =
            |i: usize| if i <= chunk.len() { LETTERS[(n >> (18 - 6 * i) & 63) as usize] } else { b'=' };
        (0..4).map(|i| char::from(letter(i))).collect::<String>()
    };
    bytes.chunks(3).map(group).collect()
}

#[test]
fn the_policy_holds_the_style_sheets_own_hash() {
    let page = page("title", &[]);
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    let hash = base64(&Sha256::digest(style));
    assert!(page.contains(&format!("default-src 'none'; style-src 'sha256-{hash}'")), "{hash}");
}

#[test]
fn tokens_are_text_and_nothing_runs() {
    let draw = |chart: &&dyn saliency_viz_svg::Chart| {
        (chart.summary().to_owned(), chart.draw(&[hostile()], &Options::default()).unwrap())
    };
    let pictures: Vec<_> = charts().iter().map(draw).collect();
    let page = page("<script>", &pictures);
    for tag in ["<script", "<img", "onerror=1>", "style=", "http:", "https:"] {
        let allowed = page.matches("http://www.w3.org/2000/svg").count();
        let found = page.matches(tag).count();
        let expected = if tag == "http:" { allowed } else { 0 };
        assert_eq!(found, expected, "{tag}");
    }
    // Ids of several pictures do not meet.
    let ids: Vec<&str> =
        page.match_indices(" id=\"").map(|(at, _)| page[at + 5..].split('"').next().unwrap()).collect();
    assert_eq!(ids.iter().collect::<std::collections::BTreeSet<_>>().len(), ids.len());
}
