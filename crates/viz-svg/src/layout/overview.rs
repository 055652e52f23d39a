//! The heatmap of one record alone, as wide as its column: what a page's first screen shows beside the paragraph.

use crate::error::Error;
use crate::layout::heatmap;
use crate::layout::heatmap::Heatmap;
use crate::options::{Options, too_narrow};
use crate::paint::scale::Scale;
use crate::redraw::{Part, Redraw};
use crate::scene::{Item, Scene};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// All rows together take about this, as long as each is neither higher nor lower than these.
const HEIGHT: f64 = 400.0;
const ROWS: (f64, f64) = (13.0, heatmap::ROW);
/// The widest labels.
const LABELS: f64 = 112.0;

/// A picture of `width` units without a margin, a title and a legend: the names of the strongest columns and the
/// sentences' ticks above, the outputs' labels left of the rows. `record` is in the grain that is to be drawn: as it
/// is, or regrouped into words or sentences; `options` have the state and the look.
///
/// Its groups: `heads` (stays as it is), `rows` ([`Part::Grid`]), `labels` ([`Part::Tokens`]), `marks`
/// ([`Part::Marks`]); without outputs there are no rows.
///
/// # Errors
/// A state outside the record, a palette that does not fit, or a width that is too small.
pub(crate) fn overview(record: &Record, options: &Options, width: f64) -> Result<Scene, Error> {
    let rows = Rows::one(std::slice::from_ref(record), options)?;
    let scale = Scale::of(&rows, options)?;
    let mut heatmap = Heatmap::of(rows.clone(), &scale, options);
    heatmap.label_room = LABELS;
    heatmap.row = (HEIGHT / rows.n_output().max(1) as f64).floor().clamp(ROWS.0, ROWS.1);
    let columns = record.tokens.len().saturating_sub(1).max(1) as f64;
    let (least, beside) = heatmap.least();
    let taken = heatmap.label_width() + heatmap::GAP + beside;
    if width < taken + least {
        return Err(too_narrow(width, taken + least));
    }
    heatmap.bar = (width - taken) / columns;

    let (left, top) = (heatmap.label_width(), heatmap.heads_height());
    let group =
        |name, items: Vec<Item>, at, redraw: Redraw| Item::group(name, None, items, at).redrawn(redraw, at);
    let items = vec![
        group("rows", heatmap.cells(), (left, top), heatmap.redraw_cells(0)),
        Item::group("heads", None, heatmap.heads(), (left, top)),
        Item::group("outside", None, heatmap.outside(), (left, top)),
        group("labels", heatmap.labels(), (0.0, top), heatmap.redraw_labels(0)),
        group("marks", heatmap.marks(), (left, top), Redraw::of(0, Part::Marks)),
    ];
    let description = format!(
        "{}: {} outputs in rows, {} inputs and the outputs before each in columns.",
        rows.title_of_all(),
        rows.n_output(),
        rows.n_input()
    );
    let scene = Scene::new(width, (top + heatmap.height()).ceil(), options.theme);
    Ok(scene.with_title(rows.title_of_all()).with_description(description).with_items(items))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::overview;
    use crate::options::Options;
    use crate::redraw::Part;
    use crate::scene::Item;
    use saliency_schema::{Record, Reduce};

    fn run_30() -> Record {
        saliency_schema::read(include_bytes!("../../tests/data/run-30.json")).unwrap().remove(0)
    }

    fn in_sentences(record: &Record) -> Record {
        record.regroup(&record.sentences(), Reduce::Sum).unwrap()
    }

    #[test]
    fn it_fills_its_width_in_every_grain() {
        for (grain, record) in [("tokens", run_30()), ("sentences", in_sentences(&run_30()))] {
            for width in [420.0, 760.0, 1000.0] {
                let options = Options { for_page: true, token: Some(1), ..Options::default() };
                let scene = overview(&record, &options, width).unwrap();
                assert!((scene.width - width).abs() < 1e-9);
                let bounds = scene.items.iter().filter_map(Item::bounds);
                let right = bounds.clone().map(|r| r.x + r.width).fold(0.0, f64::max);
                let bottom = bounds.clone().map(|r| r.y + r.height).fold(0.0, f64::max);
                // Half the width of a line may stand out.
                assert!((right - width).abs() < 0.51, "{grain}: {right} of {width}");
                assert!(bottom <= scene.height && bounds.clone().all(|r| r.x >= 0.0 && r.y >= 0.0));
            }
        }
    }

    #[test]
    fn a_page_is_told_of_grid_labels_and_marks() {
        let options = Options { for_page: true, ..Options::default() };
        let scene = overview(&run_30(), &options, 760.0).unwrap();
        let part = |item: &Item| match item {
            Item::Group { name, redraw: Some(redraw), .. } => Some((*name, redraw.part.clone())),
            _ => None,
        };
        let parts: Vec<_> = scene.items.iter().filter_map(part).collect();
        let names: Vec<_> = parts.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["rows", "labels", "marks"]);
        // 184 inputs and 29 earlier outputs, with 4 units between them, fill what the labels leave.
        let Part::Grid { cell, gap, .. } = parts[0].1 else { panic!("no grid") };
        let Part::Tokens(boxes) = &parts[1].1 else { panic!("no labels") };
        let labels = boxes.places[0].1.width + 1.0;
        assert!((cell.0 * 213.0 + gap + labels - 760.0).abs() < 1e-9);
        assert_eq!(boxes.texts.len(), 30);
    }
}
