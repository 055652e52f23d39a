//! `map`: words placed by what outputs took from them.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::caption;
use crate::layout::sheet::{Sheet, margin};
use crate::layout::word_map::WordMap;
use crate::layout::word_places::Places;
use crate::options::{Options, row_of};
use crate::paint::scale::Scale;
use crate::redraw::Redraw;
use crate::scene::Scene;
use crate::values::excerpt;
use crate::values::rows::Rows;
use saliency_schema::Record;

/// The picture's width without its margins, where none is asked for.
const WIDTH: f64 = 720.0;

/// A dot for each input word. Its column, the shares that the outputs took from it (with their signs), is projected on
/// the first two principal components of all columns: words near each other were taken by the same outputs. Arrows are
/// the three outputs that point the farthest; colour is the sentence, area the share of all rows together.
///
/// With `x` and `y`, the shares of two outputs on square-root axes instead: the line is 1 : 1, words beyond twice off
/// it have names. `token` frames a word; `hover` and `lock` mark arrows, and are nothing with `x` and `y`. Shares are
/// the record's, also with `relative`. Of more than 200 outputs and words, columns are the means of sentences of
/// outputs. Rows whose total is 0 are left out, and words without a finite share in one of the others.
#[derive(Debug, Clone, Copy, Default)]
pub struct Map;

impl Chart for Map {
    fn name(&self) -> &'static str {
        "map"
    }

    fn summary(&self) -> &'static str {
        "words placed by what outputs took from them: principal components, or two outputs"
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["x", "y"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let rows = Rows::one(records, options)?;
        // It checks the palette.
        let scale = Scale::of(&rows, options)?;
        let row = |output| row_of(rows.record, output, "output on an axis");
        let places = match options.x.zip(options.y) {
            Some((x, y)) => Places::of_outputs(&rows, [row(x)?, row(y)?]),
            None => Places::of_components(&rows),
        };
        let inner = options.width.map_or(WIDTH, |width| width - 2.0 * margin(options));
        let marked = [options.hover.and(rows.hover), options.lock.and(rows.lock)];
        let map = WordMap::new(&rows, &scale, &places, inner);
        // The words are placed whatever is locked.
        let title = Rows { lock: None, ..rows.clone() }.title_of_all_or(if options.x.is_some() {
            "What two outputs took from each word"
        } else {
            "Words by what every output took from them"
        });
        let mut sheet = Sheet::of_all(&rows, &scale, options, title).with_bars(Vec::new());
        let mut captions = map.captions();
        if options.relative.is_some() && !options.for_page {
            captions.push(
                "Places and areas are of shares, which are not set against those at their distance."
                    .to_owned(),
            );
        }
        let outside = excerpt::outside_of_all(rows.record);
        captions.extend(outside.map(|share| format!("outside, of each output's Σ|value|: {share}")));
        let (lines, height) = caption::lay_out(&captions, inner, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        sheet.group("key", None, map.key(), (0.0, height + 6.0));
        let top = height + 6.0 + map.key_height();
        sheet.group("plot", None, map.frame(), (0.0, top));
        sheet.group("dots", map.in_words(), map.dots(), (0.0, top));
        sheet.group("arrows", None, map.arrows(marked), (0.0, top));
        sheet.group("marks", None, map.marks(options.token.filter(|_| !options.for_page)), (0.0, top));
        sheet.group("names", None, map.names(marked), (0.0, top));
        sheet.places((0.0, top), || Redraw::places(map.places()));
        let description = format!("{}. {}", sheet.title(), map.captions().join(" "));
        Ok(sheet.scene(description))
    }
}
