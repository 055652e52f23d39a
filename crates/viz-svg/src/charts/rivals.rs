//! `rivals`: what each word pushed toward: an output against the tokens that nearly stood in its place.

use crate::chart::Chart;
use crate::error::Error;
use crate::layout::above_panels;
use crate::layout::bar_table::BarTable;
use crate::layout::caption;
use crate::layout::sheet::margin;
use crate::options::{Options, too_narrow};
use crate::scene::Scene;
use crate::values::excerpt;
use crate::values::explained;
use crate::values::panels::{Panels, scale_of};
use crate::values::rows::Rows;
use saliency_schema::Record;

/// Words in the table, where the caller does not say.
const TOP: usize = 8;

/// The words with the largest attributions for one output, and a column for each record: a bar from the middle, to the
/// right for what speaks for the output's token, to the left for what speaks for its rival. A column is headed by what
/// the record explains, a token or a token against another, with their probabilities.
///
/// Made for the records of `saliency attribute --rivals`, and of one text; any records will do. `hover` is the output,
/// with `lock` columns are differences from that row. `top` words are in the table, the strongest first, by the largest
/// size in any column relative to the column's unit; with `token` that word is among them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rivals;

impl Chart for Rivals {
    fn name(&self) -> &'static str {
        "rivals"
    }

    fn summary(&self) -> &'static str {
        "what each word pushed toward: an output against its rivals, a column for each"
    }

    fn takes_several(&self) -> bool {
        true
    }

    fn own_options(&self) -> &'static [&'static str] {
        &["top"]
    }

    fn lay_out(&self, records: &[Record], options: &Options) -> Result<Scene, Error> {
        let panels = Panels::of(records, options)?;
        let groups = panels.groups(options)?;
        let mut sheet = above_panels::framed(&panels, &groups, options);
        let Some(hover) = panels.hover else {
            let (lines, _) =
                caption::lay_out(&["The record holds no output.".to_owned()], 400.0, options.theme);
            sheet.group("caption", None, lines, (0.0, 0.0));
            let description = format!("{}.", sheet.title());
            return Ok(sheet.scene(description));
        };
        let rows: Vec<Rows<'_>> = panels.rows().collect();
        let title = explained::title_of_rivals(panels.records, hover.output).filter(|_| !rows[0].compares());
        sheet.set_title(title.unwrap_or_else(|| rows[hover.panel].title()));
        let scales: Vec<_> = (0..rows.len()).map(|panel| scale_of(&groups, panel)).collect();
        let table = BarTable::new(&rows, &scales, hover, options.top.unwrap_or(TOP), options.token);
        let width = options.width.map_or(table.width(), |width| width - 2.0 * margin(options));
        if let (Some(whole), true) = (options.width, width < table.least()) {
            return Err(too_narrow(whole, table.least() + 2.0 * margin(options)));
        }
        let mut captions = vec![table.caption()];
        if let [record] = panels.records {
            captions.extend(
                excerpt::outside_of_all(record)
                    .map(|share| format!("outside, of each output's Σ|value|: {share}")),
            );
        }
        let (lines, height) = caption::lay_out(&captions, width, options.theme);
        sheet.group("caption", None, lines, (0.0, 0.0));
        sheet.group("table", None, table.items(width), (0.0, height + 8.0));
        let description = format!("{}. {}", sheet.title(), table.in_words());
        Ok(sheet.scene(description))
    }
}
