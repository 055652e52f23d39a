//! What is not there is refused with what is.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::{charts, run_30, state};
use saliency_viz_svg::{Error, Look, Options, Palette, Scene, State, Theme, chart};

#[test]
fn what_is_not_there_is_refused_with_what_is() {
    let record = run_30();
    let one = std::slice::from_ref(&record);
    let message = |result: Result<Scene, Error>| result.unwrap_err().to_string();
    assert_eq!(
        chart("pie").err().unwrap().to_string(),
        "unknown chart \"pie\"; there are: highlight, minimap, tall-heatmap, tall-multiple, long-output, scatter, input-focused, interesting, map, profile, segments, rivals, ledger, vectors, interactions, perturbation, methods, agreement, faithfulness, convergence, ribbon, tokens"
    );
    assert!(
        "mauve".parse::<Palette>().unwrap_err().to_string().contains("there are: purple, ylgnbu, viridis")
    );
    assert!("sepia".parse::<Theme>().unwrap_err().to_string().contains("there are: light, dark, print"));
    assert!("fancy".parse::<Look>().unwrap_err().to_string().contains("there are: plain, notebook"));
    assert!("1:x".parse::<State>().unwrap_err().to_string().contains("PANEL:NUMBER"));
    assert_eq!("1:3".parse::<State>().unwrap(), State::new(1, 3));
    for chart in charts() {
        let outside = message(chart.draw(one, &state(Some(30), None)));
        assert_eq!(outside, "hovered output 30 is outside the record, which has 30 outputs (numbers from 0)");
        assert!(message(chart.draw(one, &state(None, Some(99)))).starts_with("locked output 99 is outside"));
        let panel = Options { hover: Some(State::new(1, 0)), ..Options::default() };
        assert!(message(chart.draw(one, &panel)).contains("panel 1 is outside"));
        let token = Options { token: Some(184), ..Options::default() };
        assert!(message(chart.draw(one, &token)).contains("184 input tokens"));
        assert_eq!(message(chart.draw(&[], &Options::default())), "no record is given");
        let piyg = Options { palette: Some(Palette::Piyg), ..Options::default() };
        if ["scatter", "interactions", "vectors"].contains(&chart.name()) {
            assert!(chart.draw(one, &piyg).is_ok());
            continue;
        }
        let wrong = "palette \"piyg\" is diverging, and what is shown has no sign; choose one of: purple, ylgnbu, viridis, plasma, blues";
        assert_eq!(message(chart.draw(one, &piyg)), wrong);
        let plasma = Options { palette: Some(Palette::Plasma), ..state(Some(1), Some(0)) };
        assert!(message(chart.draw(one, &plasma)).ends_with("has a sign; choose one of: piyg, puor"));
        let two = [record.clone(), record.clone()];
        if chart.takes_several() {
            assert!(chart.draw(&two, &Options::default()).is_ok());
        } else {
            assert!(
                message(chart.draw(&two, &Options::default()))
                    .ends_with("choose one with `Options::record` (0 to 1)")
            );
        }
        let chosen = |k| Options { record: Some(k), ..Options::default() };
        assert!(chart.draw(&two, &chosen(1)).is_ok());
        assert!(message(chart.draw(&two, &chosen(2))).contains("not among the 2"));
        for (clip, scale_max) in
            [(0.0, None), (1.5, None), (f64::NAN, None), (0.9, Some(0.0)), (0.9, Some(f64::NAN))]
        {
            let options = Options { clip, scale_max, ..Options::default() };
            assert!(matches!(chart.draw(one, &options), Err(Error::Parameter { .. })));
        }
        for intensity in [0.0, -1.0, f64::INFINITY, f64::NAN] {
            let options = Options { intensity, ..Options::default() };
            assert!(message(chart.draw(one, &options)).ends_with("must be a number above 0"));
        }
    }
}
