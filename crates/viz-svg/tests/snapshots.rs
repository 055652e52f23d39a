//! Every chart in every state and theme, as the SVG that it is: one element a line.
//!
//! `INSTA_UPDATE=always cargo test -p saliency-viz-svg --test snapshots` takes new ones; look at them before you keep
//! them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{all_charts, small, states};
use saliency_viz_svg::{Options, Theme};

#[test]
fn every_chart_in_every_state_and_theme_is_as_it_was() {
    for chart in all_charts() {
        let records = small(chart.takes_several());
        for (state, options) in states() {
            for theme in Theme::ALL {
                // The hash in its ids would say again that a picture changed, in lines of its own.
                let id_prefix = Some("saliency".to_owned());
                let options = Options { theme, id_prefix, ..options.clone() };
                let svg = chart.draw(&records, &options).unwrap().to_svg();
                // An element a line, and no line that hides a second one.
                assert!(
                    svg.lines()
                        .all(|line| line.matches("<path").count() <= 1 && line.matches("<text").count() <= 1)
                );
                insta::assert_snapshot!(format!("{}-{state}-{}", chart.name(), theme.name()), svg);
            }
        }
    }
}
