//! `profile`: where its dots are, and which numbers it says.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{check, draw, draw_all, group, run_30, runs_3x30, state, texts};
use saliency_schema::{DistanceProfile, Kind, Record, Token};
use saliency_viz_svg::{Item, Options, Rect, Scene};

/// The rectangles of a group that have this height.
fn squares(scene: &Scene, name: &str, height: f64) -> Vec<Rect> {
    let cells = group(scene, name).iter().filter_map(|item| match item {
        Item::Cells { cells, .. } => Some(cells.clone()),
        _ => None,
    });
    cells.flatten().filter(|rect| (rect.height - height).abs() < 1e-9).collect()
}

// One output took 25 % from the token before the last and 75 % from the last: 0.5 and 1.5 times an even share, at the
// distances 2 and 1. Of 656 units ln 2 / ln (2.5 / 0.75) lie between them, and of 360 ln 3 / ln (2.4 / (0.5 / 1.2)).
#[test]
fn dots_are_at_their_distance_and_at_their_multiple_of_an_even_share() {
    let kind = |i: usize| if i < 2 { Kind::Input } else { Kind::Output };
    let tokens = ["a", " b", " c"].iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let record = Record::new(tokens.collect(), vec![vec![Some(1.0), Some(3.0)]]).unwrap();
    let scene = draw("profile", &record, &Options::default());
    check(&scene);
    // They are the hovered output's.
    let mut dots = squares(&scene, "dots", 8.0);
    dots.sort_by(|a, b| a.x.total_cmp(&b.x));
    let [near, far] = &dots[..] else { panic!("{dots:?}") };
    assert!((far.x - near.x - 656.0 * 2_f64.ln() / (2.5 / 0.75_f64).ln()).abs() < 1e-9, "{dots:?}");
    assert!((far.y - near.y - 360.0 * 3_f64.ln() / (2.4 * 1.2 / 0.5_f64).ln()).abs() < 1e-9, "{dots:?}");
}

// The profile's own numbers are NumPy's (crates/schema/tests/distance.rs): 10.17 times an even share just before the
// output; Boeing at 47 has 10.2213 times the median at its distance from SpaceX.
#[test]
fn the_notebooks_run_has_its_outlier_by_name() {
    let scene = draw("profile", &run_30(), &Options::default());
    check(&scene);
    let said = texts(&scene.to_svg());
    assert!(said.iter().any(|text| text == "Boeing → SpaceX 10.2×"), "{said:?}");
    for words in ["1 to 213 tokens", "At distance 1 the median is 10.2× an even share."] {
        assert!(scene.description.contains(words), "{words}: {}", scene.description);
    }
    // The last four of the 213 distances have less than five shares. Elsewhere a step of the median and two of the
    // band.
    let profile = DistanceProfile::of(&[run_30()]);
    let enough = (1..=213).filter(|distance| profile.count(*distance) >= 5).count();
    assert_eq!(squares(&scene, "profile", 2.5).len(), enough);
    assert_eq!(squares(&scene, "profile", 1.0).len(), 2 * enough);
    assert_eq!(squares(&scene, "profile", 2.0).len(), 213 - enough);
}

#[test]
fn several_records_are_pooled() {
    let runs = runs_3x30();
    let scene = draw_all("profile", &runs, &Options::default());
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains("of 3 records") && said.contains("the median of 90 rows"), "{said}");
    // Against a profile that is given.
    let relative = Some(DistanceProfile::of(&runs));
    let scene = draw("profile", &runs[0], &Options { relative, ..Options::default() });
    check(&scene);
    assert!(texts(&scene.to_svg()).join(" ").contains("the median of 90 rows"));
}

// NumPy, with `sentence` the number of each token's, which grows at "NASA", "It", "Boeing", "Boeing", "SpaceX", "Blue",
// "This", "The" and "On":
//
// by = [defaultdict(list), defaultdict(list)]
// for r, s in enumerate(shares):
//     for t, x in enumerate(s): by[sentence[t] != sentence[184 + r]][184 + r - t].append(x * (184 + r))
// both = [d for d in by[0] if len(by[0][d]) >= 5 and len(by[1].get(d, [])) >= 5]
// len(both), np.median([np.median(by[0][d]) / np.median(by[1][d]) for d in both])      # 14, 1.5295795029617176
#[test]
fn a_sentence_s_end_is_compared_with_none() {
    let scene = draw("profile", &run_30(), &Options::default());
    let words = "At the 14 distances with 5 or more of both, the median within a sentence is 1.5× that across a sentence’s end";
    assert!(scene.description.contains(words), "{}", scene.description);
    assert!(texts(&scene.to_svg()).join(" ").contains("median within a sentence"));
    // One sentence has nothing to compare.
    let kind = |i: usize| if i < 20 { Kind::Input } else { Kind::Output };
    let tokens = (0..40).map(|i| Token::new(0, " word", kind(i))).collect();
    let rows = (20..40).map(|length| vec![Some(1.0); length]).collect();
    let scene = draw("profile", &Record::new(tokens, rows).unwrap(), &Options::default());
    check(&scene);
    assert!(group(&scene, "borders").is_empty() && !scene.description.contains("within a sentence"));
}

/// One output's row, in a record that does not say how it was made.
#[test]
fn one_row_is_one_and_hops_are_said_without_a_method() {
    let kind = |i: usize| if i < 2 { Kind::Input } else { Kind::Output };
    let tokens = ["a", " b", " c"].iter().enumerate().map(|(i, text)| Token::new(0, *text, kind(i)));
    let record = Record::new(tokens.collect(), vec![vec![Some(1.0), Some(3.0)]]).unwrap();
    let said =
        |record: &Record, options: &Options| texts(&draw("profile", record, options).to_svg()).join(" ");
    let one = said(&record, &Options::default());
    assert!(one.contains("the median of 1 row at each distance"), "{one}");
    let hopped = said(&run_30().hops(2).unwrap(), &Options::default());
    assert!(hopped.contains("2 hops") && !hopped.contains("not recorded"), "{hopped}");
    let relative = Some(DistanceProfile::of(std::slice::from_ref(&record)));
    let relative = draw("tall-heatmap", &record, &Options { relative, ..Options::default() });
    assert!(relative.description.contains("medians of 1 row)"), "{}", relative.description);
}

#[test]
fn a_lock_is_said_where_the_title_has_no_room() {
    let options = Options { width: Some(360.0), ..state(None, Some(3)) };
    let scene = draw("profile", &run_30(), &options);
    check(&scene);
    let said = texts(&scene.to_svg()).join(" ");
    assert!(said.contains("The colours are differences from “") && said.contains("(output 3)"), "{said}");
}
