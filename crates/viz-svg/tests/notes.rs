//! Notes of records: a line under the legend, whole in words, on a page and in a text.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, check, draw_all, gather, group, groups, run_30, runs_3x30, texts};
use roxmltree::Document;
use saliency_schema::{Method, Record};
use saliency_viz_svg::{Chart, Item, Options, Page, Scene, TallHeatmap, TallMultiple, ToHtml, Tokens};

const LONG: &str = "3 of 30 rows are zero: the sum over hidden dimensions of gradient cancels to rounding noise; use the \
                    aggregate l2, l1 or max-abs, or gradient-x-input";

fn noted(notes: &[&str]) -> Record {
    let mut record = run_30();
    record.notes = notes.iter().map(|&note| note.to_owned()).collect();
    record
}

/// All notes, as they are said to who does not see them.
fn words(scene: &Scene) -> &str {
    let notes = scene.items.iter().find_map(|item| match item {
        Item::Group { name: "notes", description, .. } => description.as_deref(),
        _ => None,
    });
    notes.unwrap()
}

fn lines(scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    gather(group(scene, "notes"), &mut found);
    found.into_iter().map(|text| text.text).collect()
}

#[test]
fn every_chart_shows_a_note_under_its_legend() {
    for chart in charts() {
        let record = noted(&[LONG]);
        for width in [None, Some(720.0), Some(2_000.0)] {
            let options = Options { width, ..Options::default() };
            // Too narrow for this chart is another test's.
            let Ok(scene) = chart.draw(std::slice::from_ref(&record), &options) else { continue };
            check(&scene);
            let found = lines(&scene);
            assert_eq!(found.len(), 1, "{}: {found:?}", chart.name());
            let whole = format!("note: {LONG}");
            let cut = found[0].strip_suffix('…').unwrap_or(&found[0]);
            assert!(whole.starts_with(cut) && cut.len() > 50, "{}: {}", chart.name(), found[0]);
            assert_eq!(cut.len() < whole.len(), found[0].ends_with('…'));
        }
        // Of several, the first is there, and how many more there are.
        let record = noted(&["did not converge", LONG, "third"]);
        let scene = chart.draw(std::slice::from_ref(&record), &Options::default()).unwrap();
        assert_eq!(lines(&scene), ["note: did not converge (and 2 more)"], "{}", chart.name());
        // Who does not see it has them whole.
        let svg = scene.to_svg();
        let document = Document::parse(&svg).unwrap();
        let group = document.descendants().find(|n| n.attribute("data-name") == Some("notes")).unwrap();
        let words = group.children().find(|n| n.has_tag_name("desc")).unwrap().text().unwrap();
        assert_eq!(words, format!("note: did not converge\nnote: {LONG}\nnote: third"));
        // And nothing is there where there is none.
        let plain = chart.draw(std::slice::from_ref(&run_30()), &Options::default()).unwrap();
        assert!(groups(&plain, "notes").is_empty());
    }
}

/// Three runs of which two have a method of their own: a note of all, one of one, and one of two.
fn several() -> Vec<Record> {
    let mut records = runs_3x30();
    for (record, method) in records.iter_mut().zip(["lime", "shapley", "occlusion"]) {
        record.method = Some(Method::new(method));
        record.notes.push("all of them".into());
    }
    records[1].notes.push("sampled <b> & few".into());
    for k in [0, 2] {
        records[k].notes.push("two of them".into());
    }
    records
}

#[test]
fn what_not_all_panels_share_is_said_with_the_panels_names() {
    let scene = draw_all("tall-multiple", &several(), &Options::default());
    check(&scene);
    assert_eq!(lines(&scene), ["note: all of them (and 2 more)"]);
    assert_eq!(
        words(&scene),
        "note: all of them\nnote (method: lime; method: occlusion): two of them\n\
         note (method: shapley): sampled <b> & few"
    );
    // One alone needs no name.
    let one = TallMultiple::new(&several()).record(1).scene().unwrap();
    assert_eq!(words(&one), "note: all of them\nnote: sampled <b> & few");
}

#[test]
fn a_page_holds_them_whole() {
    let page = Page::new(&several()).every_chart().to_html().unwrap();
    let notes = page.split("id=\"saliency-notes\"").nth(1).unwrap().split("</div>").next().unwrap();
    let items: Vec<_> = notes.split("<li>").skip(1).map(|item| item.split("</li>").next().unwrap()).collect();
    assert_eq!(
        items,
        [
            "all of them",
            "<b>method: lime; method: occlusion</b>: two of them",
            "<b>method: shapley</b>: sampled &lt;b&gt; &amp; few"
        ]
    );
    let page = TallHeatmap::new(&noted(&[LONG])).to_html().unwrap();
    assert!(page.contains(&format!("<li>{LONG}</li>")));
    assert!(!TallHeatmap::new(&run_30()).to_html().unwrap().contains("saliency-notes"));
}

#[test]
fn the_table_as_text_has_them_whole() {
    let record = noted(&["did not\u{1b}[31m converge", LONG]);
    let text = Tokens.text(std::slice::from_ref(&record), &Options::default()).unwrap().unwrap();
    assert!(text.contains(&format!("\nnote: {LONG}\n\n    #")), "{text}");
    assert!(!text.contains('\u{1b}') && text.contains("note: did not"), "{text}");
    assert!(!texts(&Tokens::new(&record).to_svg().unwrap()).iter().any(|t| t.contains('\u{1b}')));
}
