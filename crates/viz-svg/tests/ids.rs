//! Several SVGs in one page: none has an id of another's, and each finds its own.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, complete, run_30, state};
use roxmltree::{Document, Node};
use saliency_schema::{Kind, Record, Token};
use saliency_viz_svg::{Error, Figure, Highlight, Options, TallHeatmap, Theme, chart};
use std::collections::BTreeSet;

/// A record with every kind of what is no number, each of which is a pattern by name.
fn patterned() -> Record {
    let token = |i| Token::new(i, format!(" t{i}"), if i < 5 { Kind::Input } else { Kind::Output });
    let row = vec![Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), None, Some(0.5)];
    complete(Record::new((0..6).map(token).collect(), vec![row]).unwrap())
}

fn ids(svg: Node<'_, '_>) -> Vec<String> {
    svg.descendants().filter_map(|node| node.attribute("id")).map(str::to_owned).collect()
}

/// The ids that are referred to: by `url(#…)` and by `aria-labelledby`.
fn referred(svg: Node<'_, '_>) -> BTreeSet<String> {
    let attributes = svg.descendants().flat_map(|node| node.attributes());
    let names = attributes.flat_map(|attribute| {
        let value = attribute.value();
        match attribute.name() {
            "aria-labelledby" => value.split(' ').map(str::to_owned).collect(),
            _ => value
                .split("url(#")
                .skip(1)
                .map(|rest| rest.split(')').next().unwrap().to_owned())
                .collect::<Vec<_>>(),
        }
    });
    names.collect()
}

#[test]
fn svgs_in_one_page_share_no_id_and_each_finds_its_own() {
    let (record, other) = (patterned(), run_30());
    let mut pictures = Vec::new();
    for chart in charts() {
        for theme in [Theme::Light, Theme::Dark] {
            for records in [&record, &other] {
                let options = Options { theme, ..Options::default() };
                pictures.push(chart.draw(std::slice::from_ref(records), &options).unwrap().to_svg());
            }
        }
    }
    // Two that differ in no more than a state.
    pictures.push(
        chart("highlight")
            .unwrap()
            .draw(std::slice::from_ref(&other), &state(Some(1), None))
            .unwrap()
            .to_svg(),
    );
    pictures.push(
        chart("highlight")
            .unwrap()
            .draw(std::slice::from_ref(&other), &state(Some(2), None))
            .unwrap()
            .to_svg(),
    );
    let page = format!("<html><body>{}</body></html>", pictures.concat());
    let page = Document::parse(&page).unwrap();
    let svgs: Vec<_> =
        page.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "svg"))).collect();
    assert_eq!(svgs.len(), pictures.len());
    let mut seen = BTreeSet::new();
    let mut patterns = 0;
    for svg in svgs {
        let own = ids(svg);
        for id in &own {
            assert!(seen.insert(id.clone()), "{id} is there twice");
        }
        let referred = referred(svg);
        assert!(referred.len() >= 2, "title and description");
        patterns += referred.len() - 2;
        for id in referred {
            assert!(own.contains(&id), "{id} is none of {own:?}");
        }
    }
    assert!(patterns >= 4 * 2, "the patterns are looked at, too");
}

#[test]
fn the_same_picture_has_the_same_ids_and_a_prefix_can_be_given() {
    let record = patterned();
    let first = Highlight::new(&record).to_svg().unwrap();
    assert_eq!(first, Highlight::new(&record.clone()).to_svg().unwrap());
    let given = TallHeatmap::new(&record).id_prefix("figure_1.a-b").to_svg().unwrap();
    let document = Document::parse(&given).unwrap();
    let found = ids(document.root());
    assert!(found.contains(&"figure_1.a-b-title".to_owned()), "{found:?}");
    assert!(found.iter().all(|id| id.starts_with("figure_1.a-b-")), "{found:?}");
    // Nothing but the ids is another.
    let plain = TallHeatmap::new(&record).to_svg().unwrap();
    let own = ids(Document::parse(&plain).unwrap().root())[0].trim_end_matches("-title").to_owned();
    assert!(own.starts_with("saliency-") && own.len() == "saliency-".len() + 16, "{own}");
    assert_eq!(plain.replace(&own, "figure_1.a-b"), given);
    // `Options` say it for every chart.
    let options = Options { id_prefix: Some("x".into()), ..Options::default() };
    for chart in charts() {
        let svg = chart.draw(std::slice::from_ref(&record), &options).unwrap().to_svg();
        assert!(svg.contains("id=\"x-title\""), "{}", chart.name());
    }
}

#[test]
fn what_no_id_begins_with_is_refused_with_one_that_does() {
    let record = patterned();
    for prefix in ["", "1", "-a", ".a", "a b", "a:b", "ä", "a\"", "a)", "a#"] {
        let error = Figure::new(Highlight, &record).id_prefix(prefix).to_svg().unwrap_err();
        assert!(matches!(error, Error::Parameter { name: "id_prefix", .. }), "{prefix:?}: {error}");
        assert!(error.to_string().contains("figure-1"), "{error}");
    }
}
